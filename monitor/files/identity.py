"""Whether the markets of a file trade what they say, by what the store knows of them and of the coin's other venues.

A sample of each market's closes is compared, since a file of another coin, of another currency or of other times is off
from its first bar to its last; single bars are judged by :mod:`monitor.files.doubts`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from math import isclose, sqrt
from statistics import median

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from monitor.ingest.validation.acceptance import SAME_TIME
from monitor.ingest.validation.plausibility import WRONG_COIN, wrong_coins
from monitor.ingest.validation.suspicion import AGREE
from monitor.model.grid import EPOCH, iso
from monitor.model.universe import DOLLARS, Market, Universe
from monitor.store import bars

SAMPLE = 200
NEAR = timedelta(days=7)
"""A known bar further away than this says nothing of a price."""

_ENOUGH = 12
"""So many closes side by side tell a lasting difference from a moment's."""


@dataclass(frozen=True, slots=True)
class Series:
    """Closes of one market of a file: opens in seconds since the epoch, ascending; four bytes each."""

    opens: NDArray[np.uint32]
    closes: NDArray[np.float32]

    def sample(self) -> dict[datetime, float]:
        """At most :data:`SAMPLE` of them, evenly over the whole."""
        length = len(self.opens)
        chosen = np.unique(np.linspace(0, length - 1, min(length, SAMPLE)).astype(int))
        return {
            EPOCH + timedelta(seconds=int(self.opens[i])): float(self.closes[i]) for i in chosen
        }


def strangers(
    conn: Connection, universe: Universe, series: Mapping[str, Series], width: timedelta
) -> dict[str, str]:
    """market_id -> why the file's bars of it are held, with the difference; markets without a close are left out."""
    found: dict[str, str] = {}
    unknown: dict[str, list[Market]] = {}
    for market in universe.markets:
        mine = series.get(market.id)
        if mine is None or not len(mine.opens):
            continue
        judged, text = _beside_the_store(conn, universe, market, mine, width)
        if text is not None:
            found[market.id] = text
        elif not judged and market.quote in DOLLARS:
            unknown.setdefault(market.token, []).append(market)
    for mates in unknown.values():
        found |= _among_themselves(mates, series)
    return found


def _beside_the_store(
    conn: Connection, universe: Universe, market: Market, mine: Series, width: timedelta
) -> tuple[bool, str | None]:
    """(whether anything known could be compared, what is wrong)."""
    sample = mine.sample()
    moments = {at + shift for at in sample for shift in (-width, timedelta(0), width)}
    own = {
        at: close
        for (_, at), close in bars.closes_at(conn, [market.id], width, sorted(moments)).items()
    }
    moved = _moved(sample, own, width)
    if moved is not None:
        return True, moved
    same = [(close, own[at]) for at, close in sample.items() if at in own]
    if same:
        bound = AGREE if len(same) >= _ENOUGH else WRONG_COIN
        return True, _off(same, bound, "those known of this market")
    if market.quote not in DOLLARS:
        return False, None
    others = [
        other
        for other in universe.token(market.token).markets
        if other.id != market.id and other.quote in DOLLARS
    ]
    beside = _beside_others(conn, market, others, sample, width)
    if beside:
        alike = all(other.quote == market.quote for other in others)
        bound = AGREE if alike and len(beside) >= _ENOUGH else WRONG_COIN
        return True, _off(beside, bound, "other venues'")
    return _beside_the_last_known(conn, market, [market, *others], sample, width)


def _moved(
    sample: Mapping[datetime, float], own: Mapping[datetime, float], width: timedelta
) -> str | None:
    """Bars that are known already, of other times."""
    known = [at for at in sample if at in own]
    for shift in (width, -width):
        there = [
            at
            for at in known
            if _same(own.get(at - shift), sample[at]) and not _same(own[at], sample[at])
        ]
        if len(there) >= 2 and 2 * len(there) > len(known):
            minutes = round(shift / timedelta(minutes=1))
            return (
                f"{len(there)} of {len(known)} bars compared are known as those of {minutes:+d} min"
            )
    return None


def _same(known: float | None, found: float) -> bool:
    """Whether it is one figure; samples are kept in four bytes."""
    return known is not None and isclose(known, found, rel_tol=1e-6)


def _beside_others(
    conn: Connection,
    market: Market,
    others: Sequence[Market],
    sample: Mapping[datetime, float],
    width: timedelta,
) -> list[tuple[float, float]]:
    """(file's price of a coin, the middle of other venues') at each sampled time that they know."""
    each = {other.id: other.multiplier for other in others}
    prices: dict[datetime, list[float]] = {}
    for (market_id, at), close in bars.closes_at(conn, list(each), width, sorted(sample)).items():
        prices.setdefault(at, []).append(close / each[market_id])
    return [(sample[at] / market.multiplier, median(said)) for at, said in prices.items()]


def _off(pairs: Iterable[tuple[float, float]], bound: float, whose: str) -> str | None:
    ratios = [found / known for found, known in pairs]
    middle = median(ratios)
    if max(middle, 1 / middle) - 1 <= bound:
        return None
    return f"closes are {middle:.4g} times {whose} ({middle - 1:+.1%}, {len(ratios)} bars compared)"


def _beside_the_last_known(
    conn: Connection,
    market: Market,
    markets: Sequence[Market],
    sample: Mapping[datetime, float],
    width: timedelta,
) -> tuple[bool, str | None]:
    """The file's ends beside the nearest known bars of the coin; the allowance grows with the root of the time between."""
    judged = False
    for at, is_first in ((min(sample), True), (max(sample), False)):
        near = []
        for other in markets:
            span = (at - NEAR, at) if is_first else (at + width, at + NEAR)
            known = bars.end_close(conn, other.id, width, *span, last=is_first)
            if known is not None:
                near.append((abs(known[0] - at), known[0], known[1] / other.multiplier))
        if not near:
            continue
        judged = True
        gap, when, price = min(near)
        bound = WRONG_COIN * max(1.0, sqrt(gap / SAME_TIME))
        ratio = sample[at] / market.multiplier / price
        if max(ratio, 1 / ratio) - 1 > bound:
            words = f"the close of {iso(at)} is {ratio:.4g} times the nearest known price of a coin"
            return True, f"{words}, {price:.8g} at {iso(when)}"
    return judged, None


def _among_themselves(mates: Sequence[Market], series: Mapping[str, Series]) -> dict[str, str]:
    """Markets of one coin in one file that nothing known speaks of."""
    if len(mates) < 2:
        return {}
    common = reduce(np.intersect1d, (series[m.id].opens for m in mates))
    if not len(common):
        return {}
    prices = {}
    for market in mates:
        mine = series[market.id]
        shared = mine.closes[np.isin(mine.opens, common)]
        prices[market.id] = float(np.median(shared.astype(np.float64))) / market.multiplier
    return wrong_coins(prices, ())
