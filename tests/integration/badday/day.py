"""A day of a whole daemon: January played fast, Slack, the page asked all the time, and something that goes wrong."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import func, select

from monitor.commands.web import NICER
from monitor.episodes import Episode, load_episode
from monitor.episodes.build import DATA
from monitor.model.grid import floor_time, iso
from monitor.store import steps
from monitor.store.database import WRITE_WAIT_S, open_database
from monitor.store.outbox_rows import is_pending
from monitor.store.tables import outbox
from tests.integration.badday.probe import ENOUGH, Prober
from tests.kit.held_clock import HeldClock
from tests.kit.slack_server import SlackServer
from tests.kit.venue_server.book import BarBook
from tests.kit.venue_server.server import VenueServer
from tests.kit.waiting import PATIENCE_S, eventually
from tests.scenarios.left_behind import assert_same, left_behind, times_said
from tests.scenarios.stage import HOUR, ROOT, config_text, stop

LIVE_FROM = datetime(2025, 1, 18, 16, tzinfo=UTC)
AT_LEAST = datetime(2025, 1, 19, 7, tzinfo=UTC)
"""A day goes on until then: there are rotations to tell of."""
AT_MOST = datetime(2025, 1, 20, 4, tzinfo=UTC)
"""What is left is compared until then."""
AFTERWARDS = 2 * HOUR
"""So long a day goes on when all is well again."""
SPEED = 2400.0
"""A bar in one and a half seconds."""
HOUR_S = 3600 / SPEED
"""An hour of the daemon's clock in seconds of the machine's."""
PUT_OFF_EVERY_S = 0.05
"""Two minutes of the daemon's clock."""
BOUNDS = {
    "MONITOR_DETECTION__ON": "1.6",
    "MONITOR_DETECTION__WATCH_ON": "1.3",
    "MONITOR_DETECTION__CRITICAL": "3.0",
}
"""At which the reconstruction has rotations to tell of in this range."""
MAY_RENICE = os.geteuid() == 0
LAUNCHED = "MELANIA"
NOTHING_ELSE: Mapping[str, str] = MappingProxyType({})


@dataclass
class Day:
    """A daemon at work and what is seen of it from outside.

    ``own_clock``: the clock as the daemon has it, which may be wrong; ``expected``: so many notices the operator has been
    told rightly.
    """

    url: str
    config: Path
    log_file: Path
    clock: HeldClock
    own_clock: HeldClock
    slack: SlackServer
    venues: VenueServer
    prober: Prober
    start: Callable[[], "subprocess.Popen[bytes]"]
    process: "subprocess.Popen[bytes]"
    expected: int = 0

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

    def stands_for(self, seconds: float, *, bars: int) -> None:
        """So many seconds of the machine's clock go by, in which so many bars close: its market and the daemon's clock are
        put off all the while, since at their usual speed hundreds would."""
        begun = time.monotonic()
        origin, own_origin = self.clock.origin, self.own_clock.origin
        slower = 1.0 - bars * HOUR_S / seconds
        passed = 0.0
        while passed < seconds:
            time.sleep(min(PUT_OFF_EVERY_S, seconds - passed))
            passed = time.monotonic() - begun
            self.clock.put_off(origin + timedelta(seconds=passed * slower))
            self.own_clock.put_off(own_origin + timedelta(seconds=passed * slower))

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
        """Wait until the operator is told it; fails with the log where the daemon ends before."""

        def holds() -> bool:
            found = any(words in text for text in self.operator()[self.expected :])
            assert found or self.process.poll() is None, self.log[-3000:]
            return found

        eventually(holds, what=f"the operator is told of: {words}")

    def told_once(self, words: str) -> None:
        """Of nothing else since then."""
        (text,) = self.operator()[self.expected :]
        assert words in text
        self.expected += 1

    @contextmanager
    def told_once_and_healed_once(self, words: str) -> Iterator[None]:
        """What breaks in the block, and is mended at its end; of nothing else is told meanwhile."""
        yield
        assert self.process.poll() is None, self.log[-3000:]
        self.told("well again after")
        broke, well = self.operator()[self.expected :]
        assert words in broke
        assert "well again" not in broke
        assert f"well again after: {broke.removeprefix('Monitor: ').split('. ')[0][:60]}" in well
        self.expected += 2

    def ends_as(self, undisturbed: str) -> None:
        """Go on for a while and stop: it leaves what that database holds until then, and nothing more was told."""
        self._ends_as(undisturbed)
        assert len(self.operator()) == self.expected, self.operator()

    def ends_with_each_well_as(self, undisturbed: str) -> None:
        """The same where several things may have broken: each was told once, and once that it is well."""
        eventually(
            lambda: len(self._broke()) == len(self._well()), what="each that broke is well again"
        )
        self._ends_as(undisturbed)
        broke = self._broke()
        assert len(broke) == len(self._well()) == len(set(broke)), self.operator()

    def _broke(self) -> list[str]:
        """Of what, by the first words, the operator was told since all was well."""
        told = self.operator()[self.expected :]
        return [_of_what(text) for text in told if "well again" not in text]

    def _well(self) -> list[str]:
        return [text for text in self.operator()[self.expected :] if "well again" in text]

    def _ends_as(self, undisturbed: str) -> None:
        now = floor_time(self.clock.now(), HOUR)
        until = min(max(AT_LEAST, now + AFTERWARDS), AT_MOST)
        self.until_stepped(until)
        self.stopped()
        messages = [message.text for message in self.slack.workspace.messages("alerts")]
        said = times_said(self.url, until, messages)
        assert set(said.values()) == {1}, said
        assert_same(left_behind(self.url, until, HOUR), left_behind(undisturbed, until, HOUR))

    def stopped(self) -> None:
        """SIGTERM, and how it was until then; it ends with 0 and waits for no lock, and `/healthz` was answered in time."""
        eventually(lambda: len(self.prober.answers) > ENOUGH, what="the page is asked")
        self.prober.end()
        took = stop(self.process)
        print(f"\n{self.prober.check()}; stopped in {took:.1f} s; told: {self.operator()}")
        assert took < WRITE_WAIT_S
        assert "Traceback" not in self.log

    def until_stepped(self, until: datetime) -> None:
        """Wait until it is stepped so far, and all that was to be told by then was sent; the market goes on meanwhile."""
        unsent = select(func.count()).where(is_pending(outbox), outbox.c.event_at <= until)
        database = open_database(self.url, read_only=True)

        def is_done() -> bool:
            assert self.process.poll() is None, self.log[-3000:]
            with database.read() as conn:
                step = steps.latest_step(conn)
                stepped = step is not None and step.close_time >= until
                return stepped and not conn.execute(unsent).scalar_one()

        try:
            eventually(is_done, what="everything stepped and sent")
        finally:
            database.close()

    def restarted(self) -> None:
        """One more process on what the first left; the page is asked again."""
        self.process = self.start()
        self.prober = probed(self.prober.port, self.process)
        self.page_answers()


