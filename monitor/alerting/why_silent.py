"""What each reader was told of each change of a rotation, and why not: one answer a change and reader, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from monitor.alerting.policy import Receiver
from monitor.content.wording.figures import stamp
from monitor.model.grid import iso
from monitor.model.notice import Channel
from monitor.model.rotation import RotationChange
from monitor.model.silence import Silence, Why
from monitor.store import outbox, rotations
from monitor.store.outbox_rows import StoredNotice
from monitor.store.silences import silences_of

Reader = tuple[Channel, str]
"""A channel and, where it writes to several, the recipient."""

_WORDS: Mapping[Why, str] = {
    Why.BELOW_MINIMUM: "below the minimum severity",
    Why.TOLD_ALREADY: "told already",
    Why.NEVER_TOLD_OF_IT: "this reader was not told of the rotation before, so nothing had to be followed up",
    Why.NOT_ON_THIS_CHANNEL: "this channel tells no such change (no threads, or only what opens, rises and ends)",
    Why.AT_START: "it was on already when the monitor first looked: told in one message at the start, above the minimum",
    Why.BEFORE_FIRST_LOOK: "it became known before the monitor first looked: history is told to nobody",
    Why.QUIET_HOURS: "held by quiet hours",
    Why.CAP: "held by the hourly cap of messages",
    Why.GROUPED: "told with others in one message",
    Why.OVERTAKEN: "told in a louder message of the same rotation",
}
_NO_REASON = "no reason is stored: it was decided by a version that kept none, before this reader was set up, or it was pruned"


@dataclass(frozen=True, slots=True)
class Answer:
    """``notice``: the change's own row of the outbox, ``teller``: the row that told it, itself or another; None where
    there is none. ``silences``: every reason that was stored."""

    change: RotationChange
    reader: Reader
    notice: StoredNotice | None
    teller: StoredNotice | None
    silences: tuple[Silence, ...]

    @property
    def told_at(self) -> datetime | None:
        """When the channel took it; None where it did not."""
        return self.teller.delivered_at if self.teller is not None else None


def answers_of(conn: Connection, rotation_id: str, receivers: Iterable[Receiver]) -> list[Answer]:
    """Change by change, and in each the readers that are set up now or were told of then."""
    silences = silences_of(conn, rotation_id)
    readers = dict.fromkeys((receiver.channel, receiver.recipient) for receiver in receivers)
    readers |= dict.fromkeys((s.channel, s.recipient) for s in silences)
    readers |= dict.fromkeys(outbox.readers_of(conn, rotation_id))
    rows = {reader: outbox.notices_of(conn, rotation_id, *reader) for reader in readers}
    return [
        _answer(change, reader, rows[reader], silences)
        for change in rotations.list_changes(conn, rotation_id=rotation_id)
        for reader in readers
    ]


def answer_in_words(answer: Answer) -> str:
    """Told or not, when and how, and every reason."""
    reasons = [
        f"{_WORDS[s.why]} ({s.detail})" if s.detail else _WORDS[s.why] for s in answer.silences
    ]
    if answer.notice is None:
        return "not told: " + ("; ".join(reasons) or _NO_REASON)
    return "; ".join([_fate(answer), *reasons])


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """Stable: fields are added, never renamed."""
    change, teller, notice = answer.change, answer.teller, answer.notice
    told_in = teller is not None and notice is not None and teller.id != notice.id
    return {
        "changed_at": iso(change.changed_at),
        "reason": change.reason.value,
        "severity": change.rotation.severity.value,
        "channel": answer.reader[0],
        "recipient": answer.reader[1],
        "told": answer.told_at is not None,
        "delivered_at": iso(answer.told_at) if answer.told_at else None,
        "receipt": teller.receipt if teller is not None else None,
        "told_in": teller.notice.dedup_key if told_in and teller is not None else None,
        "error": teller.error if teller is not None else None,
        "why": [{"why": s.why.value, "detail": s.detail} for s in answer.silences],
        "words": answer_in_words(answer),
    }


def _answer(
    change: RotationChange,
    reader: Reader,
    rows: Sequence[StoredNotice],
    silences: Sequence[Silence],
) -> Answer:
    of_it = tuple(
        s
        for s in silences
        if (s.reason, s.changed_at) == (change.reason, change.changed_at)
        and (s.channel, s.recipient) == reader
    )
    by_key = {row.notice.dedup_key: row for row in rows}
    own = by_key.get(f"{change.rotation.id}|{change.reason.value}|{iso(change.changed_at)}")
    if own is None and any(s.why is Why.AT_START for s in of_it):
        own = by_key.get(f"{change.rotation.id}|at_start")
    teller = own
    while teller is not None and teller.notice.told_in is not None:
        teller = by_key.get(teller.notice.told_in)
    return Answer(change, reader, own, teller, of_it)


def _fate(answer: Answer) -> str:
    row, own = answer.teller, answer.notice
    if row is None or own is None:
        return "told in another message that is no longer stored"
    where = "" if row.id == own.id else f" in “{row.notice.text}”"
    if row.delivered_at is not None:
        receipt = ", ".join(f"{key} {value}" for key, value in sorted((row.receipt or {}).items()))
        return f"told {stamp(row.delivered_at)}{where}" + (
            f" (receipt: {receipt})" if receipt else ""
        )
    if row.failed_at is not None:
        return f"refused for good {stamp(row.failed_at)}{where}: {row.error}"
    return f"on its way{where}, due {stamp(row.notice.due_at)}" + (
        f": {row.error}" if row.error else ""
    )
