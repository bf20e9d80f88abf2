"""History from the venues: only what no answer has spoken for yet, page by page, stored in the order in which they came.

It can be broken off at any moment and called again: coverage in the store says what is left.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from monitor.clock import Clock
from monitor.ingest.answers import MarketAnswer
from monitor.ingest.bar_writer import newest_bars
from monitor.ingest.errors import BadVenueData, MarketGone, VenueError
from monitor.ingest.exchange.paging import next_since
from monitor.ingest.exchange.retry import with_retry
from monitor.ingest.exchange.venue import FetchedBars, VenueClient
from monitor.ingest.history import MarketHistory
from monitor.ingest.page_writer import PageWriter
from monitor.ingest.validation.acceptance import PriceBoard, Verdict, judge_together
from monitor.ingest.validation.suspicion import REASONS
from monitor.ingest.venue_fetch import AT_ONCE
from monitor.ingest.venues.request import kind_of
from monitor.model.grid import floor_time, iso
from monitor.model.universe import Market, Universe
from monitor.store import bars
from monitor.store.database import Database

_PROBE_BARS = 3
_BAD_PAGES_TO_STOP = 3


class Progress(Protocol):
    """Told of what happens, to draw a bar; every call is cheap and must not raise."""

    def start(self, market_id: str, bars_wanted: int) -> None:
        """A market's missing ranges hold at most that many bars."""
        ...

    def advance(self, market_id: str, bars_done: int) -> None:
        """That many more of them were asked for."""
        ...

    def finish(self, market_id: str, outcome: str) -> None:
        """The market is done, or was given up, maybe before its start: in words."""
        ...


class SilentProgress:
    """Draws nothing."""

    def start(self, market_id: str, bars_wanted: int) -> None:
        """Nothing."""

    def advance(self, market_id: str, bars_done: int) -> None:
        """Nothing."""

    def finish(self, market_id: str, outcome: str) -> None:
        """Nothing."""


@dataclass(slots=True)
class MarketBackfill:
    """What one market gave. ``held``: bars that are unlikely and unconfirmed. ``served_from``: as far back as the venue goes, where that is after what was asked."""

    market_id: str
    new: int = 0
    revised: int = 0
    refused: int = 0
    held: int = 0
    served_from: datetime | None = None
    failure: str | None = None

    @property
    def words(self) -> str:
        """One line for people."""
        parts = [f"{self.new:,} bars"]
        parts += [f"{self.revised:,} revised"] if self.revised else []
        parts += [f"{self.refused:,} refused"] if self.refused else []
        parts += [f"{self.held:,} held back until confirmed"] if self.held else []
        if self.served_from is not None:
            parts.append(f"the venue goes back to {iso(self.served_from)} only")
        if self.failure is not None:
            parts.append(f"stopped: {self.failure}")
        return f"{self.market_id}: {', '.join(parts)}"


@dataclass(slots=True)
class BackfillReport:
    """What a backfill brought, market by market."""

    since: datetime
    until: datetime
    markets: list[MarketBackfill] = field(default_factory=list)

    @property
    def new(self) -> int:
        """Bars stored for the first time."""
        return sum(m.new for m in self.markets)

    @property
    def failed(self) -> list[MarketBackfill]:
        """Markets that did not give all that they could."""
        return [m for m in self.markets if m.failure is not None]

    def words(self) -> list[str]:
        """Lines for people, by market."""
        return [m.words for m in sorted(self.markets, key=lambda m: m.market_id)]


