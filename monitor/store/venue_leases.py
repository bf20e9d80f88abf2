"""Which process of a shared PostgreSQL store asks which venue: a lease a venue, dealt evenly among those that live.

Each process renews a sign of life and its venues together; who holds two more than another gives some back, who holds least
takes what is free. All by the server's time. A writing transaction looks for the fences of its venues first and keeps their
rows from being taken until it ends, so that of two that asked one venue only its holder stores anything.
"""

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from monitor.model.errors import MonitorError
from monitor.store import lease_rows
from monitor.store.database import Database
from monitor.store.errors import StoreError
from monitor.store.process import Process, from_text, to_text

log = structlog.get_logger(__name__)

PART = 0.75
"""Of the daemon's lease: with the looks between, a venue of a process that died is another's before that one is over."""
LOOKS = 6
"""In the length of a venue's lease."""
_LIVES = "poller "
_VENUE = "venue "


class VenueTakenError(StoreError):
    """Another process asks the venue by now; nothing of this transaction was stored."""


class VenueRights(Protocol):
    """Which venues this process asks."""

    def venues(self) -> frozenset[str] | None:
        """Those of now; None where all are its own."""
        ...

    def polling(self) -> Any:
        """A context in which no venue is given back."""
        ...

    def ours(self, conn: Connection, venues: Collection[str]) -> frozenset[str]:
        """In a writing transaction: those that are still ours, and stay so until it ends."""
        ...


class AllVenues:
    """Nobody else asks any: a store of one daemon."""

    def venues(self) -> None:
        """All."""

    @contextmanager
    def polling(self) -> Iterator[None]:
        """Nothing to keep."""
        yield

    def ours(self, conn: Connection, venues: Collection[str]) -> frozenset[str]:
        """All of them."""
        del conn
        return frozenset(venues)


@dataclass(frozen=True, slots=True)
class Division:
    """What a process changes after a look: ``leave`` is given back, ``take`` is asked for in this order."""

    leave: tuple[str, ...] = ()
    take: tuple[str, ...] = ()


def divide(mine: Collection[str], free: Mapping[str, bool], others: Collection[int]) -> Division:
    """``free``: venue -> whether nobody wanted it for long; ``others``: how many each of the other live processes holds."""
    if not others:
        return Division(take=tuple(sorted(free)))
    least = min(others)
    room = max(0, least + 1 - len(mine))
    taken = sorted(free)[:room]
    taken += [venue for venue in sorted(free) if free[venue] and venue not in taken]
    surplus = 0 if free else max(0, len(mine) - least) // 2
    return Division(leave=tuple(sorted(mine)[len(mine) - surplus :]), take=tuple(taken))


