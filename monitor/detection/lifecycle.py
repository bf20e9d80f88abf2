"""The life of rotations: opened, confirmed, raised, faded, reversed, expired; legs; outcomes (METHOD, 7.1)."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from monitor.detection.conditions import BoolArray, Judged
from monitor.detection.explanation import evidence_of
from monitor.detection.features import Features, Pairs
from monitor.detection.inputs import PairContext, SectorStep
from monitor.detection.memory import Memory
from monitor.detection.parameters import DetectionParameters
from monitor.detection.tracked import Tracked
from monitor.model.grid import iso, parse_iso
from monitor.model.rotation import (
    MARKET,
    ChangeReason,
    Outcome,
    Quality,
    Rotation,
    RotationChange,
    Severity,
    Status,
)
from monitor.model.state import FlowGrade

WATCH_RUN, ON_RUN, UNKNOWN_RUN, LAUNCH_RUN = 0, 1, 2, 3
KEPT = timedelta(days=15)
"""How long a closed rotation is followed: 7 days of life and 7 in which it may still be reversed, and a day."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One step as the lifecycle sees it."""

    memory: Memory
    pairs: Pairs
    judged: Judged
    features: Features
    context: PairContext
    sectors: SectorStep
    at: datetime
    width: timedelta
    p: DetectionParameters
    live_from: datetime | None
    names: tuple[str, ...]  # of the sectors, in order

    def steps(self, hours: float) -> int:
        """Steps in that many hours, at least one."""
        return max(1, math.ceil(hours * timedelta(hours=1) / self.width - 1e-9))

    def persist(self, minutes: float) -> int:
        """Steps that a bound must hold: the given time, and two at the least."""
        return max(2, self.steps(minutes / 60.0))

    def score(self, pair: int) -> float:
        """The qualifying score, -inf where no horizon qualifies."""
        return float(self.judged.score[pair])

    def shown_score(self, pair: int) -> float:
        """The score at the horizon that is shown; 0 where unknown."""
        return float(np.nan_to_num(self.features.score[int(self.judged.horizon[pair]), pair]))


