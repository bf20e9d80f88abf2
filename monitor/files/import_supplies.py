"""Supplies from a file: circulating units, or what market cap over price implies."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

from monitor.clock import Clock
from monitor.files.file_times import microseconds
from monitor.files.import_report import ImportReport
from monitor.files.reading import Reading
from monitor.files.rows import FileRow, read_rows
from monitor.files.tables import Sheet
from monitor.ingest.venues.rows import number
from monitor.model.grid import EPOCH, iso
from monitor.model.universe import Supply, Universe
from monitor.store import supplies
from monitor.store.database import Database
from monitor.store.knowledge import issue_time
from monitor.store.supply_gate import LARGEST_CHANGE

_FIGURES = ("price_usd", "market_cap_usd", "circulating_supply", "volume_24h_usd")
FIRST_COIN = datetime(2009, 1, 1, tzinfo=UTC)


def import_supplies(
    sheet: Sheet,
    reading: Reading,
    database: Database,
    universe: Universe,
    clock: Clock,
    report: ImportReport,
    *,
    check: bool,
) -> None:
    """Take the file's supplies in; 0 and blank mean unknown. Raises FileRefusedError.

    A time that stands there twice with two figures is kept out: nothing tells which is right.
    """
    tokens = {token.id for token in universe.tokens}
    now = clock.now()
    rows: dict[tuple[str, str, datetime], list[tuple[int, float]]] = {}
    for row in read_rows(sheet, reading):
        report.rows += 1
        try:
            units = _units(row, tokens)
            if units is None:
                report.without_supply += 1
                continue
            moment = _moment(row, reading, now)
        except ValueError as error:
            report.refuse(sheet.path, row.line, str(error))
            continue
        key = (row.cells["token"], row.cells["source"], moment)
        rows.setdefault(key, []).append((row.line, units))
    sound = []
    for (token, source, moment), figures in rows.items():
        if len({units for _, units in figures}) == 1:
            sound.append(Supply(token, figures[0][1], moment, now, source))
            continue
        for line, units in figures:
            detail = f"{token} {iso(moment)} of {source}: found {units:g} beside other figures of that time, expected one"
            report.refuse(sheet.path, line, detail)
    if check:
        report.new += len(sound)
        return
    with database.write() as conn:
        at = issue_time(conn, now)
        saved = supplies.save_supplies(conn, [replace(row, received_at=at) for row in sound])
    for kept in saved.disbelieved:
        line = rows[kept.token, kept.source, kept.valid_from][0][0]
        found = f"{kept.token} {iso(kept.valid_from)} of {kept.source}: found {kept.units:g} units, over {100 * LARGEST_CHANGE:.0f} % from"
        waits = f"waits for a second source or tokens.{kept.token}.supplies"
        report.refuse(sheet.path, line, f"{found} what was known then; {waits}")
    report.new += saved.new
    report.revised += saved.revised
    report.unchanged += saved.unchanged


def _moment(row: FileRow, reading: Reading, now: datetime) -> datetime:
    moment = EPOCH + timedelta(microseconds=microseconds(row.cells["ts"], reading.times))
    if not FIRST_COIN <= moment <= now:
        raise ValueError(f"found time {iso(moment)}, expected one since 2009 that is over")
    return moment


def _units(row: FileRow, tokens: set[str]) -> float | None:
    """Circulating units, None where unknown; raises ValueError with what is wrong with the row."""
    if row.fault is not None:
        raise ValueError(row.fault)
    token = row.cells["token"]
    if token not in tokens:
        near = get_close_matches(token, tokens, n=1) or ["none"]
        raise ValueError(f"found token {token!r}, expected a configured one (nearest: {near[0]})")
    if not row.cells["source"]:
        raise ValueError("found no source, expected where the figure comes from")
    price, cap, units, _ = (_figure(row, name) for name in _FIGURES)
    if units:
        return units
    return cap / price if cap and price else None


def _figure(row: FileRow, name: str) -> float | None:
    text = row.cells[name]
    if text == "":
        return None
    value = number(text)
    if value is None or not math.isfinite(value) or value < 0:
        raise ValueError(f"{name}: found {text!r}, expected a number of 0 or more, or nothing")
    return value
