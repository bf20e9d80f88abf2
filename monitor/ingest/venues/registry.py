"""The venues whose wire is read and tested here, one file each; every other venue of ccxt through its unified call."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from monitor.ingest import venues
from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.request import MarketFacts, kind_of
from monitor.ingest.venues.rows import RawCandle, candle_list, columns, estimated
from monitor.model.universe import Market, Universe

HERE = __name__.rpartition(".")[2]


@cache
def proved() -> dict[str, VenueDefinition]:
    """By id, those that a file of this room holds as its ``VENUE``."""
    files = [module.name for module in iter_modules(venues.__path__) if module.name != HERE]
    modules = [import_module(f"{venues.__name__}.{name}") for name in files]
    found = [module.VENUE for module in modules if hasattr(module, "VENUE")]
    return {definition.venue: definition for definition in found}


def definition_of(venue: str) -> VenueDefinition:
    """The venue's own definition, or careful assumptions for one that has no file here."""
    return proved().get(venue) or VenueDefinition(
        venue, request=None, rows=_unified, settle=timedelta(seconds=5)
    )


def untested(universe: Universe) -> list[str]:
    """What to say of each venue that is polled and has no file here, by id."""
    polled = {market.venue for market in universe.markets if market.polled}
    return [
        f"venues.{venue}: untested here: bars checked, taker side unknown"
        for venue in sorted(polled)
        if not definition_of(venue).proved
    ]


def unasked(markets: Iterable[Market]) -> list[str]:
    """Faults of markets of a kind whose bars, funding and open interest are not read from their venue."""
    return [
        f"tokens.{market.token}: found the perpetual {market.symbol!r} of {market.venue}, expected a spot market: "
        "perpetuals of that venue are not read, name another venue's"
        for market in markets
        if market.polled and kind_of(market) not in definition_of(market.venue).kinds
    ]


def _unified(_facts: MarketFacts, payload: Any) -> list[RawCandle]:
    """Rows of ccxt's unified ``fetch_ohlcv``: six columns, quote volume estimated."""
    rows = columns(candle_list(payload), (0, 1, 2, 3, 4, 5, None, None))
    return [estimated(row) for row in rows]
