"""A rotation in plain text: a rendering of its evidence that computes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.content.figures import duration, money, percent, points, stamp, utc
from monitor.content.plain_words import one_line
from monitor.model.rotation import MARKET, Rotation, SideEvidence, Status

PREVIEW = 150
Names = Mapping[str, str]

_BLOCKS = "▁▂▃▄▅▆▇█"


def name_of(sector: str, names: Names) -> str:
    """The sector's name, safe for one line; the rest of the watched market is called market."""
    return "market" if sector == MARKET else one_line(names.get(sector, sector))


def pair_of(rotation: Rotation, names: Names) -> str:
    """``AI agents → Memes``."""
    return f"{name_of(rotation.from_sector, names)} → {name_of(rotation.to_sector, names)}"


def preview_line(rotation: Rotation, names: Names, at: datetime) -> str:
    """The one line that a phone shows, at most 150 characters; parts are dropped from its end before any is cut."""
    side, other = rotation.evidence.from_side, rotation.evidence.to_side
    window = rotation.evidence.window_h
    word = rotation.severity.value.upper() if rotation.is_on else rotation.status.value.upper()
    head = f"{word} {pair_of(rotation, names)}"
    parts = [
        (
            f"{name_of(rotation.from_sector, names)} {percent(side.total_return)} in {window} h"
            f" (market {percent(side.market_part)})"
        ),
        f"volume share {points(other.volume_share_change_pp)}" if other else "",
        f"net flow {money(side.net_flow_usd)}",
    ]
    parts = [part for part in parts if part]
    end = f". {utc(at)}"
    while parts:
        line = f"{head}: {', '.join(parts)}{end}"
        if len(line) <= PREVIEW:
            return line
        parts.pop()
    return (head + end)[:PREVIEW]


def alert_text(rotation: Rotation, names: Names, *, spark: str | None = None) -> str:
    """The whole message without any markup: answer first, reasons after it, housekeeping last."""
    lines = [headline(rotation, names), *sentences(rotation, names), ""]
    lines += side_lines(rotation, names)
    if spark:
        lines.append(f"Index of {name_of(rotation.from_sector, names)}, last day: {spark}")
    lines += ["", *reasons(rotation, names)]
    lines.append(data_line(rotation))
    return "\n".join(lines)


def headline(rotation: Rotation, names: Names) -> str:
    """Direction, severity, state."""
    words = [pair_of(rotation, names), rotation.severity.value.upper(), rotation.status.value]
    if rotation.at_start:
        words.append("already on at start")
    return " · ".join(words)


def sentences(rotation: Rotation, names: Names) -> list[str]:
    """What happened, both sides, the own part, since when."""
    evidence = rotation.evidence
    side, other = evidence.from_side, evidence.to_side
    source, target = name_of(rotation.from_sector, names), name_of(rotation.to_sector, names)
    at = rotation.confirmed_at or rotation.detected_at
    first = f"{source} {_moved(side.total_return)} in the {evidence.window_h} h to {stamp(at)}"
    first += f"; the market's part is {_market(side)}, {percent(side.own_return)} is its own."
    lines = [first]
    if other is not None:
        lines.append(
            f"{target}: share of volume {points(other.volume_share_change_pp)},"
            f" share of market cap {points(other.share_change_pp)}."
        )
    if rotation.started_at is not None:
        lines.append(f"Began about {stamp(rotation.started_at)} (best estimate).")
    return lines


def side_lines(rotation: Rotation, names: Names) -> list[str]:
    """The same four witnesses each time, at the same place."""
    lines = []
    for side in (rotation.evidence.from_side, rotation.evidence.to_side):
        if side is None:
            continue
        lines += [
            f"{name_of(side.sector, names)}",
            f"  return {rotation.evidence.window_h} h   {percent(side.total_return)} (own {percent(side.own_return)})",
            f"  cap share     {_of(side.share_pp)} ({points(side.share_change_pp)})",
            f"  volume share  {_of(side.volume_share_pp)} ({points(side.volume_share_change_pp)})",
            f"  net flow      {money(side.net_flow_usd)}{_grade(side)}",
        ]
    return lines


