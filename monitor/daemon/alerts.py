"""From the engine's outputs to notices, inside the transaction that stores them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from monitor.content.alert_policy import AlertPolicy, Form, Voice
from monitor.content.notices import notices_for
from monitor.content.reminders import Standing, reminders_for
from monitor.content.report.selection import states_at
from monitor.content.start_digest import start_digest
from monitor.content.told import Told, told_from
from monitor.daemon.around import INSTANT, Gatherer
from monitor.model.grid import is_aligned
from monitor.model.notice import Act, Channel, Notice
from monitor.model.rotation import Rotation, Severity, StepOutput
from monitor.settings.schema import Settings
from monitor.store import outbox, rotations, steps
from monitor.store.database import Database

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def policy_of(settings: Settings, channels: Iterable[Channel]) -> AlertPolicy:
    """The policy of the [alerts] table for the channels that are set up."""
    alerts, found = settings.alerts, set(channels)
    quiet = alerts.quiet_hours
    voices: list[Voice] = []
    if Channel.SLACK in found:
        form = Form.THREADS if alerts.slack.bot_token is not None else Form.MESSAGES
        voices.append(Voice(Channel.SLACK, form, Severity(alerts.minimum_severity)))
    if Channel.EMAIL in found:
        voices += [
            Voice(Channel.EMAIL, Form.MAIL, Severity.CRITICAL, address)
            for address in alerts.email.recipients
        ]
    return AlertPolicy(
        voices=tuple(voices),
        quiet=(quiet[0], quiet[1]) if quiet else None,
        quiet_zone=ZoneInfo(alerts.quiet_timezone),
        reminder_after=alerts.reminder_after,
        reminder_step=alerts.reminder_step_pp / 100,
    )


def names_of(settings: Settings) -> dict[str, str]:
    """Sector id -> name."""
    return {sector.id: sector.name for sector in settings.universe.sectors}


def gatherer_of(settings: Settings) -> Gatherer:
    """What stands around rotations, by these settings."""
    return Gatherer(
        settings.universe, names_of(settings), settings.detection, page=settings.web.url or ""
    )


class NoticeMaker:
    """Makes the notices of a batch of steps; called in the write transaction of that batch.

    ``live_from``: what became knowable before the daemon first looked is history and told to nobody; None tells all.
    """

    def __init__(self, policy: AlertPolicy, gatherer: Gatherer, live_from: datetime | None) -> None:
        self._policy = policy
        self._gatherer = gatherer
        self._live_from = live_from

    def __call__(self, conn: Connection, outputs: Sequence[StepOutput]) -> list[Notice]:
        """In order; what quiet hours held and a louder notice tells is marked so."""
        made: list[Notice] = []
        for output in outputs:
            at = output.step.close_time
            if not self._policy.voices or (self._live_from is not None and at <= self._live_from):
                continue
            fresh = self._of_step(conn, output, made)
            for notice in fresh:
                if notice.urgent and notice.act is Act.SAY and notice.told_in is None:
                    made = self._overtaken(conn, notice, made)
            made += fresh
        return made

    def _of_step(
        self, conn: Connection, output: StepOutput, made: Sequence[Notice]
    ) -> list[Notice]:
        at = output.step.close_time

        def told_of(voice: Voice, rotation_id: str) -> Told | None:
            return _told(conn, voice, rotation_id, made, at)

        fresh: list[Notice] = []
        if output.changes:
            around = {
                c.rotation.id: self._gatherer.around(conn, c.rotation, output.step)
                for c in output.changes
            }
            fresh += notices_for(output.changes, self._policy, around, told_of)
        if is_aligned(at, HOUR):  # often enough, and the cost does not grow with a finer grid
            changed = {c.rotation.id for c in output.changes}
            fresh += reminders_for(self._standing(conn, output, changed), self._policy, told_of)
        return fresh

    def _standing(self, conn: Connection, output: StepOutput, changed: set[str]) -> list[Standing]:
        """Rotations that are on; those that changed in this step have just been spoken of."""
        at = output.step.close_time
        return [
            Standing(rotation, self._gatherer.around(conn, rotation, output.step), at)
            for rotation in self._states(conn, at)
            if rotation.is_on and rotation.id not in changed
        ]

    def _states(self, conn: Connection, at: datetime) -> list[Rotation]:
        """Rotations as they stood at ``at``; of a batch, later steps are stored already."""
        longest = timedelta(hours=self._gatherer.detection.max_age_h) + DAY
        return states_at(rotations.list_changes(conn, since=at - longest, until=at + INSTANT), at)

    def _overtaken(self, conn: Connection, urgent: Notice, made: Sequence[Notice]) -> list[Notice]:
        """What quiet hours hold of the rotation is told by the louder notice now."""
        held = [
            stored.id
            for stored in _stored(conn, urgent, urgent.thread)
            if stored.attempts == 0
            and stored.notice.thread == urgent.thread
            and stored.notice.due_at > urgent.event_at
        ]
        outbox.tell_in(conn, held, urgent.dedup_key)
        return [
            replace(notice, told_in=urgent.dedup_key)
            if (notice.channel, notice.recipient, notice.thread)
            == (urgent.channel, urgent.recipient, urgent.thread)
            and notice.due_at > urgent.event_at
            else notice
            for notice in made
        ]


def _told(
    conn: Connection, voice: Voice, rotation_id: str, made: Sequence[Notice], at: datetime
) -> Told | None:
    """From what is stored and what this batch has made so far."""
    found = [
        (
            stored.notice,
            stored.attempts == 0 and stored.delivered_at is None and stored.notice.due_at > at,
        )
        for stored in outbox.notices_of(conn, rotation_id, voice.channel, voice.recipient)
    ]
    found += [
        (notice, notice.due_at > at)
        for notice in made
        if (notice.channel, notice.recipient) == (voice.channel, voice.recipient)
        and rotation_id in notice.payload["rotations"]
    ]
    return told_from(rotation_id, found)


def _stored(conn: Connection, notice: Notice, rotation_id: str) -> list[outbox.StoredNotice]:
    return outbox.notices_of(conn, rotation_id, notice.channel, notice.recipient)


def digest_at_start(
    database: Database, policy: AlertPolicy, gatherer: Gatherer, at: datetime
) -> int:
    """Tell of the rotations that were on when the daemon first looked, once; how many notices were added."""
    with database.write() as conn:
        on = [r for r in rotations.list_rotations(conn) if r.is_on and r.at_start]
        picture = steps.latest_step(conn)
        if picture is None:
            return 0
        around = {r.id: gatherer.around(conn, r, picture) for r in on}
        return outbox.enqueue(conn, start_digest(on, around, at, policy.voices))
