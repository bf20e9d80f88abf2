"""HTX: spot and linear swaps."""

from collections.abc import Collection
from typing import Any

from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.request import Call, CandleQuestion, Kind, MarketFacts
from monitor.ingest.venues.rows import RawCandle, candle_list, expect_market, inside, keyed


def _request(q: CandleQuestion) -> Call:
    span = {"period": q.interval, "from": q.since_ms // 1000, "to": q.last_ms // 1000}
    if q.market.kind == "spot":
        return "spot_public_get_market_history_candles", {
            "symbol": q.market.market_id,
            "size": q.count,
            **span,
        }
    return "contract_public_get_linear_swap_ex_market_history_kline", {
        "contract_code": q.market.market_id,
        **span,
    }


def _rows(facts: MarketFacts, payload: Any) -> list[RawCandle]:
    rows = candle_list(inside(payload, "data"))
    channel = payload.get("ch")
    if isinstance(channel, str) and len(parts := channel.split(".")) > 1:
        expect_market(parts[1], facts.market_id)
    quote = "vol" if facts.kind == "spot" else "trade_turnover"
    return keyed(rows, ("id", "open", "high", "low", "close", "amount", quote))


def _market_types(kinds: Collection[Kind]) -> Any:
    """HTX takes its tables by switches in place of a list."""
    return {"spot": "spot" in kinds, "linear": "swap" in kinds, "inverse": False}


VENUE = VenueDefinition(
    "htx",
    request=_request,
    rows=_rows,
    spot_limit=1000,
    swap_limit=2000,
    market_types=_market_types,
    spot_trades=1_000,  # a swap's count both sides of each
    book_levels=150,  # ccxt takes 5, 10, 20 or all
)
