"""The life of a venue's health, told once when it breaks and once when it is well."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.ingest.errors import (
    BadVenueData,
    VenueBusy,
    VenueDown,
    VenueError,
    VenueForbidden,
    VenueMaintenance,
)
from monitor.ingest.exchange.health import after_failure, after_success, may_ask
from monitor.model.bars import VenueHealth, VenueState

NOW = datetime(2025, 1, 20, 12, tzinfo=UTC)
FRESH = VenueHealth("okx", VenueState.UP, since=NOW)


@pytest.mark.parametrize(
    ("error", "state", "pause_s"),
    [
        (VenueDown("okx", "x"), VenueState.DEGRADED, 5),
        (BadVenueData("okx", "x"), VenueState.DEGRADED, 5),
        (VenueError("okx", "x"), VenueState.DEGRADED, 5),
        (VenueBusy("okx", "x"), VenueState.DEGRADED, 30),
        (VenueBusy("okx", "x", wait_s=700), VenueState.DEGRADED, 700),
        (VenueMaintenance("okx", "x"), VenueState.MAINTENANCE, 60),
        (VenueForbidden("okx", "x"), VenueState.FORBIDDEN, 3600),
    ],
)
def test_each_failure_has_its_state_and_its_pause(
    error: VenueError, state: VenueState, pause_s: int
) -> None:
    health, _ = after_failure(FRESH, error, NOW, 0.0)
    assert health.state is state
    assert health.next_try == NOW + timedelta(seconds=pause_s)
    assert not may_ask(health, NOW + timedelta(seconds=pause_s - 1))
    assert may_ask(health, NOW + timedelta(seconds=pause_s))


def test_pauses_double_up_to_five_minutes_and_the_third_failure_is_an_outage() -> None:
    health, told, pauses = FRESH, [], []
    for _ in range(8):
        health, transition = after_failure(health, VenueDown("okx", "is unreachable"), NOW, 0.0)
        told.append(transition is not None)
        assert health.next_try is not None
        pauses.append((health.next_try - NOW).total_seconds())
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300]
    assert told == [False, False, True, False, False, False, False, False]
    assert health.state is VenueState.DOWN


def test_jitter_lengthens_a_pause_by_at_most_a_quarter() -> None:
    health, _ = after_failure(FRESH, VenueMaintenance("okx", "x"), NOW, 1.0)
    assert health.next_try == NOW + timedelta(seconds=75)


def test_it_is_told_once_when_it_breaks_and_once_when_it_is_well() -> None:
    error = VenueForbidden("okx", "refuses this region", remedy="go elsewhere")
    broken, first = after_failure(FRESH, error, NOW, 0.0)
    still, second = after_failure(broken, error, NOW + timedelta(hours=1), 0.0)
    well, third = after_success(still, NOW + timedelta(hours=2))
    _, fourth = after_success(well, NOW + timedelta(hours=3))
    assert first is not None
    assert first.text == "okx is forbidden: refuses this region"
    assert (first.broken, first.remedy) == (broken, "go elsewhere")
    assert (second, fourth) == (None, None)
    assert third is not None
    assert third.well
    assert third.text == "okx answers again after 120 min forbidden"
    assert (well.since, well.consecutive_failures) == (NOW + timedelta(hours=2), 0)


def test_another_failure_does_not_make_a_broken_venue_look_better() -> None:
    broken, _ = after_failure(FRESH, VenueMaintenance("okx", "x"), NOW, 0.0)
    still, _ = after_failure(broken, VenueDown("okx", "x"), NOW, 0.0)
    assert still.state is VenueState.DOWN


def test_trouble_with_a_part_is_degraded_and_bars_no_asking() -> None:
    health, transition = after_success(FRESH, NOW, "1 of 9 markets failed")
    assert (health.state, transition, health.next_try) == (VenueState.DEGRADED, None, None)
    assert health.error == "1 of 9 markets failed"
