"""Two daemons on one SQLite file: the second waits, says so, and takes over when the first is killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.commands.stage import ROOT, Market, small_market
from tests.kit.waiting import PATIENCE_S, eventually


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with small_market(tmp_path, hours=48) as found:
        yield found


@contextmanager
def daemon(market: Market, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")} | {
        "MONITOR_WEB__ENABLED": "false"
    }
    command = [sys.executable, "-m", "monitor", "--config", str(market.config), "run"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=PATIENCE_S)


def said(process: "subprocess.Popen[bytes]", log: Path, words: str) -> None:
    """Wait until the log holds the words; fails with it where the process ends before."""

    def holds() -> bool:
        found = words in log.read_text()
        assert found or process.poll() is None, log.read_text()[-3000:]
        return found

    eventually(holds, what=words)


def roles(market: Market) -> dict[str, int]:
    """role -> process id, as `monitor status` has it."""
    told = json.loads(market.monitor("status", "--json", code=(0, 3)).stdout)
    return {process["role"]: process["pid"] for process in told["processes"]}


def test_the_second_waits_as_a_standby_and_takes_over_when_the_first_is_killed(
    market: Market, tmp_path: Path
) -> None:
    market.monitor("db", "upgrade")
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    with daemon(market, logs[0]) as first:
        said(first, logs[0], "started")
        with daemon(market, logs[1]) as second:
            said(second, logs[1], f"process {first.pid} on ")
            eventually(
                lambda: roles(market) == {"daemon": first.pid, "standby": second.pid},
                what="status tells of both",
            )
            assert "daemon" in market.monitor("status", code=(0, 3)).stdout
            assert "started" not in logs[1].read_text()
            refused = market.monitor("poll", code=1).stderr
            assert f"process {first.pid} on " in refused
            assert "works on this database" in refused
            first.kill()
            said(second, logs[1], "started")
            eventually(lambda: roles(market) == {"daemon": second.pid}, what="one daemon is left")
            assert "standby takes over" in logs[1].read_text()
            second.send_signal(signal.SIGTERM)
            assert second.wait(timeout=PATIENCE_S) == 0
    assert roles(market) == {}
    assert "Traceback" not in logs[1].read_text()


def test_a_standby_ends_when_it_is_told_to(market: Market, tmp_path: Path) -> None:
    market.monitor("db", "upgrade")
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    with daemon(market, logs[0]) as first:
        said(first, logs[0], "started")
        with daemon(market, logs[1]) as second:
            said(second, logs[1], f"process {first.pid} on ")
            second.send_signal(signal.SIGTERM)
            assert second.wait(timeout=PATIENCE_S) == 0
