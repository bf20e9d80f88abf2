"""Stored intervals through the engine; state, outputs, rotations and notices commit together.

The daemon, `replay` and `demo` step through this one module; only the source of bars and the clock differ.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

import numpy as np
import structlog
from sqlalchemy import Connection

from monitor.clock import Clock
from monitor.engine import Engine, EngineState, Moved
from monitor.model.bars import Slot
from monitor.model.grid import floor_time, iso
from monitor.model.interval import IntervalInput
from monitor.model.notice import Notice
from monitor.model.rotation import RotationChange, StepOutput
from monitor.model.universe import Market, Universe
from monitor.store import bars, catch_up, checkpoints, engine_state, outbox, rotations, steps
from monitor.store.database import Database
from monitor.store.derivatives import steps_with_derivatives
from monitor.store.interval_source import read_intervals
from monitor.store.knowledge import issue_time
from monitor.store.sector_depth import steps_with_depth

log = structlog.get_logger(__name__)

BATCH = 50
"""Intervals in one transaction: bounds memory and the time a writer waits, whatever there is to catch up: under half a
second, and a few where the machine has eight times more to do than it can."""

NoticeMaker = Callable[[Connection, Sequence[StepOutput]], Sequence[Notice]]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a catch-up did: steps taken, changes decided, and markets that the next interval still waits for."""

    steps: int = 0
    changes: tuple[RotationChange, ...] = ()
    notices: int = 0
    last_close: datetime | None = None
    waiting_for: tuple[str, ...] = field(default=())


def fold(
    engine: Engine, state: EngineState, intervals: Iterator[IntervalInput]
) -> Iterator[StepOutput]:
    """The engine over intervals in order, with all that is stored of a step; ``state`` moves along in place, as it does
    for :func:`moves`."""
    for moved in moves(engine, state, intervals):
        yield moved.output()


def moves(
    engine: Engine, state: EngineState, intervals: Iterator[IntervalInput]
) -> Iterator[Moved]:
    """The same, and of each step only what it decided until more is asked.

    ``state`` moves along in stretches: it stands after the step that was given last where a state of a day is due to be
    kept, and at the end.
    """
    return engine.moves(
        state, intervals, stands=lambda close: checkpoints.is_due(close, engine.width)
    )


def first_open(conn: Connection, width: timedelta) -> datetime | None:
    """Where a fold over the whole store begins; None without a bar."""
    span = bars.time_span(conn, width)
    return span[0] if span else None


def waiting_markets(
    database: Database, universe: Universe, width: timedelta, deadline: timedelta, as_of: datetime
) -> tuple[str, ...]:
    """Polled markets that the last closed interval waits for at ``as_of``: unseen, not stepped yet, and not late yet."""
    until = floor_time(as_of, width)
    if as_of >= until + deadline:
        return ()
    with database.read() as conn:
        step = steps.latest_step(conn)
        if step is not None and step.close_time >= until:
            return ()
        (last,) = read_intervals(conn, universe, width=width, since=until - width, until=until)
    unseen = zip(universe.markets, last.slot == Slot.UNSEEN, strict=True)
    return tuple(market.id for market, is_unseen in unseen if is_unseen and market.polled)


