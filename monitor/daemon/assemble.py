"""The one place that knows concrete classes and puts the daemon together."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from monitor.alerting.maker import NoticeMaker
from monitor.alerting.operator_notice import operator_notice
from monitor.alerting.operators import Operators
from monitor.alerting.policy import AlertPolicy
from monitor.alerting.start_digest import owe_start_digest, owes_start_digest
from monitor.bootstrap import (
    channels_of,
    config_faults,
    enricher_of,
    operators_of,
    policy_of,
    rules_of,
)
from monitor.clock import Clock
from monitor.delivery.registry import channels_for
from monitor.delivery.sender import Sender, claim_lease
from monitor.delivery.traits import Audience
from monitor.engine import Engine
from monitor.ingest.reference_prices import ReferencePrices
from monitor.jobs.beside_bars import beside_bars
from monitor.jobs.cycle import Cycle
from monitor.jobs.faults import Faults
from monitor.jobs.headlines import feeds_of, headlines_read
from monitor.jobs.heartbeat import Heartbeat, beating, heartbeat_of
from monitor.jobs.job import Job, Work
from monitor.jobs.outages import Outages
from monitor.jobs.polling import Polling, is_ours, poller_of
from monitor.jobs.pruning import pruning
from monitor.jobs.reports import reports
from monitor.jobs.start_digest import start_digest_told
from monitor.jobs.supplies import supplies_read, supply_sources
from monitor.jobs.telemetry import Telemetry
from monitor.jobs.vendors import activity_sources, reference_sources, vendors_read
from monitor.pipeline import Pipeline, Progress
from monitor.process import rss_bytes
from monitor.reference import sync_supplies
from monitor.service_manager import ServiceManager
from monitor.serving.page import Page
from monitor.settings.schema import Settings
from monitor.store import engine_state, outbox
from monitor.store.database import Database
from monitor.store.venue_leases import AllVenues, VenueRights
from monitor.web.daemon_link import Standing
from monitor.web.metrics import Counters
from monitor.web.readiness import readiness

REPORT_LOOK = timedelta(minutes=1)
"""How often the daemon looks whether a report is due; what is due stands in a table, not in the bell."""
FIRST_RETRY = timedelta(minutes=1)
"""A job that rings once a day is tried again so soon after it failed."""
REVIVED = timedelta(days=1)
"""What a channel refused for good within that time is tried once more at a start: its settings may have been mended."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the store says at a start: since when rotations are told, and whether what was on before is to be told."""

    live_from: datetime
    owes_start_digest: bool


class Closes(Protocol):
    """Something with connections."""

    async def close(self) -> None:
        """Give them back."""
        ...


@dataclass(frozen=True)
class Parts:
    """The daemon's parts of one configuration. ``jobs`` are rung; ``background`` runs until ``over`` is set; ``sources``
    of vendors are closed at the end."""

    polling: Polling
    pipeline: Pipeline
    sender: Sender
    faults: Faults
    telemetry: Telemetry
    over: asyncio.Event
    jobs: dict[str, Job] = field(default_factory=dict)
    background: dict[str, Work] = field(default_factory=dict)
    sources: list[Closes] = field(default_factory=list)

    async def close(self) -> None:
        """Give connections back."""
        await self.faults.close()
        closing: list[Closes] = [self.polling, self.sender, *self.sources]
        await asyncio.gather(*(part.close() for part in closing), return_exceptions=True)


def begin(settings: Settings, clock: Clock, database: Database) -> Beginning:
    """Take up what a run before left: one transaction, which may wait for another process's."""
    now = clock.now()
    with database.write() as conn:
        sync_supplies(conn, settings.supplies, now)
        outbox.revive(conn, since=now - REVIVED, now=now)
        live_from = engine_state.live_from(conn)
        if live_from is None:
            live_from = now
            engine_state.set_live_from(conn, live_from)
            owe_start_digest(conn)
        for fault in config_faults(settings):
            notice = operator_notice(fault.subject, fault.text, now, once_in=REVIVED)
            outbox.enqueue(conn, operators_of(settings).told(notice))
        return Beginning(live_from, owes_start_digest(conn))


