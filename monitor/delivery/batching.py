"""When what waits on a channel becomes one message: after an outage, after quiet hours, over the hourly cap. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from monitor.alerting.digests import cap_digest, outage_digest, quiet_digest
from monitor.alerting.overtaking import comes_before, is_told_by
from monitor.alerting.policy import end_of_quiet
from monitor.delivery.traits import Traits
from monitor.model.notice import LATE_AFTER, Act, Notice, NoticeKind
from monitor.store.outbox_order import CAPPED, HELD, QUIET
from monitor.store.outbox_rows import StoredNotice

HOUR = timedelta(hours=1)
_MESSAGES = (Act.SAY, Act.REPLY)
_WITH_A_PARENT = (Act.EDIT, Act.PICTURE)


@dataclass(frozen=True, slots=True)
class Rules:
    """``per_hour``: messages of rotations an hour; urgent ones go all the same. ``digest_above``: that many late messages
    still go one by one, more become one. ``quiet``: (begin, end) of the local hours of ``zone`` in which what is not
    urgent waits, whenever it became known."""

    per_hour: int = 12
    digest_above: int = 3
    quiet: tuple[time, time] | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Gathered:
    """``notice`` tells all of ``ids`` in their place."""

    notice: Notice
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToldIn:
    """``ids`` are told by ``teller``, an urgent message that would overtake them; ``opens``: it is then the first of
    its thread."""

    ids: tuple[int, ...]
    teller: Notice
    opens: bool


@dataclass(frozen=True, slots=True)
class PutOff:
    """``ids`` wait until then; ``why`` is written to their rows."""

    ids: tuple[int, ...]
    until: datetime
    why: str


def plan(
    traits: Traits,
    waiting: Sequence[StoredNotice],
    sent: Sequence[datetime],
    now: datetime,
    rules: Rules,
) -> Gathered | ToldIn | PutOff | None:
    """What is to be done before the next notice is sent; None where nothing is. Called until it says None.

    ``waiting``: what is due, in order; ``sent``: when the messages of the last hour went, ascending.
    """
    if not traits.digests:
        return None
    messages = [w for w in waiting if _gathers(w.notice)]
    held = _in_quiet_hours(traits, messages, waiting, now, rules)
    if held is not None:
        return held
    quiet = [w for w in messages if _was_quiet(w)]
    if len(quiet) > 1:
        return _gathered(quiet_digest([w.notice for w in quiet]), quiet, waiting)
    late = [w for w in messages if _is_late(w, now)]
    if len(late) > (1 if any(_is_digest(w) for w in late) else rules.digest_above):
        # where none was tried it was not the channel that kept them: the monitor itself was away
        refused = any(w.attempts for w in late)
        return _gathered(outage_digest([w.notice for w in late], refused=refused), late, waiting)
    return _capped(messages, waiting, sent, now, rules) if traits.cap else None


def _in_quiet_hours(
    traits: Traits,
    messages: Sequence[StoredNotice],
    waiting: Sequence[StoredNotice],
    now: datetime,
    rules: Rules,
) -> ToldIn | PutOff | None:
    """What an outage or the cap lets go in the night rings no phone either."""
    if rules.quiet is None or not traits.quiet_hours:
        return None
    over = end_of_quiet(now, rules.quiet, rules.zone)
    return _held(messages, waiting, over, QUIET) if over is not None else None


def _capped(
    messages: Sequence[StoredNotice],
    waiting: Sequence[StoredNotice],
    sent: Sequence[datetime],
    now: datetime,
    rules: Rules,
) -> Gathered | ToldIn | PutOff | None:
    """Over the cap, messages wait until the hour's first is an hour old; then one line says how many waited."""
    room = rules.per_hour - len(sent)
    held = [w for w in messages if w.error == CAPPED]
    if room > 0:
        return _gathered(cap_digest([w.notice for w in held], now), held, waiting) if held else None
    return _held(messages, waiting, sent[len(sent) - rules.per_hour] + HOUR, CAPPED)


def _held(
    messages: Sequence[StoredNotice], waiting: Sequence[StoredNotice], until: datetime, why: str
) -> ToldIn | PutOff | None:
    """What is not urgent waits, but nothing is said after an urgent message that it comes before: of the same rotation it
    is told in that message, of others (a digest, the rotation whose leg it is) it goes first and does not wait."""
    put_off: list[int] = []
    for calm in (w for w in messages if not w.notice.urgent):
        louder = next((w for w in messages if _would_overtake(w, calm)), None)
        if louder is None:
            put_off.append(calm.id)
        elif is_told_by(calm.notice, louder.notice):
            return _told_in(louder.notice, calm, waiting)
    return PutOff(tuple(put_off), until, why) if put_off else None


def _would_overtake(louder: StoredNotice, calm: StoredNotice) -> bool:
    return (
        louder.notice.urgent
        and louder.notice.recipient == calm.notice.recipient
        and comes_before(calm.notice, louder.notice)
        and (louder.id > calm.id or louder.notice.thread != calm.notice.thread)
    )


def _told_in(louder: Notice, calm: StoredNotice, waiting: Sequence[StoredNotice]) -> ToldIn:
    """With edits of a first message that is then not said on its own; its chart goes into what is said instead."""
    opens = calm.notice.act is Act.SAY
    edits = [
        w.id
        for w in waiting
        if opens and w.notice.act is Act.EDIT and w.notice.thread == calm.notice.thread
    ]
    return ToldIn((calm.id, *edits), louder, opens)


def _gathered(
    notice: Notice, told: Sequence[StoredNotice], waiting: Sequence[StoredNotice]
) -> Gathered:
    """With the charts and edits of what was not said on its own: they would have nothing to stand in."""
    first = {w.notice.thread for w in told if w.notice.act is Act.SAY}
    rest = [w for w in waiting if w.notice.act in _WITH_A_PARENT and w.notice.thread in first]
    return Gathered(notice, tuple(sorted({w.id for w in (*told, *rest)})))


def _gathers(notice: Notice) -> bool:
    """Messages of rotations and to the operator; a test and a report go on their own."""
    return notice.act in _MESSAGES and notice.kind not in (NoticeKind.TEST, NoticeKind.REPORT)


def _is_digest(waiting: StoredNotice) -> bool:
    """It was gathered before; another late notice joins it rather than make a second digest."""
    return "entries" in waiting.notice.payload


def _was_quiet(waiting: StoredNotice) -> bool:
    """Quiet hours held it, when it was made or when it was to be sent."""
    on_purpose = waiting.notice.held_until is not None or waiting.error == QUIET
    return on_purpose and not _is_digest(waiting)


def _is_late(waiting: StoredNotice, now: datetime) -> bool:
    """Later than it was meant to be, and not because of a cap or quiet hours."""
    return now - waiting.notice.meant_at > LATE_AFTER and waiting.error not in HELD
