"""Which of a venue's markets are ours: exact symbols only, everything else of the table is dropped at once."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from monitor.ingest.errors import BadVenueData, MarketGone
from monitor.ingest.venues.request import MarketFacts, kind_of
from monitor.model.universe import DOLLARS, Market

SMALLEST_RELOAD = 0.97
"""A reload with fewer markets than this part of the last one is a broken answer, not a mass delisting."""

_FEW = 5  # of a small table, that many may go at once
_NEAR = 3


@dataclass(frozen=True, slots=True)
class MarketTable:
    """What is kept of a venue's table: ccxt's records of our markets, the size of the whole, and what is missing.

    ``instead``: symbol of a missing one -> markets there that may be the same coin's, in dollars, the likeliest first.
    ``further``: those listed of the markets that were looked for beside ours. ``others``: the facts of both.
    """

    records: tuple[Mapping[str, Any], ...]
    facts: Mapping[str, MarketFacts]
    size: int
    gone: Mapping[str, MarketGone]
    instead: Mapping[str, tuple[Market, ...]] = field(default_factory=dict)
    further: tuple[Market, ...] = ()
    others: Mapping[str, MarketFacts] = field(default_factory=dict)


def choose_markets(
    venue: str,
    ours: Collection[Market],
    served: Iterable[Any],
    possible: Collection[Market] = (),
) -> MarketTable:
    """Find our markets in a freshly served table; raises BadVenueData where it is empty or no table.

    A market is taken by its exact unified symbol, must be spot (or a linear swap where the symbol says so) in the quote
    that the symbol names, and active. Each that is not is in ``gone`` with the reason and the nearest symbols. Of
    ``possible`` ones those that fit are kept, and nothing is said of the others.
    """
    by_symbol = {
        record["symbol"]: record
        for record in served
        if isinstance(record, dict) and isinstance(record.get("symbol"), str)
    }
    if not by_symbol:
        raise BadVenueData(venue, "served a table without any market")
    facts: dict[str, MarketFacts] = {}
    gone: dict[str, MarketGone] = {}
    instead: dict[str, tuple[Market, ...]] = {}
    named = {market.symbol for market in ours}
    for market in ours:
        record = by_symbol.get(market.symbol)
        near = _near(market.symbol, by_symbol) if record is None else []
        fault = _missing(near) if record is None else _unfit(market, record)
        if fault:
            gone[market.symbol] = MarketGone(venue, fault, symbol=market.symbol)
            free = {symbol: by_symbol[symbol] for symbol in by_symbol.keys() - named}
            instead[market.symbol] = tuple(_instead(market, free, near))[:_NEAR]
        elif record is not None:
            facts[market.symbol] = _facts(market, record)
    further = tuple(market for market in possible if _fits(market, by_symbol))
    beside = (*further, *(market for some in instead.values() for market in some))
    others = {market.symbol: _facts(market, by_symbol[market.symbol]) for market in beside}
    records = tuple(by_symbol[symbol] for symbol in {**facts, **others})
    return MarketTable(records, facts, len(by_symbol), gone, instead, further, others)


def refuse_reload(
    venue: str, before: MarketTable, after: MarketTable, expected_gone: Collection[str]
) -> BadVenueData | None:
    """Why a fresh table is not believed: it lost more than 3 % of all markets, or ours beyond those the venue named gone."""
    if after.size < min(before.size * SMALLEST_RELOAD, before.size - _FEW):
        what = f"served {after.size} markets after {before.size}: the old table is kept"
        return BadVenueData(venue, what)
    lost = sorted(set(before.facts) - set(after.facts) - set(expected_gone))
    if lost and len(lost) == len(before.facts) and len(lost) > 1:
        return BadVenueData(
            venue, f"lost all our markets at once ({', '.join(lost[:3])} …): the old table is kept"
        )
    return None


def _near(symbol: str, by_symbol: Mapping[str, Any]) -> list[str]:
    return get_close_matches(symbol, by_symbol, n=_NEAR, cutoff=0.75)


def _missing(near: Collection[str]) -> str:
    return f"is not listed there (nearest: {', '.join(near) or 'none'})"


def _instead(
    market: Market, by_symbol: Mapping[str, Any], near: Collection[str]
) -> Iterator[Market]:
    """The coin against another dollar, then what is spelled alike."""
    same = sorted(symbol for symbol in by_symbol if symbol.startswith(f"{market.base}/"))
    for symbol in dict.fromkeys([*same, *near]):
        other = replace(market, symbol=symbol)
        if kind_of(other) == kind_of(market) and other.quote in DOLLARS and _fits(other, by_symbol):
            yield other


def _fits(market: Market, by_symbol: Mapping[str, Any]) -> bool:
    record = by_symbol.get(market.symbol)
    return record is not None and _unfit(market, record) is None


def _unfit(market: Market, record: Mapping[str, Any]) -> str | None:
    if not isinstance(record.get("id"), str | int) or not record["id"]:
        return f"is listed with the id {str(record.get('id'))[:40]!r}, expected a text"
    wants_swap = kind_of(market) == "swap"
    if bool(record.get("spot")) == wants_swap or bool(record.get("swap")) != wants_swap:
        return f"is a {record.get('type')} market, expected {'swap' if wants_swap else 'spot'}"
    if record.get("quote") != market.quote:
        return f"is quoted in {record.get('quote')}, expected {market.quote}"
    if wants_swap and not record.get("linear"):
        return "is an inverse contract, expected a linear one"
    if record.get("active") is False:
        return "is listed but not traded now"
    return None


def _facts(market: Market, record: Mapping[str, Any]) -> MarketFacts:
    size = record.get("contractSize")
    return MarketFacts(
        symbol=market.symbol,
        market_id=str(record["id"]),
        kind=kind_of(market),
        settle=str(record.get("settle") or market.quote),
        contract_size=float(size) if isinstance(size, int | float) and size > 0 else 1.0,
        base_name=str(record.get("baseName") or ""),
    )
