"""Seven days of five venues and sixty tokens in hourly bars, a fault every ten minutes: real ccxt over HTTP, one daemon.

`uv run pytest -m soak -s`: 17 minutes of clock, which runs 600 times as fast, and what its start and end take.
"""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.model.grid import iso
from monitor.store.types import from_us
from tests.integration.badday.day import NOTHING_ELSE, free_port, probed
from tests.integration.badday.probe import Prober
from tests.kit.held_clock import HeldClock
from tests.kit.slack_server import SlackServer
from tests.kit.venue_server.server import VenueServer
from tests.kit.waiting import PATIENCE_S, eventually
from tests.scenarios.soak_market import (
    LISTED_BEYOND,
    LIVE_FROM,
    TOKENS,
    UNTIL,
    VENUES,
    WAVES,
    WIDTH,
    Course,
    candle,
    faults,
    soak_book,
    soak_episode,
    token_of,
)
from tests.scenarios.soak_watch import Watch, drift
from tests.scenarios.stage import ROOT, config_text, stop, store_history

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

SPEED = 600.0
SEED = 7
LONGEST_S = 3600.0
LEAST_RSS_FROM = LIVE_FROM + timedelta(days=2)
MOST_RSS_MB = 200.0
MOST_SLOPE_MB = 2.0
"""Of resident memory a day, over the last five."""
MOST_MORE = 4
"""Descriptors, sockets, threads and tasks that the least of the last day may be over that of the second."""
MOST_LINES = 60.0
"""Of the log in an hour of the daemon's clock, its page's included."""
EXACT = 1e-9


@dataclass
class Soak:
    """A daemon at work among its servers."""

    database: Path
    log: Path
    clock: HeldClock
    venues: VenueServer
    slack: SlackServer
    process: "subprocess.Popen[bytes]"
    watch: Watch
    prober: Prober

    def plays(self, until: datetime) -> int:
        """Faults one after the other, each in the place of its venue's last one, and a look every hour; how many."""
        count, looked = 0, LIVE_FROM
        for at, kind, venue, options in faults(SEED, until):
            while self.clock.now() < at:
                assert self.process.poll() is None, self.log.read_text()[-3000:]
                time.sleep(0.02)
            self.venues.faults.clear(venue)
            self.venues.faults.add(kind, venue, **options)
            count += 1
            if at - looked >= WIDTH:
                self.watch.look(at)
                looked = at
        self.venues.faults.clear()
        return count

    def wrong(self, until: datetime) -> list[str]:
        """Bars of the live part up to then that are missing, strange or not the venue's."""
        stored: dict[tuple[str, datetime], tuple[float, ...]] = {}
        query = (
            "SELECT market_id, open_time, open, high, low, close, base_volume, quote_volume"
            " FROM bar JOIN market ON market.id = bar.market"
        )
        with sqlite3.connect(self.database, timeout=60) as conn:
            for market, at, *figures in conn.execute(query):
                opened = from_us(at)
                if LIVE_FROM <= opened < until:
                    stored[market, opened] = tuple(figures)
        found = []
        for market, at, truth in _truth(until):
            figures = stored.pop((market, at), None)
            if figures is None:
                found.append(f"{market} {iso(at)}: missing")
            elif not all(_same(a, b) for a, b in zip(figures, truth, strict=True)):
                found.append(f"{market} {iso(at)}: {figures} for {truth}")
        return found + [f"{market} {iso(at)}: strange" for market, at in stored]


def _truth(until: datetime) -> Iterator[tuple[str, datetime, tuple[float, ...]]]:
    for k in range(round((until - LIVE_FROM) / WIDTH)):
        at = LIVE_FROM + k * WIDTH
        for venue in VENUES:
            for number in range(TOKENS):
                token = token_of(number)
                c = candle(venue, token, at)
                figures = (c.open, c.high, c.low, c.close, c.base_volume, c.quote_volume)
                yield f"{venue}:{token}/USDT", at, figures


def _same(stored: float | None, truth: float) -> bool:
    return stored is not None and abs(stored - truth) <= EXACT * abs(truth)


