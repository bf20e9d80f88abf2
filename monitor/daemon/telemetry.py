"""What the daemon's parts did, as metrics and lines of the log."""

from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED

from monitor.delivery.sender import Attempt
from monitor.pipeline import Progress
from monitor.web.metrics import Metrics

log = structlog.get_logger(__name__)

_RINGS = {EVENT_JOB_MISSED: "missed", EVENT_JOB_MAX_INSTANCES: "still_running"}


class Telemetry:
    """Counts; decides nothing."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def stepped(self, progress: Progress, seconds: float) -> None:
        """A catch-up and how long it took."""
        if progress.steps:
            self._metrics.steps.inc(progress.steps)
            self._metrics.step_seconds.observe(seconds)
            log.info(
                "stepped",
                steps=progress.steps,
                close=str(progress.last_close),
                ms=round(1000 * seconds),
            )
        for change in progress.changes:
            rotation, reason = change.rotation, change.reason.value
            self._metrics.changes.labels(rotation.from_sector, rotation.to_sector, reason).inc()
            log.info("rotation", id=rotation.id, reason=reason, pair=" to ".join(rotation.pair))

    def attempted(self, attempt: Attempt) -> None:
        """A try to send a notice."""
        self._metrics.sends.labels(attempt.channel, attempt.outcome).inc()
        if attempt.delay_s is not None:
            self._metrics.notice_delay.labels(attempt.channel).observe(attempt.delay_s)

    def not_rung(self, event: Any) -> None:
        """The scheduler's event of a ring that was missed, or skipped since the job still runs."""
        self._metrics.jobs_missed.labels(_RINGS[event.code]).inc()

    def failed(self) -> None:
        """A job ended in an error."""
        self._metrics.jobs_missed.labels("failed").inc()
