"""The life of rotations: opened, confirmed, raised, faded, reversed, expired, and their legs (METHOD, 7.1)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from monitor.detection.conditions import hold
from monitor.detection.opening import as_of_now, at_peak, kind_of, new_rotation, told_anew
from monitor.detection.outcomes import outcome_of
from monitor.detection.parameters import DetectionParameters
from monitor.detection.persistence import (
    CRITICAL_RUN,
    LAUNCH_RUN,
    ON_RUN,
    WATCH_RUN,
    count_runs,
    counting,
    has_lasted,
    long_unknown,
)
from monitor.detection.rules import BEHIND_OTHERS
from monitor.detection.seen import LAUNCHED_WITHIN_H, BoolArray
from monitor.detection.step_view import StepView
from monitor.detection.tracked import Tracked
from monitor.model.grid import iso, parse_iso
from monitor.model.json_form import from_json, to_json
from monitor.model.rotation import (
    MARKET,
    ChangeReason,
    Rotation,
    RotationChange,
    Severity,
    Status,
)

KEPT = timedelta(days=15)
"""How long a closed rotation is followed: 7 days of life and 7 in which it may still be reversed, and a day."""

Pair = tuple[str, str]


@dataclass(slots=True)
class Ledger:
    """The rotations that are followed, by id, in order of detection; and when each pair was last confirmed, or was seen
    to be behind a gain that is told against the market."""

    followed: dict[str, Tracked] = field(default_factory=dict)
    confirmed: dict[Pair, datetime] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON-able form."""
        return {
            "followed": [to_json(tracked) for tracked in self.followed.values()],
            "confirmed": [[a, b, iso(at)] for (a, b), at in self.confirmed.items()],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Ledger":
        """The inverse of :meth:`to_json`."""
        followed = [from_json(item, Tracked) for item in data["followed"]]
        return cls(
            {tracked.rotation.id: tracked for tracked in followed},
            {(a, b): parse_iso(at) for a, b, at in data["confirmed"]},
        )

    def reversing(self, names: tuple[Pair, ...], at: datetime, p: DetectionParameters) -> BoolArray:
        """Pairs on their way back: the opposite was confirmed within the reversal window, and was no way back itself.

        Else two sectors that swing would be told to and fro by the easier conditions.
        """
        if not self.confirmed:
            return np.zeros(len(names), dtype=np.bool_)
        window = timedelta(hours=p.reversal_window_h)
        return np.array([self._on_the_way_back(a, b, at, window) for a, b in names], dtype=np.bool_)

    def _on_the_way_back(self, a: str, b: str, at: datetime, window: timedelta) -> bool:
        there, earlier = self.confirmed.get((b, a)), self.confirmed.get((a, b))
        if there is None or at - there > window:
            return False
        return earlier is None or not timedelta(0) < there - earlier <= window

    def current(self, pair: Pair) -> Tracked | None:
        """The rotation of this pair that is on."""
        for tracked in self.followed.values():
            if tracked.rotation.pair == pair and tracked.rotation.is_on:
                return tracked
        return None

    def over_lately(self, pair: Pair, m: StepView) -> Tracked | None:
        """The pair's rotation that faded or expired within the cooldown: it is resumed rather than flagged anew."""
        window = timedelta(hours=m.p.cooldown_h)
        for tracked in reversed(self.followed.values()):
            old = tracked.rotation
            if old.pair == pair and old.status in (Status.FADED, Status.EXPIRED):
                lately = old.closed_at is not None and m.at - old.closed_at < window
                return tracked if lately else None
        return None

    def move_on(self, m: StepView) -> Iterator[RotationChange]:
        """Closings and openings of this step, in a fixed order; :meth:`confirm` comes after it."""
        count_runs(m)
        yield from self._drop_unwatched(m)
        for pair, name in enumerate(m.pairs.names):
            tracked = self.current(name)
            if tracked is not None:
                yield from self._follow(m, pair, tracked)
        for pair in counting(m):
            yield from self._open(m, pair)
        self.forget(m.at)

    def confirm(self, m: StepView, *, returning: bool) -> Iterator[RotationChange]:
        """Confirmations of this step by falling score: of pairs on their way back, or of the others.

        Of a sector that is told to gain from all others no single source is told as well, unless it fell behind all others
        itself; that it was one is remembered for its way back.
        """
        ready = [
            i
            for i in counting(m)
            if bool(m.seen.returning[i]) is returning and self._may_confirm(m, i)
        ]
        for pair in sorted(ready, key=lambda i: (-m.score(i), i)):
            name = m.pairs.names[pair]
            gain = None if returning else self.current((MARKET, name[1]))
            if gain is None or _stands_out(m, pair):
                yield from self._confirm(m, pair)
            else:
                self.confirmed[name] = m.at

    def outcomes(self, m: StepView) -> list[RotationChange]:
        """What came 24 h and 72 h after detection, once each."""
        changes = []
        for tracked in self.followed.values():
            for name, reason in tracked.due_outcomes(m.at):
                changes.append(tracked.with_outcome(name, outcome_of(m, tracked), reason, m.at))
        return changes

    def _drop_unwatched(self, m: StepView) -> Iterator[RotationChange]:
        """A rotation of a pair that the configuration no longer watches cannot be judged to its end."""
        if not any(tracked.rotation.is_on for tracked in self.followed.values()):
            return
        watched = {
            *m.pairs.names,
            *((name, MARKET) for name in m.names),
            *((MARKET, name) for name in m.names),
        }
        for tracked in self.followed.values():
            if tracked.rotation.is_on and tracked.rotation.pair not in watched:
                yield _closed(tracked, ChangeReason.EXPIRED, Status.EXPIRED, m.at)

    def _follow(self, m: StepView, pair: int, tracked: Tracked) -> Iterator[RotationChange]:
        yield from _hold(m, pair, tracked)
        if tracked.rotation.held or not m.known(pair):
            if long_unknown(m)[pair]:
                tracked.below = 0
            return
        score = m.score(pair)
        peak = tracked.rotation.peak_score
        if np.isfinite(score) and (peak is None or score > peak):
            tracked.rotation = at_peak(m, pair, tracked.rotation)
        drain = m.drains.get(pair)
        goes_on = drain is not None and (drain.holds or drain.highest >= m.p.off)
        above = score >= m.p.off or goes_on
        tracked.below = 0 if above else tracked.below + 1
        tracked.paused = tracked.paused or tracked.below >= m.steps(m.p.renew_after_h)
        if m.at - on_since(tracked.rotation) >= timedelta(hours=m.p.max_age_h):
            now = as_of_now(m, pair, tracked.rotation)
            yield _closed(tracked, ChangeReason.EXPIRED, Status.EXPIRED, m.at, now)
        elif self._has_faded(m, pair, tracked):
            now = as_of_now(m, pair, tracked.rotation)
            yield _closed(tracked, ChangeReason.FADED, Status.FADED, m.at, now)
        elif self._is_back(m, pair, tracked):
            severity = self._severity(m, pair) if _may_rise(tracked) else Severity.CRITICAL
            yield revived(tracked, m, severity=severity, **told_anew(m, pair, tracked.rotation))
        elif _may_rise(tracked) and self._severity(m, pair) is Severity.CRITICAL:
            tracked.paused = False
            yield tracked.change(
                ChangeReason.SEVERITY,
                m.at,
                severity=Severity.CRITICAL,
                **told_anew(m, pair, tracked.rotation),
            )

    def _is_back(self, m: StepView, pair: int, tracked: Tracked) -> bool:
        """Whether what was confirmed a cooldown ago paused since and is back: news, though it was never over."""
        rotation = tracked.rotation
        if rotation.confirmed_at is None or not tracked.paused:
            return False
        told = max(rotation.confirmed_at, rotation.resumed_at or rotation.confirmed_at)
        return m.at - told >= timedelta(hours=m.p.cooldown_h) and _sure(m, pair)

    def _has_faded(self, m: StepView, pair: int, tracked: Tracked) -> bool:
        if tracked.rotation.status is Status.CONFIRMED:
            return tracked.below >= m.steps(m.p.confirmed_fade_h)
        if self._may_confirm(m, pair):
            return False
        waited = m.at - on_since(tracked.rotation) >= timedelta(hours=m.p.open_max_h)
        return waited or tracked.below >= m.steps(m.p.open_fade_h)

    def _open(self, m: StepView, pair: int) -> Iterator[RotationChange]:
        """A new rotation, or one that was told to be over and whose conditions hold again."""
        name = m.pairs.names[pair]
        if self.current(name) is not None:
            return
        over = self.over_lately(name, m)
        if over is not None:
            run = int(m.tallies.runs[_confirming_run(m, pair), pair])
            if _sure(m, pair) and began_after(over, run, m):
                yield revived(over, m, **told_anew(m, pair, over.rotation))
            return
        watched = LAUNCH_RUN if pair in m.drains else WATCH_RUN
        if has_lasted(m, watched, pair, m.p.watch_persist_min):
            tracked = new_rotation(m, pair)
            self.followed[tracked.rotation.id] = tracked
            yield RotationChange(tracked.rotation, ChangeReason.OPENED, m.at)

    def _may_confirm(self, m: StepView, pair: int) -> bool:
        tracked = self.current(m.pairs.names[pair])
        return (
            tracked is not None
            and tracked.rotation.status is Status.OPEN
            and not tracked.rotation.held
            and m.known(pair)
            and _sure(m, pair)
        )

    def _confirm(self, m: StepView, pair: int) -> Iterator[RotationChange]:
        name = m.pairs.names[pair]
        tracked = self.current(name)
        if tracked is None:
            return
        turned = self._reversible(name, m)
        parent = None if turned else self._joined(m, name)
        tracked.below, tracked.paused = 0, False
        yield tracked.change(
            ChangeReason.LEG if parent else ChangeReason.CONFIRMED,
            m.at,
            status=Status.CONFIRMED,
            severity=self._severity(m, pair),
            confirmed_at=m.at,
            joins=parent,
            reverses=turned.rotation.id if turned else None,
            kind=kind_of(m, pair),
            **told_anew(m, pair, tracked.rotation),
        )
        self.confirmed[name] = m.at
        if turned is not None:
            yield turned.change(
                ChangeReason.REVERSED,
                m.at,
                status=Status.REVERSED,
                closed_at=turned.rotation.closed_at or m.at,
                reversed_by=tracked.rotation.id,
                held=False,
            )

    def _severity(self, m: StepView, pair: int) -> Severity:
        """Critical: among the largest, or a second source that loses to a destination with a young launch.

        Either way the score and all conditions hold now, and did in the step before.
        """
        runs = m.tallies.runs
        if runs[CRITICAL_RUN, pair] >= 2 and m.score(pair) >= m.p.critical:
            return Severity.CRITICAL
        run = runs[_confirming_run(m, pair), pair]
        if run < 2 or m.score(pair) < m.judged.on[pair]:
            return Severity.WARNING
        source, target = m.pairs.names[pair]
        recent = m.at - timedelta(hours=24)
        others = [
            a
            for (a, b), at in self.confirmed.items()
            if b == target and a not in (source, MARKET) and at >= recent
        ]
        if others and m.context.launches(int(m.pairs.target[pair]), LAUNCHED_WITHIN_H):
            return Severity.CRITICAL
        return Severity.WARNING

    def _joined(self, m: StepView, name: Pair) -> str | None:
        """The rotation that this one is a further leg of: confirmed lately, with the same source or destination."""
        window = timedelta(hours=m.p.cooldown_h)
        for tracked in reversed(self.followed.values()):
            other = tracked.rotation
            recent = other.confirmed_at is not None and m.at - other.confirmed_at < window
            shares = (other.from_sector == name[0]) != (other.to_sector == name[1])
            if recent and shares and other.joins is None:
                return other.id
        return None

    def _reversible(self, name: Pair, m: StepView) -> Tracked | None:
        """The opposite rotation, confirmed and still on or faded within the reversal window."""
        window = timedelta(hours=m.p.reversal_window_h)
        for tracked in reversed(self.followed.values()):
            old = tracked.rotation
            if old.pair != (name[1], name[0]) or old.confirmed_at is None:
                continue
            lately = old.closed_at is not None and m.at - old.closed_at <= window
            if old.status is Status.CONFIRMED or (old.status is Status.FADED and lately):
                return tracked
        return None

    def forget(self, at: datetime) -> None:
        """Follow no longer what has long been over."""
        for key in [k for k, t in self.followed.items() if at - t.rotation.detected_at > KEPT]:
            if not self.followed[key].rotation.is_on:
                del self.followed[key]


def _hold(m: StepView, pair: int, tracked: Tracked) -> Iterator[RotationChange]:
    """Too little data to judge: the state is kept and marked until the data is back."""
    if m.sectors.known:
        blind = not m.judged.covered[pair]
    else:
        blind = tracked.rotation.held or bool(long_unknown(m)[pair])
    if blind and not tracked.rotation.held:
        yield tracked.change(ChangeReason.HELD, m.at, held=True)
    elif tracked.rotation.held and not blind:
        yield tracked.change(ChangeReason.RESUMED, m.at, held=False)


def _closed(
    tracked: Tracked,
    reason: ChangeReason,
    status: Status,
    at: datetime,
    now: dict[str, Any] | None = None,
) -> RotationChange:
    return tracked.change(reason, at, status=status, closed_at=at, held=False, **(now or {}))


def on_since(rotation: Rotation) -> datetime:
    """Since when it has been on: detection, or its resumption."""
    return rotation.resumed_at or rotation.detected_at


def began_after(over: Tracked, run: int, m: StepView) -> bool:
    """Whether a run of so many steps began after a rotation was over: what held all along is not there again."""
    closed = over.rotation.closed_at
    return closed is not None and m.at - run * m.width >= closed


def revived(tracked: Tracked, m: StepView, **fresh: Any) -> RotationChange:
    """On again under the same id, as it was before it was over or paused."""
    tracked.below, tracked.paused = 0, False
    was_sure = tracked.rotation.confirmed_at is not None
    return tracked.change(
        ChangeReason.REVIVED,
        m.at,
        status=Status.CONFIRMED if was_sure else Status.OPEN,
        closed_at=None,
        resumed_at=m.at,
        **fresh,
    )


def _stands_out(m: StepView, pair: int) -> bool:
    """Whether *from* fell behind every other sector, by as much as a loss to nobody in particular has to."""
    k, source = int(m.judged.shown.horizon[pair]), int(m.pairs.source[pair])
    return bool(hold((BEHIND_OTHERS,), m.seen, m.p).met[0, k, source])


def _may_rise(tracked: Tracked) -> bool:
    rotation = tracked.rotation
    return rotation.status is Status.CONFIRMED and rotation.severity is not Severity.CRITICAL


def _confirming_run(m: StepView, pair: int) -> int:
    """The run that counts how long the conditions have held that confirm this pair."""
    return LAUNCH_RUN if pair in m.drains else ON_RUN


def _sure(m: StepView, pair: int) -> bool:
    """Whether what confirms a pair has lasted; of a drain, its conditions, with the score that confirms now."""
    lasted = has_lasted(m, _confirming_run(m, pair), pair, m.p.persist_min)
    return lasted and (pair not in m.drains or m.score(pair) >= m.p.on)
