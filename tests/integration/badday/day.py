"""A day of a whole daemon: January played fast, Slack, the page asked all the time, and something that goes wrong."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from monitor.clock import ManualClock
from monitor.commands.web import NICER
from monitor.daemon.assemble import engine_of
from monitor.episodes import load_episode
from monitor.episodes.build import DATA
from monitor.model.grid import iso
from monitor.pipeline import Pipeline
from monitor.settings.load import load_settings
from monitor.store import engine_state, outbox, steps
from monitor.store.database import WRITE_WAIT_S, open_database
from tests.integration.badday.probe import ENOUGH, Prober
from tests.kit.held_clock import HeldClock
from tests.kit.slack_server import SlackServer
from tests.kit.venue_server.book import BarBook
from tests.kit.venue_server.server import VenueServer
from tests.kit.waiting import PATIENCE_S, eventually
from tests.scenarios.left_behind import Rows, left_behind, times_said
from tests.scenarios.stage import HOUR, ROOT, config_text, stop, store_history

LIVE_FROM = datetime(2025, 1, 18, 16, tzinfo=UTC)
UNTIL = datetime(2025, 1, 19, 7, tzinfo=UTC)
HISTORY = timedelta(days=15)
SPEED = 2400.0
"""A bar in one and a half seconds."""
HOUR_S = 3600 / SPEED
"""An hour of the daemon's clock in seconds of the machine's."""
BOUNDS = {
    "MONITOR_DETECTION__ON": "1.6",
    "MONITOR_DETECTION__WATCH_ON": "1.3",
    "MONITOR_DETECTION__CRITICAL": "3.0",
}
"""At which the reconstruction has rotations to tell of in this range."""
MAY_RENICE = os.geteuid() == 0
NOTHING_ELSE: Mapping[str, str] = MappingProxyType({})


@dataclass
class Day:
    """A daemon at work and what is seen of it from outside."""

    url: str
    config: Path
    log_file: Path
    clock: HeldClock
    slack: SlackServer
    venues: VenueServer
    prober: Prober
    start: Callable[[], "subprocess.Popen[bytes]"]
    process: "subprocess.Popen[bytes]"

    @property
    def log(self) -> str:
        """What the daemon and its page logged."""
        return self.log_file.read_text(errors="replace")

    def logged(self, words: str, times: int = 1) -> None:
        """Wait until the log holds the words so often; fails with it where the daemon ends before."""

        def holds() -> bool:
            found = self.log.count(words) >= times
            assert found or self.process.poll() is None, self.log[-3000:]
            return found

        eventually(holds, what=f"{words!r} in the log")

    def more(self, words: str, times: int = 1) -> None:
        """Wait until it was logged so many times from now on."""
        self.logged(words, self.log.count(words) + times)

    def bars_pass(self, count: int) -> None:
        """Wait until so many bars have closed on the daemon's clock."""
        until = self.clock.now() + count * HOUR
        eventually(lambda: self.clock.now() >= until, what="time goes by")

    def page_answers(self) -> None:
        """Wait until it does. It gets our priority where we may give it: the tests beside this one are not what is tested."""

        def answers() -> bool:
            assert self.process.poll() is None, self.log[-3000:]
            if MAY_RENICE:
                for pid in self.children():
                    with suppress(ProcessLookupError):
                        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0))
            return bool(self.prober.answers)

        eventually(answers, what="the page answers")

    def children(self) -> list[int]:
        """The page's process, while there is one."""
        return children_of(self.process.pid)

    def operator(self) -> list[str]:
        """What the operator was told, in order."""
        return [message.text for message in self.slack.workspace.messages("operator")]

    def told(self, words: str) -> None:
        """Wait until the operator has been told it; fails with the log where the daemon ends before."""

        def holds() -> bool:
            found = any(words in text for text in self.operator())
            assert found or self.process.poll() is None, self.log[-3000:]
            return found

        eventually(holds, what=f"the operator is told of: {words}")

    def told_once_and_healed_once(self, words: str) -> None:
        """Of nothing else, so far."""
        assert self.process.poll() is None, self.log[-3000:]
        self.told("well again after")
        broke, well = self.operator()
        assert words in broke
        assert "well again" not in broke
        assert f"well again after: {broke.removeprefix('Monitor: ').split('. ')[0][:60]}" in well

    def ended_well(self) -> dict[str, Rows]:
        """Go on to the end of the range and stop: what it leaves."""
        self.until_stepped(UNTIL)
        self.stopped()
        return self.left_behind()

    def stopped(self) -> None:
        """SIGTERM, and how it was until then; it ends with 0 and waits for no lock, and `/healthz` was answered in time."""
        eventually(lambda: len(self.prober.answers) > ENOUGH, what="the page is asked")
        self.prober.end()
        took = stop(self.process)
        print(f"\n{self.prober.check()}; stopped in {took:.1f} s; told: {self.operator()}")
        assert took < WRITE_WAIT_S
        assert "Traceback" not in self.log

    def left_behind(self) -> dict[str, Rows]:
        """When it has ended: what is in the store of the range; each notice of it stands in Slack once."""
        messages = [message.text for message in self.slack.workspace.messages("alerts")]
        said = times_said(self.url, UNTIL, messages)
        assert set(said.values()) == {1}, said
        return left_behind(self.url, UNTIL, HOUR)

    def until_stepped(self, until: datetime) -> None:
        """Wait until it is stepped so far and everything was sent."""
        database = open_database(self.url, read_only=True)

        def is_done() -> bool:
            assert self.process.poll() is None, self.log[-3000:]
            with database.read() as conn:
                step = steps.latest_step(conn)
                stepped = step is not None and step.close_time >= until
                return stepped and outbox.pending_stats(conn, self.clock.now()).pending == 0

        try:
            eventually(is_done, what="everything stepped and sent")
        finally:
            database.close()

    def restarted(self) -> None:
        """One more process on what the first left; the page is asked again."""
        self.process = self.start()
        self.prober = probed(self.prober.port, self.process)
        self.page_answers()


