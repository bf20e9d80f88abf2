"""One import of a CSV as a program of its own, so that its peak of memory is its own.

`python -m tests.benchmarks.importers ours|plain CSV DATABASE` prints seconds of the processor without
those of loading modules (others use this machine too), and the peak in MB; `bare` only the peak.
"""

import sqlite3
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

MARKETS = 20
WIDTH = timedelta(minutes=5)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def symbol(number: int) -> str:
    """The name of a market of the file."""
    return f"T{number:02}/USDT"


def ours(csv: str, database: str) -> float:
    """As `monitor import` does it."""
    from monitor.clock import ManualClock
    from monitor.files.importing import import_files
    from monitor.model.universe import Market, Sector, Token, Universe
    from monitor.store.database import open_database

    tokens = tuple(
        Token(f"t{i}", f"T{i}", (Market("binance", symbol(i), f"t{i}"),)) for i in range(MARKETS)
    )
    universe = Universe((Sector("all", "All", ()),), tokens)
    store = open_database(f"sqlite:///{database}")
    started = time.process_time()
    report = import_files([Path(csv)], store, universe, WIDTH, ManualClock(NOW))
    store.close()
    if report.new != report.rows or report.refused:
        raise SystemExit("\n".join(report.words()))
    return time.process_time() - started


def plain(csv: str, database: str) -> float:
    """As one writes it in ten lines: pyarrow's reader, then executemany. Nothing is checked."""
    from pyarrow import csv as reader

    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    numbers: dict[str, int] = {}
    started = time.process_time()
    with reader.open_csv(csv) as batches:
        for batch in batches:
            columns = batch.to_pydict()
            opens = [round(moment.timestamp() * 1e6) for moment in columns["ts"]]
            markets = [numbers.setdefault(s, len(numbers) + 1) for s in columns["symbol"]]
            figures = [columns[name] for name in list(columns)[3:]]
            length = len(opens)
            rows = zip(markets, [300] * length, opens, *figures, [0] * length, strict=True)
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO bar VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            connection.execute("COMMIT")
    connection.close()
    return time.process_time() - started


def peak_mb() -> float:
    """The most memory that this process has held."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Do one and print its figures."""
    how, *given = sys.argv[1:]
    seconds = 0.0 if how == "bare" else {"ours": ours, "plain": plain}[how](*given)
    sys.stdout.write(f"{seconds:.3f} {peak_mb():.1f}\n")


if __name__ == "__main__":
    main()
