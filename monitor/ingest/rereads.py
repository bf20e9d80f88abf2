"""What is asked again: intervals that nobody spoke for, with growing pauses, and bars that a venue may have changed since.

Every market is read over a page's worth of bars each :func:`audit_period`, in turn, after a poll and the step of its bars, where
nobody waits for it; at once where an answer was refused, held back or missing and the venue has come right. Holes are asked for
until they are known or lie beyond what the venue serves or :data:`REACH`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest
from zlib import crc32

from monitor.ingest.answers import Want
from monitor.model.grid import floor_time
from monitor.model.spans import Span, left_open
from monitor.model.universe import Market

REACH = timedelta(days=7)
AUDIT_BARS = 190
"""One answer of any venue holds so many."""

AUDIT_WIDTHS = 12
AUDIT_PERIODS = timedelta(hours=1), timedelta(hours=12)
"""Least and most: no poll but the few of a day reads more than its share of the markets, whatever the bars' width."""
AUDIT_RETRY = timedelta(hours=1)
"""Until a market is read over again of which no whole answer came."""

LEAST_AUDITS = 10
AUDITED_SHARE = 10
"""At one poll a tenth of a venue's markets are read over, or ten where that is more: what is read over is in memory at once,
also where a whole venue has come right. Who has waited longest comes first."""

MARGIN = 2
"""Known bars read on either side of a hole, to measure what comes by them."""

LONGEST_PAUSE = timedelta(hours=6)


@dataclass(slots=True)
class _Market:
    next_audit: datetime
    audited: datetime | None = None
    troubled_since: datetime | None = None
    held_since: datetime | None = None
    next_try: datetime | None = None
    tries: int = 0
    missing: timedelta = timedelta(0)
    cursor: datetime | None = None


def audit_period(width: timedelta) -> timedelta:
    """How often a market that is well is read over: every twelve bars, within :data:`AUDIT_PERIODS`."""
    least, most = AUDIT_PERIODS
    return min(max(AUDIT_WIDTHS * width, least), most)


class Rereads:
    """Kept for the life of the process; what is missing stands in the store and outlives it."""

    def __init__(self, width: timedelta) -> None:
        self._width = width
        self._markets: dict[str, _Market] = {}

    def held_since(self, market_id: str) -> datetime | None:
        """Since when the market's newest answers are held back; None while they are believed."""
        state = self._markets.get(market_id)
        return None if state is None else state.held_since

    def note(self, market_id: str, now: datetime, *, clean: bool, held: bool = False) -> None:
        """The market's newest bars were asked for: ``clean`` where all came and were believed, ``held`` where some wait."""
        state = self._state(market_id, now)
        state.held_since = (state.held_since or now) if held else None
        if not clean:
            state.troubled_since = state.troubled_since or now
        elif state.troubled_since is not None:
            state.troubled_since = None
            state.next_audit = now  # read again at once what came in under suspicion
            state.next_try, state.tries = now, 0

    def wants(
        self,
        markets: Iterable[Market],
        now: datetime,
        spoken: Mapping[str, Sequence[Span]],
        reach: datetime | None,
    ) -> list[Want]:
        """What of one venue's markets is asked again at this poll. ``spoken``: market id -> stored coverage, ascending;
        ``reach``: the earliest open that the venue still serves.
        """
        known = [market for market in markets if spoken.get(market.id)]
        due = [market.id for market in known if now >= self._state(market.id, now).next_audit]
        most = max(LEAST_AUDITS, len(known) // AUDITED_SHARE)
        audited = set(nsmallest(most, due, key=lambda m: self._state(m, now).next_audit))
        return [
            want
            for market in known
            for want in self._of(
                market, now, spoken[market.id], reach, is_audited=market.id in audited
            )
        ]

    def answered(self, market_id: str, since: datetime, now: datetime) -> None:
        """An answer for times asked for again came, from then on, and all of it was believed."""
        state = self._state(market_id, now)
        if state.audited is not None and since >= state.audited:
            state.audited, state.next_audit = None, now + audit_period(self._width)

    def _of(
        self,
        market: Market,
        now: datetime,
        spoken: Sequence[Span],
        reach: datetime | None,
        *,
        is_audited: bool,
    ) -> list[Want]:
        state = self._state(market.id, now)
        first = max(spoken[0][0], now - REACH, market.listed_from, reach or spoken[0][0])
        first = floor_time(first - timedelta(microseconds=1), self._width) + self._width
        last = min(spoken[-1][1], market.listed_to)
        found = []
        since = max(first, last - AUDIT_BARS * self._width)
        if is_audited and since < last:
            state.audited, state.next_audit = since, now + AUDIT_RETRY
            found.append(Want(market, since, since, until=last))
        hole = self._hole(state, left_open((first, last), spoken), now)
        if hole is not None and not (found and hole[0] >= since):
            found.append(Want(market, max(first, hole[0]), first, until=min(hole[1], last)))
        return found

    def _hole(self, state: _Market, holes: Sequence[Span], now: datetime) -> Span | None:
        """The next stretch with holes in it, at most a page long, where its pause is over."""
        missing = sum((end - begin for begin, end in holes), timedelta(0))
        if missing < state.missing:
            state.tries, state.next_try = 0, now
        state.missing = missing
        if not holes:
            state.next_try, state.tries, state.cursor = None, 0, None
            return None
        if state.next_try is not None and now < state.next_try:
            return None
        ahead = [h for h in holes if state.cursor is None or h[1] > state.cursor] or list(holes)
        begin = ahead[0][0] if state.cursor is None else max(ahead[0][0], state.cursor)
        begin = begin if begin < ahead[0][1] else ahead[0][0]
        most = begin + (AUDIT_BARS - 2 * MARGIN) * self._width
        end = min(max(end for start, end in ahead if start < most), most)
        state.cursor = end if ahead[-1][1] > end else None
        if state.cursor is None:  # a round is over
            pause = min(self._width * (1 << min(state.tries, 8)), LONGEST_PAUSE)
            state.next_try, state.tries = now + pause, state.tries + 1
        return begin - MARGIN * self._width, end + MARGIN * self._width

    def _state(self, market_id: str, now: datetime) -> _Market:
        if market_id not in self._markets:
            spread = audit_period(self._width) * (crc32(market_id.encode()) % 1000 / 1000)
            self._markets[market_id] = _Market(next_audit=now + AUDIT_PERIODS[0] / 2 + spread)
        return self._markets[market_id]
