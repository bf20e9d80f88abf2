"""Changes of a sector's make-up, each with its effect on share; none of them moves the index."""

from datetime import datetime, timedelta

import numpy as np

from monitor.analytics.index import BoolArray
from monitor.engine.state import EngineState
from monitor.engine.values import ManyValues, StepValues
from monitor.model.interval import IntervalInput, Layout
from monitor.model.rotation import Launch
from monitor.model.state import MemberEvent, MemberEventKind

SUPPLY_WORTH_TELLING = 0.01
REMEMBERED = timedelta(days=7)


def member_events(
    v: StepValues, layout: Layout, interval: IntervalInput, redenominated: tuple[int, ...]
) -> tuple[MemberEvent, ...]:
    """Of this step: redenominations (positions of the successors) first, then in the tokens' order."""
    kept = (v.before.sector >= 0) & (v.before.sector == v.after.sector)
    with np.errstate(invalid="ignore", divide="ignore"):
        issued = kept & (np.abs(v.after.supply / v.before.supply - 1.0) > SUPPLY_WORTH_TELLING)
    changed = (v.before.sector != v.after.sector) | issued
    found = [
        _event(v, layout, interval, i, MemberEventKind.REDENOMINATION)
        for i in redenominated
        if v.before.sector[i] >= 0
    ]
    for i in np.flatnonzero(changed).tolist():
        if v.before.sector[i] >= 0 and not issued[i]:
            found.append(_event(v, layout, interval, i, MemberEventKind.EXIT))
        if v.after.sector[i] >= 0:
            kind = MemberEventKind.SUPPLY if issued[i] else _entry(v, i)
            found.append(_event(v, layout, interval, i, kind))
    return tuple(found)


def may_tell(v: ManyValues) -> BoolArray:
    """(steps,): whether a member came, left or changed its supply by more than what is worth telling."""
    kept = (v.before.sector >= 0) & (v.before.sector == v.after.sector)
    with np.errstate(invalid="ignore", divide="ignore"):
        issued = kept & (np.abs(v.after.supply / v.before.supply - 1.0) > SUPPLY_WORTH_TELLING)
    changed: BoolArray = ((v.before.sector != v.after.sector) | issued).any(axis=1)
    return changed


def remember_launches(state: EngineState, events: tuple[MemberEvent, ...], now: datetime) -> None:
    """Keep the launches of the last week beside the state."""
    state.launches = [x for x in state.launches if now - x.at <= REMEMBERED]
    state.launches += [
        Launch(e.token, e.sector, e.at, 100.0 * (e.share_effect or 0.0))
        for e in events
        if e.kind is MemberEventKind.LAUNCH
    ]


def _entry(v: StepValues, i: int) -> MemberEventKind:
    return MemberEventKind.LAUNCH if v.launched[i] else MemberEventKind.ENTRY


def _event(
    v: StepValues, layout: Layout, interval: IntervalInput, i: int, kind: MemberEventKind
) -> MemberEvent:
    leaving = kind in (MemberEventKind.EXIT, MemberEventKind.REDENOMINATION)
    sector = int(v.before.sector[i] if leaving else v.after.sector[i])
    cap = float(v.before.cap[i] if leaving else v.after.cap[i])
    moved = -cap if leaving else cap
    if kind is MemberEventKind.REDENOMINATION:
        moved = 0.0  # the line goes on: a new supply is an event of its own
    if kind is MemberEventKind.SUPPLY:
        moved = float(
            0.5 * (v.before.price[i] + v.after.price[i]) * (v.after.supply[i] - v.before.supply[i])
        )
    return MemberEvent(
        interval.close_time,
        kind,
        layout.sectors[sector],
        layout.tokens[i],
        _effect(v, sector, moved),
        cap,
    )


def _effect(v: StepValues, sector: int, moved: float) -> float | None:
    """This one change's part of the sector's change of share, by the midpoint rule."""
    watched = len(v.share)
    total = v.caps[:watched].sum()
    before = np.bincount(
        v.before.sector[v.before.sector >= 0],
        weights=v.before.cap[v.before.sector >= 0],
        minlength=len(v.caps),
    )[:watched]
    if sector >= watched or total <= 0 or before.sum() <= 0:
        return None
    mean_share = 0.5 * (before[sector] / before.sum() + v.share[sector])
    return float((1.0 - mean_share) * moved / (0.5 * (before.sum() + total)))
