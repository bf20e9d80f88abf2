"""`monitor run` as a process, on a bad day: its page's port is taken, and another process holds the database."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.integration.commands.stage import ROOT, Market
from tests.kit.hook_server import HookServer
from tests.kit.slack_server import SlackServer

PATIENCE_S = 120.0
"""Only a run that will never get there waits so long."""


def wait_until(holds: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Fails with the log where the process ends before, or nothing comes of it."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert process.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.05)


def polled(market: Market) -> bool:
    with sqlite3.connect(market.folder / "monitor.db", timeout=30) as conn:
        found = conn.execute("SELECT count(*) FROM step").fetchone()
    return bool(found[0])


def test_it_goes_on_without_its_page_and_ends_in_time_though_the_database_is_held(
    market: Market, slack: SlackServer, tmp_path: Path
) -> None:
    log = tmp_path / "run.log"
    market.monitor("db", "upgrade")
    market.monitor("backfill", "--since", "1d")
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        log.open("wb") as out,
        HookServer() as outside,
    ):
        environ = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")} | {
            "MONITOR_WEB__PORT": str(taken.getsockname()[1]),
            "MONITOR_ALERTS__SLACK__OPERATOR_WEBHOOK": slack.webhook_url("operator"),
            "MONITOR_HEARTBEAT__URL": f"{outside.url}/ping",
        }
        command = [sys.executable, "-m", "monitor", "--config", str(market.config), "run"]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)
        try:
            wait_until(lambda: bool(slack.workspace.messages("operator")), process, log)
            wait_until(lambda: polled(market), process, log)
            wait_until(lambda: bool(outside.at("/ping") + outside.at("/ping/fail")), process, log)
            (message,) = slack.workspace.messages("operator")
            assert "the page is not served" in message.shown
            holder = sqlite3.connect(market.folder / "monitor.db", isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            time.sleep(
                2.0
            )  # by then its sender waits for the lock too; a shorter wait proves less, never fails
            asked = time.monotonic()
            process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=60)
            took = time.monotonic() - asked
            holder.close()
        finally:
            process.kill()
            process.wait()
    assert code == 0
    assert took < 10
    said = log.read_text()
    assert "Traceback" not in said
    assert said.count("the page is not served") == 1
