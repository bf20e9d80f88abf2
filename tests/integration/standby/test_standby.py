"""Two daemons on one database: the second waits, says so, and takes over when the first is killed or out for too long."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.integration.commands.stage import ROOT, Market, small_market
from tests.kit.pgbouncer import PgBouncer
from tests.kit.postgres_server import PostgresServer
from tests.kit.waiting import PATIENCE_S, eventually


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with small_market(tmp_path, hours=48) as found:
        yield found


@contextmanager
def daemon(
    market: Market, log: Path, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator["subprocess.Popen[bytes]"]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
    environ |= {"MONITOR_WEB__ENABLED": "false", **settings}
    command = [sys.executable, "-m", "monitor", "--config", str(market.config), "run"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=PATIENCE_S)


def said(process: "subprocess.Popen[bytes]", log: Path, words: str, times: int = 1) -> None:
    """Wait until the log holds the words so often; fails with it where the process ends before."""

    def holds() -> bool:
        found = log.read_text().count(words) >= times
        assert found or process.poll() is None, log.read_text()[-3000:]
        return found

    eventually(holds, what=words)


def roles(market: Market, settings: Mapping[str, str] = MappingProxyType({})) -> dict[str, int]:
    """role -> process id, as `monitor status` has it."""
    told = json.loads(market.monitor("status", "--json", code=(0, 3), environ=settings).stdout)
    return {process["role"]: process["pid"] for process in told["processes"]}


def venues(market: Market, settings: Mapping[str, str]) -> dict[int, list[str]]:
    """process id -> the venues that it asks, as `monitor status` has it."""
    told = json.loads(market.monitor("status", "--json", code=(0, 3), environ=settings).stdout)
    return {process["pid"]: process["venues"] for process in told["processes"]}


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


def test_a_standby_takes_up_a_changed_configuration_at_once_or_says_why_not(
    market: Market, tmp_path: Path
) -> None:
    market.monitor("db", "upgrade")
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    right = market.config.read_text()
    with daemon(market, logs[0]) as first:
        said(first, logs[0], "started")
        with daemon(market, logs[1]) as second:
            said(second, logs[1], f"process {first.pid} on ")
            market.config.write_text(right + "\n[nowhere]\nx = 1\n")
            second.send_signal(signal.SIGHUP)
            said(second, logs[1], "standby: reload failed")
            assert "nowhere" in logs[1].read_text()
            market.config.write_text(right + "\n[heartbeat]\nsignals = false\n")
            second.send_signal(signal.SIGHUP)
            said(second, logs[1], "standby: configuration read again")
            said(second, logs[1], f"process {first.pid} on ", 2)
            assert "started" not in logs[1].read_text()
            first.kill()
            said(second, logs[1], "started")
            second.send_signal(signal.SIGTERM)
            assert second.wait(timeout=PATIENCE_S) == 0
    assert "Traceback" not in logs[1].read_text()


@pytest.fixture
def shared(
    postgres: PostgresServer, pgbouncer: PgBouncer, migrated_postgres: str
) -> Iterator[dict[str, str]]:
    """Settings of a database on PostgreSQL behind PgBouncer, and of a short lease: it still outlasts what a busy machine keeps a process waiting."""
    name = postgres.create(template=migrated_postgres)
    yield {"MONITOR_DATABASE__URL": pgbouncer.url(name), "MONITOR_DATABASE__LEASE": "15s"}
    postgres.drop(name)


def test_on_postgresql_a_killed_and_a_frozen_daemon_are_followed_within_a_lease(
    market: Market, shared: dict[str, str], tmp_path: Path
) -> None:
    logs = [tmp_path / f"{name}.log" for name in ("first", "second", "third")]
    other = {"MONITOR_DETECTION__ON": "3.3"}  # an engine that decides differently
    with daemon(market, logs[0], shared) as first:
        said(first, logs[0], "stepped")
        with daemon(market, logs[1], shared) as second:
            said(second, logs[1], f"process {first.pid} on ")
            assert "standby differs" not in logs[1].read_text()
            eventually(
                lambda: sorted(map(len, venues(market, shared).values())) == [1, 1],
                what="each asks one of the two venues",
            )
            refused = market.monitor("poll", code=1, environ=shared).stderr
            assert "works on this database" in refused
            first.kill()
            said(second, logs[1], "started")
            with daemon(market, logs[2], shared | other) as third:
                said(third, logs[2], "standby differs from the daemon")
                assert roles(market, shared) == {"daemon": second.pid, "standby": third.pid}
                assert len(venues(market, shared)[second.pid]) == 2, "the other would ask otherwise"
                second.send_signal(signal.SIGSTOP)
                said(third, logs[2], "started")
                second.send_signal(signal.SIGCONT)
                assert second.wait(timeout=PATIENCE_S) == 1
                assert "another process has taken over" in logs[1].read_text()
                assert roles(market, shared) == {"daemon": third.pid}
                third.send_signal(signal.SIGTERM)
                assert third.wait(timeout=PATIENCE_S) == 0
    assert roles(market, shared) == {}
    for log in logs:
        assert "Traceback" not in log.read_text()
