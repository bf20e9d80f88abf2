"""A backfill beside `freqtrade download-data` of the same markets from the same server, and beside what a venue's limits allow.

What bounds it, in seconds of a processor for the year's 1,060 pages beside 12.7 of freqtrade's whole run: aiohttp alone .3, ccxt
with it 1.7 (1.1 of them to parse JSON), the bare inserts of their rows into SQLite 1.6, to load the two halves of the program 2.0.
Without a look at any bar that is 5.3: three times is out of reach by processor time, and by the clock only both cores come near it.
The server takes .5 once it has made its answers, the same for both.

freqtrade is no dependency: FREQTRADE=/path/to/its/command names one of an environment of its own (`uv venv DIR && uv pip install
--python DIR/bin/python freqtrade`); without it that part is skipped.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from pyarrow import feather

from tests.benchmarks.history_server import SINCE, WIDTH, serving, token_of
from tests.scenarios.stage import ROOT

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

VENUE = "bybit"
PAGE = 1000
PAIRS = 3
COST = 5
"""Of one request for candles, in ccxt's table of this venue: so many times the limit it waits."""


class History(NamedTuple):
    """Five-minute bars of so many markets over so many days."""

    tokens: int
    days: int

    @property
    def bars(self) -> int:
        """Of all markets."""
        return self.tokens * (timedelta(days=self.days) // WIDTH)


FIRST_BACKFILL = History(tokens=20, days=30)
"""As the README's step 4 has it."""

YEAR = History(tokens=10, days=365)
"""What is fetched to judge a detector by."""


class Run(NamedTuple):
    """Seconds by the clock, of the processors, and the most memory in MB, each of all its processes together."""

    seconds: float
    processor: float
    peak_mb: float


def measured(command: list[str], log: Path) -> Run:
    """A process from start to end, which must be good."""
    left_out = ("MONITOR_", "PYTHONDONTWRITEBYTECODE")  # nobody compiles a program at each start
    environ = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
    begin = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)
    peaks: dict[int, float] = {}
    is_over = threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, peaks, is_over))
    watch.start()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    is_over.set()
    watch.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, log.read_text()[-2000:]
    spent = used.ru_utime + used.ru_stime
    return Run(seconds, spent, max(sum(peaks.values()), used.ru_maxrss / 1024))


def _watch(pid: int, peaks: dict[int, float], is_over: threading.Event) -> None:
    """Each process's own peak, with what it shares with the others: together no less than they ever had at once."""
    while not is_over.wait(0.05):
        found = [pid]
        for each in found:
            with suppress(OSError):
                children = Path(f"/proc/{each}/task/{each}/children").read_text().split()
                found += [int(child) for child in children]
                status = Path(f"/proc/{each}/status").read_text()
                if "VmHWM:" in status:  # it has not ended
                    peaks[each] = int(status.partition("VmHWM:")[2].split()[0]) / 1024


def config(folder: Path, url: str, history: History, limit_ms: float | None) -> Path:
    tokens = [token_of(n) for n in range(history.tokens)]
    sectors = "\n".join(
        f'[[sectors]]\nid = "{name}"\nname = "{name}"\ntokens = {json.dumps(tokens[part])}'
        for name, part in (("one", slice(None, None, 2)), ("two", slice(1, None, 2)))
    )
    tables = "\n".join(
        f'[tokens.{token}]\nname = "{token}"\nmarkets = [{{venue = "{VENUE}", symbol = "{token}/USDT"}}]\n'
        f'supplies = [{{from = 2024-01-01, circulating = 1_000_000_000, source = "test"}}]'
        for token in tokens
    )
    limit = "" if limit_ms is None else f"rate_limit_ms = {limit_ms}"
    file = folder / "monitor.toml"
    file.write_text(
        f'[engine]\ninterval = "5m"\n[database]\nurl = "sqlite:///{folder / "monitor.db"}"\n'
        f'[web]\nenabled = false\n{sectors}\n[venues.{VENUE}]\nbase_url = "{url}"\n{limit}\n{tables}\n'
    )
    return file


class Backfill:
    """`monitor backfill` into a database of its own."""

    def __init__(self, folder: Path, url: str, history: History, *, limit_ms: float | None) -> None:
        folder.mkdir()
        self._history = history
        self._log = folder / "log"
        self._monitor = [sys.executable, "-m", "monitor", "--config"]
        self._monitor.append(str(config(folder, url, history, limit_ms)))
        measured([*self._monitor, "db", "upgrade"], self._log)

    def run(self, *, new: int | None = None) -> Run:
        """``new``: how many bars it has to bring; None for all of them."""
        span = [
            "--since",
            f"{SINCE:%Y-%m-%d}",
            "--until",
            f"{SINCE + timedelta(days=self._history.days):%Y-%m-%d}",
        ]
        done = measured([*self._monitor, "backfill", *span], self._log)
        wanted = self._history.bars if new is None else new
        assert f"\n{wanted:,} new bars" in self._log.read_text()
        return done


