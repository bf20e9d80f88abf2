"""One venue's part of a poll: what is wanted of each market, asked a few at a time, kept as it comes in.

What came in before a failure or a deadline is kept; the harvest is filled in place.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.clock import Clock
from monitor.ingest.answers import MarketAnswer, Want
from monitor.ingest.errors import BadVenueData, MarketGone, VenueDown, VenueError
from monitor.ingest.exchange.paging import pages
from monitor.ingest.exchange.venue import VenueClient

AT_ONCE = 4
PAGES_A_POLL = 3
LOST_TO_STOP = 2
"""Markets in a row that could not be reached before the rest of the venue is left to the next poll."""


@dataclass(slots=True)
class VenueFetch:
    """What a venue gave. ``stopped_by``: why the rest was not asked; ``failures``: market id -> why it gave nothing."""

    venue: str
    wanted: int = 0
    answers: list[MarketAnswer] = field(default_factory=list)
    failures: dict[str, VenueError] = field(default_factory=dict)
    stopped_by: VenueError | None = None
    ms: int = 0

    @property
    def outcome(self) -> VenueError | None:
        """What the venue's health is judged by: None where it gave something and nothing bars asking on."""
        if self.stopped_by is not None and (self.stopped_by.stops_venue or not self.answers):
            return self.stopped_by
        if self.answers and not any(answer.usable for answer in self.answers):
            first = self.answers[0].refusals[0]
            return BadVenueData(
                self.venue, f"every row was refused: {first.reason}: {first.detail}"
            )
        if not self.answers and self.failures:
            gone = all(isinstance(error, MarketGone) for error in self.failures.values())
            return None if gone else next(iter(self.failures.values()))
        return None

    @property
    def trouble(self) -> str | None:
        """What was wrong with a part of it, in words."""
        if self.stopped_by is not None:
            return str(self.stopped_by)
        faults = [e for e in self.failures.values() if not isinstance(e, MarketGone)]
        if not faults:
            return None
        return f"{len(faults)} of {self.wanted} markets failed: {faults[0]}"


async def gather_bars(
    client: VenueClient, wants: Iterable[Want], width: timedelta, clock: Clock, harvest: VenueFetch
) -> None:
    """Ask for everything wanted and put it into ``harvest``; never raises for a failure of the venue."""
    queue = deque(wants)
    harvest.wanted = sum(not want.again for want in queue)
    lost_in_a_row = 0

    async def worker() -> None:
        nonlocal lost_in_a_row
        while queue and harvest.stopped_by is None:
            want = queue.popleft()
            error = await _ask_market(client, want, width, clock, harvest)
            lost_in_a_row = lost_in_a_row + 1 if isinstance(error, VenueDown) else 0
            if error is not None and (error.stops_venue or lost_in_a_row >= LOST_TO_STOP):
                harvest.stopped_by = error

    async with asyncio.TaskGroup() as group:
        for _ in range(min(AT_ONCE, len(queue))):
            group.create_task(worker())


async def _ask_market(
    client: VenueClient, want: Want, width: timedelta, clock: Clock, harvest: VenueFetch
) -> VenueError | None:
    answer, answered = MarketAnswer(want.market, again=want.again), False
    try:
        async for page in pages(
            client,
            want.market,
            width,
            want.since,
            client.last_closed(width) if want.until is None else want.until,
            clock=clock,
            trading_since=want.trading_since,
            most_pages=PAGES_A_POLL,
        ):
            if not answered:
                harvest.answers.append(answer)
                answered = True
            answer.bars = [*answer.bars, *page.closed]
            answer.refusals.extend(page.refusals)
            answer.coverage.extend(page.spoke_for)
            answer.forming.extend(page.forming)
    except VenueError as error:
        if not want.again:  # of what is asked again the newest bars are known to be well
            harvest.failures[want.market.id] = error
        return error
    return None
