"""The stage of a scenario: January 2025 played fast by an exchange server, a Slack-shaped server, and a daemon to kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.episodes import Episode
from monitor.episodes.build import DATA
from monitor.model.grid import iso
from monitor.model.universe import BEGINNING
from monitor.store import bars, notes, supplies
from monitor.store.database import open_database
from monitor.store.knowledge import issue_time
from monitor.store.migrations import upgrade
from tests.kit.slack_server.server import CHANNELS
from tests.kit.slack_server.workspace import Message, Workspace
from tests.kit.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parent.parent.parent
HOUR = timedelta(hours=1)


@dataclass
class Stage:
    """Servers that run, and the configuration that points at them. ``live_from``: when the daemon first looks."""

    folder: Path
    episode: Episode
    live_from: datetime
    until: datetime
    speed: float
    origin: datetime
    config: Path
    database_url: str
    webhooks: Mapping[str, str]
    venues: Mapping[str, str]
    record: Path
    environ: dict[str, str] = field(default_factory=dict)
    runs: int = 0
    logs: list[Path] = field(default_factory=list)

    def now(self) -> datetime:
        """The scaled clock's time."""
        return self.live_from + (datetime.now(UTC) - self.origin) * self.speed  # noqa: TID251  the machine's clock

    def start_daemon(self, *, whole: bool = False) -> "subprocess.Popen[bytes]":
        """One more daemon process; ``whole``: it waits for all bars of an interval, however long its venues take."""
        self.runs += 1
        log = self.folder / f"daemon-{self.runs}.log"
        self.logs.append(log)
        command = [
            sys.executable,
            "-m",
            "tests.scenarios.daemon_process",
            "--config",
            str(self.config),
        ]
        command += [
            "--start",
            iso(self.live_from),
            "--origin",
            iso(self.origin),
            "--speed",
            str(self.speed),
            *(["--whole"] if whole else []),
        ]
        with log.open("wb") as out:
            return subprocess.Popen(
                command, cwd=ROOT, env=self.daemon_environ(), stderr=out, stdout=out
            )

    def daemon_environ(self) -> dict[str, str]:
        """The environment of a daemon here."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
        if "MONITOR_ALERTS__SLACK__BOT_TOKEN" not in self.environ:
            environ["MONITOR_ALERTS__SLACK__WEBHOOK"] = self.webhooks["alerts"]
            environ["MONITOR_ALERTS__SLACK__OPERATOR_WEBHOOK"] = self.webhooks["operator"]
        return environ | self.environ

    def last_step(self) -> datetime | None:
        """Close of the last stepped interval."""
        from monitor.store import steps

        database = open_database(self.database_url)
        try:
            with database.read() as conn:
                step = steps.latest_step(conn)
        finally:
            database.close()
        return step.close_time if step else None

    def messages(self, channel: str) -> list[Message]:
        """What the channel shows."""
        return Workspace.read(self.record, CHANNELS).channel(channel)

    def monitor(self, *arguments: str) -> str:
        """Output of a verb of the console script, run beside the daemon."""
        command = [sys.executable, "-m", "monitor", "--config", str(self.config), *arguments]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert done.returncode in (0, 3), done.stderr
        return done.stdout


def stop(process: "subprocess.Popen[bytes]") -> float:
    """SIGTERM; seconds until it ended. It must end with 0."""
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = process.wait(timeout=PATIENCE_S)
    assert code == 0
    return time.monotonic() - started


@contextmanager
def staged(
    folder: Path,
    episode: Episode,
    *,
    live_from: datetime,
    until: datetime,
    speed: float,
    dead: tuple[str, ...] = (),
    bars_file: Path = DATA,
    bot: bool = False,
    database_url: str | None = None,
    history: timedelta | None = None,
) -> Iterator[Stage]:
    """History before ``live_from`` stored as a backfill would have, servers started, nothing running yet.

    ``bot``: Slack by bot token instead of by webhook; ``database_url``: by default an SQLite file in the folder;
    ``history``: of so long before ``live_from``, by default all.
    """
    record = folder / "slack.jsonl"
    database_url = database_url or f"sqlite:///{folder / 'monitor.db'}"
    store_history(database_url, episode, live_from, history)
    origin = datetime.now(UTC) + _ahead()  # noqa: TID251  the machine's clock
    venue_command = [
        "--bars",
        str(bars_file),
        "--start",
        iso(live_from),
        "--origin",
        iso(origin),
        "--speed",
        str(speed),
    ]
    with (
        _server(
            "tests.kit.venue_server", [*venue_command, "--list-from-first-bar"], folder
        ) as exchange,
        _server("tests.kit.slack_server", ["--record", str(record)], folder) as slack,
    ):
        venues = {
            venue: "http://127.0.0.1:9" if venue in dead else url
            for venue, url in exchange["venues"].items()
        }
        config = folder / "monitor.toml"
        config.write_text(config_text(episode, venues, database_url), encoding="utf-8")
        yield Stage(
            folder,
            episode,
            live_from,
            until,
            speed,
            origin,
            config,
            database_url,
            slack["webhooks"],
            venues,
            record,
            environ=_by_bot(slack) if bot else {},
        )


def _ahead() -> timedelta:
    """Until the clock begins: servers and daemon are up by then, however slowly this machine starts a program now."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import monitor.daemon, ccxt"], cwd=ROOT, check=True)
    return timedelta(seconds=3 + 4 * (time.monotonic() - started))


