"""Hyperliquid: spot and perpetuals in USDC; history goes 5,000 candles back, which hold no quote volume."""

from typing import Any

from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.request import Call, CandleQuestion, MarketFacts
from monitor.ingest.venues.rows import RawCandle, candle_list, estimated, expect_market, keyed


def _coin(facts: MarketFacts) -> str:
    """A perpetual is asked for by the coin's own name there, not by the number that ccxt takes for its id."""
    return facts.market_id if facts.kind == "spot" else facts.base_name


def _request(q: CandleQuestion) -> Call:
    return "public_post_info", {
        "type": "candleSnapshot",
        "req": {
            "coin": _coin(q.market),
            "interval": q.interval,
            "startTime": q.since_ms,
            "endTime": q.last_ms,
        },
    }


def _rows(facts: MarketFacts, payload: Any) -> list[RawCandle]:
    rows = candle_list(payload)
    for row in rows[:1]:
        expect_market(row.get("s") if isinstance(row, dict) else None, _coin(facts))
    return [estimated(row) for row in keyed(rows, ("t", "o", "h", "l", "c", "v", None), ms=1)]


VENUE = VenueDefinition(
    "hyperliquid",
    request=_request,
    rows=_rows,
    spot_limit=5000,
    swap_limit=5000,
    fills_quiet=True,
    reach_bars=5000,
)