async def backfill(
    clients: Sequence[VenueClient],
    database: Database,
    universe: Universe,
    clock: Clock,
    width: timedelta,
    *,
    since: datetime,
    until: datetime,
    venues: Collection[str] = (),
    tokens: Collection[str] = (),
    progress: Progress | None = None,
) -> BackfillReport:
    """Fetch every bar of ``[since, until)`` that no stored coverage speaks for; all venues side by side.

    ``venues`` and ``tokens``: only these, all where empty. A venue that fails ends its own part. Cancelling loses nothing
    that was reported as done: it ends when that is stored. The caller closes the clients.
    """
    span = floor_time(since, width), floor_time(until, width)
    run = _Run(database, universe, clock, width, span=span, progress=progress or SilentProgress())
    wanted = [c for c in clients if not venues or c.venue in venues]
    markets = [m for m in universe.markets if not tokens or m.token in tokens]
    try:
        strangers = await run.probe(wanted, markets)
        async with asyncio.TaskGroup() as group:
            for client in wanted:
                ours = [m for m in markets if m.venue == client.venue]
                group.create_task(run.venue(client, ours, strangers))
    except ExceptionGroup as failed:  # only failures that are no venue's come this far
        raise _first(failed) from None
    finally:
        await run.settle()
    return run.report


def _first(failed: ExceptionGroup[Exception]) -> Exception:
    """The first failure inside groups of them."""
    error = failed.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error


