"""`monitor sectors`: the table of sectors now or then."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import FAILED, console, context_of, is_narrow, moment, print_json
from monitor.commands.inputs import no_step_error, say_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from monitor.model.state import MarketStep

DAY = timedelta(days=1)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("sectors", epilog="Example:  monitor sectors --at 2025-01-20T12:00:00Z")(sectors)


def sectors(
    ctx: typer.Context,
    at: Annotated[
        str | None, typer.Option(help="Time, or a length before now [default: the last step].")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine output.")] = False,
) -> None:
    """Market cap, share, returns, volume and net flow of each sector, now or then."""
    from monitor.model.step_json import step_to_json
    from monitor.store import steps
    from monitor.store.assumed import rates_assumed_at
    from monitor.store.outside import outside_at

    context = context_of(ctx)
    settings = context.settings()
    then = moment(at, context.clock.now()) if at else None
    with context.database(settings) as database, database.read() as conn:
        step = steps.latest_step(conn) if then is None else steps.step_at(conn, then)
        if step is None:
            raise no_step_error(conn, settings, then)
        outside = outside_at(conn, step)
        assumed = rates_assumed_at(conn, settings.universe, step.width, step.close_time)
        if not as_json:
            say_missing(conn, settings, step.close_time - DAY, step.close_time)
    if as_json:
        print_json(step_to_json(step, outside, assumed))
        return
    from monitor.content.wording.figures import age_words

    out = console()
    age = (context.clock.now() - step.close_time).total_seconds()
    out.print(f"Sectors at {step.close_time:%Y-%m-%d %H:%M} UTC ({age_words(age)} ago)")
    names = {sector.id: sector.name for sector in settings.universe.sectors}
    colors = {sector.id: sector.color for sector in settings.universe.sectors}
    out.print(sector_table(step, names, colors, narrow=is_narrow(out)))
    from monitor.content.wording.glosses import flow_measured
    from monitor.content.wording.outside import outside_words

    measured = flow_measured(step.sectors, names)
    if measured:
        out.print(f"Net flow: {measured[0].lower()}{measured[1:]}", markup=False, highlight=False)
    tokens = {token.id: token.name for token in settings.universe.tokens}
    for words in outside_words(outside, names, tokens):
        out.print(words, markup=False, highlight=False)
    if not step.sectors:
        raise typer.Exit(FAILED)


def sector_table(
    step: "MarketStep",
    names: "Mapping[str, str]",
    colors: "Mapping[str, str]",
    *,
    narrow: bool = False,
) -> "Table":
    """At most nine columns: it fits 100 columns; ``narrow``: seven, for 80. Names stand in their sector's color."""
    from rich.table import Table
    from rich.text import Text

    from monitor.content.wording.cells import cell
    from monitor.model.figures import Place, figures_at

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("sector", min_width=9)
    shown = list(figures_at(Place.TERMINAL, narrow=narrow))
    for _, column in shown:
        table.add_column(column.heading, justify="right", no_wrap=True)
    for state in step.sectors:
        cells = [cell(figure, column, state) for figure, column in shown]
        name = Text(names.get(state.id, state.id), style=f"bold {colors.get(state.id, 'default')}")
        table.add_row(name, *cells)
    return table