@dataclass(slots=True)
class Ledger:
    """The rotations that are followed, by id, in order of detection; and when each pair was last confirmed."""

    followed: dict[str, Tracked] = field(default_factory=dict)
    confirmed: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON-able form."""
        return {
            "followed": [tracked.to_json() for tracked in self.followed.values()],
            "confirmed": [[a, b, iso(at)] for (a, b), at in self.confirmed.items()],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Ledger":
        """The inverse of :meth:`to_json`."""
        followed = [Tracked.from_json(item) for item in data["followed"]]
        return cls(
            {tracked.rotation.id: tracked for tracked in followed},
            {(a, b): parse_iso(at) for a, b, at in data["confirmed"]},
        )

    def reversing(
        self, names: tuple[tuple[str, str], ...], at: datetime, p: DetectionParameters
    ) -> BoolArray:
        """Pairs whose opposite was confirmed within the reversal window."""
        window = timedelta(hours=p.reversal_window_h)
        last = [self.confirmed.get((b, a)) for a, b in names]
        return np.array(
            [moment is not None and at - moment <= window for moment in last], dtype=np.bool_
        )

    def current(self, pair: tuple[str, str]) -> Tracked | None:
        """The rotation of this pair that is on."""
        for tracked in self.followed.values():
            if tracked.rotation.pair == pair and tracked.rotation.is_on:
                return tracked
        return None

    def move_on(self, m: Moment) -> Iterator[RotationChange]:
        """All changes of this step, in a fixed order: closings, openings, confirmations by falling score."""
        _count_runs(m)
        for pair, name in enumerate(m.pairs.names):
            tracked = self.current(name)
            if tracked is not None:
                yield from self._follow(m, pair, tracked)
        for pair in range(len(m.pairs.names)):
            yield from self._open(m, pair)
        ready = [i for i in range(len(m.pairs.names)) if self._may_confirm(m, i)]
        for pair in sorted(ready, key=lambda i: (-m.score(i), i)):
            yield from self._confirm(m, pair)
        self._forget(m.at)

    def outcomes(self, m: Moment) -> list[RotationChange]:
        """What came 24 h and 72 h after detection, once each."""
        changes = []
        for tracked in self.followed.values():
            due = tracked.due_outcome(m.at)
            if due is not None:
                name, reason = due
                changes.append(tracked.with_outcome(name, _outcome(m, tracked), reason, m.at))
        return changes

    def _follow(self, m: Moment, pair: int, tracked: Tracked) -> Iterator[RotationChange]:
        rotation = tracked.rotation
        covered = bool(m.judged.covered[pair]) and m.sectors.known
        if not covered or rotation.held:
            yield from _held(tracked, covered=covered, at=m.at)
            if not covered:
                return
        score = m.score(pair)
        if score > rotation.peak_score:
            tracked.rotation = _with_peak(rotation, score, m.at)
        if m.at - rotation.detected_at >= timedelta(hours=m.p.max_age_h):
            yield tracked.change(ChangeReason.EXPIRED, m.at, status=Status.EXPIRED, closed_at=m.at)
            return
        tracked.below = 0 if score >= m.p.off or _drained(m, pair, rotation) else tracked.below + 1
        if _is_over(m, tracked):
            yield tracked.change(ChangeReason.FADED, m.at, status=Status.FADED, closed_at=m.at)
        elif rotation.status is Status.CONFIRMED and rotation.severity is not Severity.CRITICAL:
            yield from self._raise(m, pair, tracked)

    def _raise(self, m: Moment, pair: int, tracked: Tracked) -> Iterator[RotationChange]:
        if self._severity(m, pair) is Severity.CRITICAL:
            yield tracked.change(
                ChangeReason.SEVERITY, m.at, severity=Severity.CRITICAL, **_fresh_evidence(m, pair)
            )

    def _open(self, m: Moment, pair: int) -> Iterator[RotationChange]:
        name = m.pairs.names[pair]
        launch = m.memory.runs[LAUNCH_RUN, pair] >= m.persist(m.p.watch_persist_min)
        lasting = m.memory.runs[WATCH_RUN, pair] >= m.persist(m.p.watch_persist_min)
        if not (launch or lasting) or self.current(name) is not None or self._cooling(name, m):
            return
        tracked = _new(m, pair)
        self.followed[tracked.rotation.id] = tracked
        yield RotationChange(tracked.rotation, ChangeReason.OPENED, m.at)

    def _may_confirm(self, m: Moment, pair: int) -> bool:
        tracked = self.current(m.pairs.names[pair])
        return (
            m.memory.runs[ON_RUN, pair] >= m.persist(m.p.persist_min)
            and tracked is not None
            and tracked.rotation.status is Status.OPEN
            and not tracked.rotation.held
        )

    def _confirm(self, m: Moment, pair: int) -> Iterator[RotationChange]:
        name = m.pairs.names[pair]
        tracked = self.current(name)
        if tracked is None:
            return
        parent = self._joined(m, name)
        if parent is not None:
            yield tracked.change(
                ChangeReason.LEG,
                m.at,
                status=Status.CONFIRMED,
                confirmed_at=m.at,
                joins=parent,
                **_fresh_evidence(m, pair),
            )
            return
        self.confirmed[name] = m.at
        reversed_one = self._reversible(name, m)
        tracked.below = 0
        yield tracked.change(
            ChangeReason.CONFIRMED,
            m.at,
            status=Status.CONFIRMED,
            severity=self._severity(m, pair),
            confirmed_at=m.at,
            reverses=reversed_one.rotation.id if reversed_one else None,
            **_fresh_evidence(m, pair),
        )
        if reversed_one is not None:
            yield reversed_one.change(
                ChangeReason.REVERSED,
                m.at,
                status=Status.REVERSED,
                closed_at=reversed_one.rotation.closed_at or m.at,
                reversed_by=tracked.rotation.id,
            )

    def _severity(self, m: Moment, pair: int) -> Severity:
        """Critical: among the largest, or a second source that loses to a destination with a young launch."""
        if m.score(pair) >= m.p.critical:
            return Severity.CRITICAL
        source, target = m.pairs.names[pair]
        recent = m.at - timedelta(hours=24)
        others = [
            a
            for (a, b), at in self.confirmed.items()
            if b == target and a != source and at >= recent
        ]
        if others and m.context.launches(int(m.pairs.target[pair]), 72):
            return Severity.CRITICAL
        return Severity.WARNING

    def _cooling(self, name: tuple[str, str], m: Moment) -> bool:
        """The same ordered pair never alarms twice within the cooldown."""
        last = self.confirmed.get(name)
        return last is not None and m.at - last < timedelta(hours=m.p.cooldown_h)

    def _joined(self, m: Moment, name: tuple[str, str]) -> str | None:
        """The rotation that this one is a further leg of: confirmed lately, with the same source or destination."""
        window = timedelta(hours=m.p.cooldown_h)
        for tracked in reversed(self.followed.values()):
            other = tracked.rotation
            recent = other.confirmed_at is not None and m.at - other.confirmed_at < window
            shares = (other.from_sector == name[0]) != (other.to_sector == name[1])
            if recent and shares and other.joins is None:
                return other.id
        return None

    def _reversible(self, name: tuple[str, str], m: Moment) -> Tracked | None:
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

    def _forget(self, at: datetime) -> None:
        for key in [k for k, t in self.followed.items() if at - t.rotation.detected_at > KEPT]:
            if not self.followed[key].rotation.is_on:
                del self.followed[key]


def rotation_id(source: str, target: str, detected_at: datetime) -> str:
    """A pure function of the pair and the time of detection."""
    digest = hashlib.sha256(f"{source}|{target}|{iso(detected_at)}".encode()).hexdigest()
    return f"rot-{digest[:8]}"


def _count_runs(m: Moment) -> None:
    """Steps in a row at or above each bound; an unknown step neither counts nor breaks, a long spell of them resets."""
    runs, judged = m.memory.runs, m.judged
    known = judged.known & m.sectors.known & (judged.covered | judged.young)
    runs[UNKNOWN_RUN] = np.where(known, 0, runs[UNKNOWN_RUN] + 1)
    lost = runs[UNKNOWN_RUN] * (m.width / timedelta(minutes=1)) > m.p.unknown_reset_min
    for row, bound in ((WATCH_RUN, judged.watch_on), (ON_RUN, judged.on)):
        counted = np.where(judged.score >= bound, runs[row] + 1, 0)
        runs[row] = np.where(lost, 0, np.where(known, counted, runs[row]))
    drained = np.array([_launch_drain(m, i) for i in range(len(m.pairs.names))], dtype=np.bool_)
    runs[LAUNCH_RUN] = np.where(drained, runs[LAUNCH_RUN] + 1, 0)


def _launch_drain(m: Moment, pair: int) -> bool:
    """A destination without a yardstick whose launch drains the source: shown as watch, naming the launch."""
    source, target = int(m.pairs.source[pair]), int(m.pairs.target[pair])
    if not m.judged.young[pair] or not m.sectors.known or not m.context.launches(target, 72):
        return False
    if m.context.launch_share_loss(source, 72) < m.p.launch_share_loss_pp:
        return False
    for k, hours in enumerate(m.p.horizons_h):
        breadth = m.context.breadth_from(source, hours)
        share, before = (
            m.context.volume_share(hours)[target],
            m.context.volume_share(24, before=hours)[target],
        )
        if (
            m.features.own[k, source] <= m.p.one_sided_own_return
            and m.features.own_z[k, source] <= m.p.launch_z
            and breadth is not None
            and breadth >= m.p.min_breadth
            and share >= m.p.launch_volume_share
            and (np.isnan(before) or share > before)
        ):
            return True
    return False


def _drained(m: Moment, pair: int, rotation: Rotation) -> bool:
    """A rotation flagged by its launch alone lasts as long as the drain does."""
    return rotation.status is Status.OPEN and bool(m.memory.runs[LAUNCH_RUN, pair])


def _new(m: Moment, pair: int) -> Tracked:
    source, target = m.pairs.names[pair]
    a, b = int(m.pairs.source[pair]), int(m.pairs.target[pair])
    fresh = _fresh_evidence(m, pair)
    rotation = Rotation(
        id=rotation_id(source, target, m.at),
        from_sector=source,
        to_sector=target,
        status=Status.OPEN,
        severity=Severity.WATCH,
        detected_at=m.at,
        confirmed_at=None,
        closed_at=None,
        peak_score=fresh["score"],
        peak_at=m.at,
        parameters=m.p.fingerprint(),
        at_start=m.live_from is not None and m.at <= m.live_from,
        **fresh,
    )
    to_side = rotation.evidence.to_side
    return Tracked(
        rotation,
        level_from=float(m.memory.levels[a]),
        level_to=float(m.memory.levels[b]),
        share_to_pp=to_side.share_pp if to_side else None,
    )


def _fresh_evidence(m: Moment, pair: int) -> dict[str, Any]:
    """Evidence, score, quality and the best estimate of the beginning, as of this step."""
    k = int(m.judged.horizon[pair])
    evidence, began = evidence_of(
        m.memory, m.pairs, m.judged, m.features, m.context, pair, k, m.at, m.p
    )
    return {
        "evidence": evidence,
        "started_at": began,
        "score": m.shown_score(pair),
        "quality": quality_of(m, (int(m.pairs.source[pair]), int(m.pairs.target[pair])), k),
    }


def quality_of(m: Moment, sides: tuple[int, ...], k: int) -> Quality:
    """Coverage over the window and stale weight now of the worse side, and the flow's grade by its weight."""
    rows = np.nan_to_num(m.memory.rows["coverage"].last(m.p.horizons_h[k] * m.memory.per_hour))
    weight = min(float(m.sectors.flow_weight[s]) for s in sides)
    return Quality(
        coverage=float(min(rows[:, s].mean() for s in sides)),
        stale_weight=float(max(m.sectors.stale_weight[s] for s in sides)),
        flow_grade=FlowGrade.A if weight == 1.0 else FlowGrade.C if weight == 0.5 else None,
        benchmark_missing=m.sectors.benchmark_missing,
    )


