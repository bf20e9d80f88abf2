"""Bars from a file: two passes, the first over the times, the second over the rows, stored in bounded pieces."""

import math
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from monitor.clock import Clock
from monitor.files.doubts import Doubts
from monitor.files.file_times import TimeForm, microseconds, step_fault
from monitor.files.identity import Series, strangers
from monitor.files.import_report import ImportReport
from monitor.files.known import disagreement, filled, known_bars
from monitor.files.manner import Manner
from monitor.files.plain_rows import plain_block
from monitor.files.reading import BAR_FIGURES, Reading
from monitor.files.rows import FileRow, RowBlock, read_blocks
from monitor.files.tables import FileRefusedError, Sheet
from monitor.ingest.validation.candles import are_plainly_sound, bar_fault, to_bar
from monitor.ingest.validation.plausibility import LEVEL_FACTOR, outliers
from monitor.ingest.venues.rows import RawCandle, number
from monitor.model.bars import Bar, Coverage, Refusal
from monitor.model.grid import EPOCH, format_duration, is_aligned, iso
from monitor.model.spans import runs
from monitor.model.universe import Market, Universe
from monitor.store import bars, quarantine
from monitor.store.database import Database
from monitor.store.knowledge import issue_time

PIECE = 20_000
"""Bars in one transaction."""

_US = timedelta(microseconds=1)
_LARGEST = 1e38  # what four bytes hold

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
    series: dict[str, Series] = field(default_factory=dict)


def import_bars(
    sheet: Sheet,
    reading: Reading,
    database: Database,
    universe: Universe,
    width: timedelta,
    *,
    clock: Clock,
    report: ImportReport,
    how: Manner,
) -> None:
    """Take the file's bars in; what is kept out is counted in ``report``. Raises FileRefusedError."""
    if reading.width is not None and reading.width != width:
        found, wanted = format_duration(reading.width), format_duration(width)
        raise FileRefusedError(
            f"{sheet.path}: found bars of {found} by its name, expected bars of {wanted} (engine.interval)",
            remedy="--interval, if the name is wrong",
        )
    path = sheet.path
    markets = {m.id: m for m in universe.markets}
    survey = _survey(sheet, reading, width)
    doubts = None if how.replace else Doubts(universe, width)
    with database.read() as conn:
        apart = {} if how.replace else strangers(conn, universe, survey.series, width)
    reader = _BarReader(markets, survey, width, clock.now(), reading.times)
    piece = _Piece(path, doubts, apart)
    for block in read_blocks(sheet, reading):
        for row in reader.read_block(block):
            report.rows += 1
            if isinstance(row, tuple):
                piece.add(*row)
                continue
            try:
                piece.add(row.line, reader.read(row))
            except _RefusedRow as refused:
                report.refuse(path, row.line, refused.detail)
                piece.refuse(row, refused)
        if len(piece.bars) >= PIECE:
            piece.store(database, clock, width, report, how)
            piece = _Piece(path, doubts, apart)
            how.on_rows(path, report.rows)
    for line, conflict in reader.conflicts():
        report.refuse(path, line, conflict.detail)
        piece.refusals.append(conflict)
    for line, bar in reader.agreed():
        piece.add(line, bar)
    piece.store(database, clock, width, report, how)


class _Seen:
    """Times and closes of one market's rows: eight bytes a row, whatever the length of the file."""

    __slots__ = ("closes", "opens")

    def __init__(self) -> None:
        self.opens = array("I")
        self.closes = array("f")


