"""What a thread, or a webhook's further short message, says of a later change: a line that suffices, then details."""

from datetime import datetime

from monitor.content.alert.assessment import conditions_met
from monitor.content.alert.facts import AlertFacts
from monitor.content.alert.footer import explain_words, page_of
from monitor.content.alert.preview import pair_of
from monitor.content.alert.sentences import gain_words
from monitor.content.alert.transitions import OUTCOMES, peak_words, scorecard_words, turn_words
from monitor.content.wording.figures import duration, stamp
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import ChangeReason, Rotation, RotationChange

_RISES = (
    ChangeReason.OPENED,
    ChangeReason.CONFIRMED,
    ChangeReason.SEVERITY,
    ChangeReason.LEG,
    ChangeReason.REVIVED,
)


def reply_text(change: RotationChange, around: AlertFacts, *, late: str = "") -> str:
    """One to three plain lines; the first names pair and news and stands alone.

    Of a change that is an outcome it is the scorecard. ``late``: words that say how late it comes.
    """
    rotation = change.rotation
    if change.reason in OUTCOMES:
        first = scorecard_words(change, around)
    else:
        first = f"{pair_of(rotation, around.names)} {turn_words(change, around)}"
    return "\n".join(
        [
            marked(f"{first}.", around.banner, late),
            *_details(change, around),
            foot(rotation, around, change.changed_at),
        ]
    )


def reminder_text(rotation: Rotation, around: AlertFacts, at: datetime, *, late: str = "") -> str:
    """``AI agents → Memes still on after 14 h, ...``: what became of it since it was flagged."""
    lasted = duration(max(0.0, (at - rotation.detected_at).total_seconds()))
    held = ", held: too little data to judge" if rotation.held else ""
    first = (
        f"{pair_of(rotation, around.names)} still on after {lasted}, {rotation.status.value},"
        f" {rotation.severity.value.upper()}{held}: {peak_words(rotation, around)}."
    )
    return f"{marked(first, around.banner, late)}\n{foot(rotation, around, at)}"


def marked(line: str, banner: str, late: str) -> str:
    """First whose figures these are where they are not live ones, then how late they come."""
    return ": ".join(
        [part for part in (one_line(banner, 120), one_line(late, 80)) if part] + [line]
    )


def foot(rotation: Rotation, around: AlertFacts, at: datetime) -> str:
    """When it was known, the id, where to look closer."""
    page = page_of(rotation, around)
    parts = [stamp(at), one_line(rotation.id), *([page] if page else [])]
    return " · ".join([*parts, explain_words(rotation.id)])


def _details(change: RotationChange, around: AlertFacts) -> list[str]:
    rotation = change.rotation
    if change.reason in _RISES:
        gain = gain_words(rotation, around.names)
        met = conditions_met(rotation.evidence.conditions)
        return [f"{gain} {met[0].upper()}{met[1:]}.".strip()]
    if change.reason in OUTCOMES or rotation.is_on:
        return []
    return [
        f"Flagged {stamp(rotation.detected_at)}; it was strongest on {stamp(rotation.peak_at)}."
    ]