class Pipeline:
    """Steps the stored intervals that are due. One instance steps a database at a time.

    After a failure nothing of the batch is stored and the state in memory is dropped, so the next call begins again
    from what is stored.
    """

    def __init__(
        self,
        database: Database,
        engine: Engine,
        width: timedelta,
        *,
        deadline: timedelta,
        clock: Clock,
        notices: NoticeMaker | None = None,
        perpetuals: Sequence[Market] = (),
    ) -> None:
        self._database = database
        self._engine = engine
        self._width = width
        self._deadline = deadline
        self._clock = clock
        self._notices = notices
        self._perpetuals = tuple(perpetuals)
        self._polled = np.array([m.polled for m in engine.universe.markets], dtype=bool)
        self._state: EngineState | None = None
        self._catching_up: bool | None = None  # None: what a process before left is not known yet
        self._tenth: int | None = None

    def catch_up(self, as_of: datetime, *, stop: Callable[[], bool] = lambda: False) -> Progress:
        """Step every interval that is due at ``as_of``: closed by then, and whole or past its deadline.

        ``as_of`` is the time at which the bars were asked for. An interval in which a market is unseen waits until
        bars were asked for after its deadline.
        """
        total = Progress()
        while not stop():
            try:
                batch = self._step_batch(as_of)
            except BaseException:
                self._state = None
                raise
            total = Progress(
                steps=total.steps + batch.steps,
                changes=total.changes + batch.changes,
                notices=total.notices + batch.notices,
                last_close=batch.last_close or total.last_close,
                waiting_for=batch.waiting_for,
            )
            if batch.steps < BATCH:
                break
        return total

    def _step_batch(self, as_of: datetime) -> Progress:
        with self._database.write() as conn:
            state = self._load(conn)
            since = self._next_open(conn, state)
            until = floor_time(as_of, self._width)
            if since is None or since >= until:
                return Progress()
            stepped_at = issue_time(conn, self._clock.now())
            self._note_progress(conn, since, until)
            until = min(until, since + BATCH * self._width)
            waiting: list[str] = []
            due = self._due(
                read_intervals(
                    conn, self._engine.universe, width=self._width, since=since, until=until
                ),
                as_of,
                waiting,
            )
            outputs: list[StepOutput] = []
            kept: list[checkpoints.Checkpoint] = []
            for output in islice(fold(self._engine, state, due), BATCH):
                outputs.append(output)
                if checkpoints.is_due(output.step.close_time, self._width):
                    kept.append(
                        checkpoints.Checkpoint(output.step.open_time, self._engine.dump(state))
                    )
            if not outputs:
                return Progress(waiting_for=tuple(waiting))
            outputs = self._enriched(conn, outputs)
            changes = tuple(change for output in outputs for change in output.changes)
            steps.save_steps(conn, [(output, stepped_at) for output in outputs])
            rotations.save_changes(conn, changes)
            told = outbox.enqueue(conn, self._notices(conn, outputs)) if self._notices else 0
            self._keep(conn, kept)
            engine_state.save_state(
                conn, self._engine.dump(state), outputs[-1].step.open_time, self._engine.fingerprint
            )
        self._state = state
        return Progress(len(outputs), changes, told, outputs[-1].step.close_time, tuple(waiting))

    def _note_progress(self, conn: Connection, since: datetime, until: datetime) -> None:
        """Where a catch-up of more than one batch stands, for whoever asks; a tenth of it is a line of the log."""
        if since + BATCH * self._width < until:
            self._catching_up = True
            known = catch_up.note(conn, catch_up.CatchUp(since, until))
            percent = known.percent(since)
            if percent // 10 != self._tenth:
                self._tenth = percent // 10
                log.info("catching up", percent=percent, at=iso(since), until=iso(known.until))
        elif self._catching_up is not False:
            catch_up.over(conn)
            self._catching_up, self._tenth = False, None

    def _enriched(self, conn: Connection, outputs: Sequence[StepOutput]) -> list[StepOutput]:
        """With what was read beside the bars: shown, and no part of the fold."""
        universe = self._engine.universe
        found = steps_with_depth(conn, universe, [output.step for output in outputs])
        found = steps_with_derivatives(conn, universe, self._perpetuals, found)
        return [replace(o, step=step) for o, step in zip(outputs, found, strict=True)]

    def _load(self, conn: Connection) -> EngineState:
        if self._state is not None:
            return self._state
        stored = engine_state.load_state(conn)
        if stored is None:
            checkpoints.begin_lineage(conn, self._engine.identity)
            return self._engine.new_state()
        try:
            return self._engine.load(stored.blob)
        except ValueError as error:
            log.warning("state is folded anew", reason=str(error))
            return self._folded_anew(conn, stored.last_open)

    def _folded_anew(self, conn: Connection, last_open: datetime) -> EngineState:
        """The state after ``last_open`` from what was known when each interval was stepped; what was decided stands.

        For a state that an older program stored, or one for bars of another width.
        """
        state = self._engine.new_state()
        since = first_open(conn, self._width)
        if since is not None:
            history = read_intervals(
                conn,
                self._engine.universe,
                width=self._width,
                since=since,
                until=floor_time(last_open, self._width) + self._width,
                as_known=True,
            )
            tenth, whole = 0, catch_up.CatchUp(since, last_open + self._width)
            for moved in moves(self._engine, state, history):
                percent = whole.percent(moved.open_time)
                if percent // 10 != tenth:
                    tenth = percent // 10
                    log.info("state is folded anew", percent=percent, until=iso(last_open))
        checkpoints.begin_lineage(conn, self._engine.identity)
        return state

    def _keep(self, conn: Connection, kept: Sequence[checkpoints.Checkpoint]) -> None:
        """Not of a state that engines of other settings had a part in: a fold from the first bar gives another."""
        if not kept or checkpoints.lineage(conn) != self._engine.identity:
            return
        whole = checkpoints.late_arrivals(conn) == 0
        for checkpoint in kept:
            checkpoints.keep(conn, self._engine.identity, checkpoint, as_known=True, whole=whole)

    def _next_open(self, conn: Connection, state: EngineState) -> datetime | None:
        if state.last_open is not None:
            return state.last_open + self._width
        return first_open(conn, self._width)

    def _due(
        self, intervals: Iterator[IntervalInput], as_of: datetime, waiting: list[str]
    ) -> Iterator[IntervalInput]:
        """Intervals up to the first that is not whole and whose deadline had not passed; files are not waited for."""
        for interval in intervals:
            unseen = (interval.slot == Slot.UNSEEN) & self._polled
            if unseen.any() and as_of < interval.close_time + self._deadline:
                markets = self._engine.layout.markets
                waiting.extend(markets[i] for i in unseen.nonzero()[0])
                return
            yield interval
