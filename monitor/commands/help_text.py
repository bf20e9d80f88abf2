"""`monitor --help`: every verb with its whole line, in groups."""

from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Context
    from typer._click.formatting import HelpFormatter

LONGEST = 1_000
"""Characters of a verb's line: none is cut."""


class Verbs(TyperGroup):
    """Verbs under the title that each was given, titles in the order of their first verb."""

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """One section a title."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is None or command.hidden:
                continue
            title = getattr(command, "rich_help_panel", None) or "Verbs"
            sections.setdefault(str(title), []).append((name, command.get_short_help_str(LONGEST)))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)
