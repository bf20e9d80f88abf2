"""What was on already when the daemon first looked: one message, no alarm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.alerting.grouping import Crowd, crowd_notice, few
from monitor.alerting.policy import AlertPolicy, Form, held_by_quiet_hours, is_at_least
from monitor.content.alert import PREVIEW, AlertFacts, pair_of
from monitor.content.wording.safe_text import one_line
from monitor.model.notice import Notice, NoticeKind
from monitor.model.rotation import Rotation


def start_digest(
    rotations: Sequence[Rotation],
    around: Mapping[str, AlertFacts],
    at: datetime,
    policy: AlertPolicy,
) -> list[Notice]:
    """One message for the rotations that were on when the daemon first looked, and each as told in it.

    Receiver by receiver from its severity on; by mail nothing: what was critical before is no news.
    """
    made: list[Notice] = []
    for receiver in policy.receivers:
        loud = [r for r in rotations if is_at_least(r.severity, receiver.minimum)]
        if receiver.form is Form.MAIL or not loud:
            continue
        digest = crowd_notice(_start(loud, around), receiver, at, urgent=False)
        digest = held_by_quiet_hours(digest, receiver, policy)
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
            for r in loud
        ]
    return made


def _start(rotations: Sequence[Rotation], around: Mapping[str, AlertFacts]) -> Crowd:
    pairs = [pair_of(r, around[r.id].names) for r in rotations]
    head = one_line(f"Already on at start: {few(pairs)}", PREVIEW)
    lines = [
        f"• {pair}, {r.severity.value}, since {r.detected_at:%d %b %H:%M} UTC ({r.id})"
        for pair, r in zip(pairs, rotations, strict=True)
    ]
    ids = tuple(r.id for r in rotations)
    return Crowd(
        key="start|" + ",".join(sorted(ids)),
        text=head,
        body="\n".join([head, *lines]),
        ids=ids,
        pairs=few(pairs),
        severity="",  # no alarm, however severe
    )
