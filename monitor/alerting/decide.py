"""Which changes of rotations are told, to whom and in which way, and why the rest is not: decided from the changes of a
step, the policy and what each receiver was told before. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from monitor.alerting.grouping import group_notice, grouped, message_of
from monitor.alerting.history import OWN_SINCE, Histories, History
from monitor.alerting.policy import AlertPolicy, Receiver, held_by_quiet_hours, is_at_least
from monitor.content.alert import AlertFacts, facts_to_json, pair_of, preview_line, reply_text
from monitor.content.wording.figures import stamp
from monitor.model.grid import iso
from monitor.model.notice import Act, Notice, NoticeKind
from monitor.model.rotation import (
    ChangeReason,
    RotationChange,
    Severity,
)
from monitor.model.rotation_json import change_to_json
from monitor.model.silence import Silence, Why

_RAISED = (
    ChangeReason.OPENED,
    ChangeReason.CONFIRMED,
    ChangeReason.SEVERITY,
    ChangeReason.LEG,
    ChangeReason.REVIVED,
)
_CLOSED = (ChangeReason.FADED, ChangeReason.EXPIRED)
_HELD = (ChangeReason.HELD, ChangeReason.RESUMED)
_OUTCOMES = (ChangeReason.OUTCOME_24H, ChangeReason.OUTCOME_72H)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is told, in order, and the reasons for what is not told, or not at once and on its own."""

    notices: tuple[Notice, ...]
    silences: tuple[Silence, ...]


@dataclass(frozen=True, slots=True)
class _Saying:
    """A change that a receiver tells: in which way, in which thread."""

    change: RotationChange
    act: Act
    thread: str
    told: History | None = None


@dataclass(frozen=True, slots=True)
class _Unsaid:
    """A change that a receiver does not tell."""

    why: Why
    detail: str = ""


def decide(
    changes: Sequence[RotationChange],
    policy: AlertPolicy,
    facts: Mapping[str, AlertFacts],
    histories: Histories,
) -> Decision:
    """Of the changes that became knowable together, receiver by receiver. ``facts``: rotation id -> its surroundings.
    ``histories``: what was told before this step, also of the rotations that a change joins."""
    made: list[Notice] = []
    silences: list[Silence] = []
    for receiver in policy.receivers:
        said, unsaid = _sayings(changes, receiver, histories)
        silences += unsaid
        for group in _groups(said, receiver):
            if len(group) == 1:
                fresh = _notices(group[0], receiver, policy, facts[group[0].change.rotation.id])
            else:
                fresh = _group_notices(group, receiver, policy, facts)
                silences += [
                    _silence(
                        s.change, receiver, Why.GROUPED, f"one message for {len(group)} rotations"
                    )
                    for s in group
                ]
            made += fresh
            silences += _held(group, fresh, receiver)
    return Decision(tuple(made), tuple(silences))


def silences_of_all(
    changes: Sequence[RotationChange], policy: AlertPolicy, why: Why
) -> list[Silence]:
    """One reason for every receiver and change."""
    return [_silence(change, receiver, why) for receiver in policy.receivers for change in changes]


def _silence(change: RotationChange, receiver: Receiver, why: Why, detail: str = "") -> Silence:
    return Silence(
        change.rotation.id,
        change.reason,
        change.changed_at,
        receiver.channel,
        receiver.recipient,
        why,
        detail,
    )


def _held(group: Sequence[_Saying], made: Sequence[Notice], receiver: Receiver) -> list[Silence]:
    """The changes whose message quiet hours hold."""
    until = made[0].held_until
    if until is None:
        return []
    return [_silence(s.change, receiver, Why.QUIET_HOURS, f"until {stamp(until)}") for s in group]