def stepped_history(url: str, config: Path) -> None:
    """The history before the day, stored and stepped: no day spends its time on that."""
    episode = load_episode()
    store_history(url, episode, LIVE_FROM, HISTORY)
    venues = dict.fromkeys(("bybit", "gate", "okx"), "http://127.0.0.1:9")
    config.write_text(config_text(episode, venues, url), encoding="utf-8")
    settings = load_settings(config, BOUNDS)
    database = open_database(url)
    with database.write() as conn:
        engine_state.set_live_from(conn, LIVE_FROM)
    engine = engine_of(settings, LIVE_FROM)
    clock = ManualClock(LIVE_FROM)
    deadline = settings.engine.deadline
    Pipeline(database, engine, HOUR, deadline=deadline, clock=clock).catch_up(LIVE_FROM)
    database.close()


@contextmanager
def day(
    folder: Path,
    url: str,
    *,
    environ: Mapping[str, str] = NOTHING_ELSE,
    port_taken: bool = False,
) -> Iterator[Day]:
    """A daemon on a database that holds the history; the clock begins at ``LIVE_FROM`` when its page answers.

    ``port_taken``: another program has the page's port, until the operator has been told of it.
    """
    clock = HeldClock(folder / "let-go", LIVE_FROM, speed=SPEED)
    book = BarBook.load(DATA, list_from_first_bar=True)
    port = free_port()
    with VenueServer(book, clock) as venues, SlackServer(clock=clock) as slack:
        config = folder / "monitor.toml"
        config.write_text(config_text(load_episode(), venues.base_urls, url), encoding="utf-8")
        log = folder / "daemon.log"
        command = ["-m", "tests.scenarios.daemon_process", "--config", str(config)]
        command += ["--start", iso(LIVE_FROM), "--held", str(folder / "let-go")]
        command += ["--speed", str(SPEED), "--whole"]
        settings = BOUNDS | {
            "MONITOR_SCHEDULE__PRUNE": "30d",  # a day passes in half a minute here
            "MONITOR_WEB__ENABLED": "true",
            "MONITOR_WEB__PORT": str(port),
            "MONITOR_ALERTS__SLACK__WEBHOOK": slack.webhook_url("alerts"),
            "MONITOR_ALERTS__SLACK__OPERATOR_WEBHOOK": slack.webhook_url("operator"),
        }
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}

        def start() -> "subprocess.Popen[bytes]":
            with log.open("ab") as out:
                return subprocess.Popen(
                    [sys.executable, *command],
                    cwd=ROOT,
                    env=clean | settings | dict(environ),
                    stdout=out,
                    stderr=out,
                )

        other = socket.create_server(("127.0.0.1", port)) if port_taken else None
        process = start()
        prober = probed(port, process)
        found = Day(url, config, log, clock, slack, venues, prober, start, process)
        try:
            if other is not None:
                found.told("the page is not served")
                other.close()
            found.page_answers()
            found.logged('"event": "poll"')
            clock.let_go()
            found.logged('"event": "stepped"')
            yield found
        finally:
            found.process.send_signal(signal.SIGCONT)
            found.process.kill()
            found.process.wait(timeout=PATIENCE_S)
            found.prober.end()


def probed(port: int, daemon: "subprocess.Popen[bytes]") -> Prober:
    """The page of that daemon, asked from now on."""
    nicer = 0 if MAY_RENICE else NICER
    return Prober(port, lambda: children_of(daemon.pid), nicer=nicer)


def children_of(pid: int) -> list[int]:
    """Processes that its main thread started and that have not ended."""
    try:
        return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    except OSError:  # it has ended itself
        return []


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def file_copy(template: Path, folder: Path) -> str:
    """URL of a copy in the folder, which is on the disk when this returns: one that breaks loses what is not."""
    file = folder / "monitor.db"
    shutil.copy(template, file)
    for place in (file, folder):
        number = os.open(place, os.O_RDONLY)
        os.fsync(number)
        os.close(number)
    return f"sqlite:///{file}"
