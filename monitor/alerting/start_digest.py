"""What was on already when the daemon first looked: one message, no alarm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from monitor.alerting.enrich import Enricher
from monitor.alerting.grouping import Grouped, few, group_notice
from monitor.alerting.history import REMEMBERED
from monitor.alerting.policy import AlertPolicy, held_by_quiet_hours, is_at_least
from monitor.content.alert import PREVIEW, AlertFacts, pair_of
from monitor.content.wording.safe_text import one_line
from monitor.model.notice import Notice, NoticeKind
from monitor.model.rotation import Rotation
from monitor.store import meta, outbox, rotations, steps
from monitor.store.database import Database

_KEY = "start_digest"


def start_digest(
    found: Sequence[Rotation],
    facts: Mapping[str, AlertFacts],
    at: datetime,
    policy: AlertPolicy,
) -> list[Notice]:
    """One message for the rotations that were on when the daemon first looked, and each as told in it.

    Receiver by receiver from its severity on; by mail nothing: what was critical before is no news.
    """
    made: list[Notice] = []
    for receiver in policy.receivers:
        loud = [r for r in found if is_at_least(r.severity, receiver.minimum)]
        if not receiver.form.passing or not loud:
            continue
        digest = group_notice(_start(loud, facts), receiver, at, urgent=False)
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


def _start(found: Sequence[Rotation], facts: Mapping[str, AlertFacts]) -> Grouped:
    pairs = [pair_of(r, facts[r.id].names) for r in found]
    head = one_line(f"Already on at start: {few(pairs)}", PREVIEW)
    lines = [
        f"• {pair}, {r.severity.value}, since {r.detected_at:%d %b %H:%M} UTC ({r.id})"
        for pair, r in zip(pairs, found, strict=True)
    ]
    ids = tuple(r.id for r in found)
    return Grouped(
        key="start|" + ",".join(sorted(ids)),
        text=head,
        body="\n".join([head, *lines]),
        ids=ids,
        pairs=few(pairs),
        severity="",  # no alarm, however severe
    )


def owe_start_digest(conn: Connection) -> None:
    """On the very first start: what is on already is to be told once the history has been stepped."""
    meta.put(conn, _KEY, "owed")


def owes_start_digest(conn: Connection) -> bool:
    """Whether it has not been told yet, whatever restarts have come between."""
    return meta.get(conn, _KEY) == "owed"


def digest_at_start(
    database: Database, policy: AlertPolicy, enricher: Enricher, at: datetime
) -> int:
    """Tell of the rotations that were on when the daemon first looked, once; how many notices were added."""
    with database.write() as conn:
        meta.put(conn, _KEY, "told")
        on = [
            r
            for r in rotations.list_rotations(conn, since=at - REMEMBERED)
            if r.is_on and r.at_start
        ]
        picture = steps.latest_step(conn)
        if picture is None:
            return 0
        facts = {r.id: enricher.facts(conn, r, picture) for r in on}
        return outbox.enqueue(conn, start_digest(on, facts, at, policy))
