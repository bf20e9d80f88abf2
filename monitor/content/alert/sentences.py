"""What a rotation is in words: its headline, what happened, and what it is to other rotations."""

from datetime import datetime

from monitor.content.alert.preview import Names, name_of, pair_of
from monitor.content.wording.figures import UNKNOWN, percent, points, pp, stamp, utc, wide_points
from monitor.content.wording.launches import launch_part
from monitor.content.wording.phrases import moved
from monitor.content.wording.safe_text import LONGEST_NAME, one_line
from monitor.model.rotation import MARKET, Rotation, SideEvidence

FAR_FROM_ONE = 0.2
"""A beta that differs from 1 by so much is said."""


def headline(rotation: Rotation, names: Names, longest: int = LONGEST_NAME) -> str:
    """Direction, severity, state: ``AI agents → Memes · WARNING · confirmed``."""
    words = [pair_of(rotation, names, longest), rotation.severity.value.upper(), state(rotation)]
    if rotation.at_start:
        words.append("already on at start")
    if rotation.held:
        words.append("held: too little data to judge")
    return " · ".join(words)


def state(rotation: Rotation) -> str:
    """``confirmed``, ``over: faded``, ``over: reversed``."""
    return rotation.status.value if rotation.is_on else f"over: {rotation.status.value}"


def sentences(rotation: Rotation, names: Names) -> list[str]:
    """What happened, both sides, the own part, since when: one or two lines that can be forwarded."""
    at = rotation.figures_until
    told = [gain_words(rotation, names), _began(rotation, at)]
    second = " ".join(words for words in told if words)
    return [_loss_words(rotation, names, at), *([second] if second else [])]


def gain_words(rotation: Rotation, names: Names) -> str:
    """``Memes: share of volume +18 pp, of market cap +4.1 pp.``; empty where no gaining side can be named."""
    side = rotation.evidence.to_side
    if side is None:
        return ""
    if rotation.from_sector == MARKET:
        return _over_others(side, rotation, names)
    return (
        f"{name_of(rotation.to_sector, names)} in {rotation.evidence.window_h} h: share of volume"
        f" {wide_points(side.volume_share_change_pp)}, of market cap"
        f" {points(side.share_change_pp)}{_by_launch(side, rotation)}."
    )


def life_words(rotation: Rotation) -> list[str]:
    """What it is to other rotations."""
    lines = []
    if rotation.reverses:
        lines.append(f"Reverses {one_line(rotation.reverses)}.")
    if rotation.joins:
        lines.append(f"A further leg of {one_line(rotation.joins)}.")
    return lines


def _loss_words(rotation: Rotation, names: Names, at: datetime) -> str:
    evidence = rotation.evidence
    side = evidence.told_side
    return (
        f"{name_of(side.sector, names)} {moved(side.total_return)} in {evidence.window_h} h to"
        f" {stamp(at)}; {_own(side, evidence.market_return)}."
    )


def _over_others(side: SideEvidence, rotation: Rotation, names: Names) -> str:
    """Of a gain that no single sector lost: ahead of each, with trading."""
    return (
        f"It ran ahead of each other sector, none of which can be named as the one that lost;"
        f" {name_of(side.sector, names)}'s share of volume in {rotation.evidence.window_h} h"
        f" {wide_points(side.volume_share_change_pp)}, of market cap"
        f" {points(side.share_change_pp)}{_by_launch(side, rotation)}."
    )


def _own(side: SideEvidence, market_return: float | None) -> str:
    """Market's part and own part; where beta is far from 1 the message says how the part comes about."""
    if side.own_return is None or side.market_part is None:
        return "how much of it is the market's is unknown"
    far = ""
    if side.beta is not None and abs(side.beta - 1.0) >= FAR_FROM_ONE:
        market = "" if market_return is None else f"market {percent(market_return)} x "
        far = f" ({market or 'beta '}{side.beta:.1f})"
    return f"the market's part is {percent(side.market_part)}{far}, its own {pp(side.own_return)}"


def _by_launch(side: SideEvidence, rotation: Rotation) -> str:
    part = launch_part(rotation, side.sector)
    return f", of which {part}" if part else ""


def _began(rotation: Rotation, at: datetime) -> str:
    began = rotation.started_at
    if began is None:
        return f"When it began is {UNKNOWN}."
    told = utc(began) if began.date() == at.date() else stamp(began)
    return f"Began about {told} (best estimate)."