def freqtrade(command: str, folder: Path, url: str, history: History) -> Run:
    """The same days of the same markets into files of its own form, asked as often as it likes."""
    folder.mkdir()
    pairs = [f"{token_of(n)}/USDT" for n in range(history.tokens)]
    ccxt = {
        "enableRateLimit": False,
        "urls": {"api": dict.fromkeys(("spot", "futures", "v2", "public", "private"), url)},
    }
    settings = {
        "stake_currency": "USDT",
        "dry_run": True,
        "max_open_trades": 1,
        "exchange": {
            "name": VENUE,
            "enable_ws": False,
            "ccxt_config": ccxt,
            "ccxt_async_config": ccxt,
            "pair_whitelist": pairs,
        },
        "pairlists": [{"method": "StaticPairList"}],
    }
    file, data, log = folder / "config.json", folder / "data", folder / "log"
    file.write_text(json.dumps(settings))
    for made in (
        "data",
        "strategies",
        "backtest_results",
        "logs",
        "plot",
        "hyperopts",
        "notebooks",
    ):
        (folder / made).mkdir()
    span = f"{SINCE:%Y%m%d}-{SINCE + timedelta(days=history.days):%Y%m%d}"
    words = [
        "download-data",
        "--config",
        str(file),
        "--userdir",
        str(folder),
        "--datadir",
        str(data),
    ]
    done = measured([command, *words, "-t", "5m", "--timerange", span, "-p", *pairs], log)
    files = list(data.glob("*-5m.feather"))
    assert len(files) == history.tokens, log.read_text()[-2000:]
    rows = sum(feather.read_table(file).num_rows for file in files)
    assert rows == history.bars - history.tokens  # it leaves the last bar of each market out
    return done


@pytest.mark.parametrize("history", [FIRST_BACKFILL, YEAR], ids=["first backfill", "year"])
def test_it_is_quicker_than_freqtrade_at_no_more_memory(tmp_path: Path, history: History) -> None:
    command = os.environ.get("FREQTRADE")
    if not command or not shutil.which(command):
        pytest.skip("FREQTRADE names no command of a freqtrade, see this file's first lines")
    pairs: list[tuple[Run, Run]] = []
    with serving(VENUE, *history) as url:
        for number in range(PAIRS + 1):
            theirs = freqtrade(command, tmp_path / f"their-{number}", url, history)
            ours = Backfill(tmp_path / f"our-{number}", url, history, limit_ms=0.001).run()
            pairs.append((theirs, ours))
    del pairs[0]  # the server makes its answers then, and both programs are compiled
    faster, cheaper = (
        statistics.median(theirs[place] / ours[place] for theirs, ours in pairs) for place in (0, 1)
    )
    theirs, ours = (
        Run(*map(statistics.median, zip(*runs, strict=True))) for runs in zip(*pairs, strict=True)
    )
    what = f"{history.bars:,} bars: {history.tokens} markets, {history.days} days"
    print(f"\n{what}, medians of {PAIRS} pairs: freqtrade {_words(theirs)}, monitor {_words(ours)}")
    print(f"{faster:.2f} times as fast by the clock, {cheaper:.2f} by processor time")
    assert ours.peak_mb <= theirs.peak_mb
    assert faster > 1.0


def _words(run: Run) -> str:
    return f"{run.seconds:.1f} s ({run.processor:.1f} s of processor), peak {run.peak_mb:.0f} MB"


def test_limits_are_used_to_the_full(tmp_path: Path) -> None:
    """With the venue's own limit of 20 ms: what is beside the start of the command, by what the limit allows at best."""
    limit_s, history = 0.020, FIRST_BACKFILL
    pages = history.tokens * -(-(timedelta(days=history.days) // WIDTH) // PAGE)
    least = pages * COST * limit_s
    took = []
    with serving(VENUE, *history) as url:
        Backfill(tmp_path / "warm", url, history, limit_ms=0.001).run()
        for number in range(PAIRS):
            limited = Backfill(tmp_path / f"{number}", url, history, limit_ms=limit_s * 1000)
            whole, start = limited.run().seconds, limited.run(new=0).seconds
            took.append(whole - start)
    times = statistics.median(took) / least
    print(
        f"\n{pages} pages at {COST * limit_s * 1000:.0f} ms: {', '.join(f'{s:.1f}' for s in took)} s, "
        f"limit {least:.1f} s: {times:.3f} times"
    )
    assert times <= 1.15