def _sayings(
    changes: Sequence[RotationChange], receiver: Receiver, histories: Histories
) -> tuple[list[_Saying], list[Silence]]:
    """In order. A rotation that opens and is confirmed in one interval says so once."""
    last = _last_rises(changes)
    silences = [
        _silence(change, receiver, Why.TOLD_ALREADY, "by a further rise in the same interval")
        for change in changes
        if id(change) not in {id(kept) for kept in last}
    ]
    speaking = {c.rotation.id for c in last if _is_loud(c, receiver)}
    known = {of: told for (who, of), told in histories.items() if who == receiver}
    said = []
    for change in last:
        rotation = change.rotation
        before = known.get(rotation.id)
        saying = _saying(change, before, receiver, speaking, histories)
        if isinstance(saying, _Unsaid):
            silences.append(_silence(change, receiver, saying.why, saying.detail))
            continue
        said.append(saying)
        if before is None:
            known[rotation.id] = History(None, saying.thread, change.changed_at, 0.0, waiting=False)
    return said, silences


def _saying(
    change: RotationChange,
    told: History | None,
    receiver: Receiver,
    speaking: Collection[str],
    histories: Histories,
) -> _Saying | _Unsaid:
    if change.reason in _RAISED:
        unheard = _unheard(change, receiver)
        return unheard or _rise(change, told, receiver, histories)
    if told is None:
        return _Unsaid(Why.NEVER_TOLD_OF_IT)
    reversal = change.reason is ChangeReason.REVERSED
    if reversal and not _tells_reversal(change, receiver, speaking):
        return _Unsaid(
            Why.TOLD_ALREADY, f"by the rotation that reverses it, {change.rotation.reversed_by}"
        )
    threads = receiver.form.threads
    if reversal or change.reason in _CLOSED or (threads and change.reason in _OUTCOMES):
        return _Saying(change, Act.REPLY, told.thread, told)
    if threads and change.reason in _HELD and told.first is not None:
        return _Saying(change, Act.EDIT, told.thread, told)
    return _Unsaid(Why.NOT_ON_THIS_CHANNEL)


def _rise(
    change: RotationChange, told: History | None, receiver: Receiver, histories: Histories
) -> _Saying:
    """A message of its own, unless it was told before, or is a leg of one that was."""
    rotation = change.rotation
    joined = histories.get((receiver, rotation.joins)) if rotation.joins else None
    if change.reason is ChangeReason.LEG and joined is not None and not joined.waiting:
        return _Saying(change, Act.REPLY, joined.thread, told)
    if told is None or (told.waiting and _is_urgent(change)):
        return _Saying(change, Act.SAY, rotation.id)
    return _Saying(change, Act.REPLY, told.thread, told)


def _tells_reversal(change: RotationChange, receiver: Receiver, speaking: Collection[str]) -> bool:
    """Two messages become one where the rotation that reverses is told as well, but a thread gets its link."""
    return receiver.form.answers or change.rotation.reversed_by not in speaking


def _is_loud(change: RotationChange, receiver: Receiver) -> bool:
    return change.reason in _RAISED and _unheard(change, receiver) is None


def _unheard(change: RotationChange, receiver: Receiver) -> _Unsaid | None:
    """Why a rise is not for this receiver; what was on at the start is told in one digest."""
    rotation = change.rotation
    if rotation.at_start and change.changed_at == rotation.detected_at:
        return _Unsaid(Why.AT_START)
    if not is_at_least(rotation.severity, receiver.minimum):
        words = f"it was {rotation.severity.value}, this reader is told from {receiver.minimum.value} on"
        return _Unsaid(Why.BELOW_MINIMUM, words)
    return None


def _is_urgent(change: RotationChange) -> bool:
    return change.reason in _RAISED and change.rotation.severity is Severity.CRITICAL


def _last_rises(changes: Sequence[RotationChange]) -> list[RotationChange]:
    last = {
        (change.rotation.id, change.changed_at): change
        for change in changes
        if change.reason in _RAISED
    }
    kept = {id(change) for change in last.values()}
    return [change for change in changes if change.reason not in _RAISED or id(change) in kept]


