"""Which changes of rotations are told, and to whom: decided from the change, the policy and what was told before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo

from monitor.content.alert_text import alert_text, pair_of, preview_line
from monitor.model.grid import iso
from monitor.model.notice import Channel, Notice, NoticeKind
from monitor.model.rotation import (
    SEVERITY_ORDER,
    ChangeReason,
    Rotation,
    RotationChange,
    Severity,
)
from monitor.model.rotation_json import change_to_json

_RAISED = (ChangeReason.OPENED, ChangeReason.CONFIRMED, ChangeReason.SEVERITY, ChangeReason.LEG)
_CLOSED = (ChangeReason.FADED, ChangeReason.EXPIRED)
SHARED_SIDE = 3
"""So many rotations in one interval that share a side become one message."""


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """``quiet``: (begin, end) of the local hours in which watch and warning are held; critical never is."""

    minimum: Severity = Severity.WARNING
    quiet: tuple[time, time] | None = None
    quiet_zone: tzinfo = UTC
    channels: tuple[Channel, ...] = (Channel.SLACK,)


def notices_for(
    changes: Sequence[RotationChange],
    policy: AlertPolicy,
    names: Mapping[str, str],
    told: Collection[str],
    sparks: Mapping[str, str] | None = None,
) -> list[Notice]:
    """Notices of the changes that became knowable together. ``told``: ids of rotations somebody was told of before;
    ``sparks``: sector -> spark line of its last day.

    A reversal is told by the rotation that reverses, in one message; outcomes are not told here.
    """
    known = set(told)
    wanted: list[RotationChange] = []
    for change in changes:
        rotation = change.rotation
        if rotation.at_start and change.changed_at == rotation.detected_at:
            continue  # told in one digest when the daemon begins
        loud = SEVERITY_ORDER.index(rotation.severity) >= SEVERITY_ORDER.index(policy.minimum)
        opened = change.reason in _RAISED and loud
        if opened or (change.reason in _CLOSED and rotation.id in known):
            wanted.append(change)
            known.add(rotation.id)
    groups = _grouped(wanted)
    notices = []
    for group in groups:
        for channel in policy.channels:
            made = (
                _one(group[0], names, sparks or {}, channel)
                if len(group) == 1
                else _many(group, names, channel)
            )
            notices.append(_held_by_quiet_hours(made, group, policy))
    return notices


def start_digest(
    rotations: Sequence[Rotation],
    names: Mapping[str, str],
    at: datetime,
    channels: Sequence[Channel],
) -> list[Notice]:
    """One message for all rotations that were on when the daemon first looked."""
    if not rotations:
        return []
    lines = [f"{len(rotations)} rotation(s) were already on at start:"]
    lines += [
        f"{pair_of(r, names)}, {r.severity.value}, since {r.detected_at:%d %b %H:%M} UTC ({r.id})"
        for r in rotations
    ]
    key = "start|" + ",".join(sorted(r.id for r in rotations))
    return [
        Notice(
            dedup_key=key,
            channel=channel,
            kind=NoticeKind.DIGEST,
            text=lines[0],
            event_at=at,
            due_at=at,
            thread=key,
            payload={"body": "\n".join(lines), "rotations": [r.id for r in rotations]},
        )
        for channel in channels
    ]


def _grouped(changes: Sequence[RotationChange]) -> list[list[RotationChange]]:
    """Three or more openings of one interval that share a side go together; the rest alone, in order."""
    groups: list[list[RotationChange]] = []
    taken: set[int] = set()
    for i, change in enumerate(changes):
        if i in taken:
            continue
        alike = [
            j
            for j, other in enumerate(changes)
            if j >= i
            and j not in taken
            and other.changed_at == change.changed_at
            and other.reason in _RAISED
            and change.reason in _RAISED
            and _shares_side(change.rotation, other.rotation)
        ]
        ids = {changes[j].rotation.id for j in alike}
        chosen = alike if len(ids) >= SHARED_SIDE else [i]
        taken.update(chosen)
        groups.append([changes[j] for j in chosen])
    return groups


def _shares_side(a: Rotation, b: Rotation) -> bool:
    return a.from_sector == b.from_sector or a.to_sector == b.to_sector


def _one(
    change: RotationChange, names: Mapping[str, str], sparks: Mapping[str, str], channel: Channel
) -> Notice:
    rotation = change.rotation
    return Notice(
        dedup_key=f"{rotation.id}|{change.reason.value}|{iso(change.changed_at)}",
        channel=channel,
        kind=NoticeKind.ROTATION,
        text=preview_line(rotation, names, change.changed_at),
        event_at=change.changed_at,
        due_at=change.changed_at,
        thread=rotation.id,
        payload={
            "body": alert_text(rotation, names, spark=sparks.get(rotation.from_sector)),
            "rotations": [rotation.id],
            "change": change_to_json(change),
        },
    )


def _many(group: Sequence[RotationChange], names: Mapping[str, str], channel: Channel) -> Notice:
    """One message with a line each."""
    first = group[0]
    lines = [preview_line(change.rotation, names, change.changed_at) for change in group]
    ids = [change.rotation.id for change in group]
    return Notice(
        dedup_key="many|" + "|".join(f"{c.rotation.id}:{c.reason.value}" for c in group),
        channel=channel,
        kind=NoticeKind.ROTATION,
        text=f"{len(set(ids))} rotations at once: {lines[0]}"[:150],
        event_at=first.changed_at,
        due_at=first.changed_at,
        thread=ids[0],
        payload={
            "body": "\n".join(lines),
            "rotations": ids,
            "changes": [change_to_json(c) for c in group],
        },
    )


def _held_by_quiet_hours(
    notice: Notice, group: Sequence[RotationChange], policy: AlertPolicy
) -> Notice:
    if policy.quiet is None or any(c.rotation.severity is Severity.CRITICAL for c in group):
        return notice
    due = end_of_quiet(notice.event_at, policy.quiet, policy.quiet_zone)
    return notice if due is None else replace(notice, due_at=due)


def end_of_quiet(moment: datetime, quiet: tuple[time, time], zone: tzinfo) -> datetime | None:
    """When the quiet hours that hold ``moment`` are over, in UTC; None outside of them."""
    begin, end = quiet
    local = moment.astimezone(zone)
    now = local.time()
    inside = begin <= now < end if begin <= end else now >= begin or now < end
    if not inside:
        return None
    over = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    if over <= local:
        over += timedelta(days=1)
    return over.astimezone(UTC)
