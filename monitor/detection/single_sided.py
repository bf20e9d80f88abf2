"""A sector that loses to nobody in particular: flagged to the rest of the market as watch, never higher."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from monitor.detection.explanation import one_sided_evidence
from monitor.detection.lifecycle import Ledger, Moment, quality_of, rotation_id
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

    moment: Moment
    ledger: Ledger
    watched: int

    def changes(self) -> Iterator[RotationChange]:
        """Openings and closings, in the sectors' order."""
        m = self.moment
        for sector in range(self.watched):
            loss = self._loss(sector) if m.sectors.known else None
            named = self._has_destination(sector)
            runs = m.memory.one_sided
            if m.sectors.known:
                on = loss is not None and not named
                runs[ON_RUN, sector] = runs[ON_RUN, sector] + 1 if on else 0
                runs[OFF_RUN, sector] = 0 if on else runs[OFF_RUN, sector] + 1
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
        if loss is not None and lasting and not self._told_lately(name):
            tracked = self._new(sector, name, loss)
            self.ledger.followed[tracked.rotation.id] = tracked
            yield RotationChange(tracked.rotation, ChangeReason.OPENED, m.at)

    def _loss(self, sector: int) -> Loss | None:
        m = self.moment
        best: Loss | None = None
        for k, hours in enumerate(m.p.horizons_h):
            own, z = float(m.features.own[k, sector]), float(m.features.own_z[k, sector])
            breadth = m.context.breadth_from(sector, hours)
            conditions = (
                Condition(
                    "from_own_return",
                    own,
                    m.p.one_sided_own_return,
                    own <= m.p.one_sided_own_return,
                ),
                Condition("from_own_z", z, m.p.one_sided_z, z <= m.p.one_sided_z),
                Condition(
                    "breadth_from",
                    breadth,
                    m.p.min_breadth,
                    breadth is not None and breadth >= m.p.min_breadth,
                ),
            )
            if all(c.met for c in conditions) and (best is None or z < best.z):
                best = Loss(hours, k, z, conditions)
        return best

    def _has_destination(self, sector: int) -> bool:
        m = self.moment
        from_here = m.pairs.source == sector
        return bool((m.judged.score[from_here] >= m.judged.watch_on[from_here]).any())

    def _told_lately(self, name: str) -> bool:
        """One such flag a sector within the cooldown."""
        window = timedelta(hours=self.moment.p.cooldown_h)
        return any(
            t.rotation.pair == (name, MARKET) and self.moment.at - t.rotation.detected_at < window
            for t in self.ledger.followed.values()
        )

    def _new(self, sector: int, name: str, loss: Loss) -> Tracked:
        m = self.moment
        evidence, began_h = one_sided_evidence(
            m.memory, m.context, sector, loss.hours, loss.conditions
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
            started_at=m.at - timedelta(hours=began_h),
            score=score,
            peak_score=score,
            peak_at=m.at,
            evidence=evidence,
            quality=quality_of(m, (sector,), loss.horizon),
            parameters=m.p.fingerprint(),
            at_start=m.live_from is not None and m.at <= m.live_from,
        )
        return Tracked(
            rotation, level_from=float(m.memory.levels[sector]), level_to=None, share_to_pp=None
        )
