"""A series as a line of blocks."""

from collections.abc import Sequence

LONGEST = 16
_BLOCKS = "▁▂▃▄▅▆▇█"


def spark_line(values: Sequence[float]) -> str:
    """At most sixteen blocks of a series, first and last value among them; empty for fewer than two values."""
    if len(values) < 2:
        return ""
    steps = min(LONGEST, len(values))
    shown = [values[round(i * (len(values) - 1) / (steps - 1))] for i in range(steps)]
    low, high = min(shown), max(shown)
    span = (high - low) or 1.0
    return "".join(_BLOCKS[min(7, int((value - low) / span * 8))] for value in shown)
