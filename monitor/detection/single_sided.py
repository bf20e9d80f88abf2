"""A sector that loses to nobody in particular: flagged to the rest of the market as watch, never higher."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from monitor.detection.conditions import number_or_none
from monitor.detection.explanation import one_sided_evidence
from monitor.detection.lifecycle import Ledger
from monitor.detection.opening import quality_of, rotation_id
from monitor.detection.outcomes import market_position
from monitor.detection.step_view import StepView
from monitor.detection.tracked import Tracked
from monitor.model.rotation import (
    MARKET,
    ChangeReason,
    Condition,
    Rotation,
    RotationChange,
    Severity,
    Status,
)

ON_RUN, OFF_RUN = 0, 1


@dataclass(frozen=True, slots=True)
class Loss:
    """The horizon at which a sector's own conditions are met, with them."""

    hours: int
    horizon: int
    z: float
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SingleSided:
    """The rule for one step: A's own conditions hold for an hour and no destination qualifies."""

    moment: StepView
    ledger: Ledger

    def changes(self) -> Iterator[RotationChange]:
        """Openings and closings, in the sectors' order; an unknown step neither counts nor breaks."""
        m = self.moment
        if not m.sectors.known:
            return
        runs = m.memory.one_sided
        for sector in range(m.watched):
            loss = None if self._has_destination(sector) else self._loss(sector)
            runs[ON_RUN, sector] = runs[ON_RUN, sector] + 1 if loss else 0
            runs[OFF_RUN, sector] = 0 if loss else runs[OFF_RUN, sector] + 1
            yield from self._judge(sector, loss)

    def _judge(self, sector: int, loss: Loss | None) -> Iterator[RotationChange]:
        m = self.moment
        name = m.names[sector]
        tracked = self.ledger.current((name, MARKET))
        if tracked is not None:
            age = m.at - tracked.rotation.detected_at
            quiet = m.memory.one_sided[OFF_RUN, sector] >= m.steps(m.p.open_fade_h)
            if quiet or age >= timedelta(hours=m.p.open_max_h):
                yield tracked.change(ChangeReason.FADED, m.at, status=Status.FADED, closed_at=m.at)
            return
        lasting = m.memory.one_sided[ON_RUN, sector] >= m.persist(m.p.persist_min)
        if loss is not None and lasting and not self.ledger.opened_lately((name, MARKET), m):
            tracked = self._new(sector, name, loss)
            self.ledger.followed[tracked.rotation.id] = tracked
            yield RotationChange(tracked.rotation, ChangeReason.OPENED, m.at)

    def _loss(self, sector: int) -> Loss | None:
        """The horizon with the lowest own z among those that meet all conditions; None without a yardstick."""
        m = self.moment
        if m.memory.spread["e"].count[sector] < m.p.least_samples * m.memory.per_hour:
            return None
        losses = [
            self._at_horizon(sector, k, hours)
            for k, hours in enumerate(m.p.horizons_h)
            if m.features.own_z[k, sector] <= m.p.one_sided_z
        ]
        met = [loss for loss in losses if all(c.met for c in loss.conditions)]
        return min(met, key=lambda loss: loss.z, default=None)

    def _at_horizon(self, sector: int, k: int, hours: int) -> Loss:
        m = self.moment
        own, z = float(m.features.own[k, sector]), float(m.features.own_z[k, sector])
        breadth = m.context.breadth_from(sector, hours)
        covered = quality_of(m, (sector,), k).coverage
        return Loss(
            hours,
            k,
            z,
            (
                Condition(
                    "from_own_return",
                    number_or_none(own),
                    m.p.one_sided_own_return,
                    own <= m.p.one_sided_own_return,
                ),
                Condition("from_own_z", number_or_none(z), m.p.one_sided_z, z <= m.p.one_sided_z),
                Condition(
                    "breadth_from",
                    breadth,
                    m.p.min_breadth,
                    breadth is not None and breadth >= m.p.min_breadth,
                ),
                Condition("coverage", covered, m.p.min_coverage, covered >= m.p.min_coverage),
            ),
        )

    def _has_destination(self, sector: int) -> bool:
        """Whether a destination qualifies now, or one is already named by a rotation that is on."""
        m = self.moment
        from_here = m.pairs.source == sector
        if (m.judged.score[from_here] >= m.p.watch_on).any():
            return True
        return any(
            tracked.rotation.is_on
            and tracked.rotation.from_sector == m.names[sector]
            and tracked.rotation.to_sector != MARKET
            for tracked in self.ledger.followed.values()
        )

    def _new(self, sector: int, name: str, loss: Loss) -> Tracked:
        m = self.moment
        evidence, began = one_sided_evidence(
            m.memory, m.context, sector, loss.hours, loss.conditions, m.at
        )
        score = float(np.abs(loss.z))
        rotation = Rotation(
            id=rotation_id(name, MARKET, m.at),
            from_sector=name,
            to_sector=MARKET,
            status=Status.OPEN,
            severity=Severity.WATCH,
            detected_at=m.at,
            confirmed_at=None,
            closed_at=None,
            started_at=began,
            score=score,
            peak_score=score,
            peak_at=m.at,
            evidence=evidence,
            quality=quality_of(m, (sector,), loss.horizon),
            parameters=m.p.fingerprint(),
            at_start=m.at_start,
        )
        market = market_position(m)
        return Tracked(
            rotation,
            level_from=float(m.memory.levels[sector]),
            level_to=None if market is None else float(m.memory.levels[market]),
            share_to_pp=None,
        )
