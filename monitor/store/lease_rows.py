"""Rows of leases: taken, renewed, looked at and freed within a transaction, judged by the server's time alone.

Every taking raises the row's fence, which tells a holder whether the row is still its own.
"""

from typing import Any

from sqlalchemy import Connection, text

# A lease that says it runs for longer than its length was written by a clock that has been set back since: it is over.
# Its holder, if it lives, is fenced off like any other that lost its turn.
IS_OVER = (
    "(until <= clock_timestamp() OR until > clock_timestamp() + 2 * length_s * interval '1 second')"
)
LEASE_END = "clock_timestamp() + :length * interval '1 second'"


def run(conn: Connection, statement: str, **values: Any) -> Any:
    """A statement with its values."""
    return conn.execute(text(statement), values)


def take(conn: Connection, name: str, holder: str, length_s: float) -> int | None:
    """The fence of the row that is ours now; None where another holds it, or a writing transaction of its holder keeps it."""
    run(
        conn,
        "INSERT INTO lease (name, fence, holder, until, length_s)"
        " VALUES (:name, 0, '', clock_timestamp(), 0) ON CONFLICT DO NOTHING",
        name=name,
    )
    free = run(
        conn,
        f"SELECT fence FROM lease WHERE name = :name AND {IS_OVER} FOR UPDATE SKIP LOCKED",  # noqa: S608
        name=name,
    ).scalar()
    if free is None:
        return None
    run(
        conn,
        f"UPDATE lease SET fence = fence + 1, holder = :holder, until = {LEASE_END},"  # noqa: S608
        " length_s = :length WHERE name = :name",
        name=name,
        holder=holder,
        length=length_s,
    )
    return int(free) + 1


def renew(conn: Connection, name: str, fence: int | None, length_s: float) -> bool:
    """From now for its whole length; False where another process has taken it."""
    done = run(
        conn,
        f"UPDATE lease SET until = {LEASE_END} WHERE name = :name AND fence = :fence",  # noqa: S608
        name=name,
        fence=fence,
        length=length_s,
    )
    return bool(done.rowcount)


def rename(conn: Connection, name: str, fence: int | None, holder: str) -> None:
    """Another text for its holder; nothing where another process has taken it."""
    run(
        conn,
        "UPDATE lease SET holder = :holder WHERE name = :name AND fence = :fence",
        name=name,
        fence=fence,
        holder=holder,
    )


def keep(conn: Connection, name: str, fence: int | None) -> bool:
    """Whether it is ours; if so nobody takes it before this transaction ends."""
    found = run(
        conn,
        "SELECT fence FROM lease WHERE name = :name AND fence = :fence FOR KEY SHARE",
        name=name,
        fence=fence,
    )
    return found.first() is not None


def free(conn: Connection, name: str, fence: int) -> None:
    """At once for others; nothing where it is no longer ours."""
    run(
        conn,
        "UPDATE lease SET until = clock_timestamp() WHERE name = :name AND fence = :fence",
        name=name,
        fence=fence,
    )
