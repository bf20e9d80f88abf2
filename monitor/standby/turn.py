"""Of several daemons on one database one works; the others wait as standbys, say so, and the next takes over at its end.

On an SQLite file a lock of the operating system decides, on PostgreSQL a lease with a fence: see the store.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import structlog
from sqlalchemy import Connection

from monitor.clock import Clock
from monitor.model.errors import MonitorError
from monitor.service_manager import ServiceManager
from monitor.settings.schema import Settings
from monitor.standby.helping import Helper
from monitor.store.database import Database
from monitor.store.errors import StoreError
from monitor.store.lease_lock import LeaseLock
from monitor.store.migrations import head_revision
from monitor.store.process import Process, this_process
from monitor.store.roles import DAEMON, STANDBY, lock_of

log = structlog.get_logger(__name__)

LOOK_S = 1.0
"""How often a standby looks whether its turn has come."""


class Turn:
    """The right to work on a database; ``me``: who takes it."""

    def __init__(self, database: Database, settings: Settings, me: Process) -> None:
        self.me = me
        self._database = database
        lease = settings.database.lease
        self._lock = lock_of(database, DAEMON, lease)
        self._next = lock_of(database, STANDBY, lease)

    def take(self) -> bool:
        """Whether it is ours."""
        return self._lock is None or self._lock.take(self.me)

    def take_next(self) -> bool:
        """Whether ours is the next turn."""
        return self._next is None or self._next.take(self.me)

    def leave_next(self) -> None:
        """Wait no longer."""
        if self._next is not None:
            self._next.give_back()

    def go_on_as(self, me: Process) -> None:
        """Ours under other settings: standbys look whether they differ from ``me``."""
        if self._lock is not None:
            self._lock.rename(me)
        self.me = me

    def holder(self) -> Process | None:
        """Whose turn it is."""
        return None if self._lock is None else self._lock.holder()

    def keep(self, on_lost: Callable[[], None]) -> None:
        """Until it is given back; ``on_lost`` is called, in any thread, when another process has taken over."""
        if isinstance(self._lock, LeaseLock):
            self._lock.keep(on_lost)

    def fence(self, on_lost: Callable[[], None]) -> None:
        """From now on nothing is written unless the turn is ours and the schema this program's."""
        if not isinstance(self._lock, LeaseLock):
            return
        lock, schema = self._lock, head_revision()

        def guard(conn: Connection) -> None:
            try:
                lock.check(conn, schema)
            except MonitorError:
                if not lock.is_given_back:
                    on_lost()
                raise

        self._database.guard = guard

    def is_sure(self) -> bool:
        """Whether nobody can have taken over yet, by this machine's own measure: for what cannot be taken back."""
        return not isinstance(self._lock, LeaseLock) or self._lock.is_sure()

    def give_back(self) -> None:
        """The standby takes over; whatever of ours still waits to write finds the fence closed."""
        if self._lock is not None:
            self._lock.give_back()


class Lost:
    """Another process took over, since this one gave no sign for longer than its lease: it ends, and a service manager
    starts it again as a standby, with nothing old in its memory."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        self._loop = loop
        self._stop = stop
        self.noted = False

    def note(self) -> None:
        """From any thread."""
        if not self.noted:
            self.noted = True
            log.error(
                "another process has taken over", next="this one ends; start it again as a standby"
            )
            with contextlib.suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._stop.set)


@contextlib.contextmanager
def turn_of(
    database: Database, settings: Settings, clock: Clock, engine: str = ""
) -> Iterator[Turn]:
    """Given back at the end, taken or not. ``engine``: fingerprint of this program's engine."""
    turn = Turn(database, settings, this_process(clock.now(), engine))
    try:
        yield turn
    finally:
        turn.give_back()


def at_once(turn: Turn) -> None:
    """Take the turn; raises StoreError, which says who has it, where it is not free."""
    if not turn.take():
        holder = turn.holder()
        raise StoreError(
            f"{holder.words if holder else 'another process'} works on this database",
            remedy="let it poll, or end it first",
        )


async def awaited(
    turn: Turn,
    database: Database,
    manager: ServiceManager,
    stop: asyncio.Event,
    helper: Helper | None = None,
) -> bool:
    """Wait for the turn; False where ``stop`` came first. A server that does not answer meanwhile is asked again.

    ``helper``: asks venues meanwhile.
    """
    if await asyncio.to_thread(turn.take):
        return True
    manager.ready()
    told: Process | None = None
    try:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)
            try:
                told = await asyncio.to_thread(_look, turn, database, manager, told)
                if helper is not None and told is not None:
                    await helper.allow(may_poll=not turn.me.differs_from(told))
                if await asyncio.to_thread(turn.take):
                    log.info("standby takes over", database=database.url_masked)
                    return not stop.is_set()
            except StoreError as error:
                log.warning("standby cannot look", error=str(error))
        return False
    finally:
        await asyncio.to_thread(turn.leave_next)


def _look(
    turn: Turn, database: Database, manager: ServiceManager, told: Process | None
) -> Process | None:
    """Say for whom we wait, once for each; the service manager hears it each time."""
    turn.take_next()
    holder = turn.holder()
    if holder is None:
        return told
    if holder != told:
        log.warning("standby", database=database.url_masked, daemon=holder.words)
        if turn.me.differs_from(holder):
            log.warning(
                "standby differs from the daemon",
                hint=f"version {holder.version} or other tokens, [engine] or [detection] settings are at work there,"
                f" version {turn.me.version} here; it asks no venue, and what is decided will change when it takes"
                " over: give both the same",
            )
    manager.standby(f"standby: {holder.words} works on {database.url_masked}")
    return holder
