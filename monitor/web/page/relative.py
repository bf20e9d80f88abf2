"""Who comes next: each sector's strength and momentum, smoothed to a dot a day."""

import math
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from monitor.analytics.index import chained
from monitor.analytics.rrg import daily, quadrant, rrg
from monitor.model.interval import FloatArray
from monitor.model.state import MarketStep, SectorState
from monitor.model.universe import Universe
from monitor.store import steps
from monitor.web.page.relative_charts import Trail
from monitor.web.page.scene import name_of

SAMPLE = timedelta(hours=4)
LENGTH = timedelta(days=45)
DOTS = 10


def trails(conn: Connection, universe: Universe, latest: MarketStep) -> list[Trail]:
    """Of every watched sector up to the last step; no dot where less than two weeks are known."""
    close = latest.close_time
    closes = [close - k * SAMPLE for k in range(LENGTH // SAMPLE)][::-1]
    found = steps.states_on(conn, closes)
    at = closes[next((i for i, moment in enumerate(closes) if moment in found), len(closes)) :]
    if not at:
        return []
    watched = universe.watched
    carried: dict[str, SectorState] = {}
    index, shares = np.full((2, len(at), len(watched)), np.nan)
    for t, moment in enumerate(at):
        carried |= {state.id: state for state in found.get(moment, ())}
        for i, sector in enumerate(watched):
            state = carried.get(sector.id)
            if state is not None:
                index[t, i] = state.index
                shares[t, i] = math.nan if state.share is None else state.share
    ratio, momentum = (daily(values)[-DOTS:] for values in rrg(index, chained(index, shares)))
    days = [at[-1] - k * timedelta(days=1) for k in range(len(ratio))][::-1]
    return [
        Trail(name_of(sector), sector.color, _dots(days, ratio[:, i], momentum[:, i]))
        for i, sector in enumerate(watched)
    ]


def _dots(
    days: list[datetime], ratio: FloatArray, momentum: FloatArray
) -> list[tuple[datetime, float, float]]:
    return [
        (day, float(x), float(y))
        for day, x, y in zip(days, ratio, momentum, strict=True)
        if not math.isnan(x + y)
    ]


def where_now(trail: Trail) -> str:
    """The quadrant of the newest dot."""
    if not trail.dots:
        return "too little history"
    _, ratio, momentum = trail.dots[-1]
    return quadrant(ratio, momentum)
