"""Supplies from a file: circulating units, or what market cap over price implies."""

import math
from difflib import get_close_matches
from pathlib import Path

from monitor.clock import Clock
from monitor.files.file_times import utc_time
from monitor.files.import_report import ImportReport
from monitor.files.tables import TableRow, read_table
from monitor.ingest.venues.rows import number
from monitor.model.universe import Supply, Universe
from monitor.store import supplies
from monitor.store.database import Database
from monitor.store.knowledge import issue_time

_FIGURES = ("price_usd", "market_cap_usd", "circulating_supply", "volume_24h_usd")


def import_supplies(
    path: Path, database: Database, universe: Universe, clock: Clock, report: ImportReport
) -> None:
    """Take the file's supplies in; 0 and blank mean unknown. Raises FileRefusedError."""
    tokens = {token.id for token in universe.tokens}
    with database.write() as conn:
        at = issue_time(conn, clock.now())
        rows: list[Supply] = []
        for row in read_table(path):
            report.rows += 1
            try:
                units = _units(row, tokens)
                if units is None:
                    report.without_supply += 1
                    continue
                moment = utc_time(row.cells["ts"])
            except ValueError as error:
                report.refuse(path, row.line, str(error))
                continue
            rows.append(Supply(row.cells["token"], units, moment, at, row.cells["source"]))
        saved = supplies.save_supplies(conn, rows)
    report.new += saved.new
    report.revised += saved.revised
    report.unchanged += saved.unchanged


def _units(row: TableRow, tokens: set[str]) -> float | None:
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


def _figure(row: TableRow, name: str) -> float | None:
    text = row.cells[name]
    if text == "":
        return None
    value = number(text)
    if value is None or not math.isfinite(value) or value < 0:
        raise ValueError(f"{name}: found {text!r}, expected a number of 0 or more, or nothing")
    return value
