"""Bars from a file: two passes, the first over the times, the second over the rows, stored in bounded pieces."""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path

from monitor.clock import Clock
from monitor.files.file_times import step_fault, utc_time
from monitor.files.import_report import ImportReport
from monitor.files.tables import TableRow, read_table
from monitor.ingest.validation.candles import bar_fault, to_bar
from monitor.ingest.validation.plausibility import LEVEL_FACTOR, outliers
from monitor.ingest.venues.rows import RawCandle, number
from monitor.model.bars import Bar, Coverage, Refusal
from monitor.model.grid import EPOCH, is_aligned, iso
from monitor.model.spans import runs
from monitor.model.universe import Market, Universe
from monitor.store import bars, quarantine
from monitor.store.database import Database
from monitor.store.knowledge import issue_time

PIECE = 20_000
"""Bars in one transaction."""

_NUMBERS = ("open", "high", "low", "close", "base_volume", "quote_volume", "taker_buy_quote")
_BLANK_ALLOWED = frozenset({"quote_volume", "taker_buy_quote"})


class _RefusedRow(Exception):  # noqa: N818  caught a few lines up
    """A row that is kept out."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(slots=True)
class _Survey:
    """What the first pass saw: which markets are no bars of our width, which times come more than once, which
    closes are far off the bars around them. Keys are (market, seconds since the epoch)."""

    faults: dict[str, str] = field(default_factory=dict)
    doubled: set[tuple[str, int]] = field(default_factory=set)
    outliers: set[tuple[str, int]] = field(default_factory=set)


def import_bars(
    path: Path,
    database: Database,
    universe: Universe,
    width: timedelta,
    *,
    clock: Clock,
    report: ImportReport,
) -> None:
    """Take the file's bars in; what is kept out is counted in ``report``. Raises FileRefusedError."""
    markets = {m.id: m for m in universe.markets}
    survey = _survey(path, width)
    reader = _BarReader(markets, survey, width, clock.now())
    piece = _Piece()
    for row in read_table(path):
        report.rows += 1
        try:
            piece.add(reader.read(row))
        except _RefusedRow as refused:
            report.refuse(path, row.line, refused.detail)
            piece.refuse(row, refused)
        if len(piece.bars) >= PIECE:
            piece.store(database, clock, width, report)
            piece = _Piece()
    for line, conflict in reader.conflicts():
        report.refuse(path, line, conflict.detail)
        piece.refusals.append(conflict)
    piece.bars.extend(reader.agreed())
    piece.store(database, clock, width, report)


def _survey(path: Path, width: timedelta) -> _Survey:
    closes: dict[str, dict[int, float]] = defaultdict(dict)
    survey = _Survey()
    for row in read_table(path):
        if row.fault is not None:
            continue
        try:
            moment = utc_time(row.cells["ts"])
        except ValueError:
            continue
        market_id = f"{row.cells['exchange']}:{row.cells['symbol']}"
        seconds = int((moment - EPOCH).total_seconds())
        if seconds in closes[market_id]:
            survey.doubled.add((market_id, seconds))
        closes[market_id][seconds] = number(row.cells["close"]) or 0.0
    for market_id, by_time in closes.items():
        opens = sorted(by_time)
        fault = step_fault(opens, width)
        if fault is not None:
            survey.faults[market_id] = fault
        sound = [s for s in opens if math.isfinite(by_time[s]) and by_time[s] > 0]
        found = outliers([by_time[s] for s in sound])
        survey.outliers |= {(market_id, sound[i]) for i in found}
    return survey


