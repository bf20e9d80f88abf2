"""What the checks of an import cost: a million rows, beside pyarrow's reader and executemany that check nothing."""

import random
import shutil
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.files.reading import BAR_COLUMNS
from monitor.store import migrations
from monitor.store.database import open_database
from tests.benchmarks.importers import MARKETS, WIDTH, symbol

pytestmark = pytest.mark.benchmark

ROWS = 1_000_000
RUNS = 3
LEAST_RATE = 0.5
MOST_MB = 120.0
SINCE = datetime(2025, 1, 1, tzinfo=UTC)


def make_csv(file: Path, rows: int) -> None:
    """Bars as an export writes them: one moment after another, all markets of each."""
    dice = random.Random(1)
    prices = [1.0 + i for i in range(MARKETS)]
    with file.open("w", encoding="ascii") as out:
        out.write(",".join(BAR_COLUMNS) + "\n")
        for step in range(rows // MARKETS):
            ts = f"{SINCE + step * WIDTH:%Y-%m-%dT%H:%M:%SZ}"
            for i in range(MARKETS):
                start = prices[i]
                close = prices[i] = start * (1 + dice.gauss(0, 0.002))
                high, low = max(start, close) * 1.001, min(start, close) * 0.999
                base = 1000 * dice.lognormvariate(0, 0.5)
                quote = base * (start + close) / 2
                out.write(
                    f"{ts},binance,{symbol(i)},{start:.8g},{high:.9g},{low:.8g},{close:.8g},"
                    f"{base:.8g},{quote:.9g},{quote * dice.random():.8g}\n"
                )


def measured(*arguments: str) -> tuple[float, float]:
    """(seconds, peak in MB) of one program."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.importers", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def test_a_million_rows_are_checked_at_half_the_rate_of_not_checking(tmp_path: Path) -> None:
    csv = tmp_path / "bars.csv"
    make_csv(csv, ROWS)
    empty = tmp_path / "empty.db"
    migrations.upgrade(open_database(f"sqlite:///{empty}"))
    rates: list[float] = []
    peaks: list[float] = []
    _, bare = measured("bare")
    for run in range(RUNS):
        taken = {}
        for how in ("plain", "ours"):
            database = tmp_path / f"{how}{run}.db"
            shutil.copy(empty, database)
            taken[how], peak = measured(how, str(csv), str(database))
            database.unlink()
        rates.append(taken["plain"] / taken["ours"])
        peaks.append(peak - bare)
        print(
            f"run {run}: plain {taken['plain']:.2f} s, ours {taken['ours']:.2f} s, {peak - bare:.0f} MB over {bare:.0f}"
        )
    rate, most = statistics.median(rates), max(peaks)
    print(f"{ROWS:,} rows: {rate:.2f} x the rate of pyarrow.csv and executemany, {most:.0f} MB")
    assert rate >= LEAST_RATE
    assert most <= MOST_MB
