"""When the bell rings."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.clock import ManualClock
from monitor.jobs.trigger import GridTrigger, next_ring
from tests.kit.scaled_clock import ScaledClock

FIVE = timedelta(minutes=5)
SETTLE = timedelta(seconds=4)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "ring"),
    [
        ("2025-01-19 05:00:00", "2025-01-19 05:00:04"),
        ("2025-01-19 05:00:03.999", "2025-01-19 05:00:04"),
        ("2025-01-19 05:00:04", "2025-01-19 05:05:04"),
        ("2025-01-19 05:04:59", "2025-01-19 05:05:04"),
        ("2025-01-19 23:59:59", "2025-01-20 00:00:04"),
    ],
)
def test_the_bell_rings_the_settle_time_after_each_close(now: str, ring: str) -> None:
    assert next_ring(at(now), FIVE, SETTLE) == at(ring)


def test_a_settle_time_longer_than_the_bar_still_rings_once_a_bar() -> None:
    rings = [at("2025-01-19 00:00:00")]
    for _ in range(3):
        rings.append(next_ring(rings[-1], timedelta(minutes=1), timedelta(seconds=90)))
    assert rings[1:] == [
        at("2025-01-19 00:00:30"),
        at("2025-01-19 00:01:30"),
        at("2025-01-19 00:02:30"),
    ]


def test_the_scheduler_is_told_the_machines_time_of_a_scaled_clocks_ring() -> None:
    origin = at("2026-11-23 12:00:00")
    clock = ScaledClock(at("2025-01-19 00:00:00"), speed=3600, origin=origin)
    assert clock.wall_time(at("2025-01-19 02:00:00")) == origin + timedelta(seconds=2)


def test_the_grid_trigger_asks_the_passed_clock_not_the_schedulers() -> None:
    clock = ManualClock(at("2025-01-19 05:01:00"))
    trigger = GridTrigger(clock, FIVE, SETTLE)
    assert trigger.get_next_fire_time(None, at("2030-01-01 00:00:00")) == at("2025-01-19 05:05:04")
    clock.set(at("2025-01-19 04:01:00"))  # the machine's clock was set back an hour
    assert trigger.get_next_fire_time(None, at("2030-01-01 00:00:00")) == at("2025-01-19 04:05:04")
