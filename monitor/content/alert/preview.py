"""The one line of a rotation that a phone shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.content.wording.figures import duration, net_flow, percent, utc, wide_points
from monitor.content.wording.safe_text import LONGEST_NAME, neutral_name
from monitor.model.rotation import MARKET, Rotation

PREVIEW = 150


NAME_LENGTHS = (LONGEST_NAME, 24, 14)
"""Long names are cut further before a line that has a limit loses a figure."""


Names = Mapping[str, str]


def preview_line(rotation: Rotation, names: Names, at: datetime) -> str:
    """At most 150 characters that stand alone; every figure in it is of the sector that lost, or that
    gained where only that is named.

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


def after(rotation: Rotation) -> str:
    """`` after 26 h`` once it is over; empty before."""
    if rotation.closed_at is None:
        return ""
    return f" after {duration((rotation.closed_at - rotation.detected_at).total_seconds())}"


def _preview(
    rotation: Rotation, names: Names, at: datetime, figures: Sequence[str], longest: int
) -> str:
    pair = pair_of(rotation, names, longest)
    if rotation.is_on:
        head, join = f"{rotation.severity.value.upper()} {pair}", ":"
    else:
        head, join = f"{rotation.status.value.upper()} {pair}{after(rotation)}", "; when flagged"
    told = ", ".join(figures)
    window = rotation.evidence.window_h
    name = name_of(rotation.evidence.told_side.sector, names, longest)
    body = f"{join} {name} in {window} h {told}" if told else ""
    return f"{head}{body}. {utc(at)}"


def _figures(rotation: Rotation) -> list[str]:
    """Of the sector that is told, the most telling first; all are of the rotation's window, which stands before them."""
    side = rotation.evidence.told_side
    known = "" if side.total_return is not None else "return "
    return [
        f"{known}{percent(side.total_return)} (market {percent(side.market_part)})",
        f"volume share {wide_points(side.volume_share_change_pp)}",
        f"net flow {net_flow(side.net_flow_usd, side.flow_grade)}",
    ]


def name_of(sector: str, names: Names, longest: int = LONGEST_NAME) -> str:
    """The sector's name; the rest of the watched market is called market."""
    if sector == MARKET:
        return "market"
    return neutral_name(names.get(sector, sector), longest) or neutral_name(sector, longest)


def pair_of(rotation: Rotation, names: Names, longest: int = LONGEST_NAME) -> str:
    """``AI agents → Memes``."""
    source, target = (name_of(sector, names, longest) for sector in rotation.pair)
    return f"{source} → {target}"
