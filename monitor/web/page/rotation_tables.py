"""Rotations as cards and as a table, and the pair that came nearest where none is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.content.wording.figures import net_flow, percent, points, pp
from monitor.content.wording.phrases import condition_words, figure_of, listed, pair_words
from monitor.model.rotation import MARKET, PairReading, Rotation, Status
from monitor.model.state import MarketStep
from monitor.store import readings, rotations, steps
from monitor.web.page.asked import Asked
from monitor.web.page.scene import INSTANT
from monitor.web.page.tables import Cell, Column, Table, time_cell

ON = (Status.OPEN, Status.CONFIRMED)
MOST_CARDS = 20
MOST_ROWS = 50
SPARK = timedelta(hours=72)
SPARK_EVERY = timedelta(hours=2)
SPARK_WIDTH, SPARK_HEIGHT = 160, 36

COLUMNS = (
    Column("rotation", "pair", words=True),
    Column("state", "status", words=True),
    Column("severity", "severity", words=True),
    Column("detected (UTC)", "detected_at"),
    Column("ended (UTC)", "closed_at"),
    Column("own move when told", "own_return_fraction"),
    Column("score", "score"),
    Column("24 h later", "to_over_from_return_24h_fraction"),
    Column("72 h later", "to_over_from_return_72h_fraction"),
    Column("id", "id", words=True),
)


@dataclass(frozen=True, slots=True)
class Card:
    """An open rotation. ``figures``: (what, words), of the window that closed at ``told_of``; ``spark``: points of a line
    to the last step, empty where too little is known; ``spark_words`` tell it to who cannot see it."""

    id: str
    title: str
    color: str
    facts: str
    since: datetime
    told_of: datetime
    figures: Sequence[tuple[str, str]]
    spark: str
    spark_words: str


def cards(
    conn: Connection, step: MarketStep, names: Mapping[str, str], colors: Mapping[str, str]
) -> list[Card]:
    """Of what is on now, the newest first, each with the own move of its side over three days."""
    on = rotations.newest_rotations(conn, limit=MOST_CARDS, statuses=ON)
    if not on:
        return []
    until = step.close_time + INSTANT
    series = steps.sector_series(conn, until - SPARK, until, every=_spark_every(step.width))
    return [
        _card(
            r,
            [(at, s.own_return_24h) for at, s in series if s.id == r.evidence.told_side.sector],
            names,
            colors,
        )
        for r in on
    ]


def _spark_every(width: timedelta) -> timedelta:
    return width * max(1, SPARK_EVERY // width)


def _card(
    r: Rotation,
    own: Sequence[tuple[datetime, float | None]],
    names: Mapping[str, str],
    colors: Mapping[str, str],
) -> Card:
    side, hours = r.evidence.told_side, r.evidence.window_h
    name = _name(side.sector, names)
    figures = [
        (f"{name}, {hours} h", f"{percent(side.total_return)}, own {pp(side.own_return)}"),
        (f"its volume share, {hours} h", points(side.volume_share_change_pp)),
        (f"its net flow, {hours} h", net_flow(side.net_flow_usd, side.flow_grade)),
    ]
    other = r.evidence.to_side
    if other is not None and other is not side:
        told = f"{_name(other.sector, names)}, volume share, {hours} h"
        figures.append((told, points(other.volume_share_change_pp)))
    figures.append(("score", figure_of(r.score)))
    known = [value for _, value in own if value is not None]
    return Card(
        r.id,
        pair_words(r.pair, names),
        colors.get(r.to_sector, "#888888"),
        f"{r.severity.value.upper()} · {r.status.value}"
        + (" · held: too little data to judge" if r.held else ""),
        r.detected_at,
        r.figures_until,
        figures,
        spark_points(own),
        f"Own move of {name} in 24 h, over the last 3 days: {pp(known[0])} to {pp(known[-1])}"
        if known
        else "",
    )


def _name(sector: str, names: Mapping[str, str]) -> str:
    return "market" if sector == MARKET else names.get(sector, sector)


def spark_points(series: Sequence[tuple[datetime, float | None]]) -> str:
    """``x,y x,y ...`` of a small drawing; unknown values are skipped; empty for fewer than two."""
    known = [(at, value) for at, value in series if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(v for _, v in known), max(v for _, v in known)
    first, length = known[0][0], known[-1][0] - known[0][0]
    tall = (high - low) or 1.0
    return " ".join(
        f"{SPARK_WIDTH * ((at - first) / length):.1f},{1 + (SPARK_HEIGHT - 2) * (high - v) / tall:.1f}"
        for at, v in known
    )


def nearest_words(conn: Connection, step: MarketStep, names: Mapping[str, str]) -> str:
    """``nearest: Memes → AI agents, 4 of 6 conditions in 24 h; lacking: ...``; empty where no pair was read."""
    found = readings.readings_at(conn, step.close_time)
    if not found:
        return ""
    best = max(found, key=_nearness)
    pair = (_name(best.from_sector, names), _name(best.to_sector, names))
    lacking = [condition_words(c, best.window_h, pair) for c in best.conditions if not c.met]
    met = len(best.conditions) - len(lacking)
    head = f"{pair_words((best.from_sector, best.to_sector), names)}, {met} of {len(best.conditions)} conditions"
    return f"{head}; lacking: {listed(lacking)}" if lacking else f"{head}, not yet lasting"


def _nearness(reading: PairReading) -> tuple[int, float]:
    score = float("-inf") if reading.score is None else reading.score
    return sum(c.met for c in reading.conditions), score


def rotation_table(conn: Connection, asked: Asked, names: Mapping[str, str]) -> Table:
    """The newest that the filters let through; one more is read to know whether there are more."""
    found = rotations.newest_rotations(
        conn,
        limit=MOST_ROWS + 1,
        since=asked.since,
        from_sector=asked.from_sector,
        to_sector=asked.to_sector,
        statuses=(asked.status,) if asked.status else (),
        severity=asked.severity,
    )
    more = f": the newest {MOST_ROWS}, filter for others" if len(found) > MOST_ROWS else ""
    none = "None is stored that is all of that." if asked.filtered else "None is stored."
    return Table(
        "rotations",
        f"Rotations{more}",
        COLUMNS,
        [_row(r, names) for r in found[:MOST_ROWS]],
        empty=none,
    )


def _row(r: Rotation, names: Mapping[str, str]) -> list[Cell]:
    own = r.evidence.told_side.own_return
    return [
        Cell(pair_words(r.pair, names), " → ".join(r.pair), href=f"/?rotation={r.id}"),
        Cell(r.status.value, r.status.value),
        Cell(r.severity.value, r.severity.value),
        time_cell(r.detected_at),
        time_cell(r.closed_at),
        Cell(f"{pp(own)} in {r.evidence.window_h} h", own),
        Cell(figure_of(r.score), r.score),
        *(_outcome(r, key) for key in ("24h", "72h")),
        Cell(r.id, r.id, href=f"/?rotation={r.id}"),
    ]


def _outcome(r: Rotation, key: str) -> Cell:
    outcome = r.outcomes.get(key)
    return (
        Cell("-")
        if outcome is None
        else Cell(percent(outcome.relative_return), outcome.relative_return)
    )
