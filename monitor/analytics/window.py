"""Sums down the rows of a window in which some values are unknown."""

import numpy as np

from monitor.model.interval import FloatArray, IntArray


def sums(rows: FloatArray) -> tuple[FloatArray, IntArray]:
    """Per column: sum of what is known (0 where nothing is), and how many rows are.

    Most columns are wholly known: only those that are not are looked at cell by cell.
    """
    summed: FloatArray = rows.sum(axis=0)
    known = np.full(len(summed), len(rows), dtype=np.int64)
    gaps = np.flatnonzero(np.isnan(summed))
    if len(gaps):
        part = np.ascontiguousarray(rows[:, gaps])
        unknown = np.isnan(part)
        part[unknown] = 0.0
        known[gaps] -= unknown.sum(axis=0)
        summed[gaps] = part.sum(axis=0)
    return summed, known
