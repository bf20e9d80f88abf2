"""Who hears of rotations, from which severity on, in which way, and when not."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo

from monitor.model.grid import iso
from monitor.model.notice import Act, Channel, Notice
from monitor.model.rotation import SEVERITY_ORDER, Severity


@dataclass(frozen=True, slots=True)
class Form:
    """What a way out can do. ``threads``: threads, edits, pictures. ``answers``: a later message is tied to the first.
    ``passing``: read as it comes, so that it may be grouped, held in quiet hours, recalled and digested at the start."""

    threads: bool = False
    answers: bool = False
    passing: bool = True


IN_THREADS = Form(threads=True, answers=True)
"""Slack by bot."""
IN_MESSAGES = Form()
"""A webhook: messages and nothing else."""
BY_MAIL = Form(answers=True, passing=False)
"""One mail a change of state, chained."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """One reader of rotations: told from ``minimum`` severity on."""

    channel: Channel
    form: Form
    minimum: Severity = Severity.WARNING
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """``quiet``: (begin, end) of the local hours in which watch and warning are held; critical never is.

    ``reminder_after``: at the latest so long after it was last spoken of, a rotation that is on is recalled;
    ``reminder_step``: or when the loser's own move has grown by so much, a fraction.
    """

    receivers: tuple[Receiver, ...]
    quiet: tuple[time, time] | None = None
    quiet_zone: tzinfo = UTC
    reminder_after: timedelta = timedelta(hours=12)
    reminder_step: float = 0.05


def is_at_least(severity: Severity, minimum: Severity) -> bool:
    """Whether it is that severe or more."""
    return SEVERITY_ORDER.index(severity) >= SEVERITY_ORDER.index(minimum)


def held_by_quiet_hours(
    notice: Notice, receiver: Receiver, policy: AlertPolicy, *, parent_waits: bool = False
) -> Notice:
    """Due when they are over. An edit makes no sound and is held only where its parent is."""
    silent = notice.act is Act.EDIT and not parent_waits
    if policy.quiet is None or notice.urgent or silent or not receiver.form.passing:
        return notice
    over = end_of_quiet(notice.event_at, policy.quiet, policy.quiet_zone)
    if over is None:
        return notice
    return replace(notice, due_at=over, payload={**notice.payload, "held_until": iso(over)})


def end_of_quiet(moment: datetime, quiet: tuple[time, time], zone: tzinfo) -> datetime | None:
    """When the quiet hours that hold ``moment`` are over, in UTC; None outside of them.

    ``quiet``: (begin, end), local times of ``zone``; they may reach over midnight.
    """
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
