"""Launches in words: which of them a change of share holds, and what it is called then. None is ever called an inflow."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.analytics.parameters import AnalyticsParameters
from monitor.content.wording.figures import points
from monitor.content.wording.phrases import listed
from monitor.content.wording.safe_text import neutral_name
from monitor.model.rotation import Launch, Rotation, SideEvidence

TOKENS = 3
"""Never more tokens a side."""
SMALL_PP = 0.05
"""Part of a change of share that would be shown as nought."""
LAUNCH_HOURS = AnalyticsParameters().launch_hours
"""So long all that the cap of a launch gains is told as launch."""


def launch_part(rotation: Rotation, sector: str) -> str:
    """``+0.4 pp is TRUMP's launch``; empty where launches are no part of the side's change of cap share, or unknown."""
    side = _side_of(rotation, sector)
    split = side.share_split_pp if side is not None else None
    if split is None or abs(split.launch) < SMALL_PP:
        return ""
    tokens = [launch.token for launch in _launching(rotation, sector)]
    if len(tokens) == 1:
        return f"{points(split.launch)} is {few_tokens(tokens)}'s launch"
    by = f"the launches of {few_tokens(tokens)}" if tokens else "launch"
    return f"{points(split.launch)} by {by}"


def launch_place(launch: Launch, rotation: Rotation) -> str:
    """Where a reader finds it in the change of cap share that stands above."""
    begin, hours = _begin(rotation), rotation.evidence.window_h
    told = "counts above as launch, not as flow."
    if launch not in _launching(rotation, launch.sector):
        return f"It joined before these {hours} h: no change above holds its launch."
    if not launch_part(rotation, launch.sector):
        return "Its joining is no flow and no return."
    if launch.at > begin:
        return f"What its cap added in its first {LAUNCH_HOURS:g} h {told}"
    return (
        f"It joined before these {hours} h; what its cap added in them until it was"
        f" {LAUNCH_HOURS:g} h old {told}"
    )


def few_tokens(tokens: Sequence[str]) -> str:
    """``TRUMP and MELANIA``, ``A, B, C and 4 more``."""
    shown = [neutral_name(token) for token in tokens[:TOKENS]]
    more = len(tokens) - len(shown)
    return listed([*shown, f"{more} more"] if more else shown)


def _launching(rotation: Rotation, sector: str) -> list[Launch]:
    """Launches of a side that still were one within the window of the figures."""
    still = _begin(rotation) - timedelta(hours=LAUNCH_HOURS)
    return [x for x in rotation.evidence.launches if x.sector == sector and x.at > still]


def _begin(rotation: Rotation) -> datetime:
    return rotation.figures_until - timedelta(hours=rotation.evidence.window_h)


def _side_of(rotation: Rotation, sector: str) -> SideEvidence | None:
    return next((side for side in rotation.evidence.sides if side.sector == sector), None)
