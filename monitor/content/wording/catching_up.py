"""How a catch-up that takes long is told."""

from datetime import datetime


def catching_up(percent: int, at: datetime, until: datetime) -> str:
    """``catching up, 62 %: at 2025-01-18 06:00 of 2025-01-22 00:00 UTC``."""
    return f"catching up, {percent} %: at {at:%Y-%m-%d %H:%M} of {until:%Y-%m-%d %H:%M} UTC"
