"""The first pass over a file of bars, over times and closes alone: what can be said of a market's rows only from all of them."""

import math
from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from monitor.files.file_times import microseconds, step_fault
from monitor.files.identity import Series
from monitor.files.plain_rows import plain_block
from monitor.files.reading import Reading
from monitor.files.rows import RowBlock, read_blocks
from monitor.files.tables import Sheet
from monitor.ingest.validation.plausibility import LEVEL_FACTOR, outliers
from monitor.ingest.venues.rows import number

_LARGEST = 1e38  # what four bytes hold
_END = (
    1 << 32
)  # seconds that four bytes hold, until 2106; a row from beyond is refused by its time in the second pass
_SEEN = frozenset({"ts", "exchange", "symbol", "close"})


@dataclass(slots=True)
class Survey:
    """``faults``: market -> why its rows are no bars of our width. ``doubled``: times that come more than once, and
    ``outliers``: those whose close is far off the bars around it, both as (market, seconds since the epoch).
    """

    faults: dict[str, str] = field(default_factory=dict)
    doubled: set[tuple[str, int]] = field(default_factory=set)
    outliers: set[tuple[str, int]] = field(default_factory=set)
    series: dict[str, Series] = field(default_factory=dict)


class _Seen:
    """Times and closes of one market's rows: eight bytes a row, whatever the length of the file."""

    __slots__ = ("closes", "opens")

    def __init__(self) -> None:
        self.opens = array("I")
        self.closes = array("f")


def survey(sheet: Sheet, reading: Reading, width: timedelta) -> Survey:
    """Look over the whole file; raises FileRefusedError where reading breaks off."""
    seen: dict[str, _Seen] = defaultdict(_Seen)
    for block in read_blocks(sheet, reading, only=_SEEN):
        plain = plain_block(block, ("close",))
        if plain is None:
            _see_rows(block, reading, seen)
            continue
        with np.errstate(invalid="ignore"):
            closes = plain.figures[0]
            last = np.where(np.abs(closes) < _LARGEST, closes, 0.0).astype(np.float32)
        whole = plain.opens // 1_000_000
        fits = (whole >= 0) & (whole < _END)
        seconds = np.where(fits, whole, 0).astype(np.uint32)
        for code, market_id in enumerate(plain.markets):
            chosen = fits & (plain.codes == code)
            seen[market_id].opens.frombytes(seconds[chosen].tobytes())
            seen[market_id].closes.frombytes(last[chosen].tobytes())
    found = Survey()
    while seen:
        _look(found, *seen.popitem(), width)
    return found


def _see_rows(block: RowBlock, reading: Reading, seen: dict[str, _Seen]) -> None:
    for place in range(len(block.lines)):
        cells = block.row(place).cells
        try:
            seconds = microseconds(cells["ts"], reading.times) // 1_000_000
        except ValueError:
            continue
        if not 0 <= seconds < _END:
            continue
        mine = seen[f"{cells['exchange']}:{cells['symbol']}"]
        mine.opens.append(seconds)
        close = number(cells["close"]) or 0.0
        mine.closes.append(close if math.isfinite(close) and abs(close) < _LARGEST else 0.0)


def _look(found: Survey, market_id: str, mine: _Seen, width: timedelta) -> None:
    """Note what all rows of one market tell."""
    opens = np.frombuffer(mine.opens, dtype=np.uint32).astype(np.int64)
    order = np.argsort(opens, kind="stable")
    opens, closes = opens[order], np.frombuffer(mine.closes, dtype=np.float32)[order]
    twice = opens[1:][np.diff(opens) == 0]
    found.doubled |= {(market_id, int(s)) for s in twice}
    fault = step_fault(np.unique(opens).tolist(), width)
    if fault is not None:
        found.faults[market_id] = fault
    sound = closes > 0
    opens, closes = opens[sound], closes[sound]
    if len(closes) and closes.max() >= LEVEL_FACTOR * closes.min():
        far = outliers(closes.astype(float).tolist())
        found.outliers |= {(market_id, int(opens[i])) for i in far}
        usual = np.setdiff1d(np.arange(len(opens)), list(far)).astype(int)
        opens, closes = opens[usual], closes[usual]
    if len(closes):
        found.series[market_id] = Series(opens.astype(np.uint32), closes)
