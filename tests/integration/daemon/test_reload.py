"""SIGHUP to a real daemon: the configuration is read again, or it is said why not, and no step is lost."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Self

import httpx
import pytest

from monitor.store.types import from_us
from tests.integration.commands.stage import ROOT, Market, small_market
from tests.kit.slack_server import SlackServer
from tests.kit.waiting import PATIENCE_S, eventually

HOURS = 72


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with small_market(tmp_path, hours=HOURS) as found:
        yield found


def closes(market: Market) -> list[datetime]:
    """Close times of the stored steps, in order."""
    with sqlite3.connect(market.folder / "monitor.db", timeout=60) as conn:
        found = conn.execute("SELECT close_time FROM step ORDER BY 1")
        return [from_us(row[0]) for row in found]


def test_a_reload_loses_no_step_and_a_wrong_one_is_told_once_and_healed_once(
    market: Market, slack: SlackServer, tmp_path: Path
) -> None:
    market.monitor("db", "upgrade")
    market.monitor("backfill", "--since", "2d")
    log = tmp_path / "run.log"
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")} | {
        "MONITOR_WEB__ENABLED": "false",
        "MONITOR_ALERTS__SLACK__OPERATOR_WEBHOOK": slack.webhook_url("operator"),
    }
    command = [sys.executable, "-m", "monitor", "--config", str(market.config), "run"]
    right = market.config.read_text()
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)

    def said(words: str, times: int = 1) -> None:
        def holds() -> bool:
            found = log.read_text().count(words) >= times
            assert found or process.poll() is None, log.read_text()[-3000:]
            return found

        eventually(holds, what=f"{words} {times} times")

    def told(words: str) -> list[str]:
        return [m.shown for m in slack.workspace.messages("operator") if words in m.shown]

    try:
        eventually(lambda: bool(closes(market)), what="a first step")
        process.send_signal(signal.SIGHUP)  # most likely in the midst of catching up
        said("configuration read again")
        said("started", 2)
        for times in (1, 2):
            market.config.write_text(right + "\n[nowhere]\nx = 1\n")
            process.send_signal(signal.SIGHUP)
            said("reload failed", times)
        eventually(lambda: bool(told("reload failed")), what="the operator is told")
        market.config.write_text(right + "\n[heartbeat]\nsignals = false\n")
        process.send_signal(signal.SIGHUP)
        said("started", 3)
        eventually(lambda: bool(told("well again after: reload failed")), what="and of the end")
        market.config.write_text(right.replace("monitor.db", "elsewhere.db"))
        process.send_signal(signal.SIGHUP)
        said("takes effect at a restart only")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait(timeout=PATIENCE_S)
    found = log.read_text()
    assert "Traceback" not in found
    assert "heartbeat" in found.split("configuration read again")[-1].splitlines()[0]
    assert "nowhere" in told("reload failed")[0]
    assert len([text for text in told("nowhere") if "well again" not in text]) == 1
    steps = closes(market)
    assert {b - a for a, b in pairwise(steps)} == {timedelta(hours=1)}
    assert len(steps) >= 47


class Asker:
    """Asks for ``/healthz`` again and again, each time by a connection of its own: what went wrong, and the longest wait."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/healthz"
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.answers = 0
        self.longest_s = 0.0
        self.wrong: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def answers_more(self) -> None:
        """Wait until it was answered once more."""
        before = self.answers
        eventually(lambda: self.answers > before or bool(self.wrong), what="an answer")

    def _ask(self) -> None:
        while not self._ends.wait(0.02):
            asked = time.monotonic()
            try:
                status = httpx.get(self._url, timeout=PATIENCE_S).status_code
            except httpx.HTTPError as error:
                self.wrong.append(repr(error))
                continue
            self.longest_s = max(self.longest_s, time.monotonic() - asked)
            if status == 200:
                self.answers += 1
            else:
                self.wrong.append(str(status))


def children(pid: int) -> list[int]:
    """Processes that it started."""
    return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_page_answers_throughout_reloads_and_is_the_same_where_nothing_changed(
    market: Market, tmp_path: Path
) -> None:
    market.monitor("db", "upgrade")
    market.monitor("backfill", "--since", "1d")
    log = tmp_path / "run.log"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
    environ |= {"MONITOR_WEB__PORT": str(port)}
    command = [sys.executable, "-m", "monitor", "--config", str(market.config), "run"]
    right = market.config.read_text()
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)

    def served() -> bool:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    def reloaded(times: int) -> None:
        def holds() -> bool:
            assert process.poll() is None, log.read_text()[-3000:]
            return log.read_text().count("started database") > times

        process.send_signal(signal.SIGHUP)
        eventually(holds, what=f"reload {times}")

    def relieved(page: int) -> int:
        eventually(
            lambda: len(children(process.pid)) == 1 and children(process.pid) != [page],
            what="another page alone",
        )
        return children(process.pid)[0]

    try:
        eventually(served, what="the page is served")
        (page,) = children(process.pid)
        with Asker(port) as asker:
            for k in range(1, 8):
                reloaded(k)
                asker.answers_more()
            assert children(process.pid) == [page]
            held = market.folder / "monitor.db-daemon"  # where standbys look
            engines = {json.loads(held.read_text())["engine"]}
            for k in range(8, 11):
                market.config.write_text(right + f"\n[detection]\non = 3.{k:02}\n")
                reloaded(k)
                engines.add(json.loads(held.read_text())["engine"])
                page = relieved(page)
                asker.answers_more()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait(timeout=PATIENCE_S)
    print(f"{asker.answers} answers over 10 reloads, the longest after {asker.longest_s:.2f} s")
    assert asker.wrong == []
    assert len(engines) == 4
    assert asker.answers
    assert "Traceback" not in log.read_text()
