"""Figures that others publish of our tokens and sectors, each dated: shown beside ours, never part of a flag."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.model.figures import Unit


class VendorFigure(StrEnum):
    """What was read. The first four are sums of a UTC day of a token's protocol, the others of a sector, as of now."""

    DAILY_VOLUME = "daily_volume"
    DAILY_VOLUME_FROM_FEES = "daily_volume_from_fees"
    DAILY_FEES = "daily_fees"
    DAILY_REVENUE = "daily_revenue"
    MARKET_CAP = "market_cap"
    CHANGE_24H = "change_24h"

    @property
    def unit(self) -> Unit:
        """USD, or a fraction: 0.02 is +2 %."""
        return Unit.FRACTION if self is VendorFigure.CHANGE_24H else Unit.USD

    @property
    def of_day(self) -> bool:
        """Whether it is a day's sum."""
        return self.value.startswith("daily")


ACTIVITY = tuple(figure for figure in VendorFigure if figure.of_day)
REFERENCES = tuple(figure for figure in VendorFigure if not figure.of_day)


@dataclass(frozen=True, slots=True)
class VendorReading:
    """``subject``: a token's id where the figure is of a day, else a sector's. ``at``: the day's start, or when asked.

    ``asked_at``: when we could know it; vendors restate days that are over, so a figure may have several.
    """

    subject: str
    figure: VendorFigure
    value: float
    at: datetime
    source: str
    asked_at: datetime

    @property
    def unit(self) -> Unit:
        """Of the value."""
        return self.figure.unit
