"""The demo's story: what happened in a sentence, then every rotation and launch with its time, and a plain alarm beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from monitor.content.alert.preview import name_of, pair_of
from monitor.content.wording.figures import duration, money, net_flow, percent, points, pp, stamp
from monitor.content.wording.phrases import condition_words, figure_of, listed, moved, score_words
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import ChangeReason, PairReading, Rotation, RotationChange
from monitor.model.state import MemberEvent, MemberEventKind, SectorState

Series = Sequence[tuple[datetime, SectorState]]
LaterCap = Mapping[tuple[str, str], float]
"""(sector, token) -> market cap, USD, a day after it joined; a token whose cap then is unknown is not in it."""

_BEGINS = (ChangeReason.OPENED, ChangeReason.REVIVED)
_ENDS = (ChangeReason.FADED, ChangeReason.EXPIRED, ChangeReason.REVERSED)
_TOLD = "{at:%Y-%m-%d %H:%M}  {word:<9} {text}"


def what_happened(
    changes: Sequence[RotationChange],
    events: Sequence[MemberEvent],
    later: LaterCap,
    names: Mapping[str, str],
) -> str:
    """One sentence of the strongest confirmed rotation; that there was none, else."""
    confirmed = [c for c in changes if c.reason is ChangeReason.CONFIRMED]
    if not confirmed:
        return "What happened: no rotation lasted long enough to be confirmed."
    # of the best known state of each: a peak is only known once it is over
    peaks = {c.rotation.id: c.rotation for c in changes}
    change = max(confirmed, key=lambda c: peaks[c.rotation.id].peak_score or 0.0)
    rotation, last = change.rotation, peaks[change.rotation.id]
    evidence, target = rotation.evidence, name_of(rotation.to_sector, names)
    side = evidence.told_side
    joined = [
        f"{one_line(e.token)} joined {target} on {e.at.day} {e.at:%B}{_became(e, later)}"
        for e in events
        if _is_launch(e)
        and e.sector == rotation.to_sector
        and timedelta() <= change.changed_at - e.at <= timedelta(days=2)
    ]
    market = (
        ""
        if evidence.market_return is None
        else f" while the market {moved(evidence.market_return)}"
    )
    over = f", over on {stamp(last.closed_at)}" if last.closed_at else ", and it is still on"
    after = f"after {listed(joined)}, " if joined else ""
    return (
        f"What happened: {after}{name_of(side.sector, names)} {moved(side.total_return)} in the"
        f" {evidence.window_h} h to {stamp(change.changed_at)}{market}. The monitor confirmed a rotation"
        f" out of {name_of(rotation.from_sector, names)} into {target} then{over}."
    )


def story_lines(
    changes: Sequence[RotationChange],
    events: Sequence[MemberEvent],
    later: LaterCap,
    series: Series,
    notes: Sequence[tuple[datetime, str]],
    names: Mapping[str, str],
) -> list[str]:
    """The timeline, in order of time: every rotation, launch and note, and the worst hour.

    A watch that came to nothing is one line, with how it ended; a confirmed one has a line for each turn.
    """
    told = [(e.at, _launch(e, later, names)) for e in events if _is_launch(e)]
    told += [(at, _TOLD.format(at=at, word="note", text=one_line(text, 80))) for at, text in notes]
    told += _worst(series, names)
    by_rotation: dict[str, list[RotationChange]] = {}
    for change in changes:
        by_rotation.setdefault(change.rotation.id, []).append(change)
    for of_one in by_rotation.values():
        told += _life(of_one, names)
    return [text for _, text in sorted(told, key=lambda line: line[0])]


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


def _launch(event: MemberEvent, later: LaterCap, names: Mapping[str, str]) -> str:
    """What it became: the cap of its first bar is an accident of that bar."""
    first = "" if event.market_cap_usd is None else f" at {money(event.market_cap_usd, sign=False)}"
    then = later.get((event.sector, event.token))
    became = "" if then is None else f", {money(then, sign=False)} a day later"
    text = (
        f"{one_line(event.token)} joins {name_of(event.sector, names)}{first}{became};"
        " its joining moves no index"
    )
    return _TOLD.format(at=event.at, word="launch", text=text)


def _became(event: MemberEvent, later: LaterCap) -> str:
    then = later.get((event.sector, event.token))
    return "" if then is None else f" ({money(then, sign=False)} a day later)"


def _worst(series: Series, names: Mapping[str, str]) -> list[tuple[datetime, str]]:
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
    return [(at, _TOLD.format(at=at, word="low", text=text))]


def _life(
    changes: Sequence[RotationChange], names: Mapping[str, str]
) -> list[tuple[datetime, str]]:
    """Lines of one rotation's changes, which are in order of time."""
    lines: list[tuple[datetime, str]] = []
    for k, change in enumerate(changes):
        after = [
            c for c in changes[k + 1 :] if c.reason in (*_BEGINS, *_ENDS, ChangeReason.CONFIRMED)
        ]
        ended = after[0] if after and after[0].reason in _ENDS else None
        if change.reason in _BEGINS:
            confirmed_too = any(
                c.reason is ChangeReason.CONFIRMED and c.changed_at == change.changed_at
                for c in after
            )
            if not confirmed_too:
                lines.append((change.changed_at, _watch(change, ended, names)))
        elif change.reason in (ChangeReason.CONFIRMED, ChangeReason.SEVERITY):
            lines.append((change.changed_at, _turn(change, names)))
        elif change.reason in _ENDS and change.rotation.confirmed_at is not None:
            before = [c for c in changes[:k] if c.reason in (*_BEGINS, ChangeReason.CONFIRMED)]
            if before and before[-1].reason is ChangeReason.CONFIRMED:
                lines.append((change.changed_at, _end(change, names)))
    return lines


