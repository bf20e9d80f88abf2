"""The fold: one interval in, the state moved on, the picture and the rotations out."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import Places
from monitor.detection.detector import Detector
from monitor.detection.inputs import SectorStep
from monitor.detection.parameters import DetectionParameters
from monitor.engine import checkpoint
from monitor.engine.accumulate import remember
from monitor.engine.events import member_events, remember_launches
from monitor.engine.migration import restate
from monitor.engine.prices import accept_prices, listen
from monitor.engine.rates import Rates
from monitor.engine.snapshot import SnapshotMaker
from monitor.engine.state import EngineState
from monitor.engine.timeline import Timeline
from monitor.engine.valuation import Valuation
from monitor.engine.values import StepValues
from monitor.engine.windows import Windows
from monitor.model.grid import is_aligned
from monitor.model.interval import FloatArray, IntervalInput, Layout
from monitor.model.rotation import RotationChange, StepOutput
from monitor.model.state import MemberEvent
from monitor.model.universe import Universe

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """One interval after the analytics: what a picture is drawn from and what a detector is handed."""

    values: StepValues
    windows: Windows
    sectors: SectorStep
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
        self._places = Places.of(self.layout.market_token, len(self.layout.tokens))
        self._valuation = Valuation(
            universe, self.layout, width, self.parameters, self._places, self._timeline
        )
        self._rates = Rates(universe, self.layout, width, self.parameters, self._places)
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
        seen, at = self.observe(state, interval), interval.close_time
        decided = self._detector.step(state.detector, at, seen.sectors, seen.windows)
        taken = state.steps

        def output() -> StepOutput:
            if state.steps != taken:
                raise RuntimeError(f"found the state at step {state.steps}, expected {taken}")
            picture = self._painter.draw(state, seen.values, seen.windows, interval, seen.events)
            return StepOutput(picture, self._detector.readings(decided), decided.changes)

        return Moved(interval.open_time, at, decided.changes, output)

    def detector(self, parameters: DetectionParameters) -> Detector:
        """A further detector with parameters of its own, to be stepped on what :meth:`observe` gives."""
        return Detector(self.layout, parameters, self.width, watched=self._watched)

    def observe(self, state: EngineState, interval: IntervalInput) -> Observed:
        """The part of a step that no detection parameter changes; moves ``state`` on but for its detector.

        :meth:`step` is this, a picture and one detector. Sweeps over detection parameters step many on one pass.
        """
        self._check(state, interval)
        redenominated = restate(
            state, self._timeline, interval.open_time, self.parameters.migration_guard
        )
        age_before_h = self._valuation.market_age_h(state, interval, before=True)
        young = age_before_h <= self.parameters.launch_hours
        heard = listen(state, interval, self.parameters)
        rate = self._rates.now(state, heard, young)
        priced = accept_prices(state, interval, heard, rate, self._places, young, self.parameters)
        if state.first_seen is None and not priced.unseen:
            state.first_seen = state.steps
        age_h = self._valuation.market_age_h(state, interval)
        values = self._valuation.values(state, interval, priced, age_h)
        closes_hour = is_aligned(interval.close_time, HOUR)
        remember(state, values, self.width, closes_hour=closes_hour)
        windows = Windows(
            state,
            values,
            self.width,
            self.parameters,
            self._watched,
            interval,
            age_h,
        )
        if closes_hour:
            state.matched_days.push(windows.sector_total("matched", 24))
        events: tuple[MemberEvent, ...] = ()
        if state.first_seen is not None and state.steps > state.first_seen:
            events = member_events(values, self.layout, interval, redenominated)
        remember_launches(state, events, interval.close_time)
        state.last_open = interval.open_time
        state.steps += 1
        state.gap = state.gap + 1 if values.unseen else 0
        return Observed(values, windows, self._sector_step(values, windows), events)

    def _sector_step(self, v: StepValues, windows: Windows) -> SectorStep:
        # of the trailing day: from step to step a grade near its bound would come and go
        return SectorStep(
            r=v.r,
            e=v.e,
            q=v.q,
            volume=v.chain.volume,
            net_flow=v.net * _part(v.chain.volume, v.volume),
            flow_weight=np.where(np.isnan(v.net), 0.0, self._flow_weight[windows.grades(24)]),
            coverage=v.coverage,
            stale_weight=v.stale,
            has_members=v.has_members,
            known=not v.unseen,
            market_return=float(v.market[-1]),
            benchmark_missing=v.benchmark_missing,
        )

    def _check(self, state: EngineState, interval: IntervalInput) -> None:
        if interval.width != self.width:
            raise ValueError(f"found an interval of {interval.width}, expected {self.width}")
        if state.last_open is not None and interval.open_time != state.last_open + self.width:
            raise ValueError(
                f"found the interval {interval.open_time}, expected {state.last_open + self.width}"
            )
        found = (len(interval.close), len(interval.supply))
        expected = (len(self.layout.markets), len(self.layout.tokens))
        if found != expected:
            raise ValueError(
                f"found an interval of {found[0]} markets and {found[1]} tokens, expected"
                f" {expected[0]} and {expected[1]}"
            )


def _part(matched: FloatArray, volume: FloatArray) -> FloatArray:
    """Chain units a USD of volume, so that flow over volume is as it was; 1 where nothing traded."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(volume > 0, matched / volume, 1.0)
