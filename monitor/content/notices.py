"""Which changes of rotations are told, and to whom: decided from the change, the policy and what was told before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo

from monitor.content.alert_text import (
    NAME_LENGTHS,
    PREVIEW,
    alert_text,
    name_of,
    pair_of,
    preview_line,
)
from monitor.content.figures import utc
from monitor.detection.explanation import what_would_end_it
from monitor.detection.parameters import DetectionParameters
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
    """``quiet``: (begin, end) of the local hours in which watch and warning are held; critical never is.

    ``detection``: for saying what would end a rotation.
    """

    minimum: Severity = Severity.WARNING
    quiet: tuple[time, time] | None = None
    quiet_zone: tzinfo = UTC
    channels: tuple[Channel, ...] = (Channel.SLACK,)
    detection: DetectionParameters | None = None


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
    wanted = _wanted(changes, policy, told)
    return [
        _held_by_quiet_hours(notice, group, policy)
        for group in _grouped(wanted)
        for channel in policy.channels
        for notice in [
            _one(group[0], policy, names, sparks or {}, channel)
            if len(group) == 1
            else _many(group, names, channel)
        ]
    ]


def _wanted(
    changes: Sequence[RotationChange], policy: AlertPolicy, told: Collection[str]
) -> list[RotationChange]:
    known = set(told)
    loud = {id(c) for c in changes if _is_loud(c, policy)}
    speaking = {c.rotation.id for c in changes if id(c) in loud}
    wanted = []
    for change in changes:
        rotation = change.rotation
        closes = change.reason in _CLOSED or (
            # told by the rotation that reverses it, unless nobody is told of that one
            change.reason is ChangeReason.REVERSED and rotation.reversed_by not in speaking
        )
        if id(change) in loud or (closes and rotation.id in known):
            wanted.append(change)
            known.add(rotation.id)
    return _last_rises(wanted)


def _last_rises(changes: Sequence[RotationChange]) -> list[RotationChange]:
    """A rotation that opens and is confirmed in one interval says so once: only its last rise of a moment is told."""
    last = {
        (change.rotation.id, change.changed_at): change
        for change in changes
        if change.reason in _RAISED
    }
    kept = {id(change) for change in last.values()}
    return [change for change in changes if change.reason not in _RAISED or id(change) in kept]


def _is_loud(change: RotationChange, policy: AlertPolicy) -> bool:
    """A rise to the policy's severity or above; what was on at the start is told in one digest."""
    rotation = change.rotation
    if change.reason not in _RAISED:
        return False
    if rotation.at_start and change.changed_at == rotation.detected_at:
        return False
    return SEVERITY_ORDER.index(rotation.severity) >= SEVERITY_ORDER.index(policy.minimum)


def start_digest(
    rotations: Sequence[Rotation],
    names: Mapping[str, str],
    at: datetime,
    channels: Sequence[Channel],
) -> list[Notice]:
    """One message for all rotations that were on when the daemon first looked."""
    if not rotations:
        return []
    count = "1 rotation was" if len(rotations) == 1 else f"{len(rotations)} rotations were"
    lines = [f"{count} already on at start:"]
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
    """Three or more rises of one interval that share a side go together; the rest alone, in order."""
    groups: list[list[RotationChange]] = []
    taken: set[int] = set()
    for i in range(len(changes)):
        if i in taken:
            continue
        chosen = max(
            (_alike(changes, i, taken, side) for side in (1, 0)),
            key=lambda found: len({changes[j].rotation.id for j in found}),
        )
        if len({changes[j].rotation.id for j in chosen}) < SHARED_SIDE:
            chosen = [i]
        taken.update(chosen)
        groups.append([changes[j] for j in chosen])
    return groups


def _alike(
    changes: Sequence[RotationChange], i: int, taken: Collection[int], side: int
) -> list[int]:
    """Places of the rises from ``i`` on that became knowable with it and share its from (0) or to (1) side."""
    first = changes[i]
    if first.reason not in _RAISED:
        return [i]
    return [
        j
        for j, other in enumerate(changes[i:], start=i)
        if j not in taken
        and other.changed_at == first.changed_at
        and other.reason in _RAISED
        and other.rotation.pair[side] == first.rotation.pair[side]
    ]


def _one(
    change: RotationChange,
    policy: AlertPolicy,
    names: Mapping[str, str],
    sparks: Mapping[str, str],
    channel: Channel,
) -> Notice:
    rotation = change.rotation
    body = alert_text(
        rotation,
        names,
        spark=sparks.get(rotation.from_sector),
        ends=what_would_end_it(rotation, policy.detection) if policy.detection else None,
    )
    return Notice(
        dedup_key=f"{rotation.id}|{change.reason.value}|{iso(change.changed_at)}",
        channel=channel,
        kind=NoticeKind.ROTATION,
        text=preview_line(rotation, names, change.changed_at),
        event_at=change.changed_at,
        due_at=change.changed_at,
        thread=rotation.id,
        payload={"body": body, "rotations": [rotation.id], "change": change_to_json(change)},
    )


def _many(group: Sequence[RotationChange], names: Mapping[str, str], channel: Channel) -> Notice:
    """One message with a line each."""
    first = group[0]
    headline = _shared_side(group, names)
    ids = list(dict.fromkeys(change.rotation.id for change in group))
    lines = [
        f"{preview_line(change.rotation, names, change.changed_at)} {change.rotation.id}"
        for change in group
    ]
    return Notice(
        dedup_key="many|" + "|".join(sorted(f"{c.rotation.id}:{c.reason.value}" for c in group)),
        channel=channel,
        kind=NoticeKind.ROTATION,
        text=headline,
        event_at=first.changed_at,
        due_at=first.changed_at,
        thread=ids[0],
        payload={
            "body": "\n".join([headline, *lines, "More of each: monitor explain ID"]),
            "rotations": ids,
            "changes": [change_to_json(c) for c in group],
        },
    )


def _shared_side(group: Sequence[RotationChange], names: Mapping[str, str]) -> str:
    """``CRITICAL 3 rotations into Memes at once: from AI agents, DeFi, Gaming. 11:05 UTC``."""
    rotations = {change.rotation.id: change.rotation for change in group}.values()
    worst = max((r.severity for r in rotations), key=SEVERITY_ORDER.index).value.upper()
    end = f". {utc(group[0].changed_at)}"
    side = 1 if len({r.to_sector for r in rotations}) == 1 else 0
    others = list(dict.fromkeys(r.pair[1 - side] for r in rotations))
    shared = next(iter(rotations)).pair[side]
    for longest in NAME_LENGTHS:
        words = ("into", "from") if side else ("out of", "into")
        line = (
            f"{worst} {len(rotations)} rotations {words[0]} {name_of(shared, names, longest)}"
            f" at once: {words[1]} {', '.join(name_of(s, names, longest) for s in others)}"
        )
        if len(line) + len(end) <= PREVIEW:
            return line + end
    return f"{line[: PREVIEW - len(end) - 1].rstrip()}…{end}"


def _held_by_quiet_hours(
    notice: Notice, group: Sequence[RotationChange], policy: AlertPolicy
) -> Notice:
    if policy.quiet is None or any(c.rotation.severity is Severity.CRITICAL for c in group):
        return notice
    due = end_of_quiet(notice.event_at, policy.quiet, policy.quiet_zone)
    if due is None:
        return notice
    # On a thread of its own: what waits for the morning must not hold back what may be told now.
    return replace(notice, due_at=due, thread=f"{notice.thread}|quiet")


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
