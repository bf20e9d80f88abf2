"""From the engine's outputs to notices, inside the transaction that stores them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from monitor.alerting.decide import Decision, decide, silences_of_all
from monitor.alerting.enrich import Enricher
from monitor.alerting.history import REMEMBERED, Histories, History, history_from
from monitor.alerting.overtaking import comes_before, is_told_by
from monitor.alerting.policy import AlertPolicy, Receiver, is_at_least
from monitor.alerting.reminders import Standing, reminders_for
from monitor.alerting.silences import silences_in
from monitor.model.grid import is_aligned, iso
from monitor.model.notice import Act, Notice, NoticeKind
from monitor.model.rotation import RotationChange, StepOutput
from monitor.model.silence import Why
from monitor.store import outbox, rotations
from monitor.store.outbox_order import HELD
from monitor.store.outbox_rows import StoredNotice
from monitor.store.silences import save_silences

log = structlog.get_logger(__name__)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_OUR_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""A fault in what a message is made from; what the store says is raised as it is."""


class NoticeMaker:
    """Makes the notices of a batch of steps; called in the write transaction of that batch.

    ``live_from``: what became knowable before the daemon first looked is history and told to nobody; None tells all.
    """

    def __init__(self, policy: AlertPolicy, enricher: Enricher, live_from: datetime | None) -> None:
        self._policy = policy
        self._enricher = enricher
        self._live_from = live_from

    def __call__(self, conn: Connection, outputs: Sequence[StepOutput]) -> list[Notice]:
        """In order; what quiet hours held and a louder notice tells is marked so. Why nothing is told is stored."""
        made: list[Notice] = []
        for output in outputs:
            if not self._policy.receivers:
                continue
            at = output.step.close_time
            if self._live_from is not None and at <= self._live_from:
                save_silences(
                    conn, silences_of_all(output.changes, self._policy, Why.BEFORE_FIRST_LOOK)
                )
                continue
            try:
                decision = self._of_step(conn, output, made)
            except _OUR_FAULTS:
                # detection goes on whatever is wrong with a message
                log.exception("no message could be made", at=iso(at))
                decision = Decision(tuple(n for c in output.changes for n in self._bare(c)), ())
            save_silences(conn, decision.silences)
            for notice in decision.notices:
                if notice.urgent and notice.act in (Act.SAY, Act.REPLY) and notice.told_in is None:
                    made = _overtaken(conn, notice, made)
            made += decision.notices
        return made

    def _bare(self, change: RotationChange) -> list[Notice]:
        """A change whose message could not be made, in words that need no figures."""
        rotation = change.rotation
        text = f"{rotation.id}: {change.reason.value}, {rotation.severity.value}; see: monitor explain {rotation.id}"
        return [
            Notice(
                dedup_key=f"{rotation.id}|{change.reason.value}|{iso(change.changed_at)}",
                channel=receiver.channel,
                kind=NoticeKind.ROTATION,
                text=text,
                event_at=change.changed_at,
                due_at=change.changed_at,
                thread=rotation.id,
                recipient=receiver.recipient,
                payload={"body": text, "rotations": [rotation.id]},
            )
            for receiver in self._policy.receivers
            if is_at_least(rotation.severity, receiver.minimum)
        ]

    def _of_step(self, conn: Connection, output: StepOutput, made: Sequence[Notice]) -> Decision:
        """Read first, then decided from values."""
        at = output.step.close_time
        changed = {c.rotation.id for c in output.changes}
        joined = {c.rotation.joins for c in output.changes if c.rotation.joins}
        facts = {
            c.rotation.id: self._enricher.facts(conn, c.rotation, output.step)
            for c in output.changes
        }
        # often enough, and the cost does not grow with a finer grid
        standing = self._standing(conn, output, changed) if is_aligned(at, HOUR) else []
        of = changed | joined | {found.rotation.id for found in standing}
        histories = self._histories(conn, of, made, at)
        decision = decide(output.changes, self._policy, facts, histories)
        recalled = reminders_for(standing, self._policy, histories)
        return replace(decision, notices=(*decision.notices, *recalled))

    def _histories(
        self, conn: Connection, rotation_ids: Collection[str], made: Sequence[Notice], at: datetime
    ) -> Histories:
        found = {
            (receiver, rotation_id): _told(conn, receiver, rotation_id, made, at)
            for receiver in self._policy.receivers
            for rotation_id in sorted(rotation_ids)
        }
        return {key: told for key, told in found.items() if told is not None}

    def _standing(self, conn: Connection, output: StepOutput, changed: set[str]) -> list[Standing]:
        """Rotations that are on at this step; of a batch, later steps are stored already. Those that changed in this one have
        just been spoken of."""
        at = output.step.close_time
        longest = timedelta(hours=self._enricher.detection.max_age_h) + DAY
        return [
            Standing(rotation, self._enricher.facts(conn, rotation, output.step), at)
            for rotation in rotations.on_at(conn, at, changed_since=at - longest)
            if rotation.id not in changed
        ]


def _told(
    conn: Connection, receiver: Receiver, rotation_id: str, made: Sequence[Notice], at: datetime
) -> History | None:
    """From what is stored and what this batch has made so far."""
    found = [
        (stored.notice, _is_held(stored, at))
        for stored in outbox.notices_of(
            conn, rotation_id, receiver.channel, receiver.recipient, since=at - REMEMBERED
        )
    ]
    found += [
        (notice, notice.due_at > at)
        for notice in made
        if (notice.channel, notice.recipient) == (receiver.channel, receiver.recipient)
        and rotation_id in notice.payload["rotations"]
    ]
    return history_from(rotation_id, found)


def _is_held(stored: StoredNotice, at: datetime) -> bool:
    """Quiet hours or the cap keep it; nobody has read it."""
    if stored.delivered_at is not None or stored.failed_at is not None:
        return False
    untried = stored.attempts == 0 and stored.notice.due_at > at
    return untried or stored.error in HELD


def _overtaken(conn: Connection, urgent: Notice, made: Sequence[Notice]) -> list[Notice]:
    """What is held and would come after the urgent one: of the same rotation it is told in it, else it goes before."""
    at = urgent.event_at
    # a leg speaks in the thread of the rotation that it joins
    threads = [] if len(urgent.payload["rotations"]) > 1 else [urgent.thread]
    stored = [
        row
        for rotation_id in dict.fromkeys([*urgent.payload["rotations"], *threads])
        for row in outbox.notices_of(
            conn, rotation_id, urgent.channel, urgent.recipient, since=at - REMEMBERED
        )
    ]
    held = [row for row in stored if _is_held(row, at) and comes_before(row.notice, urgent)]
    told = {row.id for row in held if is_told_by(row.notice, urgent)}
    outbox.tell_in(conn, sorted(told), urgent.dedup_key)
    by = f"told in {urgent.dedup_key}"
    save_silences(
        conn,
        [s for row in held if row.id in told for s in silences_in(row.notice, Why.OVERTAKEN, by)],
    )
    outbox.release(conn, sorted({row.id for row in held} - told), now=at)
    return [
        replace(notice, told_in=urgent.dedup_key)
        if notice.due_at > at
        and notice.told_in is None
        and (notice.channel, notice.recipient) == (urgent.channel, urgent.recipient)
        and is_told_by(notice, urgent)
        else notice
        for notice in made
    ]
