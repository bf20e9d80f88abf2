"""SIGTERM to a real daemon of which everything hangs at once: a venue, Slack, the page, and the store's lock."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from monitor.alerting.operator_notice import operator_notice
from monitor.delivery.registry import operators_on
from monitor.store import outbox
from monitor.store.database import open_database
from tests.integration.commands.stage import ROOT, Market
from tests.integration.serving.test_page_process import free_port
from tests.kit.slack_server import SlackServer
from tests.kit.waiting import PATIENCE_S, eventually

LONG_S = 200.0


def children(pid: int) -> list[int]:
    """Processes that it started."""
    return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    """Whether the process is there; one that has ended may wait for whoever asks how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def owe_the_operator(market: Market) -> None:
    """A notice that is on its way to Slack as soon as a daemon runs."""
    database = open_database(f"sqlite:///{market.folder / 'monitor.db'}")
    with database.write() as conn:
        notice = operator_notice("test", "something broke", market.now)
        outbox.enqueue(conn, operators_on(["operator"]).told(notice))
    database.close()


def test_a_stop_is_over_in_ten_seconds_though_all_that_it_waits_for_hangs(
    market: Market, slack: SlackServer, tmp_path: Path
) -> None:
    market.monitor("db", "upgrade")
    owe_the_operator(market)
    log, port = tmp_path / "run.log", free_port()
    for venue in ("bybit", "gate"):
        market.server.faults.add("stall", venue, left=None, seconds=LONG_S)
    slack.faults.add("stall_after", left=None, seconds=LONG_S)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")} | {
        "MONITOR_WEB__PORT": str(port),
        "MONITOR_ALERTS__SLACK__OPERATOR_WEBHOOK": slack.webhook_url("operator"),
        "MONITOR_VENUES__BYBIT__TIMEOUT": "100s",
        "MONITOR_VENUES__GATE__TIMEOUT": "1s",
        "MONITOR_SCHEDULE__POLL_TIMEOUT": "120s",
    }
    command = [sys.executable, "-m", "monitor", "--config", str(market.config), "run"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)

    def comes(holds: Callable[[], bool], what: str) -> None:
        def there() -> bool:
            assert process.poll() is None, log.read_text()[-3000:]
            return holds()

        eventually(there, what=what)

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    holder = sqlite3.connect(market.folder / "monitor.db", isolation_level=None)
    try:
        comes(answers, "the page is served")
        comes(lambda: bool(market.server.log.find("bybit")), "a venue is asked")
        comes(lambda: bool(slack.workspace.messages("operator")), "Slack is told")
        (page,) = children(process.pid)
        os.kill(page, signal.SIGSTOP)
        holder.execute("BEGIN IMMEDIATE")
        process.send_signal(signal.SIGHUP)
        time.sleep(
            2.0
        )  # by then the reload waits for the lock; a shorter wait proves less, never fails
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=LONG_S)
        took = time.monotonic() - asked
        assert not is_running(page), "what is stopped does not see that its daemon has ended"
    finally:
        holder.close()
        process.kill()
        process.wait()
    print(f"stopped in {took:.1f} s")
    assert code == 0
    assert took < 10
    said = log.read_text()
    assert "stopping" in said, "a stop does not wait for what a reload waits for"
    assert "Traceback" not in said


BUSY = """
import asyncio, sys, time
from monitor.daemon.stopping import stops_at_signals

async def main():
    with stops_at_signals(asyncio.Event()):
        print("here", flush=True)
        time.sleep(600)

asyncio.run(main())
"""
UNREAD = """
import asyncio, os
from monitor.daemon.stopping import stops_at_signals

async def main():
    with stops_at_signals(asyncio.Event()):
        print("here", flush=True)
        os.set_blocking(1, False)
        try:
            while True:
                os.write(1, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(1, True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("script", [BUSY, UNREAD], ids=["busy loop", "unread log"])
def test_the_last_resort_needs_neither_the_loop_nor_a_reader_of_the_log(script: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"here\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=PATIENCE_S) == 0
        finally:
            process.kill()
