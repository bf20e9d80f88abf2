"""From the close of a bar to the message in Slack: a whole daemon on five venues of sixty tokens, real ccxt over HTTP.

`uv run pytest -s tests/benchmarks/test_close_to_slack.py`. Bars of an hour close every six seconds, under bounds so low that most
of them have something to tell. What is measured begins when the bar is asked for (its close and the time to settle) and ends
when Slack has answered the first message about it. Beside it: the same markets asked by the same clients, and nothing else done.
"""

import asyncio
import os
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from monitor.clock import ManualClock
from monitor.ingest.exchange.clients import client_options, make_clients
from monitor.settings.load import load_settings
from monitor.store.types import from_us
from tests.scenarios.soak_market import LIVE_FROM, TOKENS, VENUES, WIDTH
from tests.scenarios.stage import stop
from tests.scenarios.test_soak import SPEED, soak

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

BARS = 130
LEAST = 100
"""Bars that had something to tell."""
MOST_S = 3.0
MOST_OVER_ASKING = 6.0
"""Where the machine has more to do than it can, the bound is so many times what the asking alone takes."""
TIDES = 0.03
"""So far sectors rise and fall in 16 hours, each in its own time."""
SETTLE_S = 10.0
"""Of the stage's configuration."""
LOW = {
    f"MONITOR_DETECTION__{key}": value
    for key, value in {
        "ON": "1.0",
        "WATCH_ON": "0.8",
        "OFF": "0.5",
        "CRITICAL": "8",
        "MIN_RELATIVE_RETURN": "0.005",
        "MAX_FROM_OWN_RETURN": "-0.0001",
        "MIN_VOLUME_SHIFT": "0.05",
        "MIN_BREADTH": "0.1",
        "PERSIST": "1m",
        "WATCH_PERSIST": "1m",
        "COOLDOWN": "1h",
        "OPEN_FADE": "1h",
        "CONFIRMED_FADE": "1h",
        "MAX_AGE": "3h",
        "HORIZONS_H": "[4]",
    }.items()
}


def first_answers(database: Path) -> dict[float, float]:
    """Seconds of the machine from when a bar was asked for to Slack's first answer about it, by its close."""
    query = (
        "SELECT event_at, MIN(delivered_at) FROM outbox WHERE channel = 'slack' AND kind = 'rotation'"
        " AND act IN ('say', 'reply') AND delivered_at IS NOT NULL GROUP BY event_at"
    )
    with sqlite3.connect(database, timeout=60) as conn:
        rows = [(from_us(at), from_us(answered)) for at, answered in conn.execute(query)]
    return {
        at.timestamp(): ((answered - at).total_seconds() - SETTLE_S) / SPEED
        for at, answered in rows
        if at > LIVE_FROM + WIDTH  # the first takes up what was missed while it started
    }


async def asked_alone(config: Path) -> float:
    """Seconds in which the clients get three bars of each market, all venues at once: the median of five rounds."""
    settings = load_settings(config, {})
    at = LIVE_FROM
    clients = make_clients(settings.universe, ManualClock(at), client_options(settings))
    took = []
    try:
        for client in clients:
            await client.prepare()
        for _ in range(5):
            began = time.monotonic()
            await asyncio.gather(
                *(
                    client.fetch_bars(market, WIDTH, at - 3 * WIDTH, 3)
                    for client in clients
                    for market in settings.universe.markets
                    if market.venue == client.venue
                )
            )
            took.append(time.monotonic() - began)
    finally:
        for client in clients:
            await client.close()
    return float(np.median(took))


def test_a_message_is_in_slack_within_three_seconds_of_when_its_bar_is_asked_for(
    tmp_path: Path,
) -> None:
    with soak(tmp_path, LOW, tides=TIDES) as found:
        until = LIVE_FROM + BARS * WIDTH
        while found.clock.now() < until:
            assert found.process.poll() is None, found.log.read_text()[-3000:]
            time.sleep(0.5)
        alone = asyncio.run(asked_alone(tmp_path / "monitor.toml"))
        found.prober.end()
        stop(found.process)
        took = np.array([*first_answers(found.database).values()])
    p50, p90, p99 = np.quantile(took, [0.5, 0.9, 0.99])
    load = os.getloadavg()[0]
    print(
        f"\n{len(VENUES)} venues x {TOKENS} tokens, {len(took)} of {BARS} bars with something to tell, load {load:.1f}:"
        f" p50 {p50:.2f} s, p90 {p90:.2f} s, p99 {p99:.2f} s, longest {took.max():.2f} s beyond settle;"
        f" asking alone {alone:.2f} s, p99 is {p99 / alone:.1f} times that"
    )
    assert len(took) >= LEAST
    assert p99 <= max(MOST_S, MOST_OVER_ASKING * alone)
