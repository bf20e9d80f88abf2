"""One poll: all venues at once, each stored as soon as it has answered; a venue that fails or hangs stops nothing else.

What is asked again at leisure, bars as well as tables of markets, comes after it, in a round of its own: a step waits for the
newest bars alone.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from monitor.clock import Clock, monotonic
from monitor.ingest.answers import MarketAnswer, Want
from monitor.ingest.bar_writer import RefusalMemory, newest_bars, write_verdicts
from monitor.ingest.errors import BadVenueData, VenueDown, VenueError
from monitor.ingest.exchange.health import Transition
from monitor.ingest.exchange.venue import VenueClient
from monitor.ingest.health_book import HealthBook
from monitor.ingest.poll_log import log_report
from monitor.ingest.poll_notices import Notices
from monitor.ingest.poll_report import PollReport, VenueReport
from monitor.ingest.rereads import REACH
from monitor.ingest.scrutiny import Scrutiny
from monitor.ingest.validation.acceptance import PriceBoard, Verdict, accept_at_once, judge_together
from monitor.ingest.venue_fetch import VenueFetch, gather_bars
from monitor.ingest.wants import of_known, of_new
from monitor.model.bars import Refusal, VenueHealth
from monitor.model.universe import Market, Universe
from monitor.store.bars import SaveResult
from monitor.store.database import Database
from monitor.store.venue_leases import AllVenues, VenueRights, VenueTakenError

log = structlog.get_logger(__name__)

FIRST_REACH = timedelta(days=1)
"""How far back a market without any stored bar is asked, and further where all markets were last asked before that;
older history is the backfill's."""


@dataclass(slots=True)
class _Poll:
    """What one poll gathers as it goes."""

    now: datetime
    board: PriceBoard
    asked_until: datetime | None  # open of the newest stored bar of any market
    venues: frozenset[str]  # that this process asks
    again: Mapping[str, Sequence[Want]] | None = None
    """By venue, what is asked again where that is all that is asked; None where the newest bars are."""
    doubtful: list[MarketAnswer] = field(default_factory=list)
    reports: dict[str, VenueReport] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)


