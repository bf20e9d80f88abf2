"""From the engine's outputs to notices, inside the transaction that stores them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from monitor.content.alert_text import spark_line
from monitor.content.notices import AlertPolicy, notices_for, start_digest
from monitor.model.notice import Channel, Notice
from monitor.model.rotation import Severity, StepOutput
from monitor.settings.schema import Settings
from monitor.store import outbox, rotations, steps
from monitor.store.database import Database

SPARK_HOURS = 24
SPARK_POINTS = 12


def policy_of(settings: Settings, channels: Sequence[Channel]) -> AlertPolicy:
    """The policy of the [alerts] table for the channels that are set up."""
    quiet = settings.alerts.quiet_hours
    return AlertPolicy(
        minimum=Severity(settings.alerts.minimum_severity),
        quiet=(quiet[0], quiet[1]) if quiet else None,
        quiet_zone=ZoneInfo(settings.alerts.quiet_timezone),
        channels=tuple(channels),
        detection=settings.detection,
    )


def names_of(settings: Settings) -> dict[str, str]:
    """Sector id -> name."""
    return {sector.id: sector.name for sector in settings.universe.sectors}


class NoticeMaker:
    """Makes the notices of a batch of steps; called in the write transaction of that batch."""

    def __init__(
        self, policy: AlertPolicy, names: Mapping[str, str], live_from: datetime | None
    ) -> None:
        self._policy = policy
        self._names = names
        self._live_from = live_from

    def __call__(self, conn: Connection, outputs: Sequence[StepOutput]) -> list[Notice]:
        """What became knowable before the daemon first looked is history and told to nobody."""
        made: list[Notice] = []
        for output in outputs:
            changes = [
                c
                for c in output.changes
                if self._live_from is None or c.changed_at > self._live_from
            ]
            if not changes:
                continue
            told = {c.rotation.id for c in changes if outbox.was_told(conn, c.rotation.id)}
            told |= {rotation for notice in made for rotation in notice.payload["rotations"]}
            sparks = _sparks(
                conn, {c.rotation.from_sector for c in changes}, output.step.close_time
            )
            made += notices_for(changes, self._policy, self._names, told, sparks)
        return made


def digest_at_start(
    database: Database, policy: AlertPolicy, names: Mapping[str, str], at: datetime
) -> int:
    """Tell of the rotations that were on when the daemon first looked, once; how many notices were added."""
    with database.write() as conn:
        on = [r for r in rotations.list_rotations(conn) if r.is_on and r.at_start]
        return outbox.enqueue(conn, start_digest(on, names, at, policy.channels))


def _sparks(conn: Connection, sectors: set[str], at: datetime) -> dict[str, str]:
    """A spark line of each sector's index over the last day."""
    every = timedelta(hours=SPARK_HOURS / SPARK_POINTS)
    rows = steps.sector_series(
        conn, at - timedelta(hours=SPARK_HOURS), at + timedelta(microseconds=1), every=every
    )
    return {
        sector: spark_line([state.index for _, state in rows if state.id == sector])
        for sector in sorted(sectors)
    }
