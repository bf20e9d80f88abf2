"""Series that end in given figures: a seeded walk between pins, so that charts look like a market's."""

import random
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from monitor.model.rotation import Rotation, SideEvidence
from monitor.model.state import SectorState
from monitor.model.universe import Sector
from tests.unit.content.report import days

Series = list[tuple[datetime, SectorState]]
HOUR = timedelta(hours=1)
MONTH = 24 * 30


def wandering(states: Sequence[SectorState], until: datetime, hours: int = MONTH) -> Series:
    """Hourly, oldest first, to ``until``; each sector ends in its state's index, share, volume share and flow."""
    paths = [_path(state, hours) for state in states]
    return [(until - (hours - k) * HOUR, path[k]) for k in range(hours + 1) for path in paths]


def around_rotation(rotation: Rotation, sectors: Sequence[Sector], at: datetime) -> Series:
    """Three days up to ``at`` that end in the figures of the rotation's evidence."""
    evidence = rotation.evidence
    sides = {s.sector: s for s in (evidence.from_side, evidence.to_side) if s is not None}
    states = [
        _of_side(sides[sector.id])
        if sector.id in sides
        else replace(days.STATES[-1], id=sector.id, return_24h=evidence.market_return)
        for sector in sectors
        if sector.id in sides or sector.benchmark
    ]
    return wandering(states, at, 72)


def _of_side(side: SideEvidence) -> SectorState:
    return replace(
        days.STATES[0],
        id=side.sector,
        return_24h=side.total_return,
        return_7d=0.0,
        share=_part(side.share_pp),
        share_change_24h=_part(side.share_change_pp),
        volume_share=_part(side.volume_share_pp),
        volume_share_change_24h=_part(side.volume_share_change_pp),
        net_flow_24h_usd=side.net_flow_usd,
    )


def _part(points: float | None) -> float | None:
    return None if points is None else points / 100


def _path(state: SectorState, hours: int) -> list[SectorState]:
    draw = random.Random(zlib.crc32(state.id.encode()))
    moved, week = state.return_24h or 0.0, state.return_7d or 0.0
    index = _walk(
        draw, hours, state.index, state.index / (1 + moved), state.index / (1 + week), 0.006
    )
    share = _shares(draw, hours, state.share, state.share_change_24h)
    volume = _shares(draw, hours, state.volume_share, state.volume_share_change_24h)
    flow = state.net_flow_24h_usd
    return [
        replace(
            state,
            index=index[k],
            share=share[k],
            volume_share=volume[k],
            net_flow_step_usd=None if flow is None else flow / 24 * (1 + draw.gauss(0, 1.5)),
        )
        for k in range(hours + 1)
    ]


def _shares(
    draw: random.Random, hours: int, last: float | None, change: float | None
) -> list[float | None]:
    if last is None:
        return [None] * (hours + 1)
    before = last - (change or 0.0)
    return [*_walk(draw, hours, last, before, before, 0.01)]


def _walk(
    draw: random.Random, hours: int, last: float, day: float, week: float, noise: float
) -> list[float]:
    """Noise between values of 30 days, a week and a day ago and the last one."""
    pins = [(0, week * 0.95), (hours - 168, week), (hours - 24, day), (hours, last)]
    known = [(k, value) for k, value in pins if k > 0 or k == pins[0][0]]
    values = [0.0] * (hours + 1)
    for (a, low), (b, high) in pairwise(known):
        wave = 0.0
        steps = [0.0]
        for _ in range(b - a):
            wave += draw.gauss(0, noise)
            steps.append(wave)
        for k in range(b - a + 1):
            part = k / (b - a)
            values[a + k] = (low + (high - low) * part) * (1 + steps[k] - part * wave)
    return values
