"""What a bar must satisfy before it is stored. Pure; a broken bar is refused with its reason and the rest goes on."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from monitor.ingest.venues.rows import RawCandle, RowTable
from monitor.model.bar_columns import BarColumns, BarSeries
from monitor.model.bars import Bar, Refusal
from monitor.model.grid import EPOCH, from_ms, is_aligned, iso

VOLUME_TOLERANCE = 2.0
"""Quote volume may be off base volume times the bar's price range by this factor: venues round, and mix in fees."""

_NEGLIGIBLE_QUOTE = 1.0  # below one unit of quote currency, rounding alone may break the proportion
_FLOAT_SLACK = 1e-6
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Frame:
    """What was asked, to judge an answer by: bars of ``width`` in ``[since, until)``, at the venue's time ``now``.

    A bar is closed when ``open + width + settle <= now``. ``latest``: the later of our clock and the venue's, up to which
    a bar may have begun; None where it is ``now`` too.
    """

    venue: str
    market_id: str
    width: timedelta
    since: datetime
    until: datetime
    now: datetime
    settle: timedelta
    latest: datetime | None = None

    def is_closed(self, open_time: datetime) -> bool:
        """Whether the bar that opens then is final, by clock."""
        return open_time + self.width + self.settle <= self.now


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer taken apart: closed bars ascending, bars still forming, and what was refused."""

    closed: Sequence[Bar]
    forming: tuple[Bar, ...]
    refusals: tuple[Refusal, ...]

    @property
    def newest(self) -> datetime | None:
        """Open of the newest row that has a time, refused or not."""
        kept = [bars[-1].open_time for bars in (self.closed, self.forming) if bars]
        refused = [r.open_time for r in self.refusals if r.open_time is not None]
        return max(kept + refused, default=None)


def check_candles(rows: Iterable[RawCandle], frame: Frame) -> Checked:
    """Judge every row by itself, then doubles among them. Rows outside the asked range are not ours to keep."""
    if isinstance(rows, RowTable):
        sound = _all_sound(rows, frame)
        if sound is not None:
            return sound
    refusals: list[Refusal] = []
    by_open: dict[datetime, list[RawCandle]] = {}
    for row in rows:
        open_time, refusal = _placed(row, frame)
        if refusal is not None:
            refusals.append(refusal)
        elif open_time is not None:
            by_open.setdefault(open_time, []).append(row)
    closed: list[Bar] = []
    forming: list[Bar] = []
    for open_time in sorted(by_open):
        twins = by_open[open_time]
        fault = _twin_fault(twins) or bar_fault(twins[0])
        if fault is not None and frame.is_closed(open_time):
            refusals.append(Refusal(frame.venue, frame.market_id, open_time, *fault))
        elif fault is None:
            bar = to_bar(twins[0], frame.market_id, open_time)
            (closed if frame.is_closed(open_time) else forming).append(bar)
    return Checked(tuple(closed), tuple(forming), tuple(refusals))


def _all_sound(rows: RowTable, frame: Frame) -> Checked | None:
    """The same of rows that nothing is wrong with for sure, from arrays; None where each has to be looked at."""
    opens, given = rows.figures[0], np.array(rows.given[-2:])
    figures = rows.figures[1:]
    optional = np.repeat(given[:, np.newaxis], len(rows), axis=1)
    if not are_plainly_sound(figures, optional).all():
        return None
    now, since, until, latest, width, settle = (
        moment / _MS
        for moment in (
            frame.now - EPOCH,
            frame.since - EPOCH,
            frame.until - EPOCH,
            (frame.latest or frame.now) - EPOCH,
            frame.width,
            frame.settle,
        )
    )
    if not ((opens % width == 0) & (opens > 0)).all():  # NaN and infinities are off it too
        return None
    order = np.argsort(opens)
    opens, figures = opens[order], figures[:, order]
    if (np.diff(opens) == 0).any() or opens[-1] > latest or opens[0] < since - 2 * width:
        return None
    ours = (since <= opens) & (opens < until) & (opens <= now)
    final = opens + width + settle <= now
    opens_us = opens.astype(np.int64) * 1000
    kept = [
        BarColumns(
            [frame.market_id],
            np.zeros(np.count_nonzero(which), dtype=np.int64),
            opens_us[which],
            figures[:, which],
        )
        for which in (ours & final, ours & ~final)
    ]
    return Checked(BarSeries(kept[0]), tuple(kept[1].bars()), ())


def _placed(row: RawCandle, frame: Frame) -> tuple[datetime | None, Refusal | None]:
    """The row's open time, or why it has no place; neither for a row beside the asked range."""

    def refuse(reason: str, detail: str, moment: datetime | None = None) -> tuple[None, Refusal]:
        return None, Refusal(frame.venue, frame.market_id, moment, reason, detail)

    if row.fault is not None:
        return refuse("malformed", row.fault)
    if row.open_ms is None or not math.isfinite(row.open_ms) or not 0 < row.open_ms < 4e12:
        return refuse("bad_time", f"found open time {row.open_ms!r}, expected milliseconds")
    moment = from_ms(int(row.open_ms))
    if row.open_ms != int(row.open_ms) or not is_aligned(moment, frame.width):
        return refuse("off_grid", f"found {iso(moment)}, expected a bar of the grid", moment)
    if moment > (frame.latest or frame.now):
        return refuse("future", f"opens {iso(moment)}, after now {iso(frame.now)}", moment)
    if moment < frame.since - 2 * frame.width:
        detail = f"found {iso(moment)}, expected bars from {iso(frame.since)} on"
        return refuse("not_asked", detail, moment)
    # a bar between the two clocks has begun by one of them only
    ours = frame.since <= moment < frame.until and moment <= frame.now
    return (moment if ours else None), None


