"""Whether sound bars can be of our coin: a level far off its own past or other venues, or another coin altogether.

The wrong-coin bound is METHOD chapter 2: 25 % off the reference on a first bar or after 24 hours without one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import numpy as np

from monitor.model.bar_columns import BarSeries
from monitor.model.bars import Bar, Refusal

LEVEL_FACTOR = 20.0
WRONG_COIN = 0.25
SILENCE = timedelta(hours=24)
_OPENING = 5
_NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class Known:
    """A market's newest accepted bar: its open and close, in the market's own units."""

    open_time: datetime
    close: float


def is_established(known: Known | None, open_time: datetime) -> bool:
    """Whether a market has an accepted bar within 24 hours before ``open_time``."""
    return known is not None and open_time - known.open_time <= SILENCE


def split_by_level(
    bars: Sequence[Bar], venue: str, known: Known | None, others: Sequence[float]
) -> tuple[Sequence[Bar], list[Refusal]]:
    """Keep bars whose prices are within a factor of 20 of the last accepted close, walking forward.

    ``bars`` ascend; ``others`` are closes of the same coin on other venues, in this market's units: a jump that one of
    them confirms within 25 % is kept. Where the market itself has no bar of the last 24 h, their median is the measure.
    """
    kept: list[Bar] = []
    refusals: list[Refusal] = []
    # Without any measure the first few bars vouch for each other, so that a broken first one cannot set the level.
    opening = [bar.close for bar in bars[:_OPENING]]
    first = median(opening) if len(opening) >= 3 else None
    if isinstance(bars, BarSeries) and _is_level(bars, known, median(others) if others else first):
        return bars, []
    for bar in bars:
        newer = known is not None and known.open_time > bar.open_time
        own = known.close if known and (newer or is_established(known, bar.open_time)) else None
        measure = own if own is not None else (median(others) if others else first)
        if measure is None or _factor(bar, measure) < LEVEL_FACTOR or _confirmed(bar, others):
            kept.append(bar)
            known = known if newer else Known(bar.open_time, bar.close)
            continue
        detail = (
            f"close {bar.close:.8g} (high {bar.high:.8g}, low {bar.low:.8g}) after {measure:.8g}"
        )
        text = f"{detail}: {_times(bar, measure)}, and no other venue confirms it"
        refusals.append(Refusal(venue, bar.market_id, bar.open_time, "implausible_level", text))
    return kept, refusals


def _is_level(bars: BarSeries, known: Known | None, measure: float | None) -> bool:
    """Whether no bar is off its level for sure, from arrays; ``measure``: where the market has no bar of the last 24 h."""
    columns, opening = bars.columns, bars[0].open_time
    if known is not None and known.open_time >= opening:
        return False
    if known is not None and is_established(known, opening):
        measure = known.close
    if (np.diff(columns.opens) > SILENCE / timedelta(microseconds=1)).any():
        return False
    highs, lows, closes = columns.figures[1:4]
    before = np.concatenate([[highs[0] if measure is None else measure], closes[:-1]])
    return bool((np.maximum(highs / before, before / lows) < LEVEL_FACTOR).all())


def outliers(closes: Sequence[float]) -> set[int]:
    """Positions whose close is off by a factor of 20 from the five before it and from the five after it.

    Off from one side only is a new level. At an end the one side there is decides, where it holds three at least.
    """
    found = set()
    for i, close in enumerate(closes):
        sides = [closes[max(0, i - _NEIGHBOURS) : i], closes[i + 1 : i + 1 + _NEIGHBOURS]]
        middles = [median(side) for side in sides if side]
        off = [max(close / m, m / close) >= LEVEL_FACTOR for m in middles]
        if off and all(off) and sum(map(len, sides)) >= 3:
            found.add(i)
    return found


def _factor(bar: Bar, measure: float) -> float:
    return max(bar.high / measure, measure / bar.low)


def _times(bar: Bar, measure: float) -> str:
    up, down = bar.high / measure, measure / bar.low
    return f"{up:.3g} times too high" if up >= down else f"{down:.3g} times too low"


def _confirmed(bar: Bar, others: Sequence[float]) -> bool:
    near = any(abs(bar.close / other - 1) <= WRONG_COIN for other in others)
    return near and bar.high / bar.low < LEVEL_FACTOR


def wrong_coins(candidates: Mapping[str, float], references: Sequence[float]) -> dict[str, str]:
    """Which new markets of one coin trade another: market id -> reason in words.

    ``candidates``: price of a coin on each market that has no accepted bar of the last 24 h; ``references``: prices of the
    coin from markets that have, or from a data provider. Without a reference the candidates are measured against their own
    median; two that disagree are both kept out, since nothing tells which is right. A single candidate is believed.
    """
    if references:
        return _off(candidates, median(references), "other venues say")
    if len(candidates) < 2:
        return {}
    if len(candidates) == 2:
        low, high = sorted(candidates.values())
        if high / low - 1 <= WRONG_COIN:
            return {}
        text = f"two venues disagree ({low:.8g} and {high:.8g}) and nothing tells which is right"
        return dict.fromkeys(candidates, text)
    return _off(candidates, median(candidates.values()), "the middle of all venues is")


def _off(candidates: Mapping[str, float], reference: float, words: str) -> dict[str, str]:
    return {
        market: f"a coin costs {price:.8g}, {words} {reference:.8g}: more than 25 % apart, another coin"
        for market, price in candidates.items()
        if not math.isclose(price, reference) and abs(price / reference - 1) > WRONG_COIN
    }
