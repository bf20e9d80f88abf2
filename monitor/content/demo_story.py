"""The demo's story: at most a dozen lines, each with its time and figures, and a plain alarm beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from monitor.content.alert.preview import name_of, pair_of
from monitor.content.wording.figures import net_flow, percent, points, pp
from monitor.content.wording.phrases import condition_words, figure_of, score_words
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import ChangeReason, PairReading, Rotation, RotationChange
from monitor.model.state import MemberEvent, MemberEventKind, SectorState

Series = Sequence[tuple[datetime, SectorState]]

_RANK = {
    ChangeReason.CONFIRMED: 0,
    ChangeReason.REVERSED: 0,
    ChangeReason.SEVERITY: 1,
    ChangeReason.OPENED: 2,
    ChangeReason.FADED: 3,
    ChangeReason.EXPIRED: 3,
}
_TOLD = "{at:%Y-%m-%d %H:%M}  {word:<9} {text}"


def story_lines(
    changes: Sequence[RotationChange],
    events: Sequence[MemberEvent],
    series: Series,
    notes: Sequence[tuple[datetime, str]],
    names: Mapping[str, str],
    *,
    most: int,
) -> list[str]:
    """The timeline, in order of time; where it is longer than ``most`` lines the least telling are left out.

    Rotations that never passed `watch` come last in importance; launches and the worst day always stay.
    """
    told: list[tuple[int, datetime, str]] = []
    told += [(0, e.at, _launch(e, names)) for e in events if _is_launch(e)]
    told += [
        (4, at, _TOLD.format(at=at, word="note", text=one_line(text, 80))) for at, text in notes
    ]
    told += _worst(series, names)
    confirmed = {c.rotation.id for c in changes if c.reason is ChangeReason.CONFIRMED}
    for change in changes:
        rank = _RANK.get(change.reason)
        if rank is not None:
            unsure = 3 if change.rotation.id not in confirmed else 0
            told.append((rank + unsure, change.changed_at, _change(change, names)))
    kept = sorted(
        sorted(told, key=lambda line: (line[0], line[1]))[:most], key=lambda line: line[1]
    )
    return [text for _, _, text in kept]


def naive_words(
    series: Series, changes: Sequence[RotationChange], names: Mapping[str, str]
) -> list[str]:
    """When a plain "-10 % in 24 h" alarm would have rung, beside the monitor's own confirmations.

    A day of alarms of one sector counts once; it names no destination and takes no market out.
    """
    rung: list[tuple[datetime, SectorState]] = []
    last: dict[str, datetime] = {}
    for at, state in series:
        if state.share is None or state.return_24h is None or state.return_24h > -0.10:
            continue
        if state.id not in last or at - last[state.id] >= timedelta(hours=24):
            last[state.id] = at
            rung.append((at, state))
    ours = [c for c in changes if c.reason is ChangeReason.CONFIRMED]
    lines = [
        "",
        f"A plain -10 % in 24 h alarm would have rung {len(rung)} times from {series[0][0]:%d %b} on"
        f" (the monitor confirmed {len(ours)} rotation{'' if len(ours) == 1 else 's'}), among them:"
        if series
        else "No hour was stepped.",
    ]
    for at, state in _around(rung, [c.changed_at for c in ours]):
        lines.append(
            f"  {at:%Y-%m-%d %H:%M}  {name_of(state.id, names)} {percent(state.return_24h)} in 24 h,"
            f" of which the market {percent(state.market_part_24h)}; into what: not said"
        )
    return lines


def _around(
    rung: Sequence[tuple[datetime, SectorState]], ours: Sequence[datetime]
) -> list[tuple[datetime, SectorState]]:
    """Up to three plain alarms nearest to what the monitor confirmed, in order of time."""
    if not ours:
        return list(rung[:3])
    nearest = sorted(rung, key=lambda r: min(abs(r[0] - at) for at in ours))[:3]
    return sorted(nearest, key=lambda r: r[0])


def nearest_miss(
    readings: Sequence[PairReading], confirmed: Sequence[RotationChange], names: Mapping[str, str]
) -> str:
    """The reading that met most conditions without a flag: silence is checkable. Empty where nothing was read."""
    told = {change.rotation.pair for change in confirmed if change.reason is ChangeReason.CONFIRMED}
    missed = [
        r
        for r in readings
        if r.score is not None and not r.qualified and (r.from_sector, r.to_sector) not in told
    ]
    if not missed:
        return ""
    best = max(missed, key=lambda r: (sum(c.met for c in r.conditions), r.score or 0.0, r.at))
    met = sum(c.met for c in best.conditions)
    sides = (
        names.get(best.from_sector, best.from_sector),
        names.get(best.to_sector, best.to_sector),
    )
    lacking = ", ".join(
        condition_words(c, best.window_h, sides) for c in best.conditions if not c.met
    )
    text = (
        f"{' → '.join(sides)}   not flagged: score {figure_of(best.score)},"
        f" {met} of {len(best.conditions)} conditions; lacking {lacking}"
    )
    return _TOLD.format(at=best.at, word="nearest", text=text)


def _is_launch(event: MemberEvent) -> bool:
    return event.kind is MemberEventKind.LAUNCH


def _launch(event: MemberEvent, names: Mapping[str, str]) -> str:
    sector = name_of(event.sector, names)
    brought = pp(event.share_effect)
    text = f"{one_line(event.token)} joins {sector}: share {brought} by launch, not by flow; none on the index"
    return _TOLD.format(at=event.at, word="launch", text=text)


def _worst(series: Series, names: Mapping[str, str]) -> list[tuple[int, datetime, str]]:
    known = [
        (s.return_24h, at, s)
        for at, s in series
        if s.id == "ai-agents" and s.return_24h is not None
    ]
    if not known:
        return []
    _, at, state = min(known, key=lambda row: (row[0], row[1]))
    text = (
        f"{name_of(state.id, names)} {percent(state.return_24h)} in 24 h (market part"
        f" {percent(state.market_part_24h)}), the worst of the range"
    )
    return [(0, at, _TOLD.format(at=at, word="low", text=text))]


def _change(change: RotationChange, names: Mapping[str, str]) -> str:
    rotation = change.rotation
    evidence = rotation.evidence
    side = evidence.told_side
    word = (
        rotation.severity.value
        if change.reason in (ChangeReason.OPENED, ChangeReason.CONFIRMED)
        else change.reason.value
    )
    figures = {
        ChangeReason.OPENED: f"own {pp(side.own_return)}/{evidence.window_h} h, volume share"
        f" {points(side.volume_share_change_pp)}, flow {net_flow(side.net_flow_usd, side.flow_grade)}",
        ChangeReason.CONFIRMED: f"confirmed: own {pp(side.own_return)}/{evidence.window_h} h, score"
        f" {score_words(rotation)}, breadth {_breadth(rotation)}",
        ChangeReason.SEVERITY: f"now {rotation.severity.value}: score {score_words(rotation)}",
        ChangeReason.REVERSED: f"reversed by {rotation.reversed_by}",
        ChangeReason.FADED: f"faded; strongest score {figure_of(rotation.peak_score)}",
        ChangeReason.REVIVED: f"resumed: score {score_words(rotation)}",
        ChangeReason.EXPIRED: "expired after its longest age",
    }[change.reason]
    return _TOLD.format(
        at=change.changed_at, word=word, text=f"{pair_of(rotation, names)}   {figures}"
    )


def _breadth(rotation: Rotation) -> str:
    """Members that went the way of the side that is told."""
    side = rotation.evidence.told_side
    gained = side is rotation.evidence.to_side
    return f"{side.breadth_ahead if gained else side.breadth_behind} of {side.breadth_of}"
