"""Health of a venue as a pure state machine: when to ask again, and what to tell the operator, each once."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.ingest.errors import (
    VenueBusy,
    VenueError,
    VenueForbidden,
    VenueMaintenance,
)
from monitor.model.bars import VenueHealth, VenueState

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
SHORTEST_BUSY_PAUSE = timedelta(seconds=30)
MAINTENANCE_PROBE = timedelta(minutes=1)
FORBIDDEN_PROBE = timedelta(hours=1)
FAILURES_TO_DOWN = 3


@dataclass(frozen=True, slots=True)
class Transition:
    """A venue broke or is well again; told once. ``well`` is False when it broke.

    ``broken``: its health since, where the venue as a whole is away. ``remedy``: what mends it, where that is known.
    """

    venue: str
    at: datetime
    well: bool
    text: str
    broken: VenueHealth | None = None
    remedy: str | None = None


def may_ask(health: VenueHealth, now: datetime) -> bool:
    """Whether the venue's pause is over."""
    return health.next_try is None or now >= health.next_try


def after_success(
    health: VenueHealth, now: datetime, trouble: str | None = None
) -> tuple[VenueHealth, Transition | None]:
    """The venue answered; ``trouble`` says what was still wrong with some of it (state degraded)."""
    state = VenueState.DEGRADED if trouble else VenueState.UP
    transition = None
    if health.state.is_away:
        length = now - health.since
        text = f"{health.venue} answers again after {round(length.total_seconds() / 60)} min {health.state}"
        transition = Transition(health.venue, now, well=True, text=text)
    return (
        VenueHealth(
            health.venue,
            state,
            since=health.since if state == health.state else now,
            last_success=now,
            consecutive_failures=0,
            error=trouble,
        ),
        transition,
    )


def after_failure(
    health: VenueHealth, error: VenueError, now: datetime, jitter: float
) -> tuple[VenueHealth, Transition | None]:
    """Nothing usable came. ``jitter`` in [0, 1] lengthens the pause by up to a quarter, so that restarts spread out."""
    failures = health.consecutive_failures + 1
    state = _state_after(health, error, failures)
    failed = replace(
        health,
        state=state,
        since=health.since if state == health.state else now,
        consecutive_failures=failures,
        error=str(error),
        next_try=now + _pause(error, failures) * (1 + jitter / 4),
    )
    if not state.is_away or state == health.state:
        return failed, None
    text = f"{health.venue} is {state}: {str(error).removeprefix(f'{health.venue}: ')}"
    told = Transition(health.venue, now, well=False, text=text, broken=failed, remedy=error.remedy)
    return failed, told


def _state_after(health: VenueHealth, error: VenueError, failures: int) -> VenueState:
    if isinstance(error, VenueForbidden):
        return VenueState.FORBIDDEN
    if isinstance(error, VenueMaintenance):
        return VenueState.MAINTENANCE
    if failures >= FAILURES_TO_DOWN:
        return VenueState.DOWN
    # A broken venue that now fails in another way has not recovered.
    return VenueState.DOWN if health.state.is_away else VenueState.DEGRADED


def _pause(error: VenueError, failures: int) -> timedelta:
    if isinstance(error, VenueForbidden):
        return FORBIDDEN_PROBE
    if isinstance(error, VenueMaintenance):
        return MAINTENANCE_PROBE
    if isinstance(error, VenueBusy):
        asked = timedelta(seconds=error.wait_s or 0.0)
        return max(asked, SHORTEST_BUSY_PAUSE)
    doubled = FIRST_PAUSE * (1 << min(failures - 1, 10))
    return min(max(doubled, timedelta(seconds=error.wait_s or 0.0)), LONGEST_PAUSE)
