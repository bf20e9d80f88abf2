"""Sums down the rows of a window in which some values are unknown."""

import numpy as np

from monitor.model.interval import FloatArray, IntArray

FEW = 8
"""Fewer windows are each summed by themselves: that takes less than an addition for each of their rows."""


def sums(rows: FloatArray) -> tuple[FloatArray, IntArray]:
    """Per column: sum of what is known (0 where nothing is), and how many rows are.

    Most columns are wholly known: only those that are not are looked at cell by cell.
    """
    summed: FloatArray = rows.sum(axis=0)
    known = np.full(len(summed), len(rows), dtype=np.int64)
    unknown = np.isnan(summed)
    if unknown.any():
        gaps = unknown.nonzero()[0]
        part = np.ascontiguousarray(rows[:, gaps])
        unknown = np.isnan(part)
        part[unknown] = 0.0
        known[gaps] -= unknown.sum(axis=0)
        summed[gaps] = part.sum(axis=0)
    return summed, known


def total(rows: FloatArray, least_known: float) -> FloatArray:
    """Sum down the rows, scaled up for unknown ones; NaN where fewer than ``least_known`` of them are known."""
    whole: FloatArray = rows.sum(axis=0)
    if not np.isnan(whole).any():
        return whole
    summed, known = sums(rows)
    part = known / len(rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(part >= least_known, summed / part, np.nan)


def drift(rows: FloatArray, least_known: float) -> FloatArray:
    """Sum of log returns down the rows, not scaled: what was not seen is in the first return after it."""
    whole: FloatArray = rows.sum(axis=0)
    if not np.isnan(whole).any():
        return whole
    summed, known = sums(rows)
    return np.where(known >= least_known * len(rows), summed, np.nan)


def sliding(rows: FloatArray, count: int) -> FloatArray:
    """(len(rows) - count + 1, width): the sums down all windows of ``count`` rows, each added up row by row from its
    first, as a window's own sum is: the same to the bit, in so many additions of arrays."""
    steps = len(rows) - count + 1
    if steps < FEW or rows.shape[1] == 1:  # a lone column is added up in pairs of pairs
        return np.array([rows[t : t + count].sum(axis=0) for t in range(steps)])
    summed: FloatArray = rows[:steps] + 0.0
    for first in range(1, count):
        summed += rows[first : first + steps]
    return summed


def sliding_by_column(rows: FloatArray, count: int) -> FloatArray:
    """The same of rows whose columns lie end to end in memory, as those do that are picked one by one: each window's column is
    added up in pairs of pairs."""
    columns = np.ascontiguousarray(rows.T)
    summed: FloatArray = np.lib.stride_tricks.sliding_window_view(columns, count, axis=1).sum(-1)
    return summed.T


def sliding_sums(rows: FloatArray, count: int) -> tuple[FloatArray, IntArray]:
    """:func:`sums` of all windows of ``count`` rows."""
    unknown = np.isnan(rows)
    if not unknown.any():
        summed = sliding(rows, count)
        return summed, np.full(summed.shape, count, dtype=np.int64)
    known = np.concatenate([np.zeros((1, rows.shape[1]), np.int64), np.cumsum(~unknown, axis=0)])
    summed, known = sliding(np.where(unknown, 0.0, rows), count), known[count:] - known[:-count]
    for t in np.flatnonzero((known < count).sum(axis=1) == 1).tolist():  # a lone column again
        summed[t], known[t] = sums(rows[t : t + count])
    return summed, known


def sliding_total(rows: FloatArray, count: int, least_known: float) -> FloatArray:
    """:func:`total` of all windows of ``count`` rows."""
    summed, known = sliding_sums(rows, count)
    part = known / count
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(part >= least_known, summed / part, np.nan)


def sliding_drift(rows: FloatArray, count: int, least_known: float) -> FloatArray:
    """:func:`drift` of all windows of ``count`` rows."""
    summed, known = sliding_sums(rows, count)
    return np.where(known >= least_known * count, summed, np.nan)


def known_or_zero(values: FloatArray) -> FloatArray:
    """A copy with 0 in place of what is unknown."""
    return np.where(np.isnan(values), 0.0, values)


def none_or(value: float) -> float | None:
    """None for NaN."""
    return None if np.isnan(value) else float(value)


def listed(values: FloatArray) -> list[float | None]:
    """As a list, None for NaN."""
    plain: list[float | None] = values.tolist()
    for i in np.flatnonzero(np.isnan(values)).tolist():
        plain[i] = None
    return plain
