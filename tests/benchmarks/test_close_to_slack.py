"""From the close of a bar to the message in Slack: a whole daemon on five venues of sixty tokens, real ccxt over HTTP.

`uv run pytest -s tests/benchmarks/test_close_to_slack.py`: 26 minutes. Bars of an hour close every twelve seconds, so that the work
of one is over before the next is due on any machine that can follow at all. Every other bar begins a rotation that is planned: two
sectors in turn fall and rise against each other. What is measured begins when a bar is asked for (its close and the time to settle)
and ends when Slack's answer to a message about that bar was read. The venues limit nothing.

It is harder than life in two ways: the daemon's other jobs ring 300 times as often, and every answer counts as late, since 90 s are
0.3 s here, so that the store keeps a row of coverage for each market and bar, and each poll reads more of them than the one before.
"""

import os
import resource
import sqlite3
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from monitor.store.types import from_us
from tests.scenarios.soak_market import LIVE_FROM, SINCE, TOKENS, VENUES, WIDTH, Course
from tests.scenarios.stage import stop
from tests.scenarios.test_soak import soak

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

SPEED = 300.0
BARS = int(os.environ.get("MONITOR_BENCH_BARS", "125"))
LEAST = 0.8
"""Messages a bar, so that there are a hundred: fewer have no p99."""
MOST_S = 3.0
SETTLE_S = 10.0
"""Of the stage's configuration."""
PLAN = ((1, 2), (3, 4), (2, 1), (4, 3))
"""(falls, rises), in turn: nobody is far from where it was, and one pair at a time moves."""
EVERY = 2
MOVE = 0.04
"""Log price that either side goes within a bar."""
TIMES = 5.0
"""As much as usual is traded in what rises, while it does."""
FIRST = round((LIVE_FROM - SINCE) / WIDTH) + 1
"""Hour of the first, by the market's count."""
DETECTION = {
    f"MONITOR_DETECTION__{key}": value
    for key, value in {
        "ON": "1.2",
        "WATCH_ON": "1.0",
        "OFF": "0.6",
        "CRITICAL": "8",
        "MAX_FROM_OWN_RETURN": "-0.02",
        "PERSIST": "1m",
        "WATCH_PERSIST": "1m",
        "COOLDOWN": "1h",
        "OPEN_FADE": "1h",
        "CONFIRMED_FADE": "1h",
        "HORIZONS_H": "[2]",
        "PAIRS": str([[f"sector-{a}", f"sector-{b}"] for a, b in PLAN]).replace("'", '"'),
    }.items()
}
"""What a planned move of one bar meets and the waves do not, and what is soon over."""


@cache
def _level(sector: int, hour: float) -> float:
    begun = max(0.0, (hour - FIRST) / EVERY)
    return sum(
        _side(sector, number) * MOVE * min(1.0, hour - FIRST - number * EVERY)
        for number in range(int(np.ceil(begun)))
    )


def _trading(sector: int, hour: float) -> float:
    number, rest = divmod(hour - FIRST, EVERY)
    return TIMES if number >= 0 and rest == 0 and _side(sector, int(number)) > 0 else 1.0


def _side(sector: int, number: int) -> int:
    """1 where the sector is the one that rises, -1 where it falls, 0 else."""
    falls, rises = PLAN[number % len(PLAN)]
    return (sector == rises) - (sector == falls)


def _took(database: Path) -> list[float]:
    """Seconds of the machine's from when its bar was asked for to Slack's answer, of each message that tells of a rotation."""
    query = (
        "SELECT event_at, delivered_at FROM outbox WHERE channel = 'slack' AND kind = 'rotation' AND told_in IS NULL"
        " AND delivered_at IS NOT NULL"
    )
    with sqlite3.connect(database, timeout=60) as conn:
        rows = [(from_us(at), from_us(answered)) for at, answered in conn.execute(query)]
    return [((answered - at).total_seconds() - SETTLE_S) / SPEED for at, answered in rows]


def _children_s() -> float:
    """Seconds of a processor that the ended processes of this one took: the daemon with its start, and its page."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_message_is_in_slack_within_three_seconds_of_when_its_bar_is_asked_for(
    tmp_path: Path,
) -> None:
    until = LIVE_FROM + BARS * WIDTH
    before = _children_s()
    with soak(tmp_path, Course(_level, _trading), DETECTION, speed=SPEED) as found:
        while found.clock.now() < until:
            assert found.process.poll() is None, found.log.read_text()[-3000:]
            time.sleep(0.5)
        load = os.getloadavg()[0]
        found.prober.end()
        stop(found.process)
        worked = (_children_s() - before) / BARS
        took = np.array(_took(found.database))
        arrived = len(found.slack.workspace.messages("alerts"))
    p50, p90, p99 = np.quantile(took, [0.5, 0.9, 0.99])
    print(
        f"\n{len(VENUES)} venues x {TOKENS} tokens, {BARS} bars, {len(took)} messages, load {load:.1f}:"
        f" p50 {p50:.2f} s, p90 {p90:.2f} s, p99 {p99:.2f} s, longest {took.max():.2f} s beyond settle;"
        f" the daemon worked {worked:.2f} s a bar"
    )
    assert len(took) >= LEAST * BARS
    assert arrived >= len(took)
    assert p99 <= MOST_S
