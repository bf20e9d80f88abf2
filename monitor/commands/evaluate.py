"""`monitor evaluate`: the configured detector and plain rules over synthetic and labelled episodes and random splits."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.commands.context import WRONG, Context, context_of, moments, print_json, say_failure
from monitor.model.grid import parse_duration

if TYPE_CHECKING:
    from monitor.research.evaluation import Subject
    from monitor.research.history import History
    from monitor.research.labels import Label
    from monitor.research.own_history import Nulls
    from monitor.settings.schema import Settings

HOUR = timedelta(hours=1)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "evaluate",
        epilog="Example:  monitor evaluate --nulls 50 --since 120d --labels episodes.jsonl",
    )(evaluate)


def evaluate(
    ctx: typer.Context,
    series: Annotated[
        int, typer.Option(min=0, max=500, help="Synthetic series a scenario; 0: none.")
    ] = 12,
    interval: Annotated[
        str | None,
        typer.Option(help="Width of synthetic bars, such as 15m [default: as configured]."),
    ] = None,
    first_seed: Annotated[
        int, typer.Option(min=0, help="First seed of what is reported, above those tuned on.")
    ] = 9000,
    labels: Annotated[
        Path | None,
        typer.Option(help="Labelled episodes (JSON lines) to judge on the store's bars."),
    ] = None,
    label_sector: Annotated[
        list[str] | None,
        typer.Option(
            help="THEIRS=OURS: how a sector of the label file is called here; repeatable."
        ),
    ] = None,
    nulls: Annotated[
        int,
        typer.Option(min=0, max=1000, help="Random splits of the store's tokens; proposes `on`."),
    ] = 0,
    since: Annotated[
        str | None, typer.Option(help="Judge the store from here on [default: after 14 days].")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Judge the store up to here [default: its end].")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes to use [default: one a core].")
    ] = None,
    dask: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, such as tcp://10.0.0.5:8786.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine output.")] = False,
) -> None:
    """Recall, delay and false alarms of the configured detector and of plain rules, on seeds that were not tuned on."""
    from monitor.research import evaluation
    from monitor.research.calibration import calibration, candidates
    from monitor.research.labels import LabelError
    from monitor.research.matching import left_out
    from monitor.research.own_history import judge_labels, judge_nulls, judged_range
    from monitor.research.workers import workers_of

    context = context_of(ctx)
    settings = context.settings()
    subject = subject_of(settings, _width(interval))
    now = context.clock.now()
    begin, end = moments(since, until, now)
    try:
        episodes = _labels(labels, settings, label_sector or [])
    except LabelError as error:
        say_failure(error)
        raise typer.Exit(WRONG) from None
    if first_seed < evaluation.MATCHING_SERIES or first_seed < nulls:
        least = max(evaluation.MATCHING_SERIES, nulls)
        raise typer.BadParameter(f"found --first-seed {first_seed}, expected {least} or above")
    printer = _Printer(subject, as_json=as_json)
    tell = _tell
    if missing := left_out():
        tell(missing)
    stored = replace(subject, interval=settings.engine.interval)
    with workers_of(processes or os.cpu_count() or 1, dask) as workers:
        found: Nulls | None = None
        if nulls or episodes is not None:  # first: what is wrong with the store is said at once
            history = _history(context, settings)
            judged = judged_range(history, begin, end)
            if nulls:
                found = judge_nulls(
                    history, stored, judged, workers, splits=nulls, first_seed=first_seed, tell=tell
                )
                printer.add("nulls", found)
            if episodes is not None:
                thresholds = found.thresholds if found else None
                printer.add("labels", judge_labels(history, episodes, stored, judged, thresholds))
        if series:
            result = evaluation.evaluate(
                subject, workers, series=series, first_seed=first_seed, tell=tell
            )
            printer.add("synthetic", result)
        if found is not None:
            tried = candidates(subject.all_pairs)
            seeds = range(series)
            quiet = evaluation.quiet_rates(subject, tried, seeds, workers, tell) if series else None
            printer.add("calibration", calibration(found.ons, found.tuning, quiet))
    printer.end()


def subject_of(settings: "Settings", interval: timedelta | None = None) -> "Subject":
    """What the settings configure; ``interval``: bars of another width."""
    from monitor.research.evaluation import Subject

    return Subject(
        settings.detection,
        settings.analytics,
        interval or settings.engine.interval,
        taker_venues_of(settings),
    )


def taker_venues_of(settings: "Settings") -> int:
    """How many of the synthetic market's three venues tell the takers' side, as the part of the configured ones that do.

    One at least where any does.
    """
    from monitor.ingest.venues.registry import definition_of
    from monitor.research.feed import VENUES

    asked = [name for name, venue in settings.venues.items() if venue.enabled and venue.polled]
    telling = sum(definition_of(name).taker_volume for name in asked)
    return -(-telling * len(VENUES) // len(asked)) if telling else 0


def _width(text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        width = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"--interval: {error}") from None
    quarter = timedelta(minutes=15)
    if HOUR % width or (width > quarter and width % quarter) or width < timedelta(minutes=1):
        raise typer.BadParameter(
            f"found --interval {text}, expected 1m, 5m, 15m, 30m, 1h or the like"
        )
    return width


def _labels(
    path: Path | None, settings: "Settings", aliases: list[str]
) -> "tuple[Label, ...] | None":
    from monitor.research.labels import read_labels

    if path is None:
        return None
    pairs = [alias.partition("=") for alias in aliases]
    if any(not (theirs and sign and ours) for theirs, sign, ours in pairs):
        raise typer.BadParameter(f"found --label-sector {aliases}, expected THEIRS=OURS")
    names = {sector.id for sector in settings.universe.watched}
    found = read_labels(path, sectors=names, aliases={theirs: ours for theirs, _, ours in pairs})
    return found.episodes


def _history(context: Context, settings: "Settings") -> "History":
    from monitor.research.history import read_history

    with context.database(settings) as database, database.read() as conn:
        return read_history(conn, settings.universe, settings.engine.interval)


def _tell(line: str) -> None:
    typer.echo(line, err=True)


class _Printer:
    """Tables one after the other as they are found, or one JSON object at the end."""

    def __init__(self, subject: "Subject", *, as_json: bool) -> None:
        self._as_json = as_json
        self._found: dict[str, Any] = {
            "parameters": subject.detection.fingerprint(),
            "analytics": subject.analytics.fingerprint(),
            "on": subject.detection.on,
        }
        if not as_json:
            typer.echo(
                f"Detection parameters {subject.detection.fingerprint()} (on = {subject.detection.on:g}),"
                f" analytics {subject.analytics.fingerprint()}."
            )

    def add(self, name: str, part: Any) -> None:
        """One more part."""
        self._found[name] = part.to_json()
        if not self._as_json:
            typer.echo("")
            for line in part.words():
                typer.echo(line)

    def end(self) -> None:
        """The JSON object."""
        if self._as_json:
            print_json(self._found)
