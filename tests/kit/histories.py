"""Synthetic markets held in memory as histories, 17 days of 1 h bars."""

from datetime import timedelta
from functools import cache
from itertools import islice

from monitor.detection.parameters import DetectionParameters
from monitor.research.feed import Feed
from monitor.research.history import History
from monitor.research.script import SCENARIOS, Scenario
from monitor.research.synthetic import make_market

HOUR = timedelta(hours=1)
STEPS = 17 * 24
LOOSE = DetectionParameters(
    on=1.2,
    watch_on=1.0,
    off=0.5,
    bounds={
        "min_volume_shift": -1.0,
        "min_relative_return": 0.02,
        "max_from_own_return": 0.0,
        "min_breadth": 0.4,
    },
    young_extra=0.0,
)
"""Bounds at which such a history raises alarms enough to count."""


@cache
def history(scenario: Scenario = SCENARIOS[1], seed: int = 11, steps: int = STEPS) -> History:
    """18 tokens in three sectors and a benchmark."""
    feed = Feed(make_market(scenario, seed), HOUR)
    return History(feed.universe, HOUR, tuple(islice(feed.intervals(), steps)))


@cache
def launch_history() -> History:
    """One that holds a redenomination."""
    for seed in range(50):
        market = make_market(SCENARIOS[0], seed)
        if market.script.splits:
            feed = Feed(market, HOUR)
            return History(feed.universe, HOUR, tuple(islice(feed.intervals(), STEPS)))
    raise AssertionError("no series with a redenomination")