def reasons(rotation: Rotation, names: Names) -> list[str]:
    """One coin or the sector, launches, how late, how sure, what would end it."""
    evidence = rotation.evidence
    side = evidence.from_side
    source = name_of(rotation.from_sector, names)
    lines = [
        f"Breadth: {side.breadth_behind} of {side.breadth_of} {source} behind the market.{_leaders(side)}"
    ]
    lines += [
        f"Launch: {one_line(launch.token)} joined {name_of(launch.sector, names)} at {stamp(launch.at)};"
        f" the {points(launch.share_pp)} it brought on joining is on no index."
        for launch in evidence.launches
    ]
    if evidence.moved_before_detection_pp is not None:
        lines.append(
            f"Before this message: {evidence.moved_before_detection_pp:.1f} pp of the own move."
        )
    met = sum(c.met for c in evidence.conditions)
    lacking = ", ".join(c.name for c in evidence.conditions if not c.met)
    sure = f"Score {rotation.score:.1f}; {met} of {len(evidence.conditions)} conditions met"
    if lacking:
        sure += f" (lacking: {lacking})"
    if evidence.score_rank is not None and evidence.score_rank_of is not None:
        sure += (
            f"; place {evidence.score_rank} of {evidence.score_rank_of} hourly maxima in 30 days"
        )
    lines.append(sure + ".")
    lines += _life(rotation)
    return lines


def data_line(rotation: Rotation) -> str:
    """How whole the data is, and where to look closer."""
    quality = rotation.quality
    parts = [f"coverage {quality.coverage:.0%}", f"stale {quality.stale_weight:.0%}"]
    if quality.benchmark_missing:
        parts.append("benchmark missing, beta 1")
    if quality.venue_conflict:
        parts.append("venues disagree")
    if rotation.held:
        parts.append("held: too little data to judge")
    return " · ".join([*parts, rotation.id, f"monitor explain {rotation.id}"])


def spark_line(values: Sequence[float]) -> str:
    """Eight to sixteen blocks of a series; empty for fewer than two values."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return "".join(_BLOCKS[min(7, int((value - low) / span * 8))] for value in values)


def _moved(value: float | None) -> str:
    if value is None:
        return "moved by an unknown amount"
    return f"{'lost' if value < 0 else 'rose'} {abs(100 * value):.1f} %"


def _market(side: SideEvidence) -> str:
    """Where beta is far from 1 it is said."""
    text = percent(side.market_part)
    if side.beta is not None and abs(side.beta - 1.0) >= 0.2:
        text += f" (beta {side.beta:.1f})"
    return text


def _of(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} %"


def _grade(side: SideEvidence) -> str:
    """Net flow says how it was measured; the first use carries its gloss."""
    if side.net_flow_usd is None or side.flow_grade is None:
        return ""
    how = {"A": "taker volume", "B": "stored trades", "C": "estimated from price moves"}.get(
        side.flow_grade.value, ""
    )
    part = ""
    if side.volume_usd:
        part = f", {100 * side.net_flow_usd / side.volume_usd:+.0f} % of volume"
    return f" (taker buying less selling; {how}{part})"


def _leaders(side: SideEvidence) -> str:
    if not side.contributors or side.total_return in (None, 0.0):
        return ""
    told = ", ".join(f"{one_line(token)} {percent(part)}" for token, part in side.contributors)
    return f" Largest parts: {told}."


def _life(rotation: Rotation) -> list[str]:
    if rotation.status is Status.REVERSED:
        return [f"Reversed by {rotation.reversed_by}."]
    if rotation.reverses:
        return [f"Reverses {rotation.reverses}."]
    if rotation.closed_at is not None:
        lasted = duration((rotation.closed_at - rotation.detected_at).total_seconds())
        return [f"Over after {lasted}; strongest score {rotation.peak_score:.1f}."]
    return []
