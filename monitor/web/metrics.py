"""What an operator's Prometheus reads; registered on a registry of its own, never the process-wide one."""

import math
import platform
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
)
from prometheus_client.exposition import generate_latest

from monitor import __version__
from monitor.model.bars import VenueHealth, VenueState
from monitor.model.universe import Market
from monitor.store import bars, meta, outbox, quarantine, steps, venue_health
from monitor.store.database import Database


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in bytes; None where it is not known."""

    daemon: int | None
    page: int | None


class Counters:
    """What the daemon counts; it hands them on as text, since another process answers who asks."""

    def __init__(self) -> None:
        # else there is a series beside each counter that says nothing but when the process began
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        Info("monitor_build", "The program that runs.", registry=self.registry).info(
            {"version": __version__, "python": platform.python_version()}
        )
        self.bars = Counter(
            "monitor_bars",
            "Bars that venues gave: new, revised (the venue changed a stored one) or refused.",
            ["venue", "kind"],
            registry=self.registry,
        )
        self.poll_seconds = Histogram(
            "monitor_poll_seconds",
            "Seconds from asking a venue to its last answer.",
            ["venue"],
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60),
            registry=self.registry,
        )
        self.step_seconds = Histogram(
            "monitor_step_seconds",
            "Seconds a catch-up took, commits included.",
            registry=self.registry,
        )
        self.steps = Counter("monitor_steps", "Intervals stepped.", registry=self.registry)
        self.changes = Counter(
            "monitor_rotation_changes",
            "Changes of rotations.",
            ["from_sector", "to_sector", "reason"],
            registry=self.registry,
        )
        self.sends = Counter(
            "monitor_send_attempts",
            "Attempts to send, by outcome.",
            ["channel", "outcome"],
            registry=self.registry,
        )
        self.notice_delay = Histogram(
            "monitor_notice_delay_seconds",
            "Seconds from event to receipt.",
            ["channel"],
            buckets=(1, 5, 15, 60, 120, 300, 900, 3600, 14_400, 86_400),
            registry=self.registry,
        )
        self.jobs_missed = Counter(
            "monitor_jobs_missed",
            "Scheduled runs missed, skipped or failed.",
            ["kind"],
            registry=self.registry,
        )

    def text(self) -> str:
        """All of them in Prometheus's text form."""
        return generate_latest(self.registry).decode()


class Gauges:
    """What is read from the database when it is asked for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._gauges = _gauges(self.registry)
        self._reading = threading.Lock()

    def render(
        self,
        database: Database,
        now: datetime,
        *,
        width_s: float,
        markets: Iterable[Market],
        memory: Memory,
    ) -> str:
        """The text form; reads what is cheap to read. ``markets``: those that are watched. Two readers at once take turns."""
        with self._reading:
            self._set(database, now, width_s, markets)
            for name, value in (("rss", memory.daemon), ("page_rss", memory.page)):
                self._gauges[name].set(math.nan if value is None else value)
            return generate_latest(self.registry).decode()

    def _set(
        self, database: Database, now: datetime, width_s: float, markets: Iterable[Market]
    ) -> None:
        gauges = self._gauges
        with database.read() as conn:
            good, step = meta.get(conn, meta.LAST_GOOD_POLL), steps.latest_step(conn)
            stats = outbox.pending_stats(conn, now)
            health = venue_health.read_health(conn)
            last_bars = bars.last_bar_times(conn, timedelta(seconds=width_s))
            refused = quarantine.counts(conn)
        if good:
            gauges["poll_age"].set((now - datetime.fromisoformat(good)).total_seconds())
        if step:
            gauges["step_age"].set((now - step.close_time).total_seconds())
        _set_outbox(gauges, stats)
        for venue in health:
            gauges["venue_up"].labels(venue.venue).set(1 if _works(venue) else 0)
        for market in markets:
            opened = last_bars.get(market.id)
            if opened is not None and market.listed_at(now):
                age = (now - opened).total_seconds() - width_s
                gauges["bar_age"].labels(market.id, market.venue, market.token).set(age)
        gauges["quarantined"].clear()
        for venue_id, _, reason, count, *_ in refused:
            gauges["quarantined"].labels(venue_id, reason).inc(count)


def _works(venue: VenueHealth) -> bool:
    return venue.state in (VenueState.UP, VenueState.DEGRADED)


def _set_outbox(gauges: dict[str, Gauge], stats: outbox.OutboxStats) -> None:
    gauges["pending"].clear()
    for channel, pending in stats.by_channel.items():
        gauges["pending"].labels(str(channel)).set(pending)
    gauges["failed"].set(stats.failed)
    gauges["oldest"].set(stats.oldest_s or 0)


def _gauges(registry: CollectorRegistry) -> dict[str, Gauge]:
    def gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(name, text, labels, registry=registry)

    return {
        "poll_age": gauge(
            "monitor_last_good_poll_age_seconds", "Seconds since a venue last answered well."
        ),
        "step_age": gauge(
            "monitor_last_step_age_seconds", "Seconds since the close of the last stepped interval."
        ),
        "bar_age": gauge(
            "monitor_bar_age_seconds",
            "Seconds since the close of a watched market's newest bar.",
            ("market", "venue", "token"),
        ),
        "pending": gauge("monitor_outbox_pending", "Notices waiting.", ("channel",)),
        "oldest": gauge("monitor_outbox_oldest_seconds", "Age of the oldest waiting notice."),
        "failed": gauge("monitor_outbox_failed", "Notices refused for good."),
        "venue_up": gauge("monitor_venue_up", "1 while the venue answers.", ("venue",)),
        "quarantined": gauge("monitor_quarantined", "Rows kept out.", ("venue", "reason")),
        "rss": gauge("monitor_rss_bytes", "Resident memory of the daemon."),
        "page_rss": gauge("monitor_page_rss_bytes", "Resident memory of the page's process."),
    }