class VenueLeases:
    """The venues of this process, renewed and divided anew by a thread of its own between :meth:`start` and
    :meth:`give_back`."""

    def __init__(
        self, database: Database, venues: Collection[str], me: Process, lease: timedelta
    ) -> None:
        self._database = database
        self._wanted = tuple(sorted(venues))
        self._length_s = PART * lease.total_seconds()
        self._me = to_text(me)
        self._name = f"{_LIVES}{me.host} {me.pid} {me.since}"
        self._fences: dict[str, int] = {}
        self._busy = 0
        self._lock = threading.Lock()  # of what is above
        self._looking = threading.Lock()
        self._ended: threading.Event | None = None  # of the background

    def start(self) -> None:
        """Take what is free now, and go on with it in the background; nothing where it goes on already."""
        if self._ended is not None:
            return
        ended = self._ended = threading.Event()
        self._try_to_look()
        threading.Thread(target=self._kept, args=(ended,), name="venue leases", daemon=True).start()

    def go_on_as(self, me: Process, venues: Collection[str]) -> None:
        """Under another configuration: of these venues, told as ``me``. What is free of them is taken at once, what is no longer
        among them given back. Raises StoreError where the server does not answer; then all is as before."""
        with self._looking:
            before, now = self._me, to_text(me)
            with self._database.write_beside() as conn:
                lease_rows.run(
                    conn,
                    "UPDATE lease SET holder = :now WHERE holder = :before"  # noqa: S608
                    f" AND (name LIKE '{_LIVES}%' OR name LIKE '{_VENUE}%')",
                    now=now,
                    before=before,
                )
            self._me, self._wanted = now, tuple(sorted(venues))
        if self._ended is not None:
            self._try_to_look(self._ended)

    def venues(self) -> frozenset[str]:
        """Those that are ours now."""
        with self._lock:
            return frozenset(self._fences)

    @contextmanager
    def polling(self) -> Iterator[None]:
        """Nothing is given back meanwhile."""
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1

    def ours(self, conn: Connection, venues: Collection[str]) -> frozenset[str]:
        """In a writing transaction: those that nobody has taken, or can take before it ends."""
        with self._lock:
            fences = {venue: self._fences[venue] for venue in venues if venue in self._fences}
        return frozenset(
            venue
            for venue, fence in sorted(fences.items())
            if lease_rows.keep(conn, _VENUE + venue, fence)
        )

    def look(self, ended: threading.Event | None = None) -> None:
        """Renew what is ours, and divide anew, unless it has ``ended``. Raises StoreError where the server does not
        answer."""
        with self._looking:
            if ended is not None and ended.is_set():
                return
            before = self.venues()
            with self._database.write_beside() as conn:
                kept = self._renewed(conn)
                division = self._division(conn, kept)
                left = self._left(conn, division.leave)
                taken = self._taken(conn, division.take)
            with self._lock:
                self._fences = {v: f for v, f in kept.items() if v not in left} | taken
            after = self.venues()
        if after != before:
            log.info("venues of this process", venues=sorted(after))

    def give_back(self) -> None:
        """At once for others; where the server does not answer, when they run out. Nothing where it was not started."""
        if self._ended is None:
            return
        self._ended.set()
        self._ended = None
        with self._looking:
            with self._lock:
                fences, self._fences = self._fences, {}
            try:
                with self._database.write_beside() as conn:
                    for venue, fence in sorted(fences.items()):
                        lease_rows.free(conn, _VENUE + venue, fence)
                    lease_rows.run(conn, "DELETE FROM lease WHERE name = :name", name=self._name)
            except MonitorError as error:
                log.warning("venues not given back", error=str(error))

    def _kept(self, ended: threading.Event) -> None:
        while not ended.wait(self._length_s / LOOKS):
            self._try_to_look(ended)

    def _try_to_look(self, ended: threading.Event | None = None) -> None:
        try:
            self.look(ended)
        except MonitorError as error:  # nobody else can take them meanwhile either
            log.warning("venues not renewed", error=str(error))

    def _renewed(self, conn: Connection) -> dict[str, int]:
        """venue -> fence of those that nobody took meanwhile."""
        lease_rows.run(
            conn,
            f"INSERT INTO lease (name, fence, holder, until, length_s) VALUES (:name, 0, :me, {lease_rows.LEASE_END}, :length)"  # noqa: S608
            " ON CONFLICT (name) DO UPDATE SET until = excluded.until",
            name=self._name,
            me=self._me,
            length=self._length_s,
        )
        with self._lock:
            fences = sorted(self._fences.items())
        kept = {}
        for venue, fence in fences:
            if lease_rows.renew(conn, _VENUE + venue, fence, self._length_s):
                kept[venue] = fence
            else:
                log.warning("venue taken over by another process", venue=venue)
        return kept

    def _division(self, conn: Connection, kept: Collection[str]) -> Division:
        lease_rows.run(
            conn,
            "DELETE FROM lease WHERE name IN (SELECT name FROM lease"  # noqa: S608
            f" WHERE name LIKE '{_LIVES}%' AND {lease_rows.IS_OVER} FOR UPDATE SKIP LOCKED)",
        )
        rows = lease_rows.run(
            conn,
            f"SELECT name, holder, {lease_rows.IS_OVER} AS over,"  # noqa: S608
            f" until < clock_timestamp() - :length / 2 * interval '1 second' AS unwanted FROM lease"
            f" WHERE name LIKE '{_LIVES}%' OR name LIKE '{_VENUE}%'",
            length=self._length_s,
        ).all()
        held = Counter(r.holder for r in rows if r.name.startswith(_VENUE) and not r.over)
        lives = {r.holder for r in rows if r.name.startswith(_LIVES) and not r.over} - {self._me}
        known = {r.name: r for r in rows}
        free = {}
        for venue in self._wanted:
            row = known.get(_VENUE + venue)
            if venue not in kept and (row is None or row.over):
                free[venue] = row is not None and row.unwanted
        with self._lock:
            busy = self._busy > 0
        wanted = [venue for venue in kept if venue in self._wanted]
        found = divide(wanted, free, [held[holder] for holder in lives])
        dropped = tuple(sorted(set(kept) - set(wanted)))
        return Division(() if busy else (*found.leave, *dropped), found.take)

    def _left(self, conn: Connection, venues: Collection[str]) -> frozenset[str]:
        for venue in venues:
            lease_rows.free(conn, _VENUE + venue, self._fences[venue])
        return frozenset(venues)

    def _taken(self, conn: Connection, venues: Collection[str]) -> dict[str, int]:
        taken = {}
        for venue in sorted(venues):
            fence = lease_rows.take(conn, _VENUE + venue, self._me, self._length_s)
            if fence is not None:
                taken[venue] = fence
        return taken


def venue_holders(conn: Connection) -> dict[Process, tuple[str, ...]]:
    """The live pollers of a PostgreSQL store and the venues of each."""
    rows = lease_rows.run(
        conn,
        f"SELECT name, holder FROM lease WHERE (name LIKE '{_LIVES}%' OR name LIKE '{_VENUE}%')"  # noqa: S608
        f" AND NOT {lease_rows.IS_OVER} ORDER BY name",
    ).all()
    found: dict[Process, tuple[str, ...]] = {}
    for row in rows:
        venues = (row.name.removeprefix(_VENUE),) if row.name.startswith(_VENUE) else ()
        holder = from_text(row.holder)
        found[holder] = (*found.get(holder, ()), *venues)
    return found