def _twin_fault(twins: Sequence[RawCandle]) -> tuple[str, str] | None:
    if len(set(twins)) == 1:
        return None
    closes = ", ".join(str(t.close) for t in twins[:3])
    return "conflicting_duplicate", f"found {len(twins)} different bars, closes {closes}"


def bar_fault(row: RawCandle) -> tuple[str, str] | None:
    """Reason and detail of what is wrong with a row's numbers; None when nothing is."""
    prices = (row.open, row.high, row.low, row.close)
    if any(p is None or not math.isfinite(p) for p in (*prices, row.base_volume)):
        found = {n: getattr(row, n) for n in ("open", "high", "low", "close", "base_volume")}
        return "not_finite", f"found {found}, expected finite numbers"
    open_, high, low, close = (float(p) for p in prices if p is not None)
    if min(open_, high, low, close) <= 0:
        return "not_positive", f"found prices {open_}, {high}, {low}, {close}, expected above 0"
    if not low <= min(open_, close) or not max(open_, close) <= high:
        detail = f"found open {open_}, high {high}, low {low}, close {close}"
        return "inconsistent_range", f"{detail}, expected low <= open, close <= high"
    return _volume_fault(row, low, high)


def _volume_fault(row: RawCandle, low: float, high: float) -> tuple[str, str] | None:
    base, quote, taker = float(row.base_volume or 0.0), row.quote_volume, row.taker_buy_quote
    given = [v for v in (quote, taker) if v is not None]
    if not all(math.isfinite(v) for v in given):
        return "not_finite", f"found quote volume {quote}, taker {taker}, expected finite numbers"
    if base < 0 or any(v < 0 for v in given):
        return "negative_volume", f"found volumes {base}, {quote}, {taker}, expected 0 or more"
    if quote is None:
        return None
    if taker is not None and taker > quote * (1 + _FLOAT_SLACK):
        return "taker_over_volume", f"found taker buys {taker} of quote volume {quote}"
    least, most = base * low / VOLUME_TOLERANCE, base * high * VOLUME_TOLERANCE
    counted = max(quote, base * low) > _NEGLIGIBLE_QUOTE
    if counted and not least <= quote <= most:
        detail = f"found quote volume {quote} of {base} coins at {low} to {high}"
        return "volume_mismatch", f"{detail}, expected {least:.6g} to {most:.6g}"
    return None


def are_plainly_sound(figures: NDArray[np.float64], given: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which columns of (open, high, low, close, base, quote, taker) :func:`bar_fault` finds nothing wrong with for sure, and
    :func:`to_bar` takes as they stand; the others are its to judge. ``given``: which optional volumes stand there.
    """
    open_, high, low, close, base, quote, taker = figures
    with np.errstate(invalid="ignore", over="ignore"):
        sound = np.isfinite(figures[:5]).all(axis=0) & (low > 0) & (base >= 0)
        sound &= (low <= np.minimum(open_, close)) & (np.maximum(open_, close) <= high)
        least, most = base * low / VOLUME_TOLERANCE, base * high * VOLUME_TOLERANCE
        fits = np.isfinite(quote) & (least <= quote) & (quote <= most)
        taken = np.isfinite(taker) & (taker >= 0) & (~given[0] | (taker <= quote))
        return sound & (~given[0] | fits) & (~given[1] | taken)  # type: ignore[no-any-return]


def to_bar(row: RawCandle, market_id: str, open_time: datetime) -> Bar:
    """The bar of a row without fault."""
    taker = row.taker_buy_quote
    if taker is not None and row.quote_volume is not None:
        taker = min(taker, row.quote_volume)  # venues round the two apart
    open_, high, low, close, base = (float(v) for v in row[1:6] if isinstance(v, float | int))
    return Bar(market_id, open_time, open_, high, low, close, base, row.quote_volume, taker)
