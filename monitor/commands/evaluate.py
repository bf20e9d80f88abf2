"""`monitor evaluate`: the detector and the baselines over synthetic episodes."""

from typing import Annotated

import typer

from monitor.commands.context import context_of, print_json


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("evaluate", epilog="Example:  monitor evaluate --series 40")(evaluate)


def evaluate(
    ctx: typer.Context,
    series: Annotated[int, typer.Option(min=4, max=500, help="Synthetic series a scenario.")] = 12,
    as_json: Annotated[bool, typer.Option("--json", help="Machine output.")] = False,
) -> None:
    """Recall, delay and false alarms of the detector and of plain rules, on seeds that were not tuned on."""
    from monitor.research.evaluation import evaluate as run_evaluation

    _ = context_of(ctx)
    result = run_evaluation(series=series)
    if as_json:
        print_json(result.to_json())
        return
    for line in result.words():
        typer.echo(line)
