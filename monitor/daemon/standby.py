"""Of two daemons on one SQLite file the second waits as a standby, says so, and takes over when the first ends."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from monitor.clock import Clock
from monitor.daemon.alive import ServiceManager
from monitor.store.database import Database
from monitor.store.errors import StoreError
from monitor.store.process_lock import ProcessLock, daemon_lock, standby_lock, this_process

log = structlog.get_logger(__name__)

LOOK_S = 1.0
"""How often a standby looks whether the daemon has ended."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to work on an SQLite file. ``lock`` is None on a server, where processes share the work."""

    lock: ProcessLock | None

    def give_back(self) -> None:
        """The standby takes over."""
        if self.lock is not None:
            self.lock.give_back()


@contextlib.contextmanager
def turn_of(database: Database) -> Iterator[Turn]:
    """Given back at the end, taken or not."""
    turn = Turn(daemon_lock(database))
    try:
        yield turn
    finally:
        turn.give_back()


def at_once(turn: Turn, clock: Clock) -> None:
    """Take the turn; raises StoreError, which says who has it, where it is not free."""
    if turn.lock is not None and not turn.lock.take(this_process(clock.now())):
        holder = turn.lock.holder()
        raise StoreError(
            f"{holder.words if holder else 'another process'} works on this database",
            remedy="let it poll, or end it first",
        )


async def awaited(
    turn: Turn, database: Database, clock: Clock, manager: ServiceManager, stop: asyncio.Event
) -> bool:
    """Wait for the turn; False where ``stop`` came first. The standby's own lock tells `monitor status` of it."""
    if turn.lock is None or turn.lock.take(this_process(clock.now())):
        return True
    waiting = standby_lock(database)
    manager.ready()
    told = None
    try:
        while not stop.is_set():
            if waiting is not None:
                waiting.take(this_process(clock.now()))
            holder = turn.lock.holder()
            if holder is not None:
                words = f"standby: {holder.words} works on {database.url_masked}"
                if holder != told:
                    log.warning("standby", database=database.url_masked, daemon=holder.words)
                    told = holder
                manager.standby(words)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)
            if turn.lock.take(this_process(clock.now())):
                log.info("standby takes over", database=database.url_masked)
                return not stop.is_set()
        return False
    finally:
        if waiting is not None:
            waiting.give_back()