class Poller:
    """Keeps the clients and what is known of the venues' health for the life of the process.

    ``deadline``: machine time after which a venue that has not answered is cut off; what it gave by then is kept.
    ``references``: gives token -> price of a coin in dollars, to tell a wrong coin on a first bar. ``rights``: which of
    the venues are asked by this process; by default all.
    """

    def __init__(
        self,
        universe: Universe,
        clients: Sequence[VenueClient],
        database: Database,
        clock: Clock,
        width: timedelta,
        *,
        deadline: timedelta = timedelta(seconds=60),
        first_reach: timedelta = FIRST_REACH,
        references: Callable[[], Mapping[str, float]] = dict,
        rights: VenueRights | None = None,
    ) -> None:
        self._rights = rights or AllVenues()
        self._universe = universe
        self._clients = tuple(clients)
        self._database = database
        self._clock = clock
        self._width = width
        self._deadline_s = deadline.total_seconds()
        self._first_reach = first_reach
        self._references = references
        self._health = HealthBook([client.venue for client in self._clients])
        self._spoken: dict[str, datetime] = {}
        self._memory = RefusalMemory()
        self._scrutiny = Scrutiny(universe, database, width, references)
        self._notices = Notices()
        self._writing = asyncio.Lock()
        self._last: _Poll | None = None
        self._heard: set[str] = set()
        """Venues that answered to the end of the last poll."""

    @property
    def clients(self) -> tuple[VenueClient, ...]:
        """One a venue; whoever asks a venue for something else goes by its client's limiter too."""
        return self._clients

    @property
    def health(self) -> tuple[VenueHealth, ...]:
        """Health of every venue of the last poll, by name."""
        return self._health.all

    async def poll(self, now: datetime) -> PollReport:
        """Ask every venue of ours for its newest bars up to ``now`` and store them. Raises only where the store fails."""
        started = monotonic()
        self._heard.clear()
        with self._rights.polling():
            poll = self._last = await asyncio.to_thread(self._begin, now)
            await self._poll_venues(poll)
            await self._settle_doubtful(poll)
        held = self._scrutiny.end(now, poll.venues)
        poll.transitions += self._notices.of_held(held, now)
        return self._reported("poll", poll, started)

    async def read_over(self) -> PollReport | None:
        """Ask the venues that the last poll heard again for what may be missing or have changed since; None where that is
        nothing. A table of markets that is old is loaded anew before. Raises only where the store fails.
        """
        if self._last is None:
            return None
        with self._rights.polling():
            await self._renew_oldest(self._last)
            started = monotonic()
            poll = await asyncio.to_thread(self._begin_again, self._last)
            if not poll.again:
                return None
            await self._poll_venues(poll)
            await self._settle_doubtful(poll)
        return self._reported("read over", poll, started)

    def _reported(self, what: str, poll: _Poll, started: float) -> PollReport:
        report = PollReport(
            at=poll.now,
            venues=tuple(poll.reports[venue] for venue in sorted(poll.reports)),
            health=self.health,
            transitions=tuple(poll.transitions),
            refusals=tuple(poll.refusals),
            ms=round((monotonic() - started) * 1000),
        )
        log_report(what, report)
        return report

    def _begin(self, now: datetime) -> _Poll:
        """What the store knows before anybody is asked."""
        shared = self._rights.venues()
        all_venues = frozenset(client.venue for client in self._clients)
        venues = all_venues if shared is None else all_venues & shared
        are_new = self._health.recall(self._database, now, venues)
        known = newest_bars(self._database, self._width)
        asked_until = max((bar.open_time for bar in known.values()), default=None)
        if are_new:  # another process may have asked them meanwhile
            self._spoken.clear()
            self._scrutiny.forget()
        self._scrutiny.begin(asked_until, others_ask=venues != all_venues)
        return _Poll(now, PriceBoard(self._universe.markets, known), asked_until, venues)

    def _begin_again(self, last: _Poll) -> _Poll:
        """What is asked again of the venues that the last poll heard."""
        spoken = self._scrutiny.spoken(last.now)
        again = {}
        for client in self._clients:
            if client.venue not in self._heard:
                continue
            markets = self._markets_of(client, last.now)
            reach = client.definition.reach(client.now(), self._width)
            wants = self._scrutiny.wants(markets, last.now, spoken, reach)
            if wants:
                again[client.venue] = wants
        return _Poll(last.now, last.board, last.asked_until, frozenset(again), again=again)

    async def _renew_oldest(self, last: _Poll) -> None:
        """One table a round: they were loaded together, and each of them is megabytes to be taken apart."""
        now = self._clock.now()
        due = [
            (client.renew_at, client)
            for client in self._clients
            if client.renew_at is not None
            and client.renew_at <= now
            and client.venue in last.venues
            and self._health.may_ask(client.venue, now)
        ]
        if not due:
            return
        _, client = min(due, key=lambda pair: (pair[0], pair[1].venue))
        try:
            async with asyncio.timeout(self._deadline_s):
                await client.renew()
        except TimeoutError:
            log.warning("markets not renewed", venue=client.venue, error="was cut off")
        except VenueError as error:
            log.warning("markets not renewed", venue=client.venue, error=str(error))
        except Exception:  # one venue's surprise must not end the others' round
            log.exception("markets not renewed", venue=client.venue)

    async def _poll_venues(self, poll: _Poll) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for client in self._clients:
                    if client.venue not in poll.venues:
                        continue
                    group.create_task(self._poll_venue(client, poll))
        except ExceptionGroup as failed:  # only the store's failures come this far
            raise failed.exceptions[0] from failed

    async def close(self) -> None:
        """Close all clients, side by side."""
        await asyncio.gather(*(client.close() for client in self._clients), return_exceptions=True)

    async def _poll_venue(self, client: VenueClient, poll: _Poll) -> None:
        venue = client.venue
        if not self._health.may_ask(venue, poll.now):
            poll.reports[venue] = VenueReport(venue, self._health.of(venue).state, asked=False)
            return
        started = monotonic()
        harvest = VenueFetch(venue)
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._harvest(client, poll, harvest)
        except TimeoutError:
            harvest.stopped_by = VenueDown(venue, f"was cut off after {self._deadline_s:.0f} s")
        harvest.ms = round((monotonic() - started) * 1000)
        await self._keep(client, poll, harvest)

    async def _harvest(self, client: VenueClient, poll: _Poll, harvest: VenueFetch) -> None:
        """Fill the harvest; a failure of ours in it is this venue's failure and no other's."""
        try:
            if poll.again is None:
                await client.prepare()
            wants = self._wants(client, poll)
            await gather_bars(client, wants, self._width, self._clock, harvest)
        except VenueError as error:
            harvest.stopped_by = error
        except Exception as error:  # one venue's surprise must not end the others' poll
            log.exception("venue failed unexpectedly", venue=client.venue)
            harvest.stopped_by = BadVenueData(client.venue, f"failed: {type(error).__name__}")

    def _wants(self, client: VenueClient, poll: _Poll) -> Sequence[Want]:
        """The newest bars of every market, or what is asked again."""
        if poll.again is not None:
            return poll.again[client.venue]
        wants = []
        for market in self._markets_of(client, poll.now):
            known = poll.board.known(market.id)
            if known is None:
                # a launch while nothing was asked is asked from where the asking stopped
                since = min(poll.now - self._first_reach, poll.asked_until or poll.now)
                if market.listed_from > poll.now - REACH:
                    # a launch is asked whole: a poll may take longer than its first hours, and they are the story
                    since = min(since, market.listed_from)
                wants.append(of_new(market, since))
                continue
            wants.append(of_known(market, known, self._spoken.get(market.id), self._width))
        return wants

    def _markets_of(self, client: VenueClient, now: datetime) -> list[Market]:
        """Ours there of which the interval that closed last may have a bar."""
        gone = client.gone
        return [
            market
            for market in self._universe.markets
            if market.venue == client.venue
            and market.symbol not in gone
            and market.listed_at(now - self._width)
        ]

    async def _keep(self, client: VenueClient, poll: _Poll, harvest: VenueFetch) -> None:
        """Store what is believed at once; the rest waits for the other venues."""
        try:
            judged = self._judge(poll, harvest)
        except Exception as error:  # what a venue sent must not end the others' poll
            log.exception("venue could not be judged", venue=client.venue)
            failed = BadVenueData(client.venue, f"could not be judged: {type(error).__name__}")
            harvest = VenueFetch(client.venue, stopped_by=failed, ms=harvest.ms)
            judged = self._judge(poll, harvest)
        verdicts, doubtful, health, transition = judged
        if harvest.answers and harvest.stopped_by is None:
            self._heard.add(client.venue)
        poll.doubtful += doubtful
        poll.transitions += [transition] if transition else []
        poll.transitions += self._notices.of_client(client, poll.now)
        refusals = [r for answer in harvest.answers for r in answer.refusals]
        saved, refused = await self._write(poll, client.venue, verdicts, refusals)
        failures = [str(error) for error in harvest.failures.values()]
        if harvest.stopped_by is not None and str(harvest.stopped_by) not in failures:
            failures.append(str(harvest.stopped_by))
        poll.reports[harvest.venue] = VenueReport(
            harvest.venue,
            health.state,
            asked=True,
            markets=len({answer.market.id for answer in harvest.answers}),
            new=saved.new,
            revised=saved.revised,
            unchanged=saved.unchanged,
            refused=refused,
            failures=tuple(failures),
            ms=harvest.ms,
        )

    def _judge(
        self, poll: _Poll, harvest: VenueFetch
    ) -> tuple[list[Verdict], list[MarketAnswer], VenueHealth, Transition | None]:
        """What is believed at once, what waits for other venues, and how the venue is."""
        verdicts, doubtful = [], []
        for answer in harvest.answers:
            verdict = accept_at_once(answer, poll.board.known(answer.market.id))
            if verdict is None or self._scrutiny.look(verdict, poll.now).refusals:
                doubtful.append(answer)
            else:
                verdicts.append(verdict)
        stopped = harvest.stopped_by
        if poll.again is not None and not (stopped is not None and stopped.stops_venue):
            # the newest bars said how the venue is
            return verdicts, doubtful, self._health.of(harvest.venue), None
        return verdicts, doubtful, *self._health.judge(harvest, poll.now)

    async def _settle_doubtful(self, poll: _Poll) -> None:
        """Judge new, silent and jumping markets together with the others of their coin, now that all were heard."""
        if not poll.doubtful:
            return
        verdicts = judge_together(
            [answer for answer in poll.doubtful if answer.bars], poll.board, self._references()
        )
        verdicts += [Verdict(answer, ()) for answer in poll.doubtful if not answer.bars]
        verdicts = [self._scrutiny.look(verdict, poll.now, verdicts) for verdict in verdicts]
        poll.doubtful.clear()
        by_venue: dict[str, list[Verdict]] = {}
        for verdict in verdicts:
            by_venue.setdefault(verdict.answer.market.venue, []).append(verdict)
            poll.transitions += self._notices.of_identity(verdict, poll.now)
        for venue, group in sorted(by_venue.items()):
            refusals = [r for verdict in group for r in verdict.refusals]
            saved, refused = await self._write(poll, venue, group, refusals)
            before = poll.reports[venue]
            poll.reports[venue] = replace(
                before,
                new=before.new + saved.new,
                revised=before.revised + saved.revised,
                unchanged=before.unchanged + saved.unchanged,
                refused=before.refused + refused,
            )

    async def _write(
        self,
        poll: _Poll,
        venue: str,
        verdicts: Sequence[Verdict],
        refusals: Sequence[Refusal],
    ) -> tuple[SaveResult, int]:
        def check(conn: Connection) -> None:
            if venue not in self._rights.ours(conn, [venue]):
                raise VenueTakenError(f"{venue}: another process asks it now")

        fresh = self._memory.fresh(refusals)
        try:
            async with self._writing:
                saved = await asyncio.to_thread(
                    write_verdicts,
                    self._database,
                    self._clock,
                    self._width,
                    verdicts=verdicts,
                    refusals=fresh,
                    check=check,
                )
        except VenueTakenError as error:
            log.warning("answer left out", error=str(error))
            return SaveResult(0, 0, 0), 0
        for verdict in verdicts:
            poll.board.note(verdict.bars)
            self._scrutiny.note(verdict, poll.now)
            answer = verdict.answer
            if not verdict.refusals and answer.coverage and not answer.again:
                self._spoken[answer.market.id] = answer.coverage[-1].until - self._width
        poll.refusals.extend(fresh)
        return saved, len(fresh)
