"""What the user says of files that do not say it themselves."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Hints:
    """``symbol``: a market such as VIRTUAL/USDT, or the token of a file of supplies. ``utc``: times without a zone are UTC."""

    exchange: str | None = None
    symbol: str | None = None
    interval: timedelta | None = None
    utc: bool = False
