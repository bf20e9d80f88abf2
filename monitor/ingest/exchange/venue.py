"""One venue as the rest of the program sees it: ask for bars, get checked closed bars and what the answer spoke for."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from monitor.clock import Clock
from monitor.ingest.errors import BadVenueData, MarketGone, VenueError
from monitor.ingest.exchange.market_table import MarketTable
from monitor.ingest.validation.candles import Checked, Frame, check_candles
from monitor.ingest.validation.trades import Expected, check_trades
from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.recent_trades import RawTrade
from monitor.ingest.venues.registry import definition_of
from monitor.ingest.venues.request import kind_of
from monitor.ingest.venues.rows import RawCandle
from monitor.model.bar_columns import BarSeries
from monitor.model.bars import Bar, Coverage, Refusal
from monitor.model.derivatives import DerivativeReading
from monitor.model.grid import floor_time, to_ms
from monitor.model.order_book import OrderBook
from monitor.model.spans import Span, left_open, runs
from monitor.model.trades import Trade
from monitor.model.universe import Market

CLOCK_TOLERANCE = timedelta(seconds=30)
CLOCK_EVERY = timedelta(hours=1)
CLOCK_DOUBTED_EVERY = timedelta(minutes=1)
"""Of a clock that is off, or that an answer casts doubt on: one whose newest bar is not the one that is forming."""
RENEW_EVERY = timedelta(hours=4)
"""Of a table that lacks nothing of ours: a contract's size may have changed, or a market been halted."""
RELOAD_EVERY = timedelta(hours=1)
"""Of a table that lacks a market of ours, and of one that could not be renewed."""
LAUNCH_RELOAD_EVERY = timedelta(minutes=2)
"""Of a market that is missing within :data:`RELOAD_EVERY` of its listing: a launch's first bars are the story."""
_LEAST_ROWS = (
    50  # costs no more than one row, and an answer that doubles its rows still holds what we need
)
_REFUSALS_KEPT = 50  # of one answer; a page of a thousand broken rows is told by its first ones


class Connection(Protocol):
    """The calls that a venue's client makes; :class:`monitor.ingest.exchange.ccxt_client.CcxtClient` is the real one."""

    venue: str
    markets: tuple[Market, ...]
    table: MarketTable | None

    async def load_markets(self, expected_gone: Sequence[str] = ()) -> MarketTable:
        """Load and keep our markets."""
        ...

    async def candles(
        self, market: Market, width: timedelta, since_ms: int, count: int, now_ms: int
    ) -> Sequence[RawCandle]:
        """Raw rows."""
        ...

    async def order_book(self, market: Market, levels: int) -> OrderBook:
        """A market's book."""
        ...

    async def recent_trades(self, market: Market, count: int) -> tuple[list[RawTrade], float]:
        """A market's newest trades and its contract's size."""
        ...

    async def derivatives(self, market: Market, at: datetime) -> DerivativeReading:
        """A perpetual's funding and open interest."""
        ...

    async def venue_time(self) -> datetime:
        """The venue's clock."""
        ...

    async def close(self) -> None:
        """End of use."""
        ...


@dataclass(frozen=True, slots=True)
class FetchedBars:
    """A good answer taken apart. ``spoke_for``: every part of ``[since, until)`` that the answer tells about, bar or not.

    ``asked_until``: the end of the closed bars asked for; ask from there next.
    """

    closed: Sequence[Bar]
    forming: tuple[Bar, ...]
    refusals: tuple[Refusal, ...]
    spoke_for: tuple[Coverage, ...]
    asked_until: datetime


