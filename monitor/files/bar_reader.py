"""The second pass over a file of bars: rows into bars, plain ones a block at a time, others one by one with the reason why not."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from monitor.files.bar_survey import Survey
from monitor.files.file_times import TimeForm, microseconds
from monitor.files.plain_rows import PlainBlock, plain_block
from monitor.files.rows import FileRow, RowBlock
from monitor.ingest.validation.candles import are_plainly_sound, bar_fault, to_bar
from monitor.ingest.validation.plausibility import LEVEL_FACTOR
from monitor.ingest.venues.rows import RawCandle, number
from monitor.model.bar_columns import BAR_FIGURES, BarColumns
from monitor.model.bars import Bar, Refusal
from monitor.model.grid import EPOCH, is_aligned, iso
from monitor.model.universe import Market

_US = timedelta(microseconds=1)
_BLANK_ALLOWED = frozenset({"quote_volume", "taker_buy_quote"})
_HIGH, _LOW = BAR_FIGURES.index("high"), BAR_FIGURES.index("low")


class RefusedRowError(Exception):
    """A row that is kept out: a short word for counting, and what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """``bars`` that nothing is wrong with, and the line of each; ``rows`` to be read one by one, ascending."""

    lines: NDArray[np.int64]
    bars: BarColumns
    rows: list[FileRow]


class BarReader:
    """Carries from block to block which bars the file holds more than once."""

    def __init__(
        self,
        markets: Mapping[str, Market],
        survey: Survey,
        width: timedelta,
        now: datetime,
        times: TimeForm,
    ) -> None:
        self._markets = markets
        self._survey = survey
        self._width = width
        self._now = now
        self._times = times
        self._unknown: dict[str, str] = {}
        self._twins: dict[tuple[str, int], list[tuple[int, Bar]]] = defaultdict(list)

    def read_block(self, block: RowBlock) -> ReadBlock:
        """The rows with their bars where nothing can be wrong with them, the others as they stand, for :meth:`read`."""
        broken = list(block.broken())
        plain = plain_block(block)
        if plain is None:
            rows = [block.row(place) for place in range(len(block.lines))]
            return ReadBlock(np.empty(0, np.int64), BarColumns.joined([]), [*broken, *rows])
        sound = self._sound(plain)
        bars = BarColumns(plain.markets, plain.codes, plain.opens, plain.figures)
        lines = np.fromiter(block.lines, dtype=np.int64, count=len(bars))
        if sound.all():
            return ReadBlock(lines, bars, broken)
        rows = [block.row(place) for place in np.flatnonzero(~sound).tolist()]
        return ReadBlock(lines[sound], bars.chosen(sound), [*broken, *rows])

    def _sound(self, plain: PlainBlock) -> NDArray[np.bool_]:
        """Which rows are bars that :meth:`read` would give as they stand."""
        optional, blank = plain.figures[-2:], plain.blank[-2:]
        sound = are_plainly_sound(plain.figures, ~blank)
        sound &= (blank | np.isfinite(optional)).all(axis=0)
        width = self._width // _US
        latest = (self._now - EPOCH) // _US - width
        sound &= (plain.opens % width == 0) & (plain.opens <= latest)
        with np.errstate(divide="ignore", invalid="ignore"):
            sound &= plain.figures[_HIGH] / plain.figures[_LOW] < LEVEL_FACTOR
        ours = [m in self._markets and m not in self._survey.faults for m in plain.markets]
        sound &= np.array(ours, dtype=np.bool_)[plain.codes]
        special = self._survey.doubled | self._survey.outliers
        if special:
            seconds = (plain.opens // 1_000_000).tolist()
            keys = zip(map(plain.markets.__getitem__, plain.codes.tolist()), seconds, strict=True)
            sound &= np.array([key not in special for key in keys], dtype=np.bool_)
        return sound

    def read(self, row: FileRow) -> Bar | None:
        """The bar; None for one of several with the same time, which are judged at the end. Raises RefusedRowError."""
        if row.fault is not None:
            raise RefusedRowError("malformed", row.fault)
        market = self._market(row)
        moment = self._moment(row)
        fault = self._survey.faults.get(market.id)
        if fault is not None:
            raise RefusedRowError("mixed_width", f"{market.id}: {fault}")
        candle = _candle(row)
        wrong = bar_fault(candle)
        if wrong is not None:
            raise RefusedRowError(*wrong)
        bar = to_bar(candle, market.id, moment)
        key = (market.id, int((moment - EPOCH).total_seconds()))
        if key in self._survey.doubled:
            self._twins[key].append((row.line, bar))
            return None
        if key in self._survey.outliers or bar.high / bar.low >= LEVEL_FACTOR:
            detail = f"{market.id}: close {bar.close:.8g} is far off the bars around it"
            raise RefusedRowError("implausible_level", detail)
        return bar

    def agreed(self) -> Iterator[tuple[int, Bar]]:
        """(line, bar) of bars that the file holds more than once, always the same."""
        for twins in self._twins.values():
            if len({bar for _, bar in twins}) == 1:
                yield twins[0]

    def conflicts(self) -> Iterator[tuple[int, Refusal]]:
        """(line, refusal) of rows that give one bar differently."""
        for (market_id, _), twins in self._twins.items():
            if len({bar for _, bar in twins}) == 1:
                continue
            venue = market_id.partition(":")[0]
            for line, bar in twins:
                at = bar.open_time
                detail = f"{market_id} {iso(at)}: found {len(twins)} different rows, expected one"
                yield line, Refusal(venue, market_id, at, "conflicting_duplicate", detail)

    def _market(self, row: FileRow) -> Market:
        market_id = f"{row.cells['exchange']}:{row.cells['symbol']}"
        market = self._markets.get(market_id)
        if market is None:
            raise RefusedRowError("unknown_market", self._unknown_market(market_id))
        return market

    def _unknown_market(self, market_id: str) -> str:
        """Why its rows are kept out; the search for the nearest name is made once a market."""
        if market_id not in self._unknown:
            near = get_close_matches(market_id, self._markets, n=1) or ["none"]
            self._unknown[market_id] = (
                f"found market {market_id!r}, expected one of the configuration (nearest: {near[0]})"
            )
        return self._unknown[market_id]

    def _moment(self, row: FileRow) -> datetime:
        try:
            us = microseconds(row.cells["ts"], self._times)
        except ValueError as error:
            raise RefusedRowError("bad_time", str(error)) from error
        moment = EPOCH + timedelta(microseconds=us)
        if not is_aligned(moment, self._width):
            raise RefusedRowError("off_grid", f"found {iso(moment)}, expected the open of a bar")
        if moment + self._width > self._now:
            raise RefusedRowError("not_closed", f"the bar of {iso(moment)} is not over yet")
        return moment


def _candle(row: FileRow) -> RawCandle:
    values: dict[str, float | None] = {}
    for name in BAR_FIGURES:
        text = row.cells[name]
        values[name] = None if text == "" else number(text)
        if values[name] is None and not (text == "" and name in _BLANK_ALLOWED):
            raise RefusedRowError("not_finite", f"{name}: found {text!r}, expected a number")
    return RawCandle(
        open_ms=None,
        open=values["open"],
        high=values["high"],
        low=values["low"],
        close=values["close"],
        base_volume=values["base_volume"],
        quote_volume=values["quote_volume"],
        taker_buy_quote=values["taker_buy_quote"],
    )
