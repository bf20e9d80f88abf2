"""Chained sector index, market-cap share, and a share change taken apart (METHOD, chapters 3 and 4)."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from monitor.model.interval import FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """Members at one end of a step. Per token: price (USD), supply (units), sector position or -1 if no member.

    All here take arrays of one step, or of many along a first axis: each step by itself, and the same to the bit.
    """

    price: FloatArray
    supply: FloatArray
    sector: IntArray
    cap: FloatArray = field(init=False)
    """USD per token, 0 where it is no member."""

    def __post_init__(self) -> None:
        cap = np.where(self.sector >= 0, self.price * self.supply, 0.0)
        object.__setattr__(self, "cap", cap)


def by_sector(values: FloatArray, sector: IntArray, sectors: int) -> FloatArray:
    """Sum per sector, in the tokens' fixed order."""
    if sector.ndim > 1:
        steps = len(sector)
        place = sector + (1 + (sectors + 1) * np.arange(steps))[:, None]
        summed = np.bincount(place.ravel(), weights=values.ravel(), minlength=steps * (sectors + 1))
        return np.ascontiguousarray(summed.reshape(steps, sectors + 1)[:, 1:])
    summed = np.bincount(sector + 1, weights=values, minlength=sectors + 1)  # what has none first
    return np.asarray(summed[1:], dtype=np.float64)


def of_sector(values: FloatArray, sector: IntArray) -> FloatArray:
    """Per token what its sector has; anything where it has none."""
    if sector.ndim > 1:
        return np.asarray(np.take_along_axis(values, sector, axis=-1))
    return np.asarray(values[sector])


def chain_return(before: Book, after: Book, sectors: int) -> tuple[FloatArray, BoolArray]:
    """Log return per sector over the tokens that are members at both ends, and whether there was any.

    Weights are the caps before, with the supply before: a launch, removal, unlock or redenomination moves no index
    (S&P index mathematics in chained form). ``before`` is already restated for a redenomination.
    """
    kept = (before.sector >= 0) & (before.sector == after.sector)
    sector = np.where(kept, before.sector, -1)
    base = by_sector(np.where(kept, before.price * before.supply, 0.0), sector, sectors)
    now = by_sector(np.where(kept, after.price * before.supply, 0.0), sector, sectors)
    some = base > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(some, np.log(now / np.where(some, base, 1.0)), 0.0), some


def cap_changes(
    before: Book, after: Book, launched: BoolArray, launching: BoolArray, sectors: int
) -> FloatArray:
    """(sectors, 4): the change of each sector's cap by price, supply, membership and launch, with midpoints.

    The four sum exactly to the change. ``launched``: an entry of this token is a launch, not a mere change of members;
    ``launching``: its market is so young that the whole change of its cap still is the launch's.
    """
    kept = (before.sector >= 0) & (before.sector == after.sector)
    entered = (after.sector >= 0) & ~kept
    left = (before.sector >= 0) & ~kept
    settled = kept & ~launching
    price = np.where(
        settled, 0.5 * (before.supply + after.supply) * (after.price - before.price), 0.0
    )
    supply = np.where(
        settled, 0.5 * (before.price + after.price) * (after.supply - before.supply), 0.0
    )
    entry = np.where(entered, after.price * after.supply, 0.0)
    parts = np.zeros((*kept.shape[:-1], sectors, 4))
    stayed = np.where(kept, after.sector, -1)
    parts[..., 0] = by_sector(price, stayed, sectors)
    parts[..., 1] = by_sector(supply, stayed, sectors)
    if entered.any() or left.any():
        parts[..., 2] = by_sector(
            entry, np.where(entered & ~launched, after.sector, -1), sectors
        ) - by_sector(before.cap, np.where(left, before.sector, -1), sectors)
    launch = (entered & launched) | (kept & launching)
    if launch.any():
        arrived = np.where(kept, after.cap - before.cap, entry)
        parts[..., 3] = by_sector(arrived, np.where(launch, after.sector, -1), sectors)
    return parts


def share_changes(
    parts: FloatArray, caps_before: FloatArray, caps_after: FloatArray, watched: int
) -> FloatArray:
    """(watched, 4): the change of each watched sector's share by part, as fractions.

    An identity: a row sums to the sector's change of share, a column to 0. NaN where either total is 0.
    """
    before, after = caps_before[..., :watched], caps_after[..., :watched]
    total_before, total_after = (caps.sum(axis=-1, keepdims=True) for caps in (before, after))
    own = parts[..., :watched, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_share = 0.5 * (before / total_before + after / total_after)
        mean_total = 0.5 * (total_before + total_after)
        moved = own - mean_share[..., None] * own.sum(axis=-2, keepdims=True)
        changes = moved / mean_total[..., None]
    known = (total_before > 0) & (total_after > 0)
    return np.where(known[..., None], changes, np.nan)


def shares(caps: FloatArray, watched: int) -> FloatArray:
    """Each watched sector's part of the watched total; NaN without any cap."""
    mine = caps[..., :watched]
    total = mine.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, mine / total, np.nan)


def chained(index: FloatArray, shares: FloatArray) -> FloatArray:
    """(T,) level of all sectors together: each step's returns weighted by the shares at its beginning, from 100."""
    level = np.full(len(index), 100.0)
    for t in range(1, len(index)):
        known = ~np.isnan(index[t]) & ~np.isnan(index[t - 1]) & ~np.isnan(shares[t - 1])
        weight = shares[t - 1][known]
        total = float(weight.sum())
        step = (
            float((weight * index[t][known] / index[t - 1][known]).sum() / total) if total else 1.0
        )
        level[t] = level[t - 1] * step
    return level
