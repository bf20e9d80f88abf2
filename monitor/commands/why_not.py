"""`monitor why-not`: why no rotation was flagged then."""

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import console, context_of, moment
from monitor.commands.inputs import say_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from monitor.detection.why_not import WhyNot
    from monitor.model.rotation import Condition


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "why-not", epilog="Example:  monitor why-not ai-agents memes --at 2025-01-18T12:00:00Z"
    )(why_not)


def why_not(
    ctx: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="Sector that would have lost; '*': any.")
    ],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="Sector that would have gained; '*': any.")
    ],
    at: Annotated[
        str | None, typer.Option(help="Time, or a length before now [default: the last step].")
    ] = None,
) -> None:
    """Why no rotation was flagged then: what lacked, what had not lasted, what stood in the way."""
    from monitor.api.errors import NotStoredError, WrongQuestionError
    from monitor.api.judged import pairs_of, verdicts
    from monitor.bootstrap import names_of, sources_of

    context = context_of(ctx)
    settings = context.settings()
    then = moment(at, context.clock.now()) if at else None
    with context.database(settings) as database, database.read() as conn:
        sources = sources_of(settings, database, context.clock)
        try:
            close, found = verdicts(conn, sources, pairs_of(sources, source, target), then)
        except WrongQuestionError as error:
            raise typer.BadParameter(str(error)) from None
        except NotStoredError:
            say_missing(conn, settings, None, then)
            raise
        if not any(c.value is not None for w in found for c in w.reading.conditions):
            say_missing(conn, settings, None, close)
    for verdict in found:
        _print(verdict, names_of(settings))


def _print(verdict: "WhyNot", names: "Mapping[str, str]") -> None:
    from monitor.content.alert import name_of
    from monitor.content.wording.refusals import refusal_words

    out = console()
    reading = verdict.reading
    pair = (name_of(reading.from_sector, names), name_of(reading.to_sector, names))
    met = len(reading.conditions) - len(verdict.lacking)
    out.print(
        f"{pair[0]} → {pair[1]} at {reading.at:%Y-%m-%d %H:%M} UTC, best window {reading.window_h} h:"
        f" {met} of {len(reading.conditions)} conditions met",
        markup=False,
    )
    out.print(condition_table(reading.conditions, reading.window_h, pair))
    for line in refusal_words(verdict):
        out.print(line, markup=False)


def condition_table(
    conditions: "Sequence[Condition]", window_h: int, pair: tuple[str, str]
) -> "Table":
    """Each condition in words and units, its bound, and whether it was met; what is folded stays in its column."""
    from rich.table import Table
    from rich.text import Text

    from monitor.content.wording.glosses import OWN_RETURN
    from monitor.content.wording.phrases import condition_words

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for condition in conditions:
        words = Text(condition_words(condition, window_h, pair))
        table.add_row("  met" if condition.met else "  not met", words)
    if any("own_return" in condition.name for condition in conditions):
        table.add_row("", Text(OWN_RETURN))
    return table
