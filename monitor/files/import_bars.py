"""Bars from a file: two passes, the first over the times, the second over the rows, stored in bounded pieces."""

from datetime import timedelta

from monitor.clock import Clock
from monitor.files.bar_piece import BarPiece
from monitor.files.bar_reader import BarReader, RefusedRowError
from monitor.files.bar_survey import survey
from monitor.files.doubts import Doubts
from monitor.files.identity import strangers
from monitor.files.import_report import ImportReport
from monitor.files.manner import Manner
from monitor.files.reading import Reading
from monitor.files.rows import read_blocks
from monitor.files.tables import FileRefusedError, Sheet
from monitor.model.grid import format_duration
from monitor.model.universe import Universe
from monitor.store.database import Database

PIECE = 20_000
"""Bars in one transaction."""


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
            f"{sheet.path}: found bars of {found} by {reading.width_by}, expected bars of {wanted} (engine.interval)",
            remedy="--interval, if that is wrong",
        )
    path = sheet.path
    markets = {m.id: m for m in universe.markets}
    seen = survey(sheet, reading, width)
    doubts = None if how.replace else Doubts(universe, width)
    with database.read() as conn:
        apart = {} if how.replace else strangers(conn, universe, seen.series, width)
    reader = BarReader(markets, seen, width, clock.now(), reading.times)
    piece = BarPiece(path, doubts, apart)
    for rows in read_blocks(sheet, reading):
        block = reader.read_block(rows)
        piece.add_block(block)
        report.rows += len(block.bars) + len(block.rows)
        for row in block.rows:
            try:
                bar = reader.read(row)
            except RefusedRowError as refused:
                report.refuse(path, row.line, refused.detail)
                piece.refuse(row, refused)
            else:
                if bar is not None:
                    piece.add(row.line, bar)
        if len(piece) >= PIECE:
            piece.store(database, clock, width, report, how)
            piece = BarPiece(path, doubts, apart)
            how.on_rows(path, report.rows)
    for line, conflict in reader.conflicts():
        report.refuse(path, line, conflict.detail)
        piece.refusals.append(conflict)
    for line, bar in reader.agreed():
        piece.add(line, bar)
    piece.store(database, clock, width, report, how)
