"""Walking a venue's history forward, page by page; the poll and the backfill ask through this one way."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial

from monitor.clock import Clock
from monitor.ingest.errors import VenueError
from monitor.ingest.exchange.retry import ask_again
from monitor.ingest.exchange.venue import FetchedBars, VenueClient
from monitor.model.universe import Market

REPEAT_AFTER = timedelta(seconds=1)


def next_since(fetched: FetchedBars, since: datetime, width: timedelta) -> datetime:
    """Where the next page begins: after the last bar served, or after an empty page's whole span."""
    last = [bars[-1].open_time for bars in (fetched.closed, fetched.forming) if bars]
    return max(last) + width if last else max(fetched.asked_until, since + width)


async def pages(
    client: VenueClient,
    market: Market,
    width: timedelta,
    since: datetime,
    until: datetime,
    *,
    clock: Clock,
    trading_since: datetime | None,
    most_pages: int | None = None,
) -> AsyncIterator[FetchedBars]:
    """Answers that together ask for every bar of ``[since, until)`` that the venue still serves, oldest first.

    A failure that may pass is repeated once; raises VenueError.
    """
    reach = client.definition.reach(client.now(), width)
    since = since if reach is None else max(since, reach)
    count = 0
    while since < until and (most_pages is None or count < most_pages):
        limit = -((since - until) // width)  # bars that are left, rounded up
        ask = partial(client.fetch_bars, market, width, since, limit, trading_since=trading_since)
        fetched = await ask_again(ask, clock, attempts=2, wait=_once_more)
        yield fetched
        since = next_since(fetched, since, width)
        count += 1


def _once_more(error: VenueError, _attempt: int) -> timedelta | None:
    return REPEAT_AFTER if error.worth_repeating else None
