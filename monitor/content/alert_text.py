"""A rotation in plain text: a rendering of its evidence that computes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.content.figures import UNKNOWN, duration, money, percent, points, pp, stamp, utc
from monitor.content.plain_words import LONGEST_NAME, neutral_name
from monitor.model.rotation import MARKET, Rotation, SideEvidence, Status

PREVIEW = 150
NAME_LENGTHS = (LONGEST_NAME, 24, 14)
"""Long names are cut further before a preview loses a figure."""
Names = Mapping[str, str]

_BLOCKS = "▁▂▃▄▅▆▇█"
_HOW = {"A": "taker volume", "B": "stored trades", "C": "estimated from price moves"}


def name_of(sector: str, names: Names, longest: int = LONGEST_NAME) -> str:
    """The sector's name, safe for one line; the rest of the watched market is called market."""
    if sector == MARKET:
        return "market"
    return neutral_name(names.get(sector, sector), longest) or neutral_name(sector, longest)


def pair_of(rotation: Rotation, names: Names, longest: int = LONGEST_NAME) -> str:
    """``AI agents → Memes``."""
    source, target = (name_of(sector, names, longest) for sector in rotation.pair)
    return f"{source} → {target}"


def preview_line(rotation: Rotation, names: Names, at: datetime) -> str:
    """The one line that a phone shows, at most 150 characters; every figure in it is of the sector that lost.

    Names are cut first, then figures are left out from the end. A rotation that is over says so, and that its
    figures are those it was flagged with.
    """
    figures = _figures(rotation)
    for count in range(len(figures), -1, -1):
        for longest in NAME_LENGTHS:
            line = _preview(rotation, names, at, figures[:count], longest)
            if len(line) <= PREVIEW:
                return line
    return _preview(rotation, names, at, [], NAME_LENGTHS[-1])[:PREVIEW]


def alert_text(
    rotation: Rotation,
    names: Names,
    *,
    spark: str | None = None,
    ends: str | None = None,
) -> str:
    """The whole message without any markup: answer first, reasons after it, housekeeping last.

    ``spark``: the last day of the losing sector's index; ``ends``: what would end it.
    """
    source = name_of(rotation.from_sector, names)
    lines = [headline(rotation, names), *_life(rotation), *sentences(rotation, names), ""]
    lines += side_lines(rotation, names)
    if spark:
        lines.append(f"Index of {source}, last day: {spark}")
    lines += ["", *reasons(rotation, names)]
    if ends and rotation.is_on:
        lines.append(f"Would end: {ends}.")
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
    at = evidence.at or rotation.confirmed_at or rotation.detected_at
    first = f"{source} {_moved(side.total_return)} in the {evidence.window_h} h to {stamp(at)}"
    lines = [f"{first}; {_own(side)}."]
    if other is not None:
        lines.append(
            f"{target}: share of volume {points(other.volume_share_change_pp)},"
            f" share of market cap {points(other.share_change_pp)}{_by_launch(other)}."
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
            name_of(side.sector, names),
            f"  return {rotation.evidence.window_h} h   {percent(side.total_return)} (own {pp(side.own_return)})",
            f"  cap share     {_of(side.share_pp)} ({points(side.share_change_pp)})",
            f"  volume share  {_of(side.volume_share_pp)} ({points(side.volume_share_change_pp)})",
            f"  net flow      {money(side.net_flow_usd)}{_grade(side)}",
        ]
    return lines


def reasons(rotation: Rotation, names: Names) -> list[str]:
    """One coin or the sector, launches, how late, how sure."""
    evidence = rotation.evidence
    side = evidence.from_side
    lines = [f"Breadth: {_breadth(side, name_of(rotation.from_sector, names))}.{_leaders(side)}"]
    lines += [
        f"Launch: {neutral_name(launch.token)} joined {name_of(launch.sector, names)} at {stamp(launch.at)}"
        f" and brought {points(launch.share_pp)} of share, which is no flow and in no return."
        for launch in evidence.launches
    ]
    if evidence.moved_before_detection_pp is not None:
        lines.append(
            f"Before this message: {evidence.moved_before_detection_pp:.1f} pp"
            f" of the own move ({pp(side.own_return)})."
        )
    lines.append(_sureness(rotation))
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


