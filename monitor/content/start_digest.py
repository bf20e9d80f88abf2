"""What was on already when the daemon first looked: one message, no alarm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.content.alert import PREVIEW, Around, pair_of
from monitor.content.alert_policy import Form, Voice
from monitor.content.crowds import Crowd, crowd_notice
from monitor.content.plain_words import one_line
from monitor.model.notice import Notice, NoticeKind
from monitor.model.rotation import Rotation

NAMED = 3
"""So many pairs are named in the line that a phone shows."""


def start_digest(
    rotations: Sequence[Rotation],
    around: Mapping[str, Around],
    at: datetime,
    voices: Sequence[Voice],
) -> list[Notice]:
    """One message for all rotations that were on when the daemon first looked, and each as told in it."""
    if not rotations:
        return []
    made: list[Notice] = []
    for voice in voices:
        if voice.form is Form.MAIL:
            continue
        digest = crowd_notice(_start(rotations, around), voice, at, urgent=False)
        made.append(digest)
        made += [
            replace(
                digest,
                dedup_key=f"{r.id}|at_start",
                told_in=digest.dedup_key,
                thread=r.id,
                kind=NoticeKind.ROTATION,
                payload={"rotations": [r.id]},
            )
            for r in rotations
        ]
    return made


def _start(rotations: Sequence[Rotation], around: Mapping[str, Around]) -> Crowd:
    pairs = [pair_of(r, around[r.id].names) for r in rotations]
    more = f" and {len(pairs) - NAMED} more" if len(pairs) > NAMED else ""
    head = one_line(f"Already on at start: {', '.join(pairs[:NAMED])}{more}", PREVIEW)
    lines = [
        f"• {pair}, {r.severity.value}, since {r.detected_at:%d %b %H:%M} UTC ({r.id})"
        for pair, r in zip(pairs, rotations, strict=True)
    ]
    ids = tuple(r.id for r in rotations)
    return Crowd("start|" + ",".join(sorted(ids)), head, "\n".join([head, *lines]), ids)
