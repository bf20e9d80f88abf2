"""Who hears of rotations, from which severity on, in which way, and when not."""

from dataclasses import dataclass, replace
from datetime import UTC, time, timedelta, tzinfo
from enum import StrEnum

from monitor.content.quiet_hours import end_of_quiet
from monitor.model.grid import iso
from monitor.model.notice import Act, Channel, Notice
from monitor.model.rotation import SEVERITY_ORDER, Severity


class Form(StrEnum):
    """What a way out can do."""

    THREADS = "threads"  # Slack by bot: threads, edits, pictures
    MESSAGES = "messages"  # Slack by webhook: messages and nothing else
    MAIL = (
        "mail"  # one mail a change of state, chained; no reminders, no scorecards, no quiet hours
    )


@dataclass(frozen=True, slots=True)
class Voice:
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

    voices: tuple[Voice, ...]
    quiet: tuple[time, time] | None = None
    quiet_zone: tzinfo = UTC
    reminder_after: timedelta = timedelta(hours=12)
    reminder_step: float = 0.05


def is_at_least(severity: Severity, minimum: Severity) -> bool:
    """Whether it is that severe or more."""
    return SEVERITY_ORDER.index(severity) >= SEVERITY_ORDER.index(minimum)


def held_by_quiet_hours(
    notice: Notice, voice: Voice, policy: AlertPolicy, *, parent_waits: bool = False
) -> Notice:
    """Due when they are over. An edit makes no sound and is held only where its parent is."""
    silent = notice.act is Act.EDIT and not parent_waits
    if policy.quiet is None or notice.urgent or silent or voice.form is Form.MAIL:
        return notice
    over = end_of_quiet(notice.event_at, policy.quiet, policy.quiet_zone)
    if over is None:
        return notice
    return replace(notice, due_at=over, payload={**notice.payload, "held_until": iso(over)})