def _groups(said: Sequence[_Saying], receiver: Receiver) -> list[list[_Saying]]:
    """Messages to a channel that share a side go together; what goes into a thread, and mail, goes alone."""
    together = [
        s
        for s in said
        if s.change.reason in _RAISED
        and (s.act is Act.SAY or not receiver.form.answers)
        and receiver.form.passing
    ]
    of = {id(s.change): s for s in said}
    group_of = {
        id(group[0]): [of[id(change)] for change in group]
        for group in grouped([s.change for s in together])
    }
    taken = {id(s.change) for group in group_of.values() for s in group[1:]}
    return [group_of.get(id(s.change), [s]) for s in said if id(s.change) not in taken]


def _notices(
    saying: _Saying, receiver: Receiver, policy: AlertPolicy, facts: AlertFacts
) -> list[Notice]:
    """The message, and with threads its picture or the edit of its parent."""
    change, told = saying.change, saying.told
    notice = _notice(saying, receiver, policy, facts)
    if saying.act is Act.EDIT or not receiver.form.threads:
        return [notice]
    if saying.act is Act.SAY:
        return [notice, _beside(notice, Act.PICTURE)]
    if change.reason in _OUTCOMES or told is None or told.first is None:
        return [notice]
    payload = {**notice.payload, "first": told.first}
    if not told.waiting:  # it makes no sound, and facts that are newer must find it done
        payload.pop("held_until", None)
    edit = replace(
        _beside(notice, Act.EDIT),
        due_at=notice.due_at if told.waiting else notice.event_at,
        thread=told.thread,  # the parent of a leg stands in a thread of its own
        payload=payload,
    )
    return [notice, edit]


def _notice(saying: _Saying, receiver: Receiver, policy: AlertPolicy, facts: AlertFacts) -> Notice:
    change, rotation = saying.change, saying.change.rotation
    scorecard = change.reason in _OUTCOMES
    payload: dict[str, Any] = {
        "rotations": [rotation.id],
        "pair": pair_of(rotation, facts.names),
        "severity": rotation.severity.value,
        "change": change_to_json(change),
        "around": facts_to_json(facts),
    }
    own_since = facts.own_since.get(rotation.from_sector)
    if own_since is not None:
        payload[OWN_SINCE] = own_since
    if saying.act is Act.EDIT and saying.told is not None:
        payload["first"] = saying.told.first
    text = (
        reply_text(change, facts).partition("\n")[0]
        if scorecard
        else preview_line(rotation, facts.names, change.changed_at)
    )
    notice = Notice(
        dedup_key=f"{rotation.id}|{change.reason.value}|{iso(change.changed_at)}",
        channel=receiver.channel,
        kind=NoticeKind.SCORECARD if scorecard else NoticeKind.ROTATION,
        text=text,
        event_at=change.changed_at,
        due_at=change.changed_at,
        thread=saying.thread,
        recipient=receiver.recipient,
        payload=payload,
        act=saying.act,
        urgent=_is_urgent(change),
    )
    return held_by_quiet_hours(notice, receiver, policy, parent_waits=_waits(saying.told))


def _waits(told: History | None) -> bool:
    return told is not None and told.waiting


def _beside(notice: Notice, act: Act) -> Notice:
    """What goes with a message; due with it."""
    return replace(notice, dedup_key=f"{notice.dedup_key}|{act.value}", act=act)


def _group_notices(
    group: Sequence[_Saying],
    receiver: Receiver,
    policy: AlertPolicy,
    facts: Mapping[str, AlertFacts],
) -> list[Notice]:
    """The one message, and each rotation's own notice as told in it."""
    first = group[0].change
    message = message_of([s.change for s in group], facts[first.rotation.id].names)
    urgent = any(_is_urgent(s.change) for s in group)
    notice = group_notice(message, receiver, first.changed_at, urgent=urgent)
    notice = held_by_quiet_hours(notice, receiver, policy)
    return [
        notice,
        *(
            replace(
                _notice(s, receiver, policy, facts[s.change.rotation.id]),
                told_in=notice.dedup_key,
                due_at=notice.due_at,
            )
            for s in group
        ),
    ]
