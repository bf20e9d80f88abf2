"""How long the report of a day has been waited for while the daemon was behind; over restarts, without the time between."""

from datetime import date, timedelta

from sqlalchemy import Connection

from monitor.store import meta

_SECOND = timedelta(seconds=1)


def waited(conn: Connection, day: date) -> timedelta:
    """So far; nothing where it was not waited for."""
    found = meta.get(conn, _key(day))
    return timedelta(0) if found is None else float(found) * _SECOND


def note(conn: Connection, day: date, length: timedelta) -> None:
    """It is ``length`` by now."""
    meta.put(conn, _key(day), f"{length / _SECOND:.3f}")


def forget(conn: Connection, day: date) -> None:
    """The report is on its way."""
    meta.drop(conn, _key(day))


def _key(day: date) -> str:
    return f"report_waited|{day.isoformat()}"
