"""Asking again: tenacity's loops on our clock."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt

from monitor.clock import Clock, sleep_of
from monitor.ingest.errors import VenueBusy, VenueDown, VenueError

T = TypeVar("T")

ATTEMPTS = 4
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=5)


async def ask_again(
    ask: Callable[[], Awaitable[T]],
    clock: Clock,
    *,
    attempts: int,
    wait: Callable[[VenueError, int], timedelta | None],
) -> T:
    """The answer, asked for up to ``attempts`` times; raises the last VenueError.

    ``wait``: how long to wait after a failure and that many attempts; None where asking again is no use.
    """

    def pause(state: RetryCallState) -> timedelta | None:
        error = state.outcome.exception() if state.outcome is not None else None
        return wait(error, state.attempt_number) if isinstance(error, VenueError) else None

    retrying = AsyncRetrying(
        stop=stop_after_attempt(attempts),
        retry=lambda state: pause(state) is not None,
        wait=lambda state: (pause(state) or timedelta(0)).total_seconds(),
        sleep=sleep_of(clock),
        reraise=True,
    )
    return await retrying(ask)


async def with_retry(ask: Callable[[], Awaitable[T]], clock: Clock) -> T:
    """The answer, asked for up to four times while the venue is down or busy, twice where its answer is unreadable.

    Waits as long as the venue asked for, else 5, 10, 20 s; a venue that wants more than 5 minutes is not waited for: as a
    backfill may and a poll may not. Raises VenueError.
    """

    def wait(error: VenueError, attempt: int) -> timedelta | None:
        patient = isinstance(error, VenueDown | VenueBusy) or (
            error.worth_repeating and attempt == 1
        )
        asked = max(timedelta(seconds=error.wait_s or 0.0), FIRST_WAIT * (1 << (attempt - 1)))
        return asked if patient and asked <= LONGEST_WAIT else None

    return await ask_again(ask, clock, attempts=ATTEMPTS, wait=wait)