def _by_bot(slack: Mapping[str, Any]) -> dict[str, str]:
    channels = {name: channel for channel, name in CHANNELS.items()}
    return {
        "MONITOR_ALERTS__SLACK__BOT_TOKEN": slack["token"],
        "MONITOR_ALERTS__SLACK__BASE_URL": slack["api"],
        "MONITOR_ALERTS__SLACK__CHANNEL": channels["alerts"],
        "MONITOR_ALERTS__SLACK__OPERATOR_CHANNEL": channels["operator"],
    }


def store_history(
    url: str, episode: Episode, until: datetime, length: timedelta | None = None
) -> None:
    """What a backfill would have stored by then, of so long before or all, in a database made for it."""
    database = open_database(url)
    upgrade(database)
    with database.write() as conn:
        at = issue_time(conn, until - timedelta(seconds=1))
        bars.save_bars(
            conn,
            [
                bar
                for bar in episode.bars
                if bar.open_time + HOUR <= until
                and (length is None or bar.open_time >= until - length)
            ],
            width=HOUR,
            received_at=at,
        )
        supplies.save_supplies(conn, episode.supplies)
        for moment, text in episode.notes:
            notes.add_note(conn, moment, text, at)
    database.close()


@contextmanager
def _server(module: str, arguments: list[str], folder: Path) -> Iterator[dict[str, Any]]:
    log = folder / f"{module}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, "--max-seconds", "1800"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, log.read_text()
            yield json.loads(line)
        finally:
            process.kill()
            process.wait(timeout=PATIENCE_S)
            if process.stdout is not None:
                process.stdout.close()


def config_text(episode: Episode, venues: Mapping[str, str], database_url: str) -> str:
    """The episode's universe as a configuration file."""
    lines = [
        "[engine]",
        'interval = "1h"',
        'deadline = "45m"',
        "[database]",
        f'url = "{database_url}"',
        "[schedule]",
        'settle = "10s"',
        'retry_every = "5m"',
        "[alerts]",
        'minimum_severity = "watch"',
        # an hour passes in a blink here: what is late by it is not an outage, and all is told on its own
        "digest_above = 1000",
        "messages_per_hour = 1000",
        # nor is a daemon behind that needs a second of the machine's time for it
        "[report]",
        'wait = "365d"',
        "[web]",
        "enabled = false",
    ]
    for sector in episode.universe.sectors:
        tokens = ", ".join(f'"{member.token}"' for member in sector.members)
        lines += [
            "[[sectors]]",
            f'id = "{sector.id}"',
            f'name = "{sector.name}"',
            f'color = "{sector.color}"',
        ]
        lines += [f"benchmark = {str(sector.benchmark).lower()}", f"tokens = [{tokens}]"]
    for venue, url in venues.items():
        lines += [
            f"[venues.{venue}]",
            f'base_url = "{url}"',
            "rate_limit_ms = 1",
            'settle = "1s"',
            'timeout = "5s"',
        ]
    supplied = {supply.token: supply for supply in episode.supplies}
    for token in episode.universe.tokens:
        lines += [f"[tokens.{token.id}]", f'name = "{token.name}"']
        if token.first_trade:
            lines.append(f"first_trade = {iso(token.first_trade)}")
        markets = ", ".join(
            f'{{venue = "{m.venue}", symbol = "{m.symbol}"'
            + (f", from = {iso(m.listed_from)}" if m.listed_from != BEGINNING else "")
            + "}"
            for m in token.markets
        )
        supply = supplied[token.id]
        lines.append(f"markets = [{markets}]")
        lines.append(
            f'supplies = [{{from = {iso(supply.valid_from)}, circulating = {supply.units}, source = "facts"}}]'
        )
    return "\n".join(lines) + "\n"
