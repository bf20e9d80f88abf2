"""What the daemon's parts did, as metrics and lines of the log."""

from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED

from monitor.delivery.sender import Attempt
from monitor.ingest.poll_report import PollReport
from monitor.pipeline import Progress
from monitor.web.metrics import Counters

log = structlog.get_logger(__name__)

_RINGS = {EVENT_JOB_MISSED: "missed", EVENT_JOB_MAX_INSTANCES: "still_running"}


class Telemetry:
    """Counts; decides nothing."""

    def __init__(self, counters: Counters) -> None:
        self.counters = counters

    def polled(self, report: PollReport) -> None:
        """What each venue gave, and how long it took."""
        for venue in report.venues:
            if venue.asked:
                self.counters.poll_seconds.labels(venue.venue).observe(venue.ms / 1000)
            for kind in ("new", "revised", "refused"):
                self.counters.bars.labels(venue.venue, kind).inc(getattr(venue, kind))

    def stepped(self, progress: Progress, seconds: float) -> None:
        """A catch-up and how long it took."""
        if progress.steps:
            self.counters.steps.inc(progress.steps)
            self.counters.step_seconds.observe(seconds)
            log.info(
                "stepped",
                steps=progress.steps,
                close=str(progress.last_close),
                ms=round(1000 * seconds),
            )
        for change in progress.changes:
            rotation, reason = change.rotation, change.reason.value
            self.counters.changes.labels(rotation.from_sector, rotation.to_sector, reason).inc()
            log.info("rotation", id=rotation.id, reason=reason, pair=" to ".join(rotation.pair))

    def attempted(self, attempt: Attempt) -> None:
        """A try to send a notice."""
        self.counters.sends.labels(attempt.channel, attempt.outcome).inc()
        if attempt.delay_s is not None:
            self.counters.notice_delay.labels(attempt.channel).observe(attempt.delay_s)

    def not_rung(self, event: Any) -> None:
        """The scheduler's event of a ring that was missed, or skipped since the job still runs."""
        self.counters.jobs_missed.labels(_RINGS[event.code]).inc()

    def failed(self) -> None:
        """A job ended in an error."""
        self.counters.jobs_missed.labels("failed").inc()
