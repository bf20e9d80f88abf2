"""What came after a rotation was detected: did it go on?"""

import numpy as np

from monitor.detection.step_view import StepView
from monitor.detection.tracked import Tracked
from monitor.model.rotation import MARKET, Outcome

SHARE_NOW_H = 4
"""Any window will do: the share asked for is the one now."""


def outcome_of(m: StepView, tracked: Tracked) -> Outcome:
    """Simple return of *to* less that of *from* since detection, and *to*'s change of cap share in pp.

    The rest of the market is the watched market as a side, and its share is not told. All is None where a
    side is no longer watched.
    """
    source = _return(m, tracked.rotation.from_sector, tracked.level_from)
    target = _return(m, tracked.rotation.to_sector, tracked.level_to)
    if source is None or target is None:
        return Outcome(None, None, None)
    relative = target - source
    return Outcome(relative, _share_change(m, tracked), relative > 0)


def market_position(m: StepView) -> int | None:
    """Position of the watched market's index; None without a benchmark."""
    return m.watched if len(m.names) > m.watched else None


def _position(m: StepView, sector: str) -> int | None:
    if sector == MARKET:
        return market_position(m)
    return m.names.index(sector) if sector in m.names else None


def _return(m: StepView, sector: str, level: float | None) -> float | None:
    position = _position(m, sector)
    if position is None or level is None:
        return None
    return float(np.expm1(m.memory.levels[position] - level))


def _share_change(m: StepView, tracked: Tracked) -> float | None:
    position = _position(m, tracked.rotation.to_sector)
    if position is None or position >= m.watched or tracked.share_to_pp is None:
        return None
    share = m.context.side(position, SHARE_NOW_H).share_pp
    return None if share is None else share - tracked.share_to_pp
