"""Coinbase: spot; candles hold no quote volume."""

from datetime import timedelta
from typing import Any

from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.request import Call, CandleQuestion, MarketFacts
from monitor.ingest.venues.rows import RawCandle, candle_list, estimated, inside, keyed


def _request(q: CandleQuestion) -> Call:
    return "v3_public_get_brokerage_market_products_product_id_candles", {
        "product_id": q.market.market_id,
        "granularity": q.interval,
        "start": str(q.since_ms // 1000),
        "end": str(q.end_ms // 1000),
    }


def _rows(_facts: MarketFacts, payload: Any) -> list[RawCandle]:
    keys = ("start", "open", "high", "low", "close", "volume", None)
    return [estimated(row) for row in keyed(candle_list(inside(payload, "candles")), keys)]


VENUE = VenueDefinition(
    "coinbase",
    request=_request,
    rows=_rows,
    spot_limit=299,
    swap_limit=299,
    settle=timedelta(seconds=5),
    kinds=frozenset({"spot"}),
    # ccxt's fetch_markets takes our choice of tables for the name of its own old way, which makes up pairs of all currencies
    spot_markets="fetch_markets_v3",
    unknown_market="product_id is required",
)
