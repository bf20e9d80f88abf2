"""The one place that knows concrete classes and puts the daemon together."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED

from monitor.alerting.maker import (
    NoticeMaker,
    digest_at_start,
    enricher_of,
    owe_start_digest,
    owes_start_digest,
    policy_of,
)
from monitor.alerting.operator_notice import operator_notice
from monitor.alerting.policy import AlertPolicy
from monitor.bootstrap import channels_of, operators, rules_of
from monitor.clock import Clock
from monitor.daemon.cycle import Cycle
from monitor.daemon.process import rss_bytes
from monitor.delivery.channel import ChannelSender, Sending
from monitor.delivery.sender import Attempt, Sender
from monitor.engine import Engine
from monitor.ingest.coingecko import CoinGecko
from monitor.ingest.errors import VenueError
from monitor.ingest.exchange.clients import ClientOptions, make_clients
from monitor.ingest.poll_report import PollReport
from monitor.ingest.poller import Poller
from monitor.ingest.supplies_job import read_supplies_into
from monitor.model.errors import MonitorError
from monitor.model.grid import iso
from monitor.model.notice import Channel, Notice
from monitor.pipeline import Pipeline, Progress
from monitor.reference import sync_supplies
from monitor.reporting.schedule import enqueue_due
from monitor.settings.schema import Settings
from monitor.store import engine_state, meta, outbox, venue_health
from monitor.store.database import Database
from monitor.store.errors import StoreError
from monitor.store.prune import prune
from monitor.web.metrics import Metrics
from monitor.web.readiness import LAST_GOOD_POLL

log = structlog.get_logger(__name__)

REPORT_LOOK = timedelta(minutes=1)
"""How often the daemon looks whether a report is due; what is due stands in a table, not in the bell."""
REVIVED = timedelta(days=1)
"""What a channel refused for good within that time is tried once more at a start: its settings may have been mended."""
Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass
class Parts:
    """The daemon's parts, and what goes wrong in them told once."""

    settings: Settings
    clock: Clock
    database: Database
    stop: asyncio.Event
    poller: Poller
    sender: Sender
    pipeline: Pipeline
    metrics: Metrics
    channels: dict[Channel, ChannelSender]
    started_at: datetime
    cycle: Cycle = field(init=False)
    fault: str | None = None
    background: dict[str, Work] = field(default_factory=dict)
    periodic: dict[str, tuple[timedelta, Work]] = field(default_factory=dict)

    async def ask(self, now: datetime) -> PollReport:
        """Poll, remember health, tell the operator of transitions."""
        report = await self.poller.poll(now)
        await asyncio.to_thread(self._remember, report)
        if report.transitions:
            self.sender.wake()
        return report

    def on_progress(self, progress: Progress, seconds: float) -> None:
        """After each catch-up: metrics, and the sender woken for what was enqueued."""
        self._well()
        if progress.steps:
            self.metrics.steps.inc(progress.steps)
            self.metrics.step_seconds.observe(seconds)
            log.info(
                "stepped",
                steps=progress.steps,
                close=str(progress.last_close),
                ms=round(1000 * seconds),
            )
        for change in progress.changes:
            rotation = change.rotation
            self.metrics.changes.labels(
                rotation.from_sector, rotation.to_sector, change.reason.value
            ).inc()
            log.info(
                "rotation",
                id=rotation.id,
                reason=change.reason.value,
                pair=" to ".join(rotation.pair),
            )
        if progress.notices:
            self.sender.wake()

    def on_attempt(self, attempt: Attempt) -> None:
        """Metrics of a send."""
        self.metrics.sends.labels(attempt.channel.value, attempt.outcome).inc()
        if attempt.delay_s is not None:
            self.metrics.notice_delay.labels(attempt.channel.value).observe(attempt.delay_s)

    def on_job_event(self, event: Any) -> None:
        """A ring that was missed, skipped or failed is counted; a failure is told."""
        kind = {EVENT_JOB_MISSED: "missed", EVENT_JOB_MAX_INSTANCES: "still_running"}.get(
            event.code, "failed"
        )
        self.metrics.jobs_missed.labels(kind).inc()
        error = getattr(event, "exception", None)
        if error is not None:
            self.report_fault(event.job_id, error)

    def report_fault(self, job: str, error: BaseException) -> None:
        """Told once when it breaks and once when it is well; on every way that still works."""
        text = (
            f"{job} failed: {error}"
            if isinstance(error, MonitorError)
            else f"{job} failed: {type(error).__name__}"
        )
        log.error(
            "job failed",
            job=job,
            error=text,
            exc_info=None if isinstance(error, MonitorError) else error,
        )
        if self.fault is None:
            self.fault = text
            self._tell(
                "storage" if isinstance(error, StoreError) else "job",
                f"{text}. Polling goes on; nothing was lost.",
            )

    def _well(self) -> None:
        if self.fault is not None:
            self._tell("storage", f"well again after: {self.fault}")
            self.fault = None

    def _tell(self, what: str, text: str) -> None:
        """Through the outbox; where the store takes nothing, straight to every channel that still works."""
        told = operator_notice(what, text, self.clock.now())
        try:
            with self.database.write() as conn:
                outbox.enqueue(conn, self._to_operators(told))
            self.sender.wake()
        except MonitorError:
            for notice in self._by_every_way(told):
                task = asyncio.get_running_loop().create_task(
                    self.channels[notice.channel].send(
                        notice, Sending(self.clock.now(), plain=True)
                    )
                )
                task.add_done_callback(_swallow)

    def _to_operators(self, notice: Notice) -> list[Notice]:
        """On their own channel; where none is set up, by mail; empty where nobody could be told."""
        return [notice] if Channel.OPERATOR in self.channels else self._by_every_way(notice)

    def _by_every_way(self, notice: Notice) -> list[Notice]:
        """On their own channel and by mail, as far as these are set up."""
        found = [notice] if Channel.OPERATOR in self.channels else []
        if Channel.EMAIL in self.channels:
            found += [
                replace(notice, channel=Channel.EMAIL, recipient=address)
                for address in operators(self.settings)
            ]
        return found

    def _remember(self, report: PollReport) -> None:
        notices = [operator_notice(f"venue {t.venue}", t.text, t.at) for t in report.transitions]
        rss = rss_bytes()
        with self.database.write() as conn:
            for health in report.health:
                venue_health.save_health(conn, health)
            if report.is_good:
                meta.put(conn, LAST_GOOD_POLL, iso(report.at))
            if rss is not None:
                meta.put(conn, "rss_mb", f"{rss / 1e6:.1f}")
            outbox.enqueue(conn, [told for n in notices for told in self._to_operators(n)])

    async def report(self) -> None:
        """Put the daily reports that are due on their way."""
        added = await asyncio.to_thread(
            enqueue_due, self.database, self.settings, self.clock.now(), started_at=self.started_at
        )
        if added:
            self.sender.wake()

    async def prune(self) -> None:
        """Delete what is older than its retention."""
        await asyncio.to_thread(self._prune)

    def _prune(self) -> None:
        retention = {str(kind): length for kind, length in self.settings.schedule.retention.items()}
        with self.database.write() as conn:
            prune(conn, now=self.clock.now(), retention=retention)

    async def close(self) -> None:
        """Give connections back."""
        await asyncio.gather(self.poller.close(), self.sender.close(), return_exceptions=True)