def assemble(
    settings: Settings,
    clock: Clock,
    database: Database,
    over: asyncio.Event,
    beginning: Beginning,
    manager: ServiceManager,
    *,
    page: Page | None = None,
    may_send: Callable[[], bool] = lambda: True,
    rights: VenueRights | None = None,
) -> Parts:
    """All parts, wired; nothing runs yet and nothing is read. ``page``: of the run, where it has one.
    ``may_send``: whether this process is still the one that sends; ``rights``: which venues it asks, by default all.
    """
    rights = rights or AllVenues()
    channels = channels_of(settings, database, clock)
    policy = policy_of(settings, channels)
    operators = operators_of(settings, channels)
    telemetry = Telemetry(Counters())
    references = ReferencePrices(clock)
    sender = Sender(
        database,
        clock,
        channels,
        dice=random.Random(),  # noqa: S311  jitter, no secret
        rules=rules_of(settings),
        operators=operators,
        may_send=may_send,
        lease=claim_lease(database, settings.database.lease),
    )
    sender.on_attempt = telemetry.attempted
    poller = poller_of(settings, clock, database, references, rights)
    parts = Parts(
        Polling(
            poller,
            database,
            operators,
            manager,
            outages=Outages.of(settings),
            polled=telemetry.polled,
            wake=sender.wake,
            rights=rights,
        ),
        _pipeline(settings, clock, database, policy, beginning.live_from),
        sender,
        Faults(
            database,
            clock,
            operators,
            channels,
            wake=sender.wake,
            failed=telemetry.failed,
            stop=over,
        ),
        telemetry,
        over,
    )
    schedule = settings.schedule
    cycle = _cycle(settings, clock, parts, over, rights)
    poll = cycle.run
    heartbeat = heartbeat_of(settings.heartbeat)
    if heartbeat is not None:
        poll = _beating(heartbeat, poll, settings, clock, database, parts)
        parts.background["heartbeat"] = lambda: heartbeat.run(over)
    parts.jobs["poll"] = Job(
        poll,
        settings.engine.interval,
        offset=schedule.settle,
        at_start=True,
    )
    parts.jobs["prune"] = Job(
        pruning(database, settings, clock), schedule.prune, retried=FIRST_RETRY
    )
    if channels_for(Audience.REPORT, channels):
        work = reports(database, settings, clock, sender.wake, asked_at=lambda: cycle.settled_at)
        parts.jobs["report"] = Job(work, REPORT_LOOK, at_start=True)
    sources = supply_sources(settings, clock)
    if sources:
        parts.sources.extend(asked.source for asked in sources)
        work = supplies_read(
            sources, database, settings, clock, references, operators, wake=sender.wake
        )
        parts.jobs["supplies"] = Job(work, schedule.supplies, at_start=True)
    _add_vendors(parts, settings, clock, database, operators)
    parts.jobs.update(beside_bars(poller, database, settings, clock, rights))
    parts.background["sender"] = lambda: sender.run(over)
    if beginning.owes_start_digest:
        parts.background["start digest"] = start_digest_told(
            database, settings, clock, policy, beginning.live_from, stop=over, wake=sender.wake
        )
    if page is not None:
        parts.background["page"] = _served(page, settings, telemetry, parts.faults, over)
    return parts


def _add_vendors(
    parts: Parts, settings: Settings, clock: Clock, database: Database, operators: Operators
) -> None:
    """What others publish, as far as the configuration names it: shown beside ours, no flag reads it."""
    schedule, wake = settings.schedule, parts.sender.wake
    figures = activity_sources(settings, clock)
    parts.sources.extend(figures)
    if figures:
        work = vendors_read(figures, database, clock, operators, wake=wake)
        parts.jobs["activity"] = Job(work, schedule.activity, at_start=True)
    figures = reference_sources(settings, clock)
    parts.sources.extend(figures)
    if figures:
        work = vendors_read(figures, database, clock, operators, wake=wake)
        parts.jobs["references"] = Job(work, schedule.references, at_start=True)
    feeds = feeds_of(settings, clock)
    parts.sources.extend(feeds)
    if feeds:
        work = headlines_read(feeds, database, clock)
        parts.jobs["headlines"] = Job(work, schedule.headlines, at_start=True)


def engine_of(settings: Settings, live_from: datetime | None) -> Engine:
    """The engine by these settings."""
    return Engine(
        settings.universe,
        settings.engine.interval,
        analytics=settings.analytics,
        detection=settings.detection,
        live_from=live_from,
    )


def _pipeline(
    settings: Settings, clock: Clock, database: Database, policy: AlertPolicy, live_from: datetime
) -> Pipeline:
    width = settings.engine.interval
    engine = engine_of(settings, live_from)
    return Pipeline(
        database,
        engine,
        width,
        deadline=settings.engine.deadline,
        clock=clock,
        notices=NoticeMaker(policy, enricher_of(settings), live_from),
        perpetuals=settings.perpetuals,
    )


def _cycle(
    settings: Settings, clock: Clock, parts: Parts, stop: asyncio.Event, rights: VenueRights
) -> Cycle:
    def stepped(progress: Progress, seconds: float) -> None:
        parts.telemetry.stepped(progress, seconds)
        if progress.notices:
            parts.sender.wake()

    return Cycle(
        parts.polling,
        parts.pipeline,
        clock,
        settings.engine.interval,
        retry_every=settings.schedule.retry_every,
        stopping=stop.is_set,
        on_progress=stepped,
        is_ours=is_ours(settings, rights),
    )


def _beating(
    heartbeat: Heartbeat,
    poll: Work,
    settings: Settings,
    clock: Clock,
    database: Database,
    parts: Parts,
) -> Work:
    def wrong() -> tuple[str, ...]:
        return readiness(
            database,
            clock.now(),
            width=settings.engine.interval,
            deadline=settings.engine.deadline,
            storage_fault=parts.faults.standing,
        ).reasons

    return beating(heartbeat, poll, wrong, heard=lambda: parts.polling.is_good)


def _served(
    page: Page, settings: Settings, telemetry: Telemetry, faults: Faults, over: asyncio.Event
) -> Work:
    """The page under these settings, and what it is told of this process."""

    def standing() -> Standing:
        return Standing(faults.standing, telemetry.counters.text(), rss_bytes())

    return lambda: page.beside(settings, faults, standing, over)
