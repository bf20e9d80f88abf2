"""Which figures of vendors are not believed: beyond every bound, misdated, or far from what was known of the same thing."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from monitor.model.grid import is_aligned
from monitor.model.vendor_reading import VendorFigure, VendorReading

DAY = timedelta(days=1)
MOST_USD = 1e14
"""All that there is of crypto is below a tenth of it."""
BOUNDS = {VendorFigure.CHANGE_24H: (-1.0, 10.0)}
LARGEST_LEAP = {VendorFigure.MARKET_CAP: 5.0}
"""Times, up or down, against the usual figure of the days before; of what is not named here, ``LARGEST_RISE`` up."""
LARGEST_RISE = 1000.0
"""Activity of a launch is hundreds of times a quiet day's, and may end altogether."""
FEWEST = 3
"""Of fewer earlier figures nothing is usual."""
_FIRST_DAY = datetime.fromisoformat("2009-01-03T00:00:00+00:00")


def why_implausible(reading: VendorReading, earlier: Sequence[float]) -> str | None:
    """In words, None where nothing speaks against it. ``earlier``: values of the same figure of the days before."""
    value, figure = reading.value, reading.figure
    lowest, highest = BOUNDS.get(figure, (0.0, MOST_USD))
    if not math.isfinite(value) or not lowest <= value <= highest:
        return f"found {value:g}, expected {lowest:g} to {highest:g}"
    if figure is VendorFigure.MARKET_CAP and value == 0.0:
        return "found 0, expected a market cap"
    if not _FIRST_DAY <= reading.at <= reading.asked_at:
        return f"found a figure of {reading.at:%Y-%m-%d %H:%M}, expected a time that is over"
    if figure.of_day and not is_aligned(reading.at, DAY):
        return f"found a day that begins {reading.at:%Y-%m-%d %H:%M}, expected 00:00 UTC"
    return _leap(figure, value, earlier)


def _leap(figure: VendorFigure, value: float, earlier: Sequence[float]) -> str | None:
    if figure is VendorFigure.CHANGE_24H or len(earlier) < FEWEST:
        return None
    usual = median(earlier)
    leap = LARGEST_LEAP.get(figure)
    if usual <= 0.0:
        return None
    times = value / usual
    if times > (leap or LARGEST_RISE) or (leap is not None and times < 1 / leap):
        return f"found {value:,.0f}, which is {times:.3g} times the usual {usual:,.0f}"
    return None
