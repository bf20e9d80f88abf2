"""Rotations that were flagged: the list page by page, and one of them whole."""

import re
from typing import Any, TypeVar

from sqlalchemy import Connection

from monitor.alerting.retold import retold
from monitor.api.errors import WrongQuestionError
from monitor.api.sources import Sources
from monitor.api.times import moment
from monitor.content.alert import alert_text
from monitor.model.rotation import MARKET, Rotation, Severity, Status
from monitor.model.rotation_json import change_to_json, rotation_to_json
from monitor.store import rotations as stored
from monitor.store.errors import StoreError

Json = dict[str, Any]
Choice = TypeVar("Choice", Status, Severity)
MOST = 500
USUAL = 100
_ID = re.compile(r"[A-Za-z0-9-]{1,40}")


def rotations(
    sources: Sources,
    *,
    status: str | None = None,
    severity: str | None = None,
    pair: str | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: int = USUAL,
    cursor: str | None = None,
) -> Json:
    """Rotations that are all of what is asked, newest first; ``next`` is the cursor of what is left, None at the end."""
    as_of, found, after = rotations_page(
        sources,
        status=status,
        severity=severity,
        pair=pair,
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    )
    return {"as_of": as_of, "rotations": [rotation_to_json(r) for r in found], "next": after}


def rotations_page(
    sources: Sources,
    *,
    status: str | None,
    severity: str | None,
    pair: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    cursor: str | None,
) -> tuple[str | None, list[Rotation], str | None]:
    """(as of, rotations, cursor of what is left): what the table of :func:`rotations` is made of."""
    if not 1 <= limit <= MOST:
        raise WrongQuestionError(
            "limit cannot be had", found=str(limit), expected=f"a whole number from 1 to {MOST}"
        )
    now = sources.clock.now()
    begin, end = moment(since, now, "since"), moment(until, now, "until")
    if begin is not None and end is not None and begin >= end:
        raise WrongQuestionError(
            "since is not before until",
            found=f"{since} to {until}",
            expected="a time before until",
        )
    asked_status = _choice(Status, status, "status")
    asked_severity = _choice(Severity, severity, "severity")
    source, target = _pair(sources, pair)
    with sources.database.read() as conn:
        found = stored.newest_rotations(
            conn,
            limit=limit + 1,
            since=begin,
            until=end,
            from_sector=source,
            to_sector=target,
            statuses=() if asked_status is None else (asked_status,),
            severity=asked_severity,
            after=_after(conn, cursor),
        )
        as_of = sources.as_of(conn)
    return as_of, found[:limit], found[limit - 1].id if len(found) > limit else None


def rotation(sources: Sources, rotation_id: str) -> Json:
    """One rotation, every change of it, and why it was flagged in words."""
    with sources.database.read() as conn:
        found = named(conn, rotation_id)
        changes = stored.list_changes(conn, rotation_id=found.id)
        words = alert_text(retold(conn, found, sources.enricher))
        as_of = sources.as_of(conn)
    return (
        {"as_of": as_of}
        | rotation_to_json(found)
        | {"changes": [change_to_json(change) for change in changes], "explanation": words}
    )


def named(conn: Connection, rotation_id: str) -> Rotation:
    """The one whose id is, or begins with, this; raises WrongQuestionError where there is none, or several."""
    found = None
    if _ID.fullmatch(rotation_id):
        try:
            found = stored.get_rotation(conn, rotation_id)
        except StoreError as error:
            raise WrongQuestionError(
                str(error), found=rotation_id, expected="more of the id", status=404
            ) from None
    if found is None:
        raise WrongQuestionError(
            "no such rotation",
            found=rotation_id,
            expected="an id, or the first characters of one, of /api/rotations",
            status=404,
        )
    return found


def _after(conn: Connection, cursor: str | None) -> Rotation | None:
    if cursor is None:
        return None
    found = stored.get_rotation(conn, cursor) if _ID.fullmatch(cursor) else None
    if found is None or found.id != cursor:
        raise WrongQuestionError(
            "no such cursor", found=cursor, expected="the value of next of the page before"
        )
    return found


def _pair(sources: Sources, text: str | None) -> tuple[str | None, str | None]:
    if text is None:
        return None, None
    source, comma, target = text.partition(",")
    if not comma:
        raise WrongQuestionError(
            "pair cannot be read", found=text, expected="FROM,TO such as ai-agents,memes"
        )
    for sector in (source, target):
        sources.check_sector(sector, MARKET)
    return source, target


def _choice(kind: type[Choice], text: str | None, name: str) -> Choice | None:
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        raise WrongQuestionError(
            f"no such {name}", found=text, expected=[str(choice) for choice in kind]
        ) from None