def _preview(
    rotation: Rotation, names: Names, at: datetime, figures: Sequence[str], longest: int
) -> str:
    pair = pair_of(rotation, names, longest)
    if rotation.is_on:
        head, join = f"{rotation.severity.value.upper()} {pair}", ":"
    else:
        head, join = f"{rotation.status.value.upper()} {pair}{_after(rotation)}", "; when flagged"
    told = ", ".join(figures)
    body = f"{join} {name_of(rotation.from_sector, names, longest)} {told}" if told else ""
    return f"{head}{body}. {utc(at)}"


def _figures(rotation: Rotation) -> list[str]:
    """Of the sector that lost, the most telling first."""
    side, window = rotation.evidence.from_side, rotation.evidence.window_h
    known = "" if side.total_return is not None else "return "
    return [
        f"{known}{percent(side.total_return)} in {window} h (market {percent(side.market_part)})",
        f"volume share {points(side.volume_share_change_pp)}",
        f"net flow {money(side.net_flow_usd)}",
    ]


def _after(rotation: Rotation) -> str:
    if rotation.closed_at is None:
        return ""
    return f" after {duration((rotation.closed_at - rotation.detected_at).total_seconds())}"


def _moved(value: float | None) -> str:
    if value is None:
        return "moved by an unknown amount"
    return f"{'lost' if value < 0 else 'rose'} {abs(100 * value):.1f} %"


def _own(side: SideEvidence) -> str:
    """Market's part and own part; where beta is far from 1 it is said."""
    if side.own_return is None or side.market_part is None:
        return "how much of it is the market's is unknown"
    market = percent(side.market_part)
    if side.beta is not None and abs(side.beta - 1.0) >= 0.2:
        market += f" (beta {side.beta:.1f})"
    return f"the market's part is {market}, its own {pp(side.own_return)}"


def _by_launch(side: SideEvidence) -> str:
    """A launch is never called an inflow."""
    split = side.share_split_pp
    if split is None or abs(split.launch) < 0.05:
        return ""
    return f" (of which {points(split.launch)} by launch)"


def _of(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1f} %"


def _grade(side: SideEvidence) -> str:
    """Net flow says what it is and how it was measured."""
    if side.net_flow_usd is None or side.flow_grade is None:
        return ""
    how = _HOW.get(side.flow_grade.value)
    told = ["taker buying less selling", *([how] if how else [])]
    if side.volume_usd:
        told.append(f"{100 * side.net_flow_usd / side.volume_usd:+.0f} % of volume")
    return f" ({', '.join(told)})"


def _breadth(side: SideEvidence, source: str) -> str:
    if not side.breadth_of:
        return UNKNOWN
    return f"{side.breadth_behind} of {side.breadth_of} {source} behind the market"


def _leaders(side: SideEvidence) -> str:
    if not side.contributors or side.total_return in (None, 0.0):
        return ""
    told = ", ".join(f"{neutral_name(token)} {pp(part)}" for token, part in side.contributors[:3])
    return f" Largest parts: {told}."


def _sureness(rotation: Rotation) -> str:
    evidence = rotation.evidence
    met = sum(c.met for c in evidence.conditions)
    sure = f"Score {rotation.score:.1f}; {met} of {len(evidence.conditions)} conditions met"
    lacking = ", ".join(c.name for c in evidence.conditions if not c.met)
    if lacking:
        sure += f" (lacking: {lacking})"
    if evidence.score_rank is not None and evidence.score_rank_of is not None:
        sure += (
            f"; place {evidence.score_rank} of {evidence.score_rank_of} hourly maxima in 30 days"
        )
    return f"{sure}."


def _life(rotation: Rotation) -> list[str]:
    """What it did to another rotation, and how it ended."""
    lines = []
    if rotation.reverses:
        lines.append(f"Reverses {rotation.reverses}.")
    if rotation.joins:
        lines.append(f"A further leg of {rotation.joins}.")
    if rotation.closed_at is not None:
        lines.append(f"Over{_after(rotation)}; strongest score {rotation.peak_score:.1f}.")
    if rotation.status is Status.REVERSED:
        lines.append(f"Reversed by {rotation.reversed_by}.")
    if rotation.closed_at is not None:
        lines.append("When flagged:")
    return lines
