"""Bars of a file on their way into the store: some thousands in one transaction, beside what is known already."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from monitor.clock import Clock
from monitor.files.bar_reader import ReadBlock, RefusedRowError
from monitor.files.doubts import Doubts
from monitor.files.import_report import ImportReport
from monitor.files.known import disagreement, filled, known_bars
from monitor.files.manner import Manner
from monitor.files.rows import FileRow
from monitor.model.bar_columns import BAR_FIGURES, BarColumns
from monitor.model.bars import Bar, Coverage, Refusal
from monitor.model.grid import EPOCH
from monitor.store import bars, quarantine
from monitor.store.database import Database
from monitor.store.knowledge import issue_time

_US = timedelta(microseconds=1)
_QUOTE = BAR_FIGURES.index("quote_volume")

Key = tuple[str, datetime]
"""(market, open) of a bar."""


class BarPiece:
    """Bars and refusals that are stored together. ``strangers``: market -> why its bars are held."""

    def __init__(self, path: Path, doubts: Doubts | None, strangers: Mapping[str, str]) -> None:
        self._path = path
        self._doubts = doubts
        self._strangers = strangers
        self._blocks: list[tuple[NDArray[np.int64], BarColumns]] = []
        self._bars: list[tuple[int, Bar]] = []
        self.refusals: list[Refusal] = []

    def __len__(self) -> int:
        return len(self._bars) + sum(len(block) for _, block in self._blocks)

    def add_block(self, block: ReadBlock) -> None:
        """Take in what a block holds of sound bars."""
        self._blocks.append((block.lines, block.bars))

    def add(self, line: int, bar: Bar) -> None:
        """Take one bar in."""
        self._bars.append((line, bar))

    def refuse(self, row: FileRow, refused: RefusedRowError) -> None:
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
        lines, found = self._gathered()
        with database.read() as conn:
            known = {} if how.replace else known_bars(conn, found, width)
            held = {} if how.replace else self._held(conn, found, known)
        self._tell(report, lines, found, held)
        kept = _kept(found, known, held)
        report.estimated += int(np.isnan(kept.figures[_QUOTE]).sum())
        if how.check:
            report.new += len(kept)
            return
        with database.write() as conn:
            at = issue_time(conn, clock.now())
            saved = bars.save_columns(conn, kept, width=width, received_at=at)
            bars.save_coverage(conn, _coverage(kept, width), fetched_at=at)
            quarantine.add_refusals(conn, self.refusals, at)
        report.new += saved.new
        report.revised += saved.revised
        report.unchanged += saved.unchanged

    def _gathered(self) -> tuple[NDArray[np.int64], BarColumns]:
        """All bars of the piece and their lines, in the file's order."""
        single = BarColumns.of([bar for _, bar in self._bars])
        lines = np.concatenate(
            [
                *(lines for lines, _ in self._blocks),
                np.array([line for line, _ in self._bars], dtype=np.int64),
            ]
        )
        found = BarColumns.joined([*(block for _, block in self._blocks), single])
        if not self._bars:
            return lines, found
        order = np.argsort(lines, kind="stable")
        return lines[order], found.chosen(order)

    def _held(
        self, conn: Connection, found: BarColumns, known: Mapping[Key, Bar]
    ) -> dict[Key, Refusal]:
        """(market, open) -> why the bar is held, with the difference."""
        held: dict[Key, Refusal] = {}
        touched = {market_id for market_id, _ in known} | self._strangers.keys()
        for bar in found.chosen(_of(found, touched)).bars() if touched else ():
            key = (bar.market_id, bar.open_time)
            before = known.get(key)
            venue = bar.market_id.partition(":")[0]
            difference = None if before is None else disagreement(before, bar)
            if difference is not None:
                held[key] = Refusal(venue, *key, "disagrees", difference)
            elif before is None and bar.market_id in self._strangers:
                held[key] = Refusal(venue, *key, "wrong_coin", self._strangers[bar.market_id])
        if self._doubts is not None:
            rest = found.chosen(~_among(found, held)) if held else found
            unlikely = self._doubts.of(conn, rest)
            held |= {key: refusal for key, refusal in unlikely.items() if key not in known}
        return held

    def _tell(
        self,
        report: ImportReport,
        lines: NDArray[np.int64],
        found: BarColumns,
        held: Mapping[Key, Refusal],
    ) -> None:
        """Report and note what is held."""
        if not held:
            return
        mask = _among(found, held)
        for line, bar in zip(lines[mask].tolist(), found.chosen(mask).bars(), strict=True):
            refusal = held[bar.market_id, bar.open_time]
            report.hold(self._path, line, bar, refusal)
            self.refusals.append(refusal)


def _kept(found: BarColumns, known: Mapping[Key, Bar], held: Mapping[Key, Refusal]) -> BarColumns:
    """What is stored: bars that are known already with what only the file gives, and the new ones."""
    kept = found.chosen(~_among(found, held)) if held else found
    if not known:
        return kept
    there = _among(kept, known)
    both = [filled(known[b.market_id, b.open_time], b) for b in kept.chosen(there).bars()]
    return BarColumns.joined([kept.chosen(~there), BarColumns.of(both)])


def _of(found: BarColumns, markets: set[str]) -> NDArray[np.bool_]:
    """Which bars are of one of the markets."""
    return np.array([m in markets for m in found.markets], dtype=np.bool_)[found.codes]


def _among(found: BarColumns, keys: Mapping[Key, object]) -> NDArray[np.bool_]:
    """Which bars have one of the keys."""
    opens: dict[str, list[int]] = {}
    for market_id, moment in keys:
        opens.setdefault(market_id, []).append((moment - EPOCH) // _US)
    mask = np.zeros(len(found), dtype=np.bool_)
    for code, market_id in enumerate(found.markets):
        if market_id in opens:
            mask |= (found.codes == code) & np.isin(found.opens, opens[market_id])
    return mask


def _coverage(kept: BarColumns, width: timedelta) -> list[Coverage]:
    """Runs of bars that follow each other at once, market by market."""
    step = width // _US
    covered = []
    for market_id, places in kept.by_market().items():
        opens = kept.opens[places]
        breaks = np.flatnonzero(np.diff(opens) != step)
        begins, ends = opens[np.r_[0, breaks + 1]].tolist(), opens[np.r_[breaks, -1]].tolist()
        covered += [
            Coverage(market_id, width, EPOCH + since * _US, EPOCH + (last + step) * _US)
            for since, last in zip(begins, ends, strict=True)
        ]
    return covered
