"""A redenomination: one member goes on under another name (METHOD, chapter 3)."""

from datetime import datetime

import numpy as np

from monitor.analytics.own import Mean
from monitor.analytics.ring import Part, Ring
from monitor.engine.state import NEVER, EngineState
from monitor.engine.timeline import Timeline


def restate(
    state: EngineState, timeline: Timeline, moment: datetime, guard: float
) -> tuple[int, ...]:
    """Before the first interval at or after a migration the successor takes the old token's line: price divided by the
    ratio, supply multiplied by it. Its own first price is guarded: until one lies within ``guard`` (a fraction) of the
    line the line is held. Gives the positions of the successors."""
    if state.last_open is None:
        return ()
    restated = []
    for old, new, change in timeline.effective(state.last_open, moment):
        if state.book_sector[old] < 0:
            continue
        line = state.book_price[old] / change.ratio
        own_line = state.price[new] if state.age[new] < NEVER else np.nan
        trusted = abs(own_line / line - 1.0) <= guard if not np.isnan(own_line) else False
        if not trusted:
            state.price[new] = state.guarded[new] = line
            state.age[new], state.absent[new] = state.age[old], state.absent[old]
        state.pending[new] = state.pending[old]
        state.seen[new] = max(int(state.seen[new]), int(state.seen[old]))
        state.book_price[new] = line
        state.book_supply[new] = state.book_supply[old] * change.ratio
        state.line_supply[new] = state.book_supply[new]
        state.book_sector[new], state.book_sector[old] = state.book_sector[old], -1
        for mean in (state.spread, state.own_spread):
            _follow(mean, old, new)
        for sums in (state.hour_sampled, state.hour_scaled):
            sums[new] = sums[old]
        for ring in state.token_rings.values():
            _follow_ring(ring, old, new)
        for hours in state.token_hours.values():
            _follow_ring(hours, old, new)
        restated.append(new)
    return tuple(restated)


def _follow(mean: Mean, old: int, new: int) -> None:
    for values in (mean.value, mean.count):
        values[new] = values[old]


def _follow_ring(ring: Ring | Part, old: int, new: int) -> None:
    rows = ring.columns()
    rows[:, new] = rows[:, old]
