"""The message as Slack's blocks: within all limits, least important lines cut first and counted."""

from collections.abc import Sequence
from datetime import datetime

from monitor.content.alert.facts import AlertFacts
from monitor.content.alert.footer import explain_words, page_of
from monitor.content.alert.message import AlertMessage
from monitor.content.alert.replies import reminder_text, reply_text
from monitor.content.alert.sides import Column
from monitor.content.wording.phrases import kept_together
from monitor.delivery.slack.text import (
    HEADER,
    Block,
    context,
    escaped,
    fields,
    header,
    link,
    local_time,
    picture,
    sections,
    strong,
)
from monitor.model.rotation import Rotation, RotationChange

CHARACTERS = 11_500
"""Of all texts of a message: Slack refuses somewhere above 13,000, undocumented."""
ALT, FIELD, LONGEST_PART = 1_900, 1_900, 200
_KEPT = {"notes": 0, "members": 1, "judged": 1, "figures": 0, "told": 2}
"""Lines that a part keeps; parts from the least important on."""


def alert_blocks(message: AlertMessage, *, file: str | None = None, alt: str = "") -> list[Block]:
    """The whole message. ``file``: id of an uploaded picture that is shown inside; ``alt``: its words with the figures.

    Without a picture the spark line stands in its place.
    """
    parts = {
        "told": _lines(message.told),
        "figures": _lines(
            [*message.figures, *([message.spark] if message.spark and not file else [])]
        ),
        "members": _lines(message.members),
        "judged": _lines(message.judged),
        "notes": _lines(message.notes),
    }
    fixed: dict[str, list[Block]] = {
        "leads": sections(_lines(message.leads)),
        "header": [header(message.headlines)],
        "columns": [fields([_field(column) for column in message.columns])],
        "picture": [picture(file, _cut_alt(alt or message.preview))] if file else [],
        "context": [context(_foot(message.context, message.page, message.rotation_id, message.at))],
    }
    room = CHARACTERS - sum(_length(block) for blocks in fixed.values() for block in blocks)
    left_out = _cut(parts, room)
    if left_out:
        parts["notes"].append(
            escaped(f"… {left_out} line(s) left out: {explain_words(message.rotation_id)}")
        )
    return [
        *fixed["leads"],
        *fixed["header"],
        *sections(parts["told"]),
        *fixed["columns"],
        *sections(parts["figures"]),
        *sections(parts["members"]),
        *sections([*parts["judged"], *parts["notes"]]),
        *fixed["picture"],
        *fixed["context"],
    ]


def reply_blocks(change: RotationChange, around: AlertFacts, *, late: str = "") -> list[Block]:
    """A later change, for a thread: the lines of its text, the last of them small."""
    lines = reply_text(change, around, late=late).splitlines()[:-1]
    return _short(lines, change.rotation, around, change.changed_at)


def reminder_blocks(
    rotation: Rotation, around: AlertFacts, at: datetime, *, late: str = ""
) -> list[Block]:
    """A reminder, for a thread."""
    lines = reminder_text(rotation, around, at, late=late).splitlines()[:-1]
    return _short(lines, rotation, around, at)


def _short(
    lines: Sequence[str], rotation: Rotation, around: AlertFacts, at: datetime
) -> list[Block]:
    small = _foot((rotation.id,), page_of(rotation, around), rotation.id, at)
    return [*sections(_lines(lines)), context(small)]


def _lines(lines: Sequence[str]) -> list[str]:
    return [escaped(kept_together(line)) for line in lines]


def _foot(parts: Sequence[str], page: str, rotation_id: str, at: datetime) -> str:
    """Small print with the reader's own time and the link, if there is one."""
    told = [escaped(part, LONGEST_PART) for part in parts]
    told += [link(page, "page")] if page else []
    explain = escaped(explain_words(rotation_id), LONGEST_PART)
    return " · ".join([*told, explain, f"your time {local_time(at)}"])


def _field(column: Column) -> str:
    rows = kept_together("\n".join(f"{row.label}: {row.text}" for row in column.rows))
    return f"{strong(column.name, HEADER)}\n{escaped(rows, FIELD - HEADER)}"


def _cut_alt(alt: str) -> str:
    return alt if len(alt) <= ALT else alt[: ALT - 1].rstrip() + "…"


def _cut(parts: dict[str, list[str]], room: int) -> int:
    """Drop lines until all fit into ``room`` characters; how many were dropped."""
    count = 0
    while sum(len(line) + 1 for lines in parts.values() for line in lines) > room:
        name = next((name for name, kept in _KEPT.items() if len(parts[name]) > kept), None)
        if name is None:
            break
        parts[name].pop()
        count += 1
    return count


def _length(value: object) -> int:
    """Characters of all texts in a block."""
    if isinstance(value, dict):
        return sum(
            len(item) if name in ("text", "alt_text") and isinstance(item, str) else _length(item)
            for name, item in value.items()
        )
    return sum(map(_length, value)) if isinstance(value, list) else 0
