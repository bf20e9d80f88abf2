"""Stored history through the engine once more, from the nearest state that is kept and not from the first bar.

A fold from a checkpoint gives the bits that a fold from the first bar gives: it is kept only of an engine of the same
identity, and what arrives late for a day that it covers spoils it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import structlog

from monitor.engine import Engine, EngineState, Moved
from monitor.model.errors import MonitorError
from monitor.pipeline import moves
from monitor.store import bars, checkpoints
from monitor.store.checkpoints import Checkpoint
from monitor.store.coverage import last_stepped
from monitor.store.database import Database
from monitor.store.interval_source import read_intervals

log = structlog.get_logger(__name__)

OnStep = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""


def _nothing(_done: int, _all: int) -> None:
    pass


def steps_of(
    database: Database,
    engine: Engine,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    as_known: bool = False,
    on_step: OnStep = _nothing,
) -> Iterator[Moved]:
    """Every step that closes at or after ``since`` and up to ``until``, as a fold from the first stored bar gives it.

    What is to be said of a step beside its changes has to be asked before the next one is.
    ``as_known``: each interval shows only what had been received when it was stepped. States are kept by the day on the
    way, where the database takes them, so that the next question is answered sooner. Raises MonitorError where no bar
    of the engine's width is stored.
    """
    width = engine.width
    with database.read() as conn:
        span = bars.time_span(conn, width)
        if span is None:
            raise MonitorError(
                "no bar of the configured interval is stored", remedy="monitor backfill --since 30d"
            )
        end = span[1] + width if until is None else min(until, span[1] + width)
        start, state = span[0], engine.new_state()
        found = None
        if since is not None:
            found = checkpoints.nearest(
                conn, engine.identity, before=min(since, end) - width, as_known=as_known
            )
        if found is not None and found.last_open >= span[0]:
            start, state = found.last_open + width, engine.load(found.blob)
        keeper = _Keeper(database, engine, checkpoints.late_arrivals(conn), as_known=as_known)
        total = max(0, (end - start) // width)
        intervals = read_intervals(
            conn, engine.universe, width=width, since=start, until=end, as_known=as_known
        )
        for done, moved in enumerate(moves(engine, state, intervals), 1):
            keeper.see(moved, state)
            on_step(done, total)
            if since is None or moved.close_time >= since:
                yield moved


class _Keeper:
    """Keeps a state a day, each in a transaction of its own; gives up for good where the database does not take one."""

    def __init__(self, database: Database, engine: Engine, late: int, *, as_known: bool) -> None:
        self._database = database
        self._engine = engine
        self._late = late
        self._as_known = as_known
        self._keeps = True

    def see(self, moved: Moved, state: EngineState) -> None:
        """After a step."""
        if not self._keeps or not checkpoints.is_due(moved.close_time, self._engine.width):
            return
        try:
            self._keeps = self._keep(moved.open_time, state)
        except MonitorError as error:
            log.debug("no state is kept", reason=str(error))
            self._keeps = False

    def _keep(self, last_open: datetime, state: EngineState) -> bool:
        """False where something arrived meanwhile that this fold does not see, or the daemon has yet to decide."""
        engine = self._engine
        with self._database.read() as conn:
            decided = last_stepped(conn, engine.width)
            if self._as_known and (decided is None or decided <= last_open):
                return False
            if checkpoints.is_kept(conn, engine.identity, last_open, as_known=self._as_known):
                return True
        with self._database.write() as conn:
            if checkpoints.late_arrivals(conn) != self._late:
                return False
            checkpoints.keep(
                conn,
                engine.identity,
                Checkpoint(last_open, engine.dump(state)),
                as_known=self._as_known,
                whole=not self._as_known,
            )
        return True