def january() -> Episode:
    """The reconstruction without MELANIA: of a launch in these hours two venues that are asked while bars close every second
    give prices a third apart, and the operator is rightly told."""
    whole = load_episode()
    universe = replace(
        whole.universe,
        sectors=tuple(
            replace(s, members=tuple(m for m in s.members if m.token != LAUNCHED))
            for s in whole.universe.sectors
        ),
        tokens=tuple(t for t in whole.universe.tokens if t.id != LAUNCHED),
    )
    known = {market.id for market in universe.markets}
    return replace(
        whole,
        universe=universe,
        bars=tuple(bar for bar in whole.bars if bar.market_id in known),
        supplies=tuple(s for s in whole.supplies if s.token != LAUNCHED),
    )


@contextmanager
def day(
    folder: Path,
    url: str,
    *,
    environ: Mapping[str, str] = NOTHING_ELSE,
    port_taken: bool = False,
    speed: float = SPEED,
    longest_s: float = 900.0,
) -> Iterator[Day]:
    """A daemon on a database that holds the history; the clock begins at ``LIVE_FROM`` when its page answers.

    ``port_taken``: another program has the page's port, until the operator has been told of it. ``longest_s``: seconds of the
    machine after which the servers end by themselves.
    """
    clock = HeldClock(folder / "let-go", LIVE_FROM, speed=speed)
    own_clock = HeldClock(folder / "daemon-let-go", LIVE_FROM, speed=speed)
    book = BarBook.load(DATA, list_from_first_bar=True)
    port = free_port()
    with (
        VenueServer(book, clock, max_seconds=longest_s) as venues,
        SlackServer(clock=clock, max_seconds=longest_s) as slack,
    ):
        config = folder / "monitor.toml"
        config.write_text(config_text(january(), venues.base_urls, url), encoding="utf-8")
        log = folder / "daemon.log"
        command = ["-m", "tests.scenarios.daemon_process", "--config", str(config)]
        command += ["--start", iso(LIVE_FROM), "--held", str(folder / "daemon-let-go")]
        command += ["--speed", str(speed), "--whole", "--stood", str(folder / "stood")]
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
        found = Day(url, config, log, clock, own_clock, slack, venues, prober, start, process)
        try:
            if other is not None:
                with found.told_once_and_healed_once("the page is not served"):
                    found.told("the page is not served")
                    other.close()
            found.page_answers()
            found.logged('"event": "poll"')
            clock.let_go()
            own_clock.put_off(clock.origin)
            found.logged('"event": "stepped"')
            yield found
        finally:
            found.process.send_signal(signal.SIGCONT)
            found.process.kill()
            found.process.wait(timeout=PATIENCE_S)
            found.prober.end()


def _of_what(text: str) -> str:
    """``poll failed``, ``gate``: what a notice to the operator begins with, without figures."""
    return text.removeprefix("Monitor: ").split(":")[0].split(" has ")[0]


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
