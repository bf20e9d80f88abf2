"""The page of the market: what is on, sectors, charts, rotations, data; figures need no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from monitor.content.wording import glosses
from monitor.content.wording.figures import money, pp, share, stamp
from monitor.content.wording.safe_text import one_line
from monitor.model.bars import VenueHealth, VenueState
from monitor.model.rotation import MARKET, Severity, Status
from monitor.model.state import MarketStep
from monitor.model.universe import Sector
from monitor.store import outbox, steps, venue_health
from monitor.store.outside import outside_at
from monitor.web.page import data_tables, outside_tables, rotation_tables, sector_tables
from monitor.web.page.asked import Asked
from monitor.web.page.level_charts import panels_of
from monitor.web.page.ranges import WORDS
from monitor.web.page.relative import trails, where_now
from monitor.web.page.relative_charts import Trail, pressure_words
from monitor.web.page.scene import DEPTH, Scene, by_rank, name_of, read_scene
from monitor.web.page.tables import Cell, Column, Table
from monitor.web.page.templating import render
from monitor.web.surroundings import Surroundings

_UP = (VenueState.UP, VenueState.DEGRADED)


def market_page(
    conn: Connection, around: Surroundings, asked: Asked, now: datetime, reasons: Sequence[str]
) -> str:
    """The whole page as HTML. ``reasons``: why the daemon is not ready, shown in words at the top."""
    step = steps.latest_step(conn)
    health = [h for h in venue_health.read_health(conn) if h.state is not VenueState.DISABLED]
    if step is None:
        return render("empty.html", reasons=reasons, now=now, down=_down(health))
    sectors = {sector.id: sector for sector in by_rank(around.universe)}
    names = {sector.id: name_of(sector) for sector in sectors.values()}
    colors = {sector.id: sector.color for sector in sectors.values()}
    known = sector_tables.supplies_in_force(conn, step.tokens, step.close_time)
    open_cards = rotation_tables.cards(conn, step, names, colors)
    scene = read_scene(conn, around.universe, step, asked.range, around.width)
    outside = outside_at(conn, step)
    grid = data_tables.read_grid(conn, around.universe, around.width, step.close_time)
    found = trails(conn, around.universe, step)
    return render(
        "page.html",
        banner=around.enricher.banner,
        asked=asked,
        status=_status(step, sectors, now, around),
        reasons=reasons,
        venues=health,
        venues_up=sum(venue.state in _UP for venue in health),
        down=_down(health),
        channels=_channels(conn, around, now),
        cards=open_cards,
        nearest="" if open_cards else rotation_tables.nearest_words(conn, step, names),
        wide=sector_tables.sector_table(step, sectors),
        small=sector_tables.small_sector_tables(step, sectors),
        beside=sector_tables.beside_table(step, sectors),
        glosses=[
            glosses.OWN,
            " ".join(filter(None, (glosses.NET_FLOW, glosses.flow_measured(step.sectors, names)))),
            glosses.ABNORMAL_VOLUME,
            glosses.VOLUME_SHARE,
        ],
        relative_flow=glosses.relative_flow_words(step.sectors, names),
        members=[
            (sectors[s.id], names[s.id], sector_tables.token_table(sectors[s.id], step, known))
            for s in step.sectors
            if s.id in sectors
        ],
        outside=[
            table
            for table in (
                outside_tables.activity_table(outside, around.universe),
                outside_tables.reference_table(outside, sectors),
            )
            if table.rows
        ],
        ranges=WORDS,
        scene=scene,
        marks=_marks(scene),
        panels=[panel.title for panel in panels_of(scene)],
        depth_known=scene.knows(DEPTH),
        moved=moved_table(scene),
        standing=standing_table(step, around, found),
        relative_drawn=any(trail.dots for trail in found),
        rotations=rotation_tables.rotation_table(conn, asked, names),
        choices=_choices(sectors, names),
        grid=grid,
        signs=data_tables.SIGNS,
        heads=[data_tables.hour_words(begin) for begin in grid.begins],
        quarantine=data_tables.quarantine_table(conn, now),
        revisions=data_tables.revision_table(conn, around.width, now),
    )


@dataclass(frozen=True, slots=True)
class StatusLine:
    """``age_s``: since the last step; ``stale``: too old to pass for live. ``coverage``: in words."""

    at: datetime
    age_s: float
    stale: bool
    coverage: str
    stale_after_s: float


def _status(
    step: MarketStep, sectors: Mapping[str, Sector], now: datetime, around: Surroundings
) -> StatusLine:
    age_s = (now - step.close_time).total_seconds()
    old = 3 * around.width.total_seconds()
    parts = [
        f"{name_of(sectors[s.id])} {share(s.coverage, 0)}"
        for s in step.sectors
        if s.id in sectors and s.coverage < 0.995
    ]
    return StatusLine(step.close_time, age_s, age_s > old, ", ".join(parts) or "100 %", old)


def _down(health: Sequence[VenueHealth]) -> list[str]:
    told = []
    for venue in health:
        if venue.state in _UP:
            continue
        why = f", {one_line(venue.error, 120)}" if venue.error else ""
        again = f", next try {venue.next_try:%H:%M} UTC" if venue.next_try else ""
        told.append(f"{venue.venue}: {venue.state.value} since {stamp(venue.since)}{why}{again}")
    return told


def _channels(conn: Connection, around: Surroundings, now: datetime) -> str:
    """``slack: nothing waits, mail: 2 wait``."""
    waiting = outbox.pending_stats(conn, now).by_channel
    every = dict.fromkeys([*around.channels, *map(str, waiting)])
    told = [
        f"{name}: {f'{n} waiting' if (n := waiting.get(name, 0)) else 'nothing waits'}"
        for name in every
    ]
    return ", ".join(told) or "none is set up: nobody is told"


def _marks(scene: Scene) -> list[str]:
    """What is drawn on the charts, in words."""
    told = [
        f"({i}) {one_line(text, 120)}, {stamp(at)}" for i, (at, text) in enumerate(scene.notes, 1)
    ]
    told += [f"launch of {one_line(e.token)}, {stamp(e.at)}" for e in scene.launches]
    told += [f"blind from {stamp(a)} to {stamp(b)}" for a, b in scene.blind]
    return told


def moved_table(scene: Scene) -> Table:
    """What the level charts show, from their left edge to their right one."""
    depth = scene.knows(DEPTH)
    return Table(
        "moved",
        f"From {stamp(scene.at[0])} to {stamp(scene.at[-1])}",
        (
            Column("sector", "sector", words=True),
            Column("index", "index_change_fraction"),
            Column("share of cap", "share_fraction"),
            Column("change of cap share", "share_change_fraction"),
            Column("share of 24 h volume", "volume_share_fraction"),
            Column("its change, all that was traded", "volume_share_change_fraction"),
            *(_DEPTH_COLUMNS if depth else ()),
        ),
        [
            [*_moved(scene, sector), *(_depth_moved(scene, sector) if depth else ())]
            for sector in scene.sectors
        ],
    )


_DEPTH_COLUMNS = (
    Column("depth 1 %", "depth_1pct_usd"),
    Column("its change", "depth_1pct_change_fraction"),
    Column("depth 2 %", "depth_2pct_usd"),
    Column("its change", "depth_2pct_change_fraction"),
)


def _depth_moved(scene: Scene, sector: Sector) -> list[Cell]:
    """Bids and asks together, and how much more they are than at the left edge."""
    cells = []
    for part in ("1pct", "2pct"):
        first, last = (
            None if bid is None or ask is None else bid + ask
            for bid, ask in zip(
                _edges(scene, sector, f"depth_bid_{part}_usd"),
                _edges(scene, sector, f"depth_ask_{part}_usd"),
                strict=True,
            )
        )
        cells.append(Cell(money(last, sign=False), last))
        cells.append(_percent(last / first - 1 if first and last is not None else None))
    return cells


def _edges(scene: Scene, sector: Sector, figure: str) -> tuple[float | None, float | None]:
    """First and last known value of the range."""
    known = [v for v in scene.values(sector.id, figure) if v is not None]
    return (known[0], known[-1]) if known else (None, None)


def _moved(scene: Scene, sector: Sector) -> list[Cell]:
    first, last = _edges(scene, sector, "index")
    grown = last / first - 1 if first and last is not None else None
    cells = [Cell(name_of(sector), sector.id, color=sector.color), _percent(grown)]
    for figure in ("share", "volume_share"):
        before, now = _edges(scene, sector, figure)
        changed = None if before is None or now is None else now - before
        dash = sector.benchmark
        cells.append(Cell("-" if dash else share(now), now))
        cells.append(Cell("-" if dash else pp(changed), changed))
    return cells


def _percent(value: float | None) -> Cell:
    return Cell("unknown" if value is None else f"{100 * value:+.1f} %", value)


def standing_table(step: MarketStep, around: Surroundings, found: Sequence[Trail]) -> Table:
    """Where each sector stands in the two charts of rotation, in words."""
    states = {state.id: state for state in step.sectors}
    by_name = {trail.name: trail for trail in found}
    rows = []
    for sector in around.universe.watched:
        state, trail = states.get(sector.id), by_name.get(name_of(sector))
        if state is None:
            continue
        dot = trail.dots[-1] if trail is not None and trail.dots else None
        rows.append(
            [
                Cell(name_of(sector), sector.id, color=sector.color),
                Cell(
                    where := where_now(trail) if trail is not None else "too little history", where
                ),
                Cell(f"{dot[1]:.1f}" if dot else "-", dot[1] if dot else None),
                Cell(f"{dot[2]:.1f}" if dot else "-", dot[2] if dot else None),
                Cell(pp(state.own_return_24h), state.own_return_24h),
                Cell(pp(state.volume_share_change_24h), state.volume_share_change_24h),
                Cell(pressure_words(state), pressure_words(state)),
            ]
        )
    return Table(
        "standing",
        f"Where each sector stands, as of {stamp(step.close_time)}",
        (
            Column("sector", "sector", words=True),
            Column("relative rotation", "quadrant", words=True),
            Column("strength", "strength"),
            Column("momentum", "momentum"),
            Column("own move 24 h", "own_return_24h_fraction"),
            Column("change of volume share 24 h", "volume_share_change_24h_fraction"),
            Column("pressure", "pressure", words=True),
        ),
        rows,
    )


def _choices(
    sectors: Mapping[str, Sector], names: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    """(value, words) of each filter."""
    sides = [(s.id, names[s.id]) for s in sectors.values() if not s.benchmark] + [
        (MARKET, "market")
    ]
    return {
        "from": sides,
        "to": sides,
        "status": [(s.value, s.value) for s in Status],
        "severity": [(s.value, s.value) for s in Severity],
    }
