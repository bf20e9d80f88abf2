"""The fold: one interval in, the state moved on, the picture and the rotations out."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import Places
from monitor.detection.detector import Detector
from monitor.detection.inputs import Handed, Sectors, SectorSteps
from monitor.detection.parameters import DetectionParameters
from monitor.detection.walk import Taken
from monitor.engine import checkpoint
from monitor.engine.accumulate import remember
from monitor.engine.ages import Ages
from monitor.engine.events import may_tell, member_events, remember_launches
from monitor.engine.intake import Prices
from monitor.engine.migration import restate
from monitor.engine.prices import may_trade
from monitor.engine.rates import Rates
from monitor.engine.snapshot import SnapshotMaker
from monitor.engine.state import EngineState
from monitor.engine.stretch import Stretch
from monitor.engine.taken import Intake, Kept
from monitor.engine.timeline import Timeline
from monitor.engine.valuation import Valuation
from monitor.engine.values import ManyValues, StepValues
from monitor.engine.windows import Windows, grades_over
from monitor.model.grid import is_aligned
from monitor.model.interval import FloatArray, IntervalInput, Layout
from monitor.model.rotation import RotationChange, StepOutput
from monitor.model.state import MemberEvent
from monitor.model.universe import Universe

HOUR = timedelta(hours=1)
LONGEST = timedelta(hours=12)
"""Of a stretch: the arrays of a step are small, and those of half a day fill their loops."""
CELLS = 60_000
"""Steps times markets of a stretch at most: bounds memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """One interval after the analytics: what a picture is drawn from, and what a detector may ask of the past."""

    values: StepValues
    windows: Windows
    events: tuple[MemberEvent, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """One step that was taken, and what it decided.

    ``output``: all that can be said of it, worked out when asked. It raises RuntimeError once the state has moved on.
    """

    open_time: datetime
    close_time: datetime
    changes: tuple[RotationChange, ...]
    output: Callable[[], StepOutput]


class Engine:
    """`(state, interval) -> (state, output)`: the same for live, replay and demo.

    ``analytics`` and ``detection`` are the method's parameters. ``live_from``: when a daemon first looked; rotations
    detected before are marked as on at the start.
    """

    def __init__(
        self,
        universe: Universe,
        width: timedelta,
        *,
        analytics: AnalyticsParameters | None = None,
        detection: DetectionParameters | None = None,
        live_from: datetime | None = None,
    ) -> None:
        self.universe = universe
        self.width = width
        self.layout = Layout.of(universe)
        self.parameters = analytics or AnalyticsParameters()
        detection = detection or DetectionParameters()
        self._flow_weight = np.array(
            [0.0, 1.0, 1.0, detection.flow_weight_c, 0.0]
        )  # by grade's code
        self._watched = sum(not s.benchmark for s in universe.sectors)
        self._timeline = Timeline(universe, self.layout)
        places = Places.of(self.layout.market_token, len(self.layout.tokens))
        self._valuation = Valuation(
            universe, self.layout, width, self.parameters, places, self._timeline
        )
        rates = Rates(universe, self.layout, width, self.parameters, places)
        self._prices = Prices(rates, places, Ages(universe, width), self.parameters)
        cells = CELLS // max(1, len(self.layout.markets))
        self._longest = max(1, min(LONGEST // width, cells))
        self._painter = SnapshotMaker(self.layout, self._watched)
        self._detector = Detector(
            self.layout, detection, width, live_from=live_from, watched=self._watched
        )
        text = (
            f"{self.parameters.fingerprint()}|{detection.fingerprint()}|{width.total_seconds():.0f}"
        )
        self.fingerprint = hashlib.sha256(text.encode()).hexdigest()[:12]
        whole = f"{self.fingerprint}|{live_from}|{checkpoint.FORM}|{universe!r}"
        self.identity = hashlib.sha256(whole.encode()).hexdigest()[:24]
        """Of all that a state depends on beside the bars: parameters, universe, width, when a daemon first looked."""

    def new_state(self) -> EngineState:
        """The state before the first interval."""
        return EngineState(self.layout, self.width, self.parameters, self._detector.new_state())

    def dump(self, state: EngineState) -> bytes:
        """The state as bytes; :meth:`load` gives it back bit for bit."""
        return checkpoint.save(state, self.width, self._watched)

    def load(self, blob: bytes) -> EngineState:
        """The inverse of :meth:`dump`, realigned by name when the universe has changed since."""
        return checkpoint.load(
            blob, self.layout, self.width, self.parameters, self._detector, self._watched
        )

    def step(self, state: EngineState, interval: IntervalInput) -> StepOutput:
        """:meth:`move`, with all that can be said of the step."""
        return self.move(state, interval).output()

    def move(self, state: EngineState, interval: IntervalInput) -> Moved:
        """Move ``state`` on by one interval, in place. Raises ValueError unless it follows the last one directly and
        holds every market and token of the layout."""
        (moved,) = self._decided(self._take(state, (interval,)))
        return moved

    def moves(
        self,
        state: EngineState,
        intervals: Iterable[IntervalInput],
        *,
        stands: Callable[[datetime], bool] | None = None,
    ) -> Iterator[Moved]:
        """:meth:`move` for each of the intervals, in stretches of many, which takes a fraction of the time.

        What is given and what the state holds in the end are the same to the bit. On the way it stands after the last step
        of a stretch: where it is asked to by ``stands``, given a step's close, no stretch goes on over it.
        """
        for stretch in self.stretches(state, intervals, stands):
            yield from self._decided(stretch)

    def stretches(
        self,
        state: EngineState,
        intervals: Iterable[IntervalInput],
        stands: Callable[[datetime], bool] | None = None,
    ) -> Iterator[Stretch]:
        """The part of the steps that no detection parameter changes, many at a time: moves ``state`` on but for its detector.

        :meth:`moves` is this and one detector. Sweeps over detection parameters take many over one pass.
        """
        source, waiting = iter(intervals), deque[IntervalInput]()
        while True:
            while len(waiting) < self._longest:
                if waiting and stands is not None and stands(waiting[-1].close_time):
                    break
                if (interval := next(source, None)) is None:
                    break
                waiting.append(interval)
            if not waiting:
                return
            stretch = self._take(state, tuple(waiting))
            yield stretch
            for _ in range(len(stretch)):
                waiting.popleft()

    def _decided(self, stretch: Stretch) -> Iterator[Moved]:
        """The detector over a stretch."""
        intervals = stretch.taken.intervals
        taken = self._detector.over(
            stretch.state.detector, self.handed(stretch), partial(self.answers, stretch)
        )
        for t, (interval, step) in enumerate(zip(intervals, taken, strict=True)):
            output = partial(self._output, stretch, t, step)
            yield Moved(interval.open_time, interval.close_time, step.changes, output)

    def handed(self, stretch: Stretch) -> Handed:
        """What detectors are handed of a stretch."""
        return Handed(
            [interval.close_time for interval in stretch.taken.intervals],
            stretch.sectors,
            [bool(launches) for launches in stretch.launches],
        )

    @contextmanager
    def answers(self, stretch: Stretch, t: int) -> Iterator[Windows]:
        """What they may ask of the past in one of its steps, by its place, before the state moves on."""
        with stretch.shown(t):
            yield self._observed(stretch, t).windows

    def _output(self, stretch: Stretch, t: int, step: Taken) -> StepOutput:
        with stretch.shown(t):
            seen, interval = self._observed(stretch, t), stretch.interval(t)
            picture = self._painter.draw(
                stretch.state, seen.values, seen.windows, interval, seen.events
            )
            readings = self._detector.readings(step.decided(seen.windows))
            return StepOutput(picture, readings, step.changes)

    def _observed(self, stretch: Stretch, t: int) -> Observed:
        values = stretch.values.at(t)
        windows = Windows(
            stretch.state,
            values,
            self.width,
            self.parameters,
            self._watched,
            stretch.interval(t),
            stretch.taken.market_age_h[t],
        )
        return Observed(values, windows, stretch.events[t])

    def detector(self, parameters: DetectionParameters) -> Detector:
        """A further detector with parameters of its own, for what :meth:`handed` gives of each stretch."""
        return Detector(self.layout, parameters, self.width, watched=self._watched)

    def _take(self, state: EngineState, intervals: Sequence[IntervalInput]) -> Stretch:
        """The analytics of one stretch: the longest from the front of the intervals over which nothing happens that is worked
        out step by step."""
        self._check(state, intervals[0])
        count = self._regular(state, intervals)
        redenominated = restate(
            state, self._timeline, intervals[0].open_time, self.parameters.migration_guard
        )
        before = Kept.of(state, count)
        taken = self._prices.take(state, intervals[:count])
        book = self._valuation.book(state, taken)
        same = (self._valuation.home(taken, book.sector) == state.market_sector).all(axis=1)
        if count > 1 and not same.all():
            before.put_back(state)
            return self._take(state, intervals[: max(1, int(same.argmin()))])
        opens_at = state.steps - count
        values = self._valuation.values(state, taken, book)
        closes_hour = [is_aligned(i.close_time, HOUR) for i in taken.intervals]
        trail = remember(state, values, closes_hour, self.parameters.least_known)
        events = self._events(state, opens_at, values, taken, redenominated)
        launches = []
        for interval, found in zip(taken.intervals, events, strict=True):
            remember_launches(state, found, interval.close_time)
            launches.append(state.launches)
        sectors = self._sector_steps(state, values)
        return Stretch(
            state, state.steps, taken, values, trail, closes_hour, events, launches, sectors
        )

    def _regular(self, state: EngineState, intervals: Sequence[IntervalInput]) -> int:
        """How many steps can be tried in one go: none over a redenomination, nor while its guard holds a line or a market waits
        to be linked in; and only intervals that follow each other."""
        first = intervals[0]
        may_trade_now = may_trade(state, first)
        home = np.where(may_trade_now, state.book_sector[self.layout.market_token], -1)
        waits = not np.isnan(state.guarded).all() or (home != state.market_sector).any()
        if waits or state.last_open is None:
            return 1
        until = self._timeline.next_redenomination(state.last_open)
        count = 0
        for k, interval in enumerate(intervals):
            fits = self._fits(interval) and interval.open_time == first.open_time + k * self.width
            if not fits or interval.open_time >= until:
                break
            count += 1
        return max(1, count)

    def _events(
        self,
        state: EngineState,
        opens_at: int,
        values: ManyValues,
        taken: Intake,
        redenominated: tuple[int, ...],
    ) -> list[tuple[MemberEvent, ...]]:
        """Of each step, once anybody has answered before it. ``opens_at``: steps that were taken before these."""
        since = np.inf if state.first_seen is None else state.first_seen
        told = may_tell(values) | bool(redenominated)
        return [
            member_events(values.at(t), self.layout, interval, redenominated)
            if told[t] and opens_at + t > since
            else ()
            for t, interval in enumerate(taken.intervals)
        ]

    def _sector_steps(self, state: EngineState, v: ManyValues) -> SectorSteps:
        # of the trailing day: from step to step a grade near its bound would come and go
        steps, day = len(v.r), state.sector_rings["volume"].length
        grades = grades_over(state, day, steps)
        return Sectors(
            r=v.r,
            e=v.e,
            q=v.q,
            volume=v.chain.volume,
            net_flow=v.net * _part(v.chain.volume, v.volume),
            flow_weight=np.where(np.isnan(v.net), 0.0, self._flow_weight[grades]),
            coverage=v.coverage,
            stale_weight=v.stale,
            known=~v.unseen,
            benchmark_missing=v.benchmark_missing,
        )

    def _check(self, state: EngineState, interval: IntervalInput) -> None:
        if interval.width != self.width:
            raise ValueError(f"found an interval of {interval.width}, expected {self.width}")
        if state.last_open is not None and interval.open_time != state.last_open + self.width:
            raise ValueError(
                f"found the interval {interval.open_time}, expected {state.last_open + self.width}"
            )
        if not self._fits(interval):
            raise ValueError(
                f"found an interval of {len(interval.close)} markets and {len(interval.supply)} tokens, expected"
                f" {len(self.layout.markets)} and {len(self.layout.tokens)}"
            )

    def _fits(self, interval: IntervalInput) -> bool:
        found = (interval.width, len(interval.close), len(interval.supply))
        return found == (self.width, len(self.layout.markets), len(self.layout.tokens))


def _part(matched: FloatArray, volume: FloatArray) -> FloatArray:
    """Chain units a USD of volume, so that flow over volume is as it was; 1 where nothing traded."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(volume > 0, matched / volume, 1.0)
