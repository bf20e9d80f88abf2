"""`monitor backfill`, killed again and again: what stands in the store in the end is what one run would have left."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model.grid import floor_time, iso
from tests.integration.commands.stage import HOUR, ROOT, Market, small_market
from tests.kit.waiting import eventually

pytestmark = pytest.mark.timeout(1800)

HOURS = 6000
KILLS = 5


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with small_market(tmp_path, hours=HOURS, max_seconds=1500) as found:
        yield found


def test_killed_again_and_again_it_leaves_what_one_run_leaves(
    market: Market, tmp_path: Path
) -> None:
    until = floor_time(market.now, HOUR)
    asked = ("backfill", "--since", iso(until - timedelta(hours=HOURS)), "--until", iso(until))
    market.monitor("db", "upgrade")
    undisturbed = replace(market, config=tmp_path / "whole.toml")
    undisturbed.config.write_text(
        market.config.read_text(encoding="utf-8").replace("monitor.db", "whole.db"),
        encoding="utf-8",
    )
    undisturbed.monitor("db", "upgrade")
    undisturbed.monitor(*asked)
    whole = stored(tmp_path / "whole.db")
    assert len(whole[0]) == HOURS * 10

    killed = 0
    for kill in range(KILLS):
        killed += killed_at(market, asked, (kill + 1) * len(whole[0]) // (KILLS + 1))
    assert killed == KILLS
    left = len(stored(tmp_path / "monitor.db")[0])
    assert left < len(whole[0])
    said = market.monitor(*asked).stdout
    assert f"{len(whole[0]) - left:,} new bars" in said
    assert stored(tmp_path / "monitor.db") == whole


def killed_at(market: Market, asked: tuple[str, ...], bars: int) -> bool:
    """Whether it was killed once so many bars stood in the store, before its end."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
    running = subprocess.Popen(
        [sys.executable, "-m", "monitor", "--config", str(market.config), *asked],
        cwd=ROOT,
        env=clean,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(
            lambda: running.poll() is not None or count(market.folder / "monitor.db") >= bars,
            what=f"{bars} bars stored",
        )
        beside = children(running.pid)
    finally:
        running.kill()
    was_killed = running.wait() < 0
    eventually(lambda: not any(map(is_running, beside)), what="the process that asked is gone")
    return was_killed


def children(pid: int) -> list[int]:
    """Processes that a running one started."""
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def count(file: Path) -> int:
    """Bars in the store."""
    with closing(sqlite3.connect(file, timeout=60)) as conn:
        return int(conn.execute("SELECT count(*) FROM bar").fetchone()[0])


def stored(file: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]], int]:
    """(bars by market's name and time, hours spoken for by market, replaced versions): no numbers that an order gives."""
    with closing(sqlite3.connect(file, timeout=60)) as conn:
        bars = conn.execute(
            "SELECT m.market_id, b.open_time, b.open, b.high, b.low, b.close, b.base_volume, b.quote_volume,"
            " b.taker_buy_quote FROM bar b JOIN market m ON m.id = b.market ORDER BY 1, 2"
        ).fetchall()
        spoken = conn.execute(
            "SELECT m.market_id, min(c.since), max(c.until), sum(c.until - c.since) FROM coverage c"
            " JOIN market m ON m.id = c.market GROUP BY 1 ORDER BY 1"
        ).fetchall()
        (replaced,) = conn.execute("SELECT count(*) FROM bar_superseded").fetchone()
    return bars, spoken, replaced
