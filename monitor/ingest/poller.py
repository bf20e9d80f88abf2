"""One poll: all venues at once, each stored as soon as it has answered; a venue that fails or hangs stops nothing else."""

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
from monitor.ingest.poll_notices import Notices
from monitor.ingest.poll_report import PollReport, VenueReport
from monitor.ingest.rereads import REACH
from monitor.ingest.scrutiny import Scrutiny
from monitor.ingest.validation.acceptance import PriceBoard, Verdict, accept_at_once, judge_together
from monitor.ingest.venue_fetch import VenueFetch, gather_bars
from monitor.ingest.wants import of_known, of_new
from monitor.model.bars import Refusal, VenueHealth
from monitor.model.universe import Universe
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

    @property
    def clients(self) -> tuple[VenueClient, ...]:
        """One a venue; whoever asks a venue for something else goes by its client's limiter too."""
        return self._clients

    @property
    def health(self) -> tuple[VenueHealth, ...]:
        """Health of every venue of the last poll, by name."""
        return self._health.all

    async def poll(self, now: datetime) -> PollReport:
        """Ask every venue of ours for what is missing up to ``now`` and store it. Raises only where the store fails."""
        started = monotonic()
        with self._rights.polling():
            poll = await asyncio.to_thread(self._begin, now)
            await self._poll_venues(poll)
            await self._settle_doubtful(poll)
        held = self._scrutiny.end(now, poll.venues)
        poll.transitions += self._notices.of_held(held, now)
        report = PollReport(
            at=now,
            venues=tuple(poll.reports[venue] for venue in sorted(poll.reports)),
            health=self.health,
            transitions=tuple(poll.transitions),
            refusals=tuple(poll.refusals),
            ms=round((monotonic() - started) * 1000),
        )
        _log(report)
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
        self._scrutiny.begin(now, asked_until, others_ask=venues != all_venues)
        return _Poll(now, PriceBoard(self._universe.markets, known), asked_until, venues)

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
            await client.prepare()
            wants = self._wants(client, poll)
            await gather_bars(client, wants, self._width, self._clock, harvest)
        except VenueError as error:
            harvest.stopped_by = error
        except Exception as error:  # one venue's surprise must not end the others' poll
            log.exception("venue failed unexpectedly", venue=client.venue)
            harvest.stopped_by = BadVenueData(client.venue, f"failed: {type(error).__name__}")

    def _wants(self, client: VenueClient, poll: _Poll) -> list[Want]:
        """The newest bars of every market, and after all of them what is asked again."""
        newest, known_markets = [], []
        gone = client.gone
        reach = client.definition.reach(client.now(), self._width)
        for market in self._universe.markets:
            listed = market.listed_at(poll.now - self._width)
            if market.venue != client.venue or market.symbol in gone or not listed:
                continue
            known = poll.board.known(market.id)
            if known is None:
                # a launch while nothing was asked is asked from where the asking stopped
                since = min(poll.now - self._first_reach, poll.asked_until or poll.now)
                if market.listed_from > poll.now - REACH:
                    # a launch is asked whole: a poll may take longer than its first hours, and they are the story
                    since = min(since, market.listed_from)
                newest.append(of_new(market, since))
                continue
            newest.append(of_known(market, known, self._spoken.get(market.id), self._width))
            known_markets.append(market)
        return newest + self._scrutiny.wants(known_markets, poll.now, reach)

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


def _log(report: PollReport) -> None:
    log.info(
        "poll",
        new=report.new,
        revised=report.revised,
        refused=report.refused,
        failed=len(report.failures),
        ms=report.ms,
        venues="; ".join(v.words for v in report.venues),
    )
    for transition in report.transitions:
        (log.info if transition.well else log.warning)("venue", text=transition.text)
    for refusal in report.refusals[:10]:
        log.warning(
            "kept out",
            market=refusal.market_id or refusal.venue,
            reason=refusal.reason,
            detail=refusal.detail,
        )
