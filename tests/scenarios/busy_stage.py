"""The stage of a busy day: a stored market, Slack and mail that fail, and lives that are killed at random moments."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.clock import ManualClock
from monitor.engine import Engine
from monitor.model.grid import iso
from monitor.pipeline import Pipeline
from monitor.store import bars, notes, outbox, steps, supplies
from monitor.store.database import open_database
from monitor.store.knowledge import issue_time
from monitor.store.migrations import upgrade
from tests.kit.cores import waited_s
from tests.kit.smtp_server import SmtpServer
from tests.kit.waiting import PATIENCE_S, eventually
from tests.scenarios.busy_faults import Weather
from tests.scenarios.busy_market import LIVE_FROM, UNTIL, VENUE, WIDTH, busy_market
from tests.scenarios.stage import ROOT, _server, config_text

READERS = ("ann@example.org", "bo@example.org")
SENDER = "monitor@example.org"
QUIET = ("11:50", "12:10")
LONGEST_S = 60.0


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  the machine's clock, as the servers stamp their records


@dataclass
class BusyStage:
    """Servers that run and the process that gives birth to lives. ``kills``: when each life was killed."""

    folder: Path
    database_url: str
    record: Path
    smtp: SmtpServer
    weather: Weather
    dice: random.Random
    steps: int
    process: "subprocess.Popen[bytes]"
    kills: list[datetime] = field(default_factory=list)

    def live_and_die(self, times: int) -> None:
        """So many lives, each killed 0.1 to 1.5 s after it was up, in changing weather. What a life waits for a core is no
        part of these: on a busy machine none would come to do anything."""
        for _ in range(times):
            self.weather.change()
            life = self._born()
            _let_live(life, self.dice.uniform(0.1, 1.5))
            self._kill(life)

    def drain(self) -> None:
        """One more life in fine weather, until everything is stepped and nothing waits."""
        self.weather.clear()
        life = self._born()
        database = open_database(self.database_url)

        def is_done() -> bool:
            assert self.process.poll() is None
            with database.read() as conn:
                step = steps.latest_step(conn)
                late = outbox.pending_stats(conn, UNTIL + timedelta(days=30))
            return step is not None and step.close_time >= self.until and late.pending == 0

        try:
            eventually(is_done, what="everything stepped and sent")
        finally:
            database.close()
            self._kill(life)
            self.kills.pop()  # nothing was under way

    @property
    def until(self) -> datetime:
        """Close of the last interval."""
        return LIVE_FROM + self.steps * WIDTH

    @property
    def log(self) -> str:
        """What the lives logged."""
        return (self.folder / "busy.log").read_text(encoding="utf-8")

    def _born(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(b"live\n")
        self.process.stdin.flush()
        said = self._heard()
        assert "up" in said, f"{said}\n{self.log[-3000:]}"
        return int(said["up"])

    def _kill(self, life: int) -> None:
        os.kill(life, signal.SIGKILL)
        self.kills.append(_now())
        said = self._heard()
        assert said == {"ended": life, "signal": int(signal.SIGKILL)}, self.log[-3000:]

    def _heard(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log[-3000:]
        heard: dict[str, Any] = json.loads(line)
        return heard


def _let_live(life: int, seconds: float) -> None:
    """Until it has lived so long, its threads' waiting for a core not counted; at most a minute."""
    born = time.monotonic()
    waited_before = waited_s(life)
    while True:
        passed = time.monotonic() - born
        if passed - min(passed, waited_s(life) - waited_before) >= seconds or passed > LONGEST_S:
            return
        time.sleep(0.02)


@contextmanager
def busy_stage(
    folder: Path, database_url: str, *, steps: int, speed: float, seed: int
) -> Iterator[BusyStage]:
    """A market stored and stepped up to the live part; servers and the process started, nothing alive yet."""
    config = folder / "monitor.toml"
    _store(database_url, config, seed)
    record = folder / "slack.jsonl"
    slack_options = ["--record", str(record), "--message-interval", "0.03"]
    slack_options += ["--processing-seconds", "0.02"]
    dice = random.Random(seed)
    with (
        _server("tests.kit.slack_server", slack_options, folder) as slack,
        SmtpServer(folder, security="plain") as smtp,
    ):
        environ = _environ(slack, smtp)
        command = ["--config", str(config), "--origin", iso(_now()), "--speed", str(speed)]
        command += ["--steps", str(steps), "--seed", str(seed)]
        with _started(folder, command, environ) as process:
            weather = Weather(str(slack["base"]), smtp, dice)
            yield BusyStage(folder, database_url, record, smtp, weather, dice, steps, process)


def _store(url: str, config: Path, seed: int) -> None:
    """The market's history as a backfill leaves it, stepped by the engine up to the live part."""
    episode = busy_market(seed)
    text = config_text(episode, {VENUE: "http://127.0.0.1:9"}, url)
    config.write_text(text, encoding="utf-8")
    database = open_database(url)
    upgrade(database)
    with database.write() as conn:
        bars.save_bars(conn, episode.bars, width=WIDTH, received_at=issue_time(conn, LIVE_FROM))
        supplies.save_supplies(conn, episode.supplies)
        for moment, note in episode.notes:
            notes.add_note(conn, moment, note, moment)
    engine = Engine(episode.universe, WIDTH, live_from=LIVE_FROM)
    clock = ManualClock(LIVE_FROM)
    Pipeline(database, engine, WIDTH, deadline=timedelta(seconds=90), clock=clock).catch_up(
        LIVE_FROM
    )
    database.close()


def _environ(slack: dict[str, Any], smtp: SmtpServer) -> dict[str, str]:
    found = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
    settings = {
        "ENGINE__INTERVAL": "5m",
        "ENGINE__DEADLINE": "90s",
        "ALERTS__QUIET_HOURS": json.dumps(QUIET),
        "ALERTS__REMINDER_AFTER": "1h",
        "ALERTS__MESSAGES_PER_HOUR": "90",
        "ALERTS__DIGEST_ABOVE": "3",
        "ALERTS__SLACK__BOT_TOKEN": str(slack["token"]),
        "ALERTS__SLACK__CHANNEL": "C0ALERTS",
        "ALERTS__SLACK__BASE_URL": str(slack["api"]),
        "ALERTS__SLACK__OPERATOR_WEBHOOK": slack["webhooks"]["operator"],
        "ALERTS__EMAIL__RECIPIENTS": json.dumps(READERS),
        "SMTP__HOST": smtp.host,
        "SMTP__PORT": str(smtp.port),
        "SMTP__SECURITY": "none",
        "REPORT__SENDER": SENDER,
    }
    threads = {"OPENBLAS_NUM_THREADS": "1"}  # a process that forks has no threads of its own
    return found | threads | {f"MONITOR_{key}": value for key, value in settings.items()}


@contextmanager
def _started(
    folder: Path, arguments: list[str], environ: dict[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "tests.scenarios.busy_process", *arguments]
    with (folder / "busy.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline() or b"{}"
            assert "ready" in json.loads(line), (folder / "busy.log").read_text()[-3000:]
            yield process
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.kill()
            process.wait(timeout=PATIENCE_S)
            if process.stdout is not None:
                process.stdout.close()
