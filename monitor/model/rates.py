"""Which coins count as one dollar because nobody tells their rate (METHOD, chapter 2)."""

from collections.abc import Set as AbstractSet
from datetime import timedelta

from monitor.model.universe import DOLLARS, Universe


def assumed_rates(universe: Universe, there: AbstractSet[str] | None = None) -> list[str]:
    """Quotes that count as one dollar since no market watches their rate; of the markets ``there``, or of all."""
    markets = [m for m in universe.markets if there is None or m.id in there]
    watched = {market.token for market in markets}
    return sorted({m.quote for m in markets} & DOLLARS - {"USD"} - watched)


RATE_CARRIED = timedelta(hours=24)
"""How long the last price of a coin stands for its rate (engine.drop_after, as it is by default)."""


def silent_rates(universe: Universe, heard: AbstractSet[str]) -> list[str]:
    """Watched quotes that count as one dollar again, since none of the markets ``heard`` of late tells their rate."""
    quotes = {market.quote for market in universe.markets} & DOLLARS
    watched = {market.token for market in universe.markets}
    return sorted(quotes & watched - {m.token for m in universe.markets if m.id in heard})