class _BarReader:
    """One row at a time into a bar, or the reason why not."""

    def __init__(
        self, markets: Mapping[str, Market], survey: _Survey, width: timedelta, now: datetime
    ) -> None:
        self._markets = markets
        self._survey = survey
        self._width = width
        self._now = now
        self._unknown: dict[str, str] = {}
        self._twins: dict[tuple[str, int], list[tuple[int, Bar]]] = defaultdict(list)

    def read(self, row: TableRow) -> Bar | None:
        """The bar; None for one of several with the same time, which are judged at the end."""
        if row.fault is not None:
            raise _RefusedRow("malformed", row.fault)
        market = self._market(row)
        moment = self._moment(row)
        fault = self._survey.faults.get(market.id)
        if fault is not None:
            raise _RefusedRow("mixed_width", f"{market.id}: {fault}")
        candle = _candle(row)
        wrong = bar_fault(candle)
        if wrong is not None:
            raise _RefusedRow(*wrong)
        bar = to_bar(candle, market.id, moment)
        key = (market.id, int((moment - EPOCH).total_seconds()))
        if key in self._survey.doubled:
            self._twins[key].append((row.line, bar))
            return None
        if key in self._survey.outliers or bar.high / bar.low >= LEVEL_FACTOR:
            detail = f"{market.id}: close {bar.close:.8g} is far off the bars around it"
            raise _RefusedRow("implausible_level", detail)
        return bar

    def agreed(self) -> list[Bar]:
        """Bars that the file holds more than once, always the same."""
        return [twins[0][1] for twins in self._twins.values() if len({b for _, b in twins}) == 1]

    def conflicts(self) -> list[tuple[int, Refusal]]:
        """(line, refusal) of rows that give one bar differently."""
        found = []
        for (market_id, _), twins in self._twins.items():
            if len({bar for _, bar in twins}) == 1:
                continue
            venue = market_id.partition(":")[0]
            for line, bar in twins:
                at = bar.open_time
                detail = f"{market_id} {iso(at)}: found {len(twins)} different rows, expected one"
                refusal = Refusal(venue, market_id, at, "conflicting_duplicate", detail)
                found.append((line, refusal))
        return found

    def _market(self, row: TableRow) -> Market:
        market_id = f"{row.cells['exchange']}:{row.cells['symbol']}"
        market = self._markets.get(market_id)
        if market is None:
            raise _RefusedRow("unknown_market", self._unknown_market(market_id))
        return market

    def _unknown_market(self, market_id: str) -> str:
        """Why its rows are kept out; the search for the nearest name is made once a market."""
        if market_id not in self._unknown:
            near = get_close_matches(market_id, self._markets, n=1) or ["none"]
            self._unknown[market_id] = (
                f"found market {market_id!r}, expected one of the configuration (nearest: {near[0]})"
            )
        return self._unknown[market_id]

    def _moment(self, row: TableRow) -> datetime:
        try:
            moment = utc_time(row.cells["ts"])
        except ValueError as error:
            raise _RefusedRow("bad_time", str(error)) from error
        if not is_aligned(moment, self._width):
            raise _RefusedRow("off_grid", f"found {iso(moment)}, expected the open of a bar")
        if moment + self._width > self._now:
            raise _RefusedRow("not_closed", f"the bar of {iso(moment)} is not over yet")
        return moment


def _candle(row: TableRow) -> RawCandle:
    values: dict[str, float | None] = {}
    for name in _NUMBERS:
        text = row.cells[name]
        values[name] = None if text == "" else number(text)
        if values[name] is None and not (text == "" and name in _BLANK_ALLOWED):
            raise _RefusedRow("not_finite", f"{name}: found {text!r}, expected a number")
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


@dataclass(slots=True)
class _Piece:
    """Bars and refusals that are stored together."""

    bars: list[Bar] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def add(self, bar: Bar | None) -> None:
        """Take a bar in."""
        if bar is not None:
            self.bars.append(bar)

    def refuse(self, row: TableRow, refused: _RefusedRow) -> None:
        """Count a row by exchange and reason."""
        exchange = row.cells.get("exchange") or "file"
        self.refusals.append(Refusal(exchange, None, None, refused.reason, refused.detail))

    def store(
        self, database: Database, clock: Clock, width: timedelta, report: ImportReport
    ) -> None:
        """One transaction; a file's bar speaks for itself and for nothing around it."""
        with database.write() as conn:
            at = issue_time(conn, clock.now())
            saved = bars.save_bars(conn, self.bars, width=width, received_at=at)
            bars.save_coverage(conn, self._coverage(width), fetched_at=at)
            quarantine.add_refusals(conn, self.refusals, at)
        report.new += saved.new
        report.revised += saved.revised
        report.unchanged += saved.unchanged

    def _coverage(self, width: timedelta) -> list[Coverage]:
        opens: dict[str, set[datetime]] = defaultdict(set)
        for bar in self.bars:
            opens[bar.market_id].add(bar.open_time)
        return [
            Coverage(market_id, width, *run)
            for market_id, moments in opens.items()
            for run in runs(sorted(moments), width)
        ]
