"""A range of stored days as one self-contained HTML file: verdict, charts, rotations, members, data."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources

from jinja2 import Environment, Template, select_autoescape

from monitor.content.alert_text import pair_of, sentences
from monitor.content.charts import Line, Marks, index_chart, note_key, share_chart
from monitor.content.figures import duration, money, percent, points, pp, share, stamp
from monitor.content.plain_words import one_line
from monitor.model.rotation import Rotation
from monitor.model.state import MarketStep, MemberEvent, SectorState
from monitor.model.universe import Sector

Series = Sequence[tuple[datetime, SectorState]]


@dataclass(frozen=True, slots=True)
class RangeFacts:
    """What the report is rendered from; it computes nothing but the rebasing of a chart.

    ``series``: sector states by close time; ``shown``: the step whose sectors stand in the table; ``banner``: what must
    stand above everything ("demo · reconstruction ..."), empty for live data.
    """

    title: str
    banner: str
    since: datetime
    until: datetime
    sectors: Sequence[Sector]
    series: Series
    rotations: Sequence[Rotation]
    events: Sequence[MemberEvent]
    notes: Sequence[tuple[datetime, str]]
    shown: MarketStep | None
    shown_why: str
    data: str
    version: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart inside the file."""

    uri: str
    alt: str
    key: str = ""


def range_report(facts: RangeFacts) -> str:
    """The whole document. Everything that came from outside is escaped."""
    names = {sector.id: one_line(sector.name) for sector in facts.sectors}
    return _template().render(
        facts=facts,
        names=names,
        colors={sector.id: sector.color for sector in facts.sectors},
        pictures=pictures(facts) if facts.series else [],
        told=[(r, pair_of(r, names), sentences(r, names)) for r in facts.rotations],
    )


def pictures(facts: RangeFacts) -> list[Picture]:
    """Sector indices and shares over the range."""
    marks = Marks(
        spans=[
            (r.detected_at, r.closed_at or facts.until, _color(facts.sectors, r.to_sector))
            for r in facts.rotations
            if r.confirmed_at is not None
        ],
        notes=[(at, text) for at, text in facts.notes if facts.since <= at <= facts.until],
        launches=[(e.at, e.token) for e in facts.events if e.kind == "launch"],
        # what it is comes first: a picture is passed on without its page
        subtitle=facts.banner or f"{stamp(facts.since)} to {stamp(facts.until)}",
    )
    watched = [sector for sector in facts.sectors if not sector.benchmark]
    indices = [_line(facts.series, sector, "index") for sector in facts.sectors]
    shares = [_line(facts.series, sector, "share") for sector in watched]
    (index, index_alt), (stack, stack_alt) = index_chart(indices, marks), share_chart(shares, marks)
    return [Picture(_uri(index), index_alt, note_key(marks)), Picture(_uri(stack), stack_alt)]


def _line(series: Series, sector: Sector, field: str) -> Line:
    rows = [(at, getattr(state, field)) for at, state in series if state.id == sector.id]
    return Line(sector.name, sector.color, [at for at, _ in rows], [value for _, value in rows])


def _color(sectors: Sequence[Sector], sector_id: str) -> str:
    return next((s.color for s in sectors if s.id == sector_id), "#7F7F7F")


def _uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


@cache
def _template() -> Template:
    environment = Environment(autoescape=select_autoescape(default=True, default_for_string=True))
    filters: Mapping[str, object] = {
        "money": money,
        "percent": percent,
        "points": points,
        "pp": pp,
        "share": share,
        "stamp": stamp,
        "duration": duration,
        "one_line": one_line,
    }
    environment.filters.update(filters)
    source = (
        resources.files("monitor.content")
        .joinpath("templates/range_report.html")
        .read_text(encoding="utf-8")
    )
    return environment.from_string(source)
