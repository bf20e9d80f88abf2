"""What both Slack channels show of a notice: a text that stands alone, and blocks within Slack's limits."""

from dataclasses import dataclass

from monitor.content.alert import (
    PREVIEW,
    AlertFacts,
    AlertMessage,
    alert_message,
    alert_text,
    first_facts,
    preview_line,
    reminder_text,
    reply_text,
    told_facts,
)
from monitor.content.lateness import late_words
from monitor.content.wording.safe_text import slack_safe
from monitor.delivery.channel import Sending
from monitor.delivery.slack.blocks import alert_blocks, reminder_blocks, reply_blocks
from monitor.delivery.slack.text import SECTION, Block, section
from monitor.model.notice import Notice, NoticeKind
from monitor.model.rotation import RotationChange

SECTIONS = 4
PLAIN = 3500
"""Characters of the plain form, under the 4,000 that Slack advises for a text."""
Facts = tuple[RotationChange, AlertFacts]


@dataclass(frozen=True, slots=True)
class Form:
    """``text`` is what phones show, and all there is where ``blocks`` is None."""

    text: str
    blocks: list[Block] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that was uploaded: ``file`` is its id, ``alt`` its words with the figures."""

    file: str
    alt: str


def whole_form(notice: Notice, how: Sending) -> Form:
    """A message of its own: a rotation as the whole alert, anything else as its body."""
    facts = _facts(notice)
    if facts is None or notice.kind is not NoticeKind.ROTATION:
        return short_form(notice, how)
    late = late_words(notice, how.now)
    message = alert_message(*facts, late=late)
    if how.plain:
        return _plain(notice, alert_text(message), late)
    return Form(_preview(notice.text, notice, late), alert_blocks(message))


def short_form(notice: Notice, how: Sending) -> Form:
    """What a thread says of a change, or the body of a notice that is about no single change."""
    late = late_words(notice, how.now)
    facts = _facts(notice)
    if how.plain:
        return _plain(notice, _body(notice) if facts is None else _told(notice, facts), late)
    if facts is None:
        blocks = body_blocks(_marked(notice, _body(notice), late))
    elif notice.kind is NoticeKind.REMINDER:
        change, around = facts
        blocks = reminder_blocks(change.rotation, around, notice.event_at, late=late)
    else:
        blocks = reply_blocks(*facts, late=late)
    return Form(_preview(notice.text, notice, late), blocks)


def edited_form(notice: Notice, *, picture: Shown | None, late: str) -> Form | None:
    """The parent brought up to date: its first figures stay, the latest state stands beside them.

    ``late``: how late the parent was when it was posted. None where the notice does not say what the parent told.
    """
    latest = _facts(notice)
    if latest is None:
        return None
    message = alert_message(*_first(notice, latest), latest=latest, late=late)
    return Form(_preview(notice.text, notice, ""), _pictured(message, picture))


def pictured_form(notice: Notice, *, picture: Shown, late: str) -> Form | None:
    """The parent as it was posted, with its picture inside; None where the notice has no facts to draw."""
    facts = _facts(notice)
    if facts is None:
        return None
    change, around = _first(notice, facts)
    text = preview_line(change.rotation, around.names, change.changed_at)
    message = alert_message(change, around, late=late)
    return Form(_preview(text, notice, late), _pictured(message, picture))


def body_blocks(body: str) -> list[Block]:
    """A body as sections of mrkdwn in which nothing becomes a mention or a link."""
    return [section(part) for part in sections(slack_safe(body))]


def sections(body: str) -> list[str]:
    """Whole lines in as few sections as hold them; what would go over Slack's limits is cut with a count."""
    parts: list[str] = []
    current = ""
    for line in body.split("\n"):
        cut = line if len(line) <= SECTION else _whole_entities(line[: SECTION - 1]) + "…"
        if current and len(current) + 1 + len(cut) > SECTION:
            parts.append(current)
            current = cut
        else:
            current = f"{current}\n{cut}" if current else cut
    parts.append(current)
    if len(parts) > SECTIONS:
        left_out = sum(part.count("\n") + 1 for part in parts[SECTIONS:])
        parts = [*parts[:SECTIONS], f"… {left_out} line(s) left out: monitor rotations"]
    return [part for part in parts if part.strip()]


def _facts(notice: Notice) -> Facts | None:
    """The change that the notice is about; None where it has only words, or an older program stored it in another form."""
    if "change" not in notice.payload or "around" not in notice.payload:
        return None
    try:
        return told_facts(notice.payload)
    except (KeyError, TypeError, ValueError):
        return None  # its text is told all the same: a lost alert is worse than an ugly one


def _first(notice: Notice, otherwise: Facts) -> Facts:
    """What the parent was posted with."""
    try:
        return first_facts(notice.payload) or otherwise
    except (KeyError, TypeError, ValueError):
        return otherwise


def _pictured(message: AlertMessage, picture: Shown | None) -> list[Block]:
    if picture is None:
        return alert_blocks(message)
    return alert_blocks(message, file=picture.file, alt=picture.alt)


def _told(notice: Notice, facts: Facts) -> str:
    change, around = facts
    if notice.kind is NoticeKind.REMINDER:
        return reminder_text(change.rotation, around, notice.event_at)
    return reply_text(change, around)


def _body(notice: Notice) -> str:
    return str(notice.payload.get("body", notice.text))


def _preview(text: str, notice: Notice, late: str) -> str:
    """A phone's line has no room for the quiet hours that held it: it says how late, the body says all."""
    last = late.rpartition(", ")[2]
    mark = last if last.startswith("late") else ""
    return slack_safe(_cut(_marked(notice, text, mark), PREVIEW))


def _plain(notice: Notice, body: str, late: str) -> Form:
    """The whole message as one text without blocks: what is sent when the blocks were refused."""
    whole = body if body.startswith(notice.text) else f"{notice.text}\n\n{body}"
    return Form(slack_safe(_cut(_marked(notice, whole, late), PLAIN)))


def _marked(notice: Notice, text: str, late: str) -> str:
    if not late:
        return text
    if notice.kind is NoticeKind.OPERATOR:
        return f"{text} ({late})"  # its first word stays "Monitor:"
    return f"{late}: {text}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _whole_entities(text: str) -> str:
    """Without the beginning of an entity that a cut has left at its end."""
    at = text.rfind("&")
    return text[:at] if at >= 0 and ";" not in text[at:] else text