def _held(tracked: Tracked, *, covered: bool, at: datetime) -> Iterator[RotationChange]:
    """Too little data to judge: the state is kept and marked, and judged again when the data is back."""
    if not covered and not tracked.rotation.held:
        yield tracked.change(ChangeReason.HELD, at, held=True)
    elif covered and tracked.rotation.held:
        yield tracked.change(ChangeReason.RESUMED, at, held=False)


def _with_peak(rotation: Rotation, score: float, at: datetime) -> Rotation:
    return replace(rotation, peak_score=score, peak_at=at)


def _is_over(m: Moment, tracked: Tracked) -> bool:
    if tracked.rotation.status is Status.CONFIRMED:
        return tracked.below >= m.steps(m.p.confirmed_fade_h)
    waited = m.at - tracked.rotation.detected_at >= timedelta(hours=m.p.open_max_h)
    return waited or tracked.below >= m.steps(m.p.open_fade_h)


def _outcome(m: Moment, tracked: Tracked) -> Outcome:
    rotation = tracked.rotation
    places = {name: i for i, name in enumerate(m.names)}
    source = float(np.expm1(m.memory.levels[places[rotation.from_sector]] - tracked.level_from))
    if rotation.to_sector == MARKET or tracked.level_to is None:
        return Outcome(-source, None, source < 0)
    target = float(np.expm1(m.memory.levels[places[rotation.to_sector]] - tracked.level_to))
    share = m.context.side(places[rotation.to_sector], 4).share_pp
    change = (
        share - tracked.share_to_pp
        if share is not None and tracked.share_to_pp is not None
        else None
    )
    return Outcome(target - source, change, target > source)
