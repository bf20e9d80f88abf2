"""Which other venues stand in for one that is silent."""

from collections.abc import Collection
from datetime import datetime

from monitor.model.universe import Universe


def covered_by(
    universe: Universe, venue: str, at: datetime, heard: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Token -> those of the venues in ``heard`` that are asked for it at that time too, of every token that ``venue`` is
    asked for then; by token's and venue's id."""
    asked: dict[str, set[str]] = {}
    for market in universe.markets:
        if market.polled and market.listed_at(at):
            asked.setdefault(market.token, set()).add(market.venue)
    return {
        token: tuple(sorted(other for other in venues - {venue} if other in heard))
        for token, venues in sorted(asked.items())
        if venue in venues
    }