def _watch(change: RotationChange, ended: RotationChange | None, names: Mapping[str, str]) -> str:
    rotation, evidence = change.rotation, change.rotation.evidence
    side = evidence.told_side
    end = (
        f"; {ended.reason.value} after"
        f" {duration((ended.changed_at - change.changed_at).total_seconds())}"
        if ended
        else ""
    )
    text = (
        f"{pair_of(rotation, names)}   own {pp(side.own_return)}, volume share"
        f" {points(side.volume_share_change_pp)} in {evidence.window_h} h, flow"
        f" {net_flow(side.net_flow_usd, side.flow_grade)}{end}"
    )
    return _TOLD.format(at=change.changed_at, word="watch", text=text)


def _turn(change: RotationChange, names: Mapping[str, str]) -> str:
    rotation, evidence = change.rotation, change.rotation.evidence
    what = "confirmed" if change.reason is ChangeReason.CONFIRMED else "now"
    text = (
        f"{pair_of(rotation, names)}   {what}: own {pp(evidence.told_side.own_return)} in"
        f" {evidence.window_h} h, breadth {_breadth(rotation)}, score {score_words(rotation)}"
    )
    return _TOLD.format(at=change.changed_at, word=rotation.severity.value, text=text)


def _end(change: RotationChange, names: Mapping[str, str]) -> str:
    rotation = change.rotation
    pair = pair_of(rotation, names)
    words = {
        ChangeReason.FADED: "over: it faded",
        ChangeReason.EXPIRED: "over: it reached its longest age",
        ChangeReason.REVERSED: "over: the opposite rotation was confirmed",
    }[change.reason]
    lasted = duration(
        (change.changed_at - (rotation.confirmed_at or change.changed_at)).total_seconds()
    )
    text = f"{pair}   {words}, {lasted} after its confirmation; strongest score {figure_of(rotation.peak_score)}"
    return _TOLD.format(at=change.changed_at, word="over", text=text)


def _breadth(rotation: Rotation) -> str:
    """Members that went the way of the side that is told."""
    side = rotation.evidence.told_side
    gained = side is rotation.evidence.to_side
    return f"{side.breadth_ahead if gained else side.breadth_behind} of {side.breadth_of}"