class VenueClient:
    """Asks one venue, pages aligned to its grid, closed bars by its clock and settle time."""

    def __init__(
        self, connection: Connection, clock: Clock, *, settle: timedelta | None = None
    ) -> None:
        self.venue = connection.venue
        self.definition: VenueDefinition = definition_of(self.venue)
        self.clock_offset = timedelta(0)
        self._connection = connection
        self._clock = clock
        self._settle = self.definition.settle if settle is None else settle
        self._clock_read: datetime | None = None
        self._clock_asked: datetime | None = None
        self._clock_asking = asyncio.Lock()
        self._loaded_at: datetime | None = None
        self._renew_at: datetime | None = None
        self._reload = asyncio.Lock()

    @property
    def gone(self) -> dict[str, MarketGone]:
        """Our symbols that should be listed now and that the venue does not trade, with the reason.

        A table that was asked for before a market's listing says nothing of it.
        """
        table, asked_at = self._connection.table, self._loaded_at
        if table is None or asked_at is None:
            return {}
        known = {m.symbol for m in self._missing(self._clock.now()) if m.listed_from <= asked_at}
        return {symbol: gone for symbol, gone in table.gone.items() if symbol in known}

    @property
    def instead(self) -> Mapping[str, tuple[Market, ...]]:
        """Of each that is gone by its symbol, markets there that may be the same coin's by their name."""
        table, gone = self._connection.table, self.gone
        if table is None:
            return {}
        return {symbol: some for symbol, some in table.instead.items() if symbol in gone}

    @property
    def further(self) -> tuple[Market, ...]:
        """Markets listed there of those that were looked for beside ours."""
        table = self._connection.table
        return () if table is None else table.further

    @property
    def clock_warning(self) -> str | None:
        """What to tell the operator of a clock that is more than 30 s off; None while it is well."""
        if abs(self.clock_offset) <= CLOCK_TOLERANCE:
            return None
        seconds = self.clock_offset.total_seconds()
        direction = "ahead of" if seconds > 0 else "behind"
        return f"{self.venue}: its clock is {abs(seconds):.0f} s {direction} ours; the earlier of both decides what is closed"

    @property
    def is_prepared(self) -> bool:
        """Whether its markets are known."""
        return self._connection.table is not None

    @property
    def renew_at(self) -> datetime | None:
        """From when on its markets are to be looked at anew; None where they are not known yet."""
        return self._renew_at

    async def prepare(self) -> None:
        """Before a poll: load markets where none are, look again for missing ones, read the clock hourly, one that is off each time.

        For missing ones hourly, at once where the table is older than a market's listing, and often in the first hour after
        that; what else has changed :meth:`renew` finds. Raises VenueError where the venue cannot be used; a clock that cannot
        be read is no reason.
        """
        now = self._clock.now()
        if self._connection.table is None:
            await self._load()
        elif self._is_outdated(now):
            try:
                await self._load()
            except BadVenueData:
                self._loaded_at = now  # the old table is kept and serves on
        every = CLOCK_EVERY if self.clock_warning is None else CLOCK_DOUBTED_EVERY
        if self._clock_read is None or now - self._clock_read >= every:
            await self._read_clock()

    async def renew(self) -> None:
        """Load the markets anew, though none is missing. Raises VenueError; then the old table serves on, and
        :attr:`renew_at` is an hour away.
        """
        self._renew_at = self._clock.now() + RELOAD_EVERY
        async with self._reload:
            await self._load()

    def now(self) -> datetime:
        """The earlier of our clock and the venue's: what is closed by both."""
        return self._clock.now() + min(self.clock_offset, timedelta(0))

    def last_closed(self, width: timedelta) -> datetime:
        """Close of the newest bar that is final by now."""
        return floor_time(self.now() - self._settle, width)

    async def fetch_bars(
        self,
        market: Market,
        width: timedelta,
        since: datetime,
        limit: int | None = None,
        *,
        trading_since: datetime | None = None,
    ) -> FetchedBars:
        """Closed bars from ``since`` (taken down to the grid): ``limit`` of them or what one answer holds, maybe more.

        ``trading_since``: from when on the market is known to have traded. An answer without a bar after it, from a venue
        that serves quiet bars too, is no answer: raises BadVenueData. Raises VenueError else; MarketGone only after a
        reload of the markets agreed.
        """
        since = floor_time(since, width)
        most = self.definition.limit(kind_of(market))
        count = most if limit is None else min(max(limit, _LEAST_ROWS), most)
        now, offset = self.now(), self.clock_offset
        end = since + count * width
        try:
            rows = await self._connection.candles(market, width, to_ms(since), count, to_ms(now))
        except MarketGone:
            if market.symbol in self.gone or not await self._still_listed(market):
                raise
            rows = await self._connection.candles(market, width, to_ms(since), count, to_ms(now))
        frame = self._frame(market, width, since, end, now)
        checked = check_candles(rows, frame)
        forming = floor_time(now, width)
        if forming < end and checked.newest != forming:
            await self._doubt_clock()
            if self.clock_offset != offset:
                frame = self._frame(market, width, since, end, self.now())
                checked = check_candles(rows, frame)
        until = min(end, self.last_closed(width))
        if checked.closed:
            until = max(until, checked.closed[-1].open_time + width)
        if until > since and not rows and self._expects_bars(trading_since, until):
            what = f"gave no bar from {since:%Y-%m-%d %H:%M} on, expected some"
            raise BadVenueData(self.venue, what, symbol=market.symbol)
        spoke = self._spoken(checked, frame, until, trading_since)
        return FetchedBars(
            checked.closed, checked.forming, checked.refusals[:_REFUSALS_KEPT], spoke, until
        )

    async def fetch_book(self, market: Market) -> OrderBook:
        """Its order book, as many levels as the venue serves in a plain answer; raises VenueError."""
        return await self._connection.order_book(market, self.definition.book_levels)

    async def fetch_trades(
        self, market: Market, price: float | None
    ) -> tuple[list[Trade], list[Refusal]]:
        """(Its newest trades, as many as one plain answer holds, ascending by time; those that were refused).

        ``price``: the last one known, in its quote currency. Raises VenueError; an answer without a trade is none, of a market
        that trades.
        """
        count = self.definition.recent_trades(kind_of(market))
        rows, contract_size = await self._connection.recent_trades(market, count)
        if not rows:
            raise BadVenueData(self.venue, "gave no trade, expected some", symbol=market.symbol)
        latest = self._clock.now() + max(self.clock_offset, timedelta(0)) + CLOCK_TOLERANCE
        good, refusals = check_trades(rows, Expected(market, latest, price, contract_size))
        return good, refusals[:_REFUSALS_KEPT]

    async def fetch_derivatives(self, market: Market) -> DerivativeReading:
        """A perpetual's funding and open interest of now; raises VenueError."""
        return await self._connection.derivatives(market, self._clock.now())

    async def venue_time(self) -> datetime:
        """What the venue's own clock shows; raises VenueError."""
        return await self._connection.venue_time()

    async def close(self) -> None:
        """Close its connections."""
        await self._connection.close()

    def _frame(
        self, market: Market, width: timedelta, since: datetime, end: datetime, now: datetime
    ) -> Frame:
        # A venue may go on beyond what was asked, or jump to the listing: those bars are good too.
        latest = self._clock.now() + max(self.clock_offset, timedelta(0))
        return Frame(self.venue, market.id, width, since, max(end, now), now, self._settle, latest)

    def _expects_bars(self, trading_since: datetime | None, until: datetime) -> bool:
        known = trading_since is not None and trading_since < until
        return known and self.definition.fills_quiet

    def _spoken(
        self, checked: Checked, frame: Frame, until: datetime, trading_since: datetime | None
    ) -> tuple[Coverage, ...]:
        """What the answer tells about. Refused bars stay unseen. Where quiet bars are served, so do holes among bars.

        Of a venue that is not proved here, nobody knows how many bars it serves at once: its answer speaks for what lies
        between its first and its last bar alone.
        """
        reach = self.definition.reach(frame.now, frame.width)
        since = frame.since if reach is None else max(frame.since, reach)
        refused = [r.open_time for r in checked.refusals]
        silent = {floor_time(moment, frame.width) for moment in refused if moment is not None}
        if not self.definition.proved:
            if not checked.closed or None in refused:
                return ()
            since = max(since, checked.closed[0].open_time)
            until = min(until, checked.closed[-1].open_time + frame.width)
        if None not in refused and not self.definition.fills_quiet:
            return _spoken_for(frame, (since, until), silent)
        if not checked.closed:
            return ()
        first = checked.closed[0].open_time
        was_listed = trading_since is not None and trading_since < first
        silent |= _not_served(checked.closed, since if was_listed else first, until, frame.width)
        return _spoken_for(frame, (since, until), silent)

    def _missing(self, now: datetime) -> list[Market]:
        """Our markets that should be listed now and are not in the table."""
        table = self._connection.table
        if table is None:
            return []
        return [
            market
            for market in self._connection.markets
            if market.symbol in table.gone and market.listed_at(now)
        ]

    def _is_outdated(self, now: datetime) -> bool:
        missing, asked_at = self._missing(now), self._loaded_at
        if not missing or asked_at is None:
            return False
        newest = max(market.listed_from for market in missing)
        is_launch = now - newest < RELOAD_EVERY
        pause = LAUNCH_RELOAD_EVERY if is_launch else RELOAD_EVERY
        return newest > asked_at or now - asked_at >= pause

    async def _load(self, expected_gone: Sequence[str] = ()) -> None:
        """``_loaded_at`` is when it was asked for: on a slow line a market may be listed before all of the table has come."""
        asked_at = self._clock.now()
        await self._connection.load_markets(expected_gone)
        self._loaded_at = asked_at
        self._renew_at = asked_at + RENEW_EVERY

    async def _still_listed(self, market: Market) -> bool:
        """Reload once after the venue called a symbol unknown; concurrent callers share the reload."""
        before = self._loaded_at
        async with self._reload:
            if self._loaded_at == before:
                try:
                    await self._load([market.symbol])
                except VenueError:
                    return False
        return market.symbol not in self.gone

    async def _doubt_clock(self) -> None:
        """Read it again, once for all answers that cast doubt on it."""
        async with self._clock_asking:
            asked = self._clock_asked
            if asked is None or abs(self._clock.now() - asked) >= CLOCK_DOUBTED_EVERY:
                await self._read_clock()

    async def _read_clock(self) -> None:
        asked = self._clock_asked = self._clock.now()
        try:
            shown = await self._connection.venue_time()
        except VenueError:
            return
        answered = self._clock.now()
        self._clock_read = answered
        # The answer was made somewhere between asking and getting it; only what lies outside is an offset.
        if shown < asked:
            self.clock_offset = shown - asked
        else:
            self.clock_offset = max(shown - answered, timedelta(0))


def _not_served(
    closed: Sequence[Bar], since: datetime, until: datetime, width: timedelta
) -> set[datetime]:
    """Opens in ``[since, until)`` of which there is no bar."""
    if isinstance(closed, BarSeries):
        return set(closed.missing(since, until, width))
    seen = {bar.open_time for bar in closed}
    found = set()
    while since < until:
        if since not in seen:
            found.add(since)
        since += width
    return found


def _spoken_for(frame: Frame, span: Span, silent: set[datetime]) -> tuple[Coverage, ...]:
    """The span less the bars that open at ``silent`` times."""
    spoken = left_open(span, runs(sorted(silent), frame.width))
    return tuple(Coverage(frame.market_id, frame.width, *part) for part in spoken)
