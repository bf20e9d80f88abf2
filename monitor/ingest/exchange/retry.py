"""Asking again over minutes, as a backfill may and a poll may not."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from monitor.clock import Clock
from monitor.ingest.errors import VenueBusy, VenueDown, VenueError

T = TypeVar("T")

ATTEMPTS = 4
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=5)


async def with_retry(ask: Callable[[], Awaitable[T]], clock: Clock) -> T:
    """The answer, asked for up to four times while the venue is down or busy, twice where its answer is unreadable.

    Waits as long as the venue asked for, else 5, 10, 20 s; a venue that wants more than 5 minutes is not waited for.
    Raises VenueError.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await ask()
        except VenueError as error:
            patient = isinstance(error, VenueDown | VenueBusy) or (
                error.worth_repeating and attempt == 1
            )
            wait = max(timedelta(seconds=error.wait_s or 0.0), FIRST_WAIT * (1 << (attempt - 1)))
            if not patient or attempt == ATTEMPTS or wait > LONGEST_WAIT:
                raise
        await clock.sleep(wait)
    raise AssertionError("the last attempt returns or raises")