@contextmanager
def soak(
    folder: Path,
    course: Course = WAVES,
    environ: Mapping[str, str] = NOTHING_ELSE,
    *,
    speed: float = SPEED,
) -> Iterator[Soak]:
    """All of it up, and the clock let go. ``environ``: more of the daemon's settings; ``speed``: of its clock."""
    clock = HeldClock(folder / "let-go", LIVE_FROM, speed=speed)
    episode = soak_episode(course)
    database, log, port = folder / "monitor.db", folder / "daemon.log", free_port()
    url = f"sqlite:///{database}"
    store_history(url, episode, LIVE_FROM)
    with (
        VenueServer(
            soak_book(course), clock, max_seconds=LONGEST_S, max_requests=10_000_000
        ) as venues,
        SlackServer(clock=clock, max_seconds=LONGEST_S) as slack,
        log.open("wb") as out,
    ):
        config = folder / "monitor.toml"
        config.write_text(config_text(episode, venues.base_urls, url), encoding="utf-8")
        command = [sys.executable, "-m", "tests.scenarios.daemon_process", "--config", str(config)]
        command += ["--start", iso(LIVE_FROM), "--held", str(folder / "let-go")]
        settings = {
            "MONITOR_WEB__ENABLED": "true",
            "MONITOR_WEB__PORT": str(port),
            "MONITOR_ALERTS__SLACK__WEBHOOK": slack.webhook_url("alerts"),
            "MONITOR_ALERTS__SLACK__OPERATOR_WEBHOOK": slack.webhook_url("operator"),
        }
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
        process = subprocess.Popen(
            [*command, "--speed", str(speed)],
            cwd=ROOT,
            env=clean | settings | dict(environ),
            stdout=out,
            stderr=out,
        )
        prober = probed(port, process)
        watch = Watch(process.pid, log)
        found = Soak(database, log, clock, venues, slack, process, watch, prober)
        try:
            eventually(
                lambda: bool(prober.answers) and '"event": "poll"' in log.read_text(),
                what="the daemon is up",
            )
            clock.let_go()
            yield found
        finally:
            process.kill()
            process.wait(timeout=PATIENCE_S)
            prober.end()


def test_seven_days_of_faults_leave_the_venues_truth_and_nothing_else(tmp_path: Path) -> None:
    with soak(tmp_path) as found:
        count = found.plays(UNTIL)
        wrong_at_end = len(found.wrong(UNTIL))
        healed_by = UNTIL + LISTED_BEYOND - 12 * WIDTH
        while (wrong := found.wrong(UNTIL)) and found.clock.now() < healed_by:
            time.sleep(5.0)
        healed = found.clock.now() - UNTIL
        asked = sum(found.venues.log.count(venue=venue) for venue in VENUES)
        found.prober.end()
        took = stop(found.process)
        operator = len(found.slack.workspace.messages("operator"))
    watch, tasks = found.watch, found.watch.tasks()
    lines = found.log.read_text(errors="replace").count("\n") - len(tasks)
    rate = lines / ((UNTIL + healed - LIVE_FROM) / WIDTH)
    rss = [sample.rss for sample in watch.samples]
    grown: dict[str, float] = {
        "descriptors": watch.drift(lambda s: s.descriptors),
        "sockets": watch.drift(lambda s: s.sockets),
        "threads": watch.drift(lambda s: s.threads),
        "tasks": drift(tasks, 24),
    }
    bars = len(VENUES) * TOKENS * round((UNTIL - LIVE_FROM) / WIDTH)
    print(f"\n{count} faults, {asked} requests, {operator} messages to the operator")
    print(
        f"{bars} bars: {wrong_at_end} not the venue's when the faults end, {len(wrong)} {healed} later"
    )
    print(
        f"RSS: second day {max(rss[24:48]):.0f} MB, highest {max(rss):.0f} MB,"
        f" {watch.slope(LEAST_RSS_FROM):+.2f} MB a day over the last five days"
    )
    print(f"more in the last day than in the second: {grown}")
    print(f"{rate:.1f} lines of log an hour; {found.prober.check()}; stopped in {took:.1f} s")
    assert not wrong, wrong[:10]
    assert max(rss) <= MOST_RSS_MB
    assert watch.slope(LEAST_RSS_FROM) <= MOST_SLOPE_MB
    assert max(grown.values()) <= MOST_MORE, grown
    assert rate <= MOST_LINES
    assert "Traceback" not in found.log.read_text(errors="replace")
