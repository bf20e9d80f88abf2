"""A channel that takes nothing for long is told once when it breaks and once when it is well, whatever restarts do."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from monitor.content.wording.figures import duration, stamp
from monitor.model.grid import iso, parse_iso
from monitor.model.notice import LATE_AFTER, Channel
from monitor.store import meta


@dataclass(frozen=True, slots=True)
class _Silence:
    """``since``: the first try that failed after the last success; ``told``: somebody knows."""

    since: datetime
    told: bool


def failed(conn: Connection, channel: Channel, error: str, now: datetime) -> str:
    """Remember a try that failed; what is to be told, empty where it is too early or was told."""
    known = _read(conn, channel)
    if known is None:
        _write(conn, channel, _Silence(now, told=False))
        return ""
    if known.told or now - known.since <= LATE_AFTER:
        return ""
    _write(conn, channel, _Silence(known.since, told=True))
    return (
        f"{channel} has taken nothing since {stamp(known.since)}: {error}."
        " Its notices wait and go out when it does, marked late."
    )


def took(conn: Connection, channel: Channel, now: datetime) -> str:
    """Remember a success; what is to be told, empty where nobody knew of a failure."""
    known = _read(conn, channel)
    if known is None:
        return ""
    meta.put(conn, _key(channel), "")
    if not known.told:
        return ""
    return f"{channel} is well again after {duration((now - known.since).total_seconds())}."


def _key(channel: Channel) -> str:
    return f"silent_since:{channel}"


def _read(conn: Connection, channel: Channel) -> _Silence | None:
    text = meta.get(conn, _key(channel))
    if not text:
        return None
    since, _, told = text.partition("|")
    return _Silence(parse_iso(since), told == "told")


def _write(conn: Connection, channel: Channel, silence: _Silence) -> None:
    meta.put(conn, _key(channel), f"{iso(silence.since)}|{'told' if silence.told else ''}")
