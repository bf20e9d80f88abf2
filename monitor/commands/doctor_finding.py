"""One line of `monitor doctor`."""

import textwrap
from dataclasses import dataclass

from monitor.commands.started_as import as_typed

INDENT = 29
"""Columns before a finding's words."""
_TO_COPY = " " * 4  # as little as shows it: a line of configuration must stay one


@dataclass(frozen=True, slots=True)
class Finding:
    """``mend``: the command or key that mends it. ``lines``: to be copied. ``unreachable``: nobody answered at all."""

    what: str
    detail: str
    wrong: bool = False
    mend: str | None = None
    lines: tuple[str, ...] = ()
    unreachable: bool = False

    def words(self, width: int) -> str:
        """Within so many columns; what goes on stands under its beginning, what is to be copied on lines of its own."""
        state = "WRONG" if self.wrong else "ok"
        mend = f"; mend: {as_typed(self.mend)}" if self.mend else ""
        said = textwrap.wrap(
            f"{self.what:<{INDENT - 7}} {state:<5} {self.detail}{mend}",
            width,
            subsequent_indent=" " * INDENT,
            break_on_hyphens=False,
            drop_whitespace=True,
        )
        return "\n".join([*said, *(f"{_TO_COPY}{line}" for line in self.lines)])