def _survey(sheet: Sheet, reading: Reading, width: timedelta) -> _Survey:
    seen: dict[str, _Seen] = defaultdict(_Seen)
    survey = _Survey()
    for block in read_blocks(sheet, reading):
        plain = plain_block(block)
        if plain is None:
            _see_rows(block, reading, seen)
            continue
        figures = plain.figures[BAR_FIGURES.index("close")]
        with np.errstate(invalid="ignore"):
            last = np.where(np.abs(figures) < _LARGEST, figures, 0.0).astype(np.float32)
        seconds = (plain.opens // 1_000_000).astype(np.uint32)
        for code, market_id in enumerate(plain.markets):
            chosen = plain.codes == code
            seen[market_id].opens.frombytes(seconds[chosen].tobytes())
            seen[market_id].closes.frombytes(last[chosen].tobytes())
    for market_id, mine in seen.items():
        opens = np.frombuffer(mine.opens, dtype=np.uint32).astype(np.int64)
        order = np.argsort(opens, kind="stable")
        opens, closes = opens[order], np.frombuffer(mine.closes, dtype=np.float32)[order]
        twice = opens[1:][np.diff(opens) == 0]
        survey.doubled |= {(market_id, int(s)) for s in twice}
        fault = step_fault(np.unique(opens).tolist(), width)
        if fault is not None:
            survey.faults[market_id] = fault
        sound = closes > 0
        opens, closes = opens[sound], closes[sound]
        if len(closes) and closes.max() >= LEVEL_FACTOR * closes.min():
            found = outliers(closes.astype(float).tolist())
            survey.outliers |= {(market_id, int(opens[i])) for i in found}
            usual = np.setdiff1d(np.arange(len(opens)), list(found)).astype(int)
            opens, closes = opens[usual], closes[usual]
        if len(closes):
            survey.series[market_id] = Series(opens, closes.astype(np.float64))
    return survey


def _see_rows(block: RowBlock, reading: Reading, seen: dict[str, _Seen]) -> None:
    for place in range(len(block.lines)):
        cells = block.row(place).cells
        try:
            seconds = microseconds(cells["ts"], reading.times) // 1_000_000
        except ValueError:
            continue
        mine = seen[f"{cells['exchange']}:{cells['symbol']}"]
        mine.opens.append(seconds)
        close = number(cells["close"]) or 0.0
        mine.closes.append(close if math.isfinite(close) and abs(close) < _LARGEST else 0.0)


class _BarReader:
    """Rows into bars: plain ones a block at a time, others one by one, with the reason why not."""

    def __init__(
        self,
        markets: Mapping[str, Market],
        survey: _Survey,
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

    def read_block(self, block: RowBlock) -> Iterator[tuple[int, Bar] | FileRow]:
        """Each row in its order: with its bar where nothing can be wrong with it, else as it stands, for :meth:`read`."""
        yield from block.broken()
        plain = plain_block(block)
        if plain is None:
            yield from map(block.row, range(len(block.lines)))
            return
        optional = plain.figures[-2:]
        blank = plain.blank[-2:]
        sound = are_plainly_sound(plain.figures, ~blank) & (blank | np.isfinite(optional)).all(
            axis=0
        )
        width = self._width // _US
        latest = (self._now - EPOCH) // _US - width
        sound &= (plain.opens % width == 0) & (plain.opens <= latest)
        with np.errstate(divide="ignore", invalid="ignore"):
            sound &= plain.figures[1] / plain.figures[2] < LEVEL_FACTOR
        ours = [m in self._markets and m not in self._survey.faults for m in plain.markets]
        sound &= np.array(ours, dtype=np.bool_)[plain.codes]
        special = self._survey.doubled | self._survey.outliers
        moments = {us: EPOCH + us * _US for us in set(plain.opens.tolist())}
        rows = zip(
            sound.tolist(), block.lines, plain.codes.tolist(), plain.opens.tolist(),
            *plain.figures[:5].tolist(), *map(_or_none, optional), strict=True,
        )  # fmt: skip
        for place, (is_sound, line, code, us, *figures) in enumerate(rows):
            market_id = plain.markets[code]
            if is_sound and not (special and (market_id, us // 1_000_000) in special):
                yield line, Bar(market_id, moments[us], *figures)
            else:
                yield block.row(place)

    def read(self, row: FileRow) -> Bar | None:
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

    def agreed(self) -> list[tuple[int, Bar]]:
        """(line, bar) of bars that the file holds more than once, always the same."""
        groups = self._twins.values()
        return [twins[0] for twins in groups if len({bar for _, bar in twins}) == 1]

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

    def _market(self, row: FileRow) -> Market:
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

    def _moment(self, row: FileRow) -> datetime:
        try:
            us = microseconds(row.cells["ts"], self._times)
        except ValueError as error:
            raise _RefusedRow("bad_time", str(error)) from error
        moment = EPOCH + timedelta(microseconds=us)
        if not is_aligned(moment, self._width):
            raise _RefusedRow("off_grid", f"found {iso(moment)}, expected the open of a bar")
        if moment + self._width > self._now:
            raise _RefusedRow("not_closed", f"the bar of {iso(moment)} is not over yet")
        return moment


def _or_none(figures: NDArray[np.float64]) -> list[float | None]:
    """Figures, None for the unknown."""
    return [None if figure != figure else figure for figure in figures.tolist()]  # noqa: PLR0124


def _candle(row: FileRow) -> RawCandle:
    values: dict[str, float | None] = {}
    for name in BAR_FIGURES:
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


class _Piece:
    """Bars and refusals that are stored together."""

    def __init__(self, path: Path, doubts: Doubts | None, strangers: Mapping[str, str]) -> None:
        self._doubts = doubts
        self._strangers = strangers
        self.bars: list[Bar] = []
        self.refusals: list[Refusal] = []
        self._path = path
        self._lines: list[int] = []

    def add(self, line: int, bar: Bar | None) -> None:
        """Take a bar in."""
        if bar is not None:
            self.bars.append(bar)
            self._lines.append(line)

    def refuse(self, row: FileRow, refused: _RefusedRow) -> None:
        """Count a row by exchange and reason."""
        exchange = row.cells.get("exchange") or "file"
        self.refusals.append(Refusal(exchange, None, None, refused.reason, refused.detail))

    def store(
        self,
        database: Database,
        clock: Clock,
        width: timedelta,
        report: ImportReport,
        how: Manner,
    ) -> None:
        """One transaction; a file's bar speaks for itself and for nothing around it.

        What disagrees with a known bar or with other venues, and what is unlikely, is held, unless the user insists.
        """
        with database.read() as conn:
            known = known_bars(conn, self.bars, width)
            held = {} if how.replace else self._held(conn, known)
        kept = []
        for line, bar in zip(self._lines, self.bars, strict=True):
            before = known.get((bar.market_id, bar.open_time))
            refusal = held.get((bar.market_id, bar.open_time))
            if refusal is not None:
                report.hold(self._path, line, bar, refusal)
                self.refusals.append(refusal)
            elif before is not None and not how.replace:
                kept.append(filled(before, bar))
            else:
                kept.append(bar)
        report.estimated += sum(bar.quote_volume is None for bar in kept)
        if how.check:
            report.new += len(kept)
            return
        with database.write() as conn:
            at = issue_time(conn, clock.now())
            saved = bars.save_bars(conn, kept, width=width, received_at=at)
            bars.save_coverage(conn, _coverage(kept, width), fetched_at=at)
            quarantine.add_refusals(conn, self.refusals, at)
        report.new += saved.new
        report.revised += saved.revised
        report.unchanged += saved.unchanged

    def _held(
        self, conn: Connection, known: Mapping[tuple[str, datetime], Bar]
    ) -> dict[tuple[str, datetime], Refusal]:
        """(market, open) -> why the bar is held, with the difference."""
        held: dict[tuple[str, datetime], Refusal] = {}
        for bar in self.bars:
            key = (bar.market_id, bar.open_time)
            before = known.get(key)
            venue = bar.market_id.partition(":")[0]
            difference = None if before is None else disagreement(before, bar)
            if difference is not None:
                held[key] = Refusal(venue, *key, "disagrees", difference)
            elif before is None and bar.market_id in self._strangers:
                held[key] = Refusal(venue, *key, "wrong_coin", self._strangers[bar.market_id])
        if self._doubts is not None:
            rest = [bar for bar in self.bars if (bar.market_id, bar.open_time) not in held]
            unlikely = self._doubts.of(conn, rest)
            held |= {key: refusal for key, refusal in unlikely.items() if key not in known}
        return held


def _coverage(kept: list[Bar], width: timedelta) -> list[Coverage]:
    opens: dict[str, set[datetime]] = defaultdict(set)
    for bar in kept:
        opens[bar.market_id].add(bar.open_time)
    return [
        Coverage(market_id, width, *run)
        for market_id, moments in opens.items()
        for run in runs(sorted(moments), width)
    ]
