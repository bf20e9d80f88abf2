"""Order-book depth and spread of one snapshot (METHOD, chapter 5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

Level = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Depth:
    """USD within ``within`` of the mid on both sides, spread in basis points; ``truncated``: a lower bound."""

    usd: float
    spread_bp: float
    truncated: bool


def depth(
    bids: Sequence[Level], asks: Sequence[Level], within: float, usd_per_quote: float = 1.0
) -> Depth | None:
    """Levels are (price, base amount), best first; None for an empty or crossed book."""
    if not bids or not asks or bids[0][0] >= asks[0][0]:
        return None
    mid = 0.5 * (bids[0][0] + asks[0][0])
    low, high = mid * (1.0 - within), mid * (1.0 + within)
    usd = sum(p * a for p, a in bids if p >= low) + sum(p * a for p, a in asks if p <= high)
    truncated = bids[-1][0] > low or asks[-1][0] < high
    return Depth(usd * usd_per_quote, 1e4 * (asks[0][0] - bids[0][0]) / mid, truncated)


def median_depth(snapshots: Sequence[Depth | None]) -> Depth | None:
    """Median depth and median spread of a window's snapshots; empty books (None) are left out. Truncated as soon as one
    book was: then all of it is a lower bound."""
    known = [snapshot for snapshot in snapshots if snapshot is not None]
    if not known:
        return None
    return Depth(
        median(snapshot.usd for snapshot in known),
        median(snapshot.spread_bp for snapshot in known),
        any(snapshot.truncated for snapshot in known),
    )
