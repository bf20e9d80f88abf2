"""A sector that loses to nobody, or gains from nobody, in particular: flagged against the rest of the market.

The two are one family: conditions of a single sector at one horizon, held for a time. A loss is told as watch and never
higher; a gain as warning and never higher.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from monitor.detection.conditions import Held, hold, holds_nowhere
from monitor.detection.explanation import one_sided_evidence
from monitor.detection.lifecycle import Ledger, Pair, began_after, on_since, revived
from monitor.detection.opening import after_detection, quality_of, rotation_id
from monitor.detection.outcomes import market_position
from monitor.detection.rules import INFLOW_RULES, OUTFLOW_RULES, Rule
from monitor.detection.step_view import StepView
from monitor.detection.tracked import Tracked
from monitor.model.rotation import (
    MARKET,
    ChangeReason,
    EvidenceAt,
    Kind,
    Rotation,
    RotationChange,
    Severity,
    Status,
)


@dataclass(frozen=True, slots=True)
class Family:
    """Losses or gains: their rules, and the first of the two rows of runs (on, off) that count them."""

    kind: Kind
    rules: Sequence[Rule]
    runs: int

    @property
    def gains(self) -> bool:
        """Whether the sector gains."""
        return self.kind is Kind.INFLOW

    def pair(self, sector: str) -> Pair:
        """(from, to)."""
        return (MARKET, sector) if self.gains else (sector, MARKET)


OUTFLOW = Family(Kind.OUTFLOW, OUTFLOW_RULES, 0)
INFLOW = Family(Kind.INFLOW, INFLOW_RULES, 2)


def one_sided(m: StepView, ledger: Ledger, family: Family) -> list[RotationChange]:
    """A family's changes of one step, in the sectors' order; an unknown step neither counts nor breaks."""
    return list(OneSided(m, ledger, family).changes()) if m.sectors.known else []


@dataclass(frozen=True, slots=True, eq=False)
class OneSided:
    """A family's rule for one step: a sector's own conditions hold for an hour and no other side qualifies."""

    moment: StepView
    ledger: Ledger
    family: Family

    def changes(self) -> Iterator[RotationChange]:
        """Openings and closings."""
        m, rules = self.moment, self.family.rules
        held = None if holds_nowhere(rules, m.seen, m.p) else hold(rules, m.seen, m.p)
        on, off = self.family.runs, self.family.runs + 1
        runs, goes_on = m.tallies.one_sided, self._goes_on()
        for sector in range(m.watched):
            k = self._horizon(held, sector)
            runs[on, sector] = runs[on, sector] + 1 if k is not None else 0
            above = k is not None or goes_on[sector]
            runs[off, sector] = 0 if above else runs[off, sector] + 1
            yield from self._judge(sector, k, held)

    def _judge(self, sector: int, k: int | None, held: Held | None) -> Iterator[RotationChange]:
        m, runs = self.moment, self.moment.tallies.one_sided
        pair = self.family.pair(m.names[sector])
        tracked = self.ledger.current(pair)
        if tracked is not None:
            yield from self._end(tracked, int(runs[self.family.runs + 1, sector]))
            return
        run = int(runs[self.family.runs, sector])
        if held is None or k is None or run < m.persist(m.p.persist_min):
            return
        over = self.ledger.over_lately(pair, m)
        if over is not None and not began_after(over, run, m):
            return
        fresh = self._fresh(sector, k, held)
        if over is not None:
            yield revived(over, m, **after_detection(fresh, over.rotation))
        else:
            yield from self._new(sector, pair, fresh)

    def _end(self, tracked: Tracked, quiet: int) -> Iterator[RotationChange]:
        m = self.moment
        gains = self.family.gains
        fade_h = m.p.confirmed_fade_h if gains else m.p.open_fade_h
        most_h = m.p.max_age_h if gains else m.p.open_max_h
        if quiet >= m.steps(fade_h) or m.at - on_since(tracked.rotation) >= timedelta(hours=most_h):
            yield tracked.change(ChangeReason.FADED, m.at, status=Status.FADED, closed_at=m.at)

    def _has_yardstick(self, sector: int) -> bool:
        m = self.moment
        if self.family.gains:
            return not m.judged.young[m.pairs.target == sector].any()
        return bool(
            m.memory.spread.count[m.memory.sigma.places["e"]][sector]
            >= m.p.least_samples * m.memory.per_hour
        )

    def _horizon(self, held: Held | None, sector: int) -> int | None:
        """The horizon at which the own return is furthest from its usual size, of those that meet all conditions; None
        without one, or where another side can be named."""
        if held is None:
            return None
        found = np.flatnonzero(held.gates[:, sector])
        if not len(found) or not self._has_yardstick(sector) or self._has_other_side(sector):
            return None
        z = np.abs(self.moment.features.own_z[found, sector])
        return int(found[int(np.nanargmax(z)) if not np.isnan(z).all() else 0])

    def _goes_on(self) -> list[bool]:
        """Per sector whether it goes on though its conditions do not hold: no loss does, and a gain does while its least
        score is above the bound that ends it."""
        m = self.moment
        if not self.family.gains:
            return [False] * m.watched
        with np.errstate(invalid="ignore"):
            above = np.asarray(m.seen.value(self.family.rules[-1]) >= m.p.off)
        return [bool(scores.any()) for scores in above.T]

    def _has_other_side(self, sector: int) -> bool:
        """Whether the other side can be named: by a pair that qualifies now, or by a rotation that is on.

        No gain is told of a sector either that is part of a confirmed rotation: it has just been said to lose, or where
        its gain comes from.
        """
        m = self.moment
        name = m.names[sector]
        named = [t.rotation for t in self.ledger.followed.values() if MARKET not in t.rotation.pair]
        if self.family.gains:
            return any(r.status is Status.CONFIRMED and name in r.pair for r in named)
        if (m.judged.score[m.pairs.source == sector] >= m.p.watch_on).any():
            return True
        return any(r.is_on and r.from_sector == name for r in named)

    def _fresh(self, sector: int, k: int, held: Held) -> dict[str, Any]:
        m, gains = self.moment, self.family.gains
        conditions = held.conditions(k, sector)
        evidence, began = one_sided_evidence(m, sector, k, conditions, gains=gains)
        score = conditions[-1].value if gains else None
        quality = quality_of(m, (sector,), k)
        return {"evidence": evidence, "started_at": began, "score": score, "quality": quality}

    def _new(self, sector: int, pair: Pair, fresh: dict[str, Any]) -> Iterator[RotationChange]:
        m, evidence = self.moment, fresh["evidence"]
        rotation = Rotation(
            id=rotation_id(*pair, m.at),
            from_sector=pair[0],
            to_sector=pair[1],
            status=Status.OPEN,
            severity=Severity.WATCH,
            detected_at=m.at,
            confirmed_at=None,
            closed_at=None,
            peak_score=fresh["score"],
            peak_at=m.at,
            parameters=m.p.fingerprint(),
            at_start=m.at_start,
            evidence_at=EvidenceAt(evidence, evidence, evidence),
            kind=self.family.kind,
            **fresh,
        )
        position = market_position(m)
        market = None if position is None else float(m.memory.levels[position])
        own = float(m.memory.levels[sector])
        levels = (market, own) if self.family.gains else (own, market)
        share = evidence.to_side.share_pp if evidence.to_side else None
        tracked = Tracked(rotation, levels[0], levels[1], share)
        self.ledger.followed[rotation.id] = tracked
        yield RotationChange(rotation, ChangeReason.OPENED, m.at)
        if self.family.gains:
            yield tracked.change(
                ChangeReason.CONFIRMED,
                m.at,
                status=Status.CONFIRMED,
                severity=Severity.WARNING,
                confirmed_at=m.at,
            )
            self.ledger.confirmed[pair] = m.at
