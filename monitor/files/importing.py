"""Import of bars and supplies from files."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from monitor.clock import Clock
from monitor.files.formats.registry import understand
from monitor.files.hints import Hints
from monitor.files.import_bars import import_bars
from monitor.files.import_report import ImportReport
from monitor.files.import_supplies import import_supplies
from monitor.files.manner import Manner
from monitor.files.tables import FileRefusedError, open_sheet
from monitor.model.universe import Universe
from monitor.store.database import Database

__all__ = ["Hints", "ImportReport", "Manner", "import_files"]

_NO_HINTS = Hints()
_AS_EVER = Manner()


def import_files(
    paths: Sequence[Path],
    database: Database,
    universe: Universe,
    width: timedelta,
    clock: Clock,
    *,
    hints: Hints = _NO_HINTS,
    how: Manner = _AS_EVER,
) -> ImportReport:
    """Take in every file; one that cannot be read as bars or supplies is refused whole, the others go on.

    Bars must be of ``width``, closed, of configured markets and sound, and agree with known bars; supplies of configured
    tokens. What is kept out is in the report with file, line and reason, and what was understood of each file.
    """
    report = ImportReport()
    for path in paths:
        report.files += 1
        try:
            sheet = open_sheet(path)
            reading = understand(sheet, hints, universe)
            if hints.interval is not None and reading.kind == "bars":
                reading = replace(reading, width=hints.interval, width_by="--interval")
            report.understood += [f"{path}", *(f"  {line}" for line in reading.words(sheet))]
            if reading.kind == "bars":
                import_bars(
                    sheet, reading, database, universe, width, clock=clock, report=report, how=how
                )
            else:
                import_supplies(sheet, reading, database, universe, clock, report, check=how.check)
            if ignored := reading.ignored(sheet):
                report.notes.append(f"{path}: columns that say nothing here: {', '.join(ignored)}")
        except FileRefusedError as error:
            report.refuse_file(f"{error}" + (f" (next: {error.remedy})" if error.remedy else ""))
    return report
