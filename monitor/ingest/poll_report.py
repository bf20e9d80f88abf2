"""What a poll did, venue by venue, in numbers and words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.ingest.exchange.health import Transition
from monitor.model.bars import Refusal, VenueHealth, VenueState


@dataclass(frozen=True, slots=True)
class VenueReport:
    """One venue's part. ``asked`` False: it is in a pause. ``failures``: in words, one a market or for the whole venue."""

    venue: str
    state: VenueState
    asked: bool
    markets: int = 0
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    refused: int = 0
    failures: tuple[str, ...] = ()
    ms: int = 0

    @property
    def words(self) -> str:
        """``binance 12 new``, ``okx 12 new, 1 revised, 2 refused`` or ``bybit down``."""
        if not self.asked or (self.failures and not self.new and self.state != VenueState.UP):
            return f"{self.venue} {self.state}"
        parts = [f"{self.new} new"]
        parts += [f"{self.revised} revised"] if self.revised else []
        parts += [f"{self.refused} refused"] if self.refused else []
        parts += [f"{len(self.failures)} failed"] if self.failures else []
        return f"{self.venue} {', '.join(parts)}"


@dataclass(frozen=True, slots=True)
class PollReport:
    """A whole poll. ``transitions``: what to tell the operator, each once when it breaks and once when it is well."""

    at: datetime
    venues: tuple[VenueReport, ...]
    health: tuple[VenueHealth, ...]
    transitions: tuple[Transition, ...] = ()
    refusals: Sequence[Refusal] = ()
    ms: int = 0

    @property
    def new(self) -> int:
        """Bars stored for the first time."""
        return sum(v.new for v in self.venues)

    @property
    def revised(self) -> int:
        """Stored bars that the venue changed since."""
        return sum(v.revised for v in self.venues)

    @property
    def refused(self) -> int:
        """Rows and bars kept out, counted once each."""
        return sum(v.refused for v in self.venues)

    @property
    def failures(self) -> tuple[str, ...]:
        """Everything that failed, in words."""
        return tuple(text for v in self.venues for text in v.failures)

    @property
    def is_good(self) -> bool:
        """Whether at least one venue answered."""
        return any(v.asked and v.markets and v.state != VenueState.DOWN for v in self.venues)
