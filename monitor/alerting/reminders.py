"""A rotation that is still on is recalled: when it has grown, or when nobody has spoken of it for long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.alerting.history import OWN_SINCE, Histories, History
from monitor.alerting.policy import AlertPolicy, Receiver, held_by_quiet_hours, is_at_least
from monitor.content.alert import AlertFacts, facts_to_json, pair_of, reminder_text
from monitor.model.grid import iso
from monitor.model.notice import Act, Notice, NoticeKind
from monitor.model.rotation import ChangeReason, Rotation, RotationChange, Status
from monitor.model.rotation_json import change_to_json


@dataclass(frozen=True, slots=True)
class Standing:
    """A rotation that is on at ``at``."""

    rotation: Rotation
    facts: AlertFacts
    at: datetime

    @property
    def own_since(self) -> float | None:
        """The loser's own move since detection, a fraction; None where it is unknown."""
        return self.facts.own_since.get(self.rotation.from_sector)


def reminders_for(
    standing: Sequence[Standing], policy: AlertPolicy, histories: Histories
) -> list[Notice]:
    """To those who were told of it and can hear it again; a rotation that is held is not spoken of."""
    return [
        _reminder(found, receiver, told, policy)
        for receiver in policy.receivers
        if receiver.form.passing
        for found in standing
        if found.rotation.is_on and not found.rotation.held
        for told in [histories.get((receiver, found.rotation.id))]
        if told is not None and not told.waiting and _is_due(found, told, receiver, policy)
    ]


def _is_due(found: Standing, told: History, receiver: Receiver, policy: AlertPolicy) -> bool:
    if not is_at_least(found.rotation.severity, receiver.minimum):
        return False
    if found.at - told.last_at >= policy.reminder_after:
        return True
    # only further in the direction of the loss
    return found.own_since is not None and told.own_since - found.own_since >= policy.reminder_step


def _reminder(found: Standing, receiver: Receiver, told: History, policy: AlertPolicy) -> Notice:
    rotation, at = found.rotation, found.at
    body = reminder_text(rotation, found.facts, at)
    payload: dict[str, Any] = {
        "body": body,
        "rotations": [rotation.id],
        "pair": pair_of(rotation, found.facts.names),
        "severity": rotation.severity.value,
        "change": change_to_json(RotationChange(rotation, _state(rotation), at)),
        "around": facts_to_json(found.facts),
    }
    if found.own_since is not None:
        payload[OWN_SINCE] = found.own_since
    notice = Notice(
        dedup_key=f"{rotation.id}|reminder|{iso(at)}",
        channel=receiver.channel,
        kind=NoticeKind.REMINDER,
        text=body.partition("\n")[0],
        event_at=at,
        due_at=at,
        thread=told.thread,
        recipient=receiver.recipient,
        payload=payload,
        act=Act.REPLY,
    )
    return held_by_quiet_hours(notice, receiver, policy)


def _state(rotation: Rotation) -> ChangeReason:
    opened = rotation.status is Status.OPEN
    return ChangeReason.OPENED if opened else ChangeReason.CONFIRMED
