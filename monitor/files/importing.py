"""Import of bars and supplies from files."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from monitor.clock import Clock
from monitor.files.import_bars import import_bars
from monitor.files.import_report import ImportReport
from monitor.files.import_supplies import import_supplies
from monitor.files.tables import FileRefusedError, kind_of_table
from monitor.model.universe import Universe
from monitor.store.database import Database

__all__ = ["ImportReport", "import_files"]


def import_files(
    paths: Sequence[Path], database: Database, universe: Universe, width: timedelta, clock: Clock
) -> ImportReport:
    """Take in every file; one that cannot be read as bars or supplies is refused whole, the others go on.

    Bars must be of ``width``, closed, of configured markets and sound; supplies of configured tokens. What is kept out is
    in the report with file, line and reason.
    """
    report = ImportReport()
    for path in paths:
        report.files += 1
        try:
            if kind_of_table(path) == "bars":
                import_bars(path, database, universe, width, clock=clock, report=report)
            else:
                import_supplies(path, database, universe, clock, report)
        except FileRefusedError as error:
            report.refuse_file(str(error))
    return report