def _swallow(task: "asyncio.Task[Any]") -> None:
    """The failure was logged already; the channel is down as well."""
    if not task.cancelled() and task.exception() is not None:
        log.warning("operator not reached", error=type(task.exception()).__name__)


def client_options(settings: Settings) -> dict[str, ClientOptions]:
    """Of the venues' tables."""
    return {
        venue: ClientOptions(
            enabled=table.enabled,
            base_url=table.base_url,
            timeout=table.timeout,
            rate_limit_ms=table.rate_limit_ms,
            settle=table.settle,
        )
        for venue, table in settings.venues.items()
    }


def assemble(settings: Settings, clock: Clock, database: Database, stop: asyncio.Event) -> Parts:
    """All parts, wired; nothing runs yet."""
    width = settings.engine.interval
    with database.write() as conn:
        sync_supplies(conn, settings.supplies, clock.now())
        outbox.revive(conn, since=clock.now() - REVIVED, now=clock.now())
        live_from = engine_state.live_from(conn)
        if live_from is None:
            live_from = clock.now()
            engine_state.set_live_from(conn, live_from)
            owe_start_digest(conn)
        owed = owes_start_digest(conn)
    engine = Engine(
        settings.universe,
        width,
        analytics=settings.analytics,
        detection=settings.detection,
        live_from=live_from,
    )
    channels = channels_of(settings, database, clock)
    policy = policy_of(settings, channels)
    metrics = Metrics()
    pipeline = Pipeline(
        database,
        engine,
        width,
        deadline=settings.engine.deadline,
        clock=clock,
        notices=NoticeMaker(policy, enricher_of(settings), live_from),
    )
    poller = Poller(
        settings.universe,
        make_clients(settings.universe, clock, client_options(settings)),
        database,
        clock,
        width,
        deadline=settings.schedule.poll_timeout,
    )
    sender = Sender(
        database,
        clock,
        channels,
        dice=random.Random(),  # noqa: S311  jitter, no secret
        rules=rules_of(settings),
        mail_operators=operators(settings),
    )
    parts = Parts(
        settings, clock, database, stop, poller, sender, pipeline, metrics, channels, clock.now()
    )
    sender.on_attempt = parts.on_attempt
    parts.cycle = Cycle(
        parts.ask,
        pipeline,
        clock,
        retry_every=settings.schedule.retry_every,
        stopping=stop.is_set,
        on_progress=parts.on_progress,
    )
    parts.background["sender"] = lambda: sender.run(stop)
    parts.periodic["prune"] = (settings.schedule.prune, parts.prune)
    if Channel.REPORT in channels:
        parts.periodic["report"] = (REPORT_LOOK, parts.report)
        parts.background["first report"] = parts.report
    _add_web(parts)
    _add_supplies(parts)
    if owed:
        parts.background["start digest"] = lambda: _digest_when_caught_up(parts, policy, live_from)
    return parts


