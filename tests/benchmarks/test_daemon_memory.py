"""What the daemon holds in memory with five venues, and how fast the console script answers."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.episodes import Episode, load_episode
from monitor.episodes.build import DATA
from monitor.model.grid import iso
from tests.kit.waiting import PATIENCE_S, eventually
from tests.scenarios.stage import ROOT, Stage, config_text, stop

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

LIVE_FROM = datetime(2025, 1, 20, tzinfo=UTC)
SPEED = 1_800.0
VENUES = ("binance", "bybit", "okx", "gate", "kucoin")


@contextmanager
def five_venues(folder: Path, episode: Episode) -> Iterator[Stage]:
    """Five venues with three thousand other markets each, as the real ones have."""
    extra = folder / "extra.csv"
    rows = ["ts,exchange,symbol,open,high,low,close,base_volume,quote_volume,taker_buy_quote"]
    for bar in episode.bars:
        if bar.market_id == "okx:BTC/USDT" and bar.open_time >= LIVE_FROM - timedelta(days=2):
            figures = (
                f"{bar.open},{bar.high},{bar.low},{bar.close},{bar.base_volume},{bar.quote_volume},"
            )
            rows += [
                f"{iso(bar.open_time)},{venue},BTC/USDT,{figures}"
                for venue in ("binance", "kucoin")
            ]
    extra.write_text("\n".join(rows) + "\n")
    origin = datetime.now(UTC) + timedelta(seconds=4)  # noqa: TID251  the machine's clock
    command = [
        sys.executable,
        "-m",
        "tests.kit.venue_server",
        "--bars",
        str(DATA),
        "--bars",
        str(extra),
    ]
    command += [
        "--start",
        iso(LIVE_FROM),
        "--origin",
        iso(origin),
        "--speed",
        str(SPEED),
        "--padding",
        "3000",
    ]
    with (folder / "server.log").open("wb") as errors:
        server = subprocess.Popen(
            [*command, "--max-seconds", "240"], cwd=ROOT, stdout=subprocess.PIPE, stderr=errors
        )
    try:
        assert server.stdout is not None
        venues = json.loads(server.stdout.readline())["venues"]
        database = f"sqlite:///{folder / 'monitor.db'}"
        text = config_text(episode, {venue: venues[venue] for venue in VENUES}, database)
        btc = '{venue = "bybit", symbol = "BTC/USDT"}'
        more = ', {venue = "binance", symbol = "BTC/USDT"}, {venue = "kucoin", symbol = "BTC/USDT"}'
        assert btc in text
        config = folder / "monitor.toml"
        config.write_text(text.replace(btc, btc + more, 1))
        yield Stage(
            folder=folder,
            episode=episode,
            live_from=LIVE_FROM,
            until=LIVE_FROM + timedelta(hours=12),
            speed=SPEED,
            origin=origin,
            config=config,
            database_url=database,
            webhooks={"alerts": "http://127.0.0.1:9/a", "operator": "http://127.0.0.1:9/o"},
            venues=venues,
            record=folder / "none",
        )
    finally:
        server.kill()
        server.wait(timeout=PATIENCE_S)
        if server.stdout is not None:
            server.stdout.close()


def test_the_daemon_with_five_venues_stays_under_200_mb(tmp_path: Path) -> None:
    with five_venues(tmp_path, load_episode()) as stage:
        process = stage.start_daemon()
        try:

            def stepped() -> bool:
                assert process.poll() is None, stage.logs[-1].read_text()[-2000:]
                try:
                    last = stage.last_step()
                except Exception:  # noqa: BLE001  the schema is being made
                    return False
                return last is not None and last >= stage.until

            eventually(stepped, what="twelve hours stepped")
            status = Path(f"/proc/{process.pid}/status").read_text()
            fields = dict(line.split(":", 1) for line in status.splitlines())
            rss, peak = (int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
            known = json.loads(stage.monitor("status", "--json"))
            stop(process)
        finally:
            process.kill()
            process.wait()
    print(f"\ndaemon, 5 venues of over 3,000 markets: RSS {rss:.0f} MB, peak {peak:.0f} MB")
    assert {venue["id"] for venue in known["venues"] if venue["state"] == "up"} == set(VENUES)
    assert rss < 200


def test_help_names_every_verb_and_takes_little_longer_than_the_interpreter() -> None:
    """Processor time beside an interpreter that imports the standard library's own parser: what else the machine does is not
    counted."""

    def once(*command: str) -> tuple[float, float]:
        before, started = os.times(), time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        after, ended = os.times(), time.perf_counter()
        spent = after.children_user - before.children_user
        return spent + after.children_system - before.children_system, ended - started

    bare = [once(sys.executable, "-c", "import argparse") for _ in range(9)]
    ours = [once(sys.executable, "-m", "monitor", "--help") for _ in range(9)]
    ratio = statistics.median(cpu for cpu, _ in ours) / statistics.median(cpu for cpu, _ in bare)
    seconds = statistics.median(wall for _, wall in ours)
    print(f"\nmonitor --help {seconds:.2f} s; {ratio:.1f} times an interpreter with argparse")
    assert ratio < 15