class _Run:
    """One backfill in progress."""

    def __init__(
        self,
        database: Database,
        universe: Universe,
        clock: Clock,
        width: timedelta,
        *,
        span: tuple[datetime, datetime],
        progress: Progress,
    ) -> None:
        self.report = BackfillReport(*span)
        self._database = database
        self._universe = universe
        self._clock = clock
        self._width = width
        self._progress = progress
        self._writer = PageWriter(database, clock, width)

    async def settle(self) -> None:
        """Have what was fetched stored, also where the run is broken off."""
        await self._writer.settle()

    async def probe(
        self, clients: Sequence[VenueClient], markets: Sequence[Market]
    ) -> dict[str, str]:
        """Which markets trade another coin than the others of their token, judged by the newest bars of the span.

        Asked before any page is stored, so that the order of venues does not decide who is believed.
        """
        answers: list[MarketAnswer] = []

        async def ask(client: VenueClient) -> None:
            for market in markets:
                if market.venue != client.venue or self._is_alone(market):
                    continue
                since = (
                    min(self.report.until, client.last_closed(self._width))
                    - _PROBE_BARS * self._width
                )
                try:
                    await client.prepare()
                    found = await client.fetch_bars(market, self._width, since, _PROBE_BARS)
                except MarketGone:
                    continue
                except VenueError:
                    return
                if found.closed:
                    answers.append(MarketAnswer(market, found.closed))

        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(ask(client))
        known = await asyncio.to_thread(newest_bars, self._database, self._width)
        verdicts = judge_together(answers, PriceBoard(self._universe.markets, known), {})
        return {
            verdict.answer.market.id: refusal.detail
            for verdict in verdicts
            for refusal in verdict.refusals
            if refusal.reason == "wrong_coin"
        }

    def _is_alone(self, market: Market) -> bool:
        """Whether its coin has no other market, against which it could be found to be another coin."""
        return len(self._universe.token(market.token).markets) < 2

    async def venue(
        self, client: VenueClient, markets: Sequence[Market], strangers: dict[str, str]
    ) -> None:
        """All markets of a venue, a few at a time; a failure that bars asking on ends it.

        While one market's page is looked at and stored, the next one's is on its way: a venue that answers late is asked as
        often as its limit allows all the same.
        """
        queue = deque(markets)
        preparing = asyncio.Lock()
        stopped: VenueError | None = None

        async def worker() -> None:
            nonlocal stopped
            while queue:
                market = queue.popleft()
                done = MarketBackfill(market.id)
                self.report.markets.append(done)
                if stopped is None and market.id not in strangers:
                    async with preparing:
                        if stopped is None:  # another market may have met its end meanwhile
                            stopped = await self._prepare(client)
                if stopped is None and market.id not in strangers:
                    stopped = await self._market(client, market, done) or stopped
                else:
                    done.failure = strangers.get(market.id) or str(stopped)
                await self._writer.stored()
                saved = self._writer.saved.get(market.id)
                if saved is not None:
                    done.new, done.revised = saved.new, saved.revised
                self._progress.finish(market.id, done.words)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(markets))):
                group.create_task(worker())

    async def _prepare(self, client: VenueClient) -> VenueError | None:
        """The failure that left the venue without a table of markets: none of them fares better."""
        try:
            await with_retry(client.prepare, self._clock)
        except VenueError as error:
            return error
        return None

    async def _market(
        self, client: VenueClient, market: Market, done: MarketBackfill
    ) -> VenueError | None:
        """Fill the market's holes; returns the failure that stops the whole venue."""
        try:
            await self._fill(client, market, done)
        except VenueError as error:
            done.failure = str(error)
            return error if error.stops_venue else None
        return None

    async def _fill(self, client: VenueClient, market: Market, done: MarketBackfill) -> None:
        since = max(self.report.since, market.listed_from)
        until = min(self.report.until, market.listed_to, client.last_closed(self._width))
        reach = client.definition.reach(client.now(), self._width)
        if reach is not None and reach > since:
            done.served_from = since = reach
        holes = await asyncio.to_thread(self._holes, market, since, until)
        self._progress.start(market.id, sum((b - a) // self._width for a, b in holes))
        history = MarketHistory(market, self._width)
        for start, end in holes:
            await self._writer.stored()
            await asyncio.to_thread(history.begin, self._database, start)
            await self._fill_hole(client, history, (start, end), done)

    def _holes(
        self, market: Market, since: datetime, until: datetime
    ) -> list[tuple[datetime, datetime]]:
        if since >= until:
            return []
        with self._database.read() as conn:
            return bars.missing_ranges(conn, market.id, self._width, since, until)

    async def _fill_hole(
        self,
        client: VenueClient,
        history: MarketHistory,
        hole: tuple[datetime, datetime],
        done: MarketBackfill,
    ) -> None:
        since, end = hole
        bad = 0
        while since < end:
            try:
                page = await with_retry(
                    partial(self._page, client, history, since, end), self._clock
                )
            except BadVenueData as error:
                bad += 1
                if bad >= _BAD_PAGES_TO_STOP:
                    raise
                done.failure = str(error)  # this page stays a hole; later ones may be well
                reached = since + client.definition.limit(kind_of(history.market)) * self._width
            else:
                bad = 0
                verdict = await self._store(history, page, since, done)
                reached = next_since(page, since, self._width)
                if reached < end:
                    reached = _without_follower(verdict, since) or reached
            reached = min(reached, end)
            self._progress.advance(history.market.id, (reached - since) // self._width)
            since = reached

    async def _page(
        self, client: VenueClient, history: MarketHistory, since: datetime, end: datetime
    ) -> FetchedBars:
        return await client.fetch_bars(
            history.market,
            self._width,
            since,
            (end - since) // self._width,
            trading_since=history.trading_since,
        )

    async def _store(
        self, history: MarketHistory, page: FetchedBars, since: datetime, done: MarketBackfill
    ) -> Verdict:
        now = self._clock.now()
        answer = history.answered(page, since)
        verdict = history.judge_alone(answer, now)
        if verdict is None:  # then it is judged beside all that was put into the store
            await self._writer.stored()
            verdict = await asyncio.to_thread(
                history.judge, self._database, self._universe, answer, now
            )
        refusals = [*page.refusals, *verdict.refusals]
        await self._writer.put(verdict, refusals)
        held = sum(refusal.reason in REASONS for refusal in refusals)
        done.held += held
        done.refused += len(refusals) - held
        return verdict


def _without_follower(verdict: Verdict, since: datetime) -> datetime | None:
    """Open of a page's last bar where it is held since the page ends there: it is asked again with what follows."""
    last = verdict.answer.bars[-1].open_time if verdict.answer.bars else None
    if last is None or last <= since:
        return None
    held = (r for r in verdict.refusals if r.open_time == last and r.reason == "unconfirmed_move")
    return last if any(held) else None
