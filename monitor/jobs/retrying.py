"""A job that rings rarely is tried again when it failed: its fault would else stand for a day when its cause has long gone."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from monitor.clock import Clock
from monitor.jobs.job import Work
from monitor.unless import unless


def retried(
    work: Work,
    failed: Callable[[], bool],
    clock: Clock,
    over: asyncio.Event,
    *,
    first: timedelta,
    within: timedelta,
) -> Work:
    """The work, and while it ``failed`` again after ``first``, then after twice that, and so on; the last time before so
    long has passed, or ``over`` is set."""

    async def run() -> None:
        await work()
        pause = waited = first
        while failed() and waited < within and not over.is_set():
            await unless(over, clock.sleep(pause))
            if over.is_set():
                return
            await work()
            pause *= 2
            waited += pause

    return run
