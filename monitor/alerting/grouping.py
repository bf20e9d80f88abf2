"""Many rotations at once: told as one message with a line each."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.alerting.policy import Receiver
from monitor.content.alert.preview import NAME_LENGTHS, PREVIEW, name_of, pair_of, preview_line
from monitor.content.wording.figures import utc
from monitor.model.notice import Notice, NoticeKind
from monitor.model.rotation import SEVERITY_ORDER, Rotation, RotationChange, Severity

SHARED_SIDE = 3
"""So many rotations in one interval that share a side become one message."""
NAMED = 3
"""So many pairs are named in one line."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """``key`` is a function of what it tells; ``body`` holds a line for each; ``pairs`` names them in a few words."""

    key: str
    text: str
    body: str
    ids: tuple[str, ...]
    pairs: str
    severity: str


def grouped(changes: Sequence[RotationChange]) -> list[list[RotationChange]]:
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


def message_of(group: Sequence[RotationChange], names: Mapping[str, str]) -> Grouped:
    """The one message of a group."""
    headline = _shared_side(group, names)
    lines = [
        f"• {preview_line(change.rotation, names, change.changed_at)} ({change.rotation.id})"
        for change in group
    ]
    return Grouped(
        key="many|" + "|".join(sorted(f"{c.rotation.id}:{c.reason.value}" for c in group)),
        text=headline,
        body="\n".join([headline, *lines, "More of each: monitor explain ID"]),
        ids=tuple(dict.fromkeys(change.rotation.id for change in group)),
        pairs=few([pair_of(change.rotation, names) for change in group]),
        severity=_worst(change.rotation for change in group).value,
    )


def group_notice(message: Grouped, receiver: Receiver, at: datetime, *, urgent: bool) -> Notice:
    """A group's message as one notice to a receiver."""
    return Notice(
        dedup_key=message.key,
        channel=receiver.channel,
        kind=NoticeKind.DIGEST,
        text=message.text,
        event_at=at,
        due_at=at,
        thread=message.key,
        recipient=receiver.recipient,
        payload={
            "body": message.body,
            "rotations": list(message.ids),
            "pair": message.pairs,
            "severity": message.severity,
        },
        urgent=urgent,
    )


def few(names: Sequence[str]) -> str:
    """``AI agents → Memes, DeFi → Memes, Gaming → Memes and 2 more``; each once."""
    told = list(dict.fromkeys(names))
    more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
    return ", ".join(told[:NAMED]) + more


def _worst(rotations: Iterable[Rotation]) -> Severity:
    return max((r.severity for r in rotations), key=SEVERITY_ORDER.index)


def _alike(
    changes: Sequence[RotationChange], i: int, taken: Collection[int], side: int
) -> list[int]:
    """Places of the rises from ``i`` on that became knowable with it and share its from (0) or to (1) side."""
    first = changes[i]
    return [
        j
        for j, other in enumerate(changes[i:], start=i)
        if j not in taken
        and other.changed_at == first.changed_at
        and other.rotation.pair[side] == first.rotation.pair[side]
    ]


def _shared_side(group: Sequence[RotationChange], names: Mapping[str, str]) -> str:
    """``CRITICAL 3 rotations into Memes at once: from AI agents, DeFi, Gaming. 11:05 UTC``."""
    rotations = {change.rotation.id: change.rotation for change in group}.values()
    worst = _worst(rotations).value.upper()
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
