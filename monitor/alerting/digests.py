"""Several notices told as one: after an outage, after quiet hours, over the cap."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from monitor.alerting.grouping import few
from monitor.content.wording.figures import stamp
from monitor.model.grid import iso, parse_iso
from monitor.model.notice import Notice, NoticeKind
from monitor.model.rotation import SEVERITY_ORDER, Severity

Entry = dict[str, Any]
"""One notice inside a digest: ``of`` (what it is about), ``at``, ``text``, ``ids`` of rotations, ``pair``, ``severity``."""


def outage_digest(notices: Sequence[Notice], *, refused: bool) -> Notice:
    """For what went out late, a line for each rotation; takes up earlier such digests.

    ``refused``: the channel did not take them; else the monitor itself was away.
    """
    why = "while this channel did not answer" if refused else "while the monitor caught up"

    def told(entries: list[Entry]) -> list[str]:
        span = f"{stamp(parse_iso(entries[0]['at']))} to {stamp(parse_iso(entries[-1]['at']))}"
        if notices[0].kind is NoticeKind.OPERATOR:
            head = f"Monitor: {len(entries)} notices waited {why}"
            return [head, f"They are of {span}:", *map(_operator_line, entries)]
        head = f"{_worst(entries)}{len(entries)} notices: {_named(entries)}"
        return [head, f"They are of {span}, and waited {why}.", *_lines(entries)]

    return _digest("outage", notices, told)


def quiet_digest(notices: Sequence[Notice]) -> Notice:
    """For what quiet hours held: a line for each rotation as it stands."""
    return _digest(
        "quiet",
        notices,
        lambda entries: [
            f"{_worst(entries)}{len(entries)} notices of quiet hours: {_named(entries)}",
            *_lines(entries),
        ],
    )


def cap_digest(notices: Sequence[Notice], now: datetime) -> Notice:
    """One line: how many the cap held, and where to see them. Held on purpose, hence not late."""

    def told(entries: list[Entry]) -> list[str]:
        count = "1 message was" if len(entries) == 1 else f"{len(entries)} messages were"
        pairs = _named(entries)
        return [f"{count} held by the hourly cap: {pairs}. See: monitor rotations, or the page"]

    made = _digest("cap", notices, told)
    return replace(made, payload={**made.payload, "held_until": iso(now)})


def _digest(
    what: str, notices: Sequence[Notice], told: Callable[[list[Entry]], list[str]]
) -> Notice:
    """As old as the oldest that it tells. Its key is a function of these, so that a digest made twice is one."""
    entries = sorted((e for n in notices for e in _entries(n)), key=lambda e: str(e["at"]))
    keys = "|".join(notice.dedup_key for notice in notices)
    key = f"{what}|{hashlib.sha256(keys.encode()).hexdigest()[:16]}"
    lines = told(entries)
    first = min(notices, key=lambda notice: notice.event_at)
    payload: dict[str, Any] = {
        "body": "\n".join(lines),
        "rotations": list(dict.fromkeys(r for entry in entries for r in entry["ids"])),
        "entries": entries,
    }
    held = [notice.payload["held_until"] for notice in notices if "held_until" in notice.payload]
    if what == "quiet" and held:
        payload["held_until"] = max(held)
    operator = first.kind is NoticeKind.OPERATOR
    return Notice(
        dedup_key=key,
        channel=first.channel,
        kind=NoticeKind.OPERATOR if operator else NoticeKind.DIGEST,
        text=lines[0],
        event_at=first.event_at,
        due_at=max(notice.due_at for notice in notices),
        thread=key,
        recipient=first.recipient,
        payload=payload,
        urgent=any(notice.urgent for notice in notices),
    )


def _entries(notice: Notice) -> list[Entry]:
    """Of a digest those that it holds; of anything else the one that it is."""
    if "entries" in notice.payload:
        return list(notice.payload["entries"])
    ids = list(notice.payload.get("rotations", ()))
    return [
        {
            "of": ids[0] if len(ids) == 1 else notice.dedup_key,
            "at": iso(notice.event_at),
            "text": notice.text,
            "ids": ids,
            "pair": notice.payload.get("pair", ""),
            "severity": notice.payload.get("severity", ""),
        }
    ]


def _lines(entries: Sequence[Entry]) -> list[str]:
    """The newest of each rotation, in order of time, with its id; how often it was told of where more than once."""
    newest = {entry["of"]: entry for entry in entries}
    lines = []
    for of, entry in newest.items():
        count = sum(other["of"] == of for other in entries)
        times = f" ({count} notices)" if count > 1 else ""
        ids = f" ({', '.join(entry['ids'])})" if entry["ids"] else ""
        lines.append((entry["at"], f"{entry['text']}{ids}{times}"))
    return [f"• {parse_iso(at):%d %b}: {line}" for at, line in sorted(lines)]


def _operator_line(entry: Entry) -> str:
    return (
        f"{parse_iso(entry['at']):%d %b %H:%M} UTC: {str(entry['text']).removeprefix('Monitor: ')}"
    )


def _named(entries: Sequence[Entry]) -> str:
    """The pairs that they are about, in a few words."""
    return few([entry["pair"] for entry in entries if entry["pair"]]) or "of several rotations"


def _worst(entries: Sequence[Entry]) -> str:
    """``CRITICAL `` or ``WARNING `` where one is."""
    found = {entry["severity"] for entry in entries}
    known = [s for s in SEVERITY_ORDER if s.value in found and s is not Severity.WATCH]
    return f"{known[-1].value.upper()} " if known else ""
