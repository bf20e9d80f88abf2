"""The report's four pictures: level, share, pressure, and who comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from monitor.analytics.index import chained
from monitor.analytics.rrg import daily, rrg
from monitor.content.charts import (
    Line,
    Marks,
    Tail,
    flow_chart,
    index_chart,
    note_key,
    relative_chart,
    share_chart,
)
from monitor.content.report.facts import GREY, ReportFacts
from monitor.content.report.selection import hourly_flows
from monitor.content.wording.figures import day, stamp
from monitor.content.wording.safe_text import one_line
from monitor.model.state import MemberEventKind, SectorState
from monitor.model.universe import Sector

KEYS = ("indices", "shares", "flows", "relative")
SAMPLE = timedelta(hours=4)
DAYS = 8
"""Dots of a tail: today's and those of seven days before."""


@dataclass(frozen=True, slots=True)
class ReportPicture:
    """``key`` is also its content id in a mail; ``words`` are the key to the numbers on it, empty for none."""

    key: str
    png: bytes
    alt: str
    words: str = ""


def draw_pictures(facts: ReportFacts) -> list[ReportPicture]:
    """Indices of 7 days, shares of 30, flows of the day by the hour, relative rotation with tails of 7 days.

    Empty for a day without a step.
    """
    if facts.close is None:
        return []
    week, month = facts.until - timedelta(days=7), facts.until - timedelta(days=30)
    marks = _marks(facts, week, "7 days", notes=True)
    drawn = {
        "indices": index_chart([_line(facts, s, "index", week) for s in facts.sectors], marks),
        "shares": share_chart(
            [_line(facts, s, "share", month) for s in facts.watched],
            _marks(facts, month, "30 days", notes=False),
        ),
        "flows": flow_chart(
            [_flows(facts, s) for s in facts.watched],
            Marks(subtitle=_banner(facts, day(facts.midnight)), blind=facts.health.blind),
        ),
        "relative": relative_chart(tails(facts), _subtitle(facts, "a dot a day")),
    }
    words = {"indices": note_key(marks)}
    return [ReportPicture(key, *drawn[key], words.get(key, "")) for key in KEYS]


def tails(facts: ReportFacts) -> list[Tail]:
    """Strength and momentum of each sector against the chain of all of them, sampled every 4 h, a mean a day (METHOD, 8)."""
    at = _samples(facts)
    if not at:
        return [Tail(one_line(s.name), facts.colors[s.id], ()) for s in facts.watched]
    states = [_carried(facts, sector, at) for sector in facts.watched]
    index = np.array([[s.index if s else np.nan for s in row] for row in states]).T
    shares = np.array([[_known(s.share if s else None) for s in row] for row in states]).T
    ratio, momentum = (daily(values)[-DAYS:] for values in rrg(index, chained(index, shares)))
    days = [day(at[-1] - k * timedelta(days=1)).rpartition(" ")[0] for k in range(len(ratio))][::-1]
    return [
        Tail(
            one_line(sector.name),
            facts.colors[sector.id],
            [(float(x), float(y)) for x, y in zip(ratio[:, i], momentum[:, i], strict=True)],
            days,
        )
        for i, sector in enumerate(facts.watched)
    ]


def _samples(facts: ReportFacts) -> list[datetime]:
    """Every 4 h back from the last step to the first of the series, ascending."""
    if facts.close is None or not facts.series:
        return []
    first, moment = facts.series[0][0], facts.close.close_time
    found = []
    while moment >= first:
        found.append(moment)
        moment -= SAMPLE
    return found[::-1]


def _carried(
    facts: ReportFacts, sector: Sector, at: Sequence[datetime]
) -> list[SectorState | None]:
    """The sector's last state at each of the times, None before its first."""
    rows = [(moment, state) for moment, state in facts.series if state.id == sector.id]
    found: list[SectorState | None] = []
    k, state = 0, None
    for moment in at:
        while k < len(rows) and rows[k][0] <= moment:
            state = rows[k][1]
            k += 1
        found.append(state)
    return found


def _known(value: float | None) -> float:
    return float("nan") if value is None else value


def _line(facts: ReportFacts, sector: Sector, field: str, since: datetime) -> Line:
    rows = [
        (at, getattr(state, field))
        for at, state in facts.series
        if state.id == sector.id and at >= since
    ]
    return Line(
        sector.name, facts.colors[sector.id], [at for at, _ in rows], [value for _, value in rows]
    )


def _flows(facts: ReportFacts, sector: Sector) -> Line:
    rows = hourly_flows(facts, sector.id)
    return Line(
        sector.name, facts.colors[sector.id], [at for at, _ in rows], [value for _, value in rows]
    )


def _marks(facts: ReportFacts, since: datetime, words: str, *, notes: bool) -> Marks:
    return Marks(
        spans=[
            (
                max(r.detected_at, since),
                r.closed_at or facts.until,
                facts.colors.get(r.to_sector, GREY),
            )
            for r in facts.past
            if r.confirmed_at is not None and (r.closed_at or facts.until) > since
        ],
        notes=[(at, text) for at, text in facts.notes if since <= at < facts.until]
        if notes
        else [],
        launches=[
            (e.at, e.token)
            for e in facts.events
            if e.kind is MemberEventKind.LAUNCH and since <= e.at <= facts.until
        ],
        blind=[*((a, b) for a, b in facts.gaps if b > since), *facts.health.blind],
        subtitle=_subtitle(facts, words),
    )


def _subtitle(facts: ReportFacts, words: str) -> str:
    return _banner(facts, f"{words} to {stamp(facts.until)}")


def _banner(facts: ReportFacts, words: str) -> str:
    """A picture that leaves its page still says that its figures are not the market's."""
    return f"{one_line(facts.banner, 30)}; {words}" if facts.banner else words
