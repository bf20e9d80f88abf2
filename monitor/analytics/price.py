"""One price per token and step from its venues' closes (METHOD, chapter 2)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitor.analytics.parameters import AnalyticsParameters
from monitor.model.interval import FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where each token's markets stand: ``market[i, k]`` is the k-th market of token i, or -1."""

    market: IntArray

    @classmethod
    def of(cls, market_token: IntArray, tokens: int) -> "Places":
        """From the layout's token of each market."""
        counts = (
            np.bincount(market_token, minlength=tokens)
            if len(market_token)
            else np.zeros(tokens, dtype=np.int64)
        )
        table = np.full((tokens, max(1, int(counts.max(initial=0)))), -1, dtype=np.int64)
        filled = np.zeros(tokens, dtype=np.int64)
        for market, token in enumerate(market_token):
            table[token, filled[token]] = market
            filled[token] += 1
        return cls(table)

    def spread(self, per_market: FloatArray, empty: float) -> FloatArray:
        """(tokens, k) of a per-market array, of one step or of many; ``empty`` where a token has fewer markets."""
        if not per_market.shape[-1]:
            return np.full((*per_market.shape[:-1], *self.market.shape), empty)
        return np.where(self.market >= 0, np.take(per_market, self.market, axis=-1), empty)

    def spread_flags(self, per_market: BoolArray) -> BoolArray:
        """(tokens, k) of per-market flags; false where a token has fewer markets."""
        if not per_market.shape[-1]:
            return np.zeros((*per_market.shape[:-1], *self.market.shape), dtype=np.bool_)
        return (self.market >= 0) & np.take(per_market, self.market, axis=-1)

    def gather(self, table: BoolArray, markets: int) -> BoolArray:
        """The inverse of :meth:`spread` for flags."""
        out = np.zeros((*table.shape[:-2], markets), dtype=np.bool_)
        held = self.market >= 0
        out[..., self.market[held]] = table[..., held]
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Consolidated:
    """Per token: the candidate close in USD (NaN: no fresh venue), how many venues agree with it, conflict flags; per
    (token, k): which markets counted, and which are now outlying."""

    close: FloatArray
    agreeing: IntArray
    conflict: BoolArray
    counted: BoolArray
    outlying: BoolArray


def consolidate(
    close: FloatArray,
    weight: FloatArray,
    fresh: BoolArray,
    was_outlying: BoolArray,
    last_price: FloatArray,
    parameters: AnalyticsParameters,
) -> Consolidated:
    """Volume-weighted median of the fresh venues that do not stand apart.

    ``close``, ``weight``, ``fresh``, ``was_outlying``: (tokens, k); USD per coin and USD of the last 24 h.
    ``last_price``: (tokens,) last accepted, NaN if none. With three or more fresh venues one that is more than
    ``venue_dev`` from their median is left out until within half of that; of two that disagree by more than
    ``venue_dev`` the one nearer to the last accepted price is taken and the conflict flagged. Whether a venue stands
    apart cannot be told from two: it is remembered until three are fresh again. Where all stand apart (two against two)
    none counts, and that too is a conflict.
    """
    count = fresh.sum(axis=1)
    three = count >= 3
    outlying, used = was_outlying, fresh
    if three.any():
        outlying = _outlying(close, fresh, was_outlying, count, parameters.venue_dev)
        used = fresh & ~(outlying & three[:, None])
    conflict = _two_apart(close, used, count, parameters.venue_dev)
    used = _nearer(close, weight, used, conflict, last_price)
    price = _weighted_median(
        close, _capped_weights(weight, used, parameters.venue_weight_cap), used
    )
    with np.errstate(invalid="ignore"):
        near = np.abs(close / price[:, None] - 1.0) <= parameters.agree_within
    agreeing = (near & fresh).sum(axis=1)
    torn = three & ~used.any(axis=1)  # each stands apart from the middle of the others
    return Consolidated(price, agreeing, conflict | torn, used, outlying)


def _outlying(
    close: FloatArray, fresh: BoolArray, was: BoolArray, count: IntArray, dev: float
) -> BoolArray:
    """Which stand apart from the median of three or more; of fewer it is as it ``was``."""
    middle = _median(np.where(fresh, close, np.nan), count)
    with np.errstate(invalid="ignore", divide="ignore"):
        away = np.abs(close / middle[:, None] - 1.0)
    far: BoolArray = away > np.where(was, dev / 2, dev)
    outlying: BoolArray = np.where(fresh & (count >= 3)[:, None], far, was)
    return outlying


def _median(values: FloatArray, count: IntArray) -> FloatArray:
    """Row-wise median of the known values; NaN for a row without any."""
    ordered = np.sort(values, axis=1)  # NaN last
    rows = np.arange(len(values))
    low = ordered[rows, np.maximum((count - 1) // 2, 0)]
    high = ordered[rows, np.minimum(count // 2, values.shape[1] - 1)]
    return np.where(count > 0, (low + high) / 2, np.nan)


def _two_apart(close: FloatArray, used: BoolArray, count: IntArray, dev: float) -> BoolArray:
    pair: BoolArray = (count == 2) & (used.sum(axis=1) == 2)
    if not pair.any():
        return pair
    high = np.where(used, close, -np.inf).max(axis=1)
    low = np.where(used, close, np.inf).min(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart: BoolArray = pair & (high / low - 1.0 > dev)
    return apart


def _nearer(
    close: FloatArray,
    weight: FloatArray,
    used: BoolArray,
    conflict: BoolArray,
    last_price: FloatArray,
) -> BoolArray:
    """Where two disagree keep the one nearer to the last accepted price; without one, the one traded more."""
    if not conflict.any():
        return used
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = np.abs(np.log(close / last_price[:, None]))
    rank = np.where(np.isnan(distance), -np.nan_to_num(weight), distance)
    best = np.argmin(np.where(used, rank, np.inf), axis=1)
    only = np.zeros_like(used)
    only[np.arange(len(best)), best] = True
    return np.where(conflict[:, None], used & only, used)


def _capped_weights(weight: FloatArray, used: BoolArray, cap: float) -> FloatArray:
    """No venue over ``cap`` of a token's weight where three or more count; equal weights where none is known."""
    known = np.where(used & ~np.isnan(weight), weight, 0.0)
    total = known.sum(axis=1, keepdims=True)
    known = np.where(used & (total == 0), 1.0, known)
    total = known.sum(axis=1, keepdims=True)
    three = (used.sum(axis=1) >= 3)[:, None]
    if not three.any():
        return known
    others = total - known
    with np.errstate(invalid="ignore"):
        limit = others * cap / (1.0 - cap)
    return np.where(three & (known > limit) & (others > 0), limit, known)


def _weighted_median(close: FloatArray, weight: FloatArray, used: BoolArray) -> FloatArray:
    """The lowest price whose cumulated weight reaches half of the total."""
    if close.shape[1] == 1:
        return np.where(used, close, np.nan)[:, 0]
    price = np.where(used, close, np.inf)
    order = np.argsort(price, axis=1, kind="stable")
    price = np.take_along_axis(price, order, axis=1)
    cumulated = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
    reached = cumulated >= 0.5 * cumulated[:, -1:]
    found = np.take_along_axis(price, np.argmax(reached, axis=1)[:, None], axis=1)[:, 0]
    return np.where(used.any(axis=1), found, np.nan)
