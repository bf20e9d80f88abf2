"""What the operator is told of a venue, with what its silence means for the tokens that are watched."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from monitor.content.wording.outages import outage_words
from monitor.ingest.exchange.health import Transition
from monitor.model.bars import VenueHealth, VenueState
from monitor.model.cover import covered_by
from monitor.model.universe import Universe
from monitor.settings.schema import Settings

HEARD = frozenset({VenueState.UP, VenueState.DEGRADED})


@dataclass(frozen=True, slots=True)
class Outages:
    """``deadline`` and ``carry``: as :func:`outage_words` has them."""

    universe: Universe
    deadline: timedelta
    carry: timedelta

    @classmethod
    def of(cls, settings: Settings) -> "Outages":
        """By the settings."""
        engine = settings.engine
        return cls(settings.universe, engine.deadline, engine.carry_max)

    def words(self, told: Transition, known: Iterable[VenueHealth]) -> str:
        """A transition in words. ``known``: health of all venues, those that other processes ask included."""
        if told.broken is None:
            return told.text
        heard = {health.venue for health in known if health.state in HEARD}
        return outage_words(
            told.text,
            told.broken,
            covered_by(self.universe, told.venue, told.at, heard),
            deadline=self.deadline,
            carry=self.carry,
            remedy=told.remedy,
        )