async def _digest_when_caught_up(parts: Parts, policy: AlertPolicy, live_from: datetime) -> None:
    """Once the history before the first look has been stepped; a store that is busy is asked again."""
    enricher = enricher_of(parts.settings)
    while not parts.stop.is_set():
        try:
            if await asyncio.to_thread(_caught_up, parts, live_from):
                await asyncio.to_thread(
                    digest_at_start, parts.database, policy, enricher, parts.clock.now()
                )
                parts.sender.wake()
                return
        except MonitorError as error:
            log.warning("start digest waits", error=str(error))
        await asyncio.sleep(1.0)


def _caught_up(parts: Parts, live_from: datetime) -> bool:
    with parts.database.read() as conn:
        stored = engine_state.load_state(conn)
    width = parts.settings.engine.interval
    return stored is not None and stored.last_open + 2 * width > live_from


def _add_web(parts: Parts) -> None:
    """The page, its JSON and metrics, served by this process."""
    if not parts.settings.web.enabled:
        return
    from monitor.daemon.serve import serve  # noqa: PLC0415  starlette and uvicorn only where a page is wanted

    parts.background["web"] = lambda: serve(parts)


def _add_supplies(parts: Parts) -> None:
    """CoinGecko, where it is on."""
    source = parts.settings.sources.get("coingecko")
    if source is None or not source.enabled:
        return
    gecko = CoinGecko(
        parts.clock,
        plan=source.plan,
        key=source.api_key.reveal() if source.api_key else None,
        base_url=source.base_url,
    )

    async def read() -> None:
        try:
            reading, saved = await read_supplies_into(
                gecko, parts.database, parts.settings.universe, parts.clock
            )
        except VenueError as error:
            log.warning("supplies not read", error=str(error))
            return
        log.info("supplies read", new=saved.new, waiting=len(reading.refusals))

    parts.background["first supplies"] = read
    parts.periodic["supplies"] = (parts.settings.schedule.supplies, read)
