"""Gate: spot and swaps; history goes 10,000 candles back."""

from collections.abc import Sequence
from typing import Any

from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.request import Call, CandleQuestion, MarketFacts
from monitor.ingest.venues.rows import RawCandle, candle_list, columns, keyed


def _request(q: CandleQuestion) -> Call:
    span = {
        "interval": q.interval,
        "from": q.since_ms // 1000,
        "to": min(q.last_ms, q.now_ms) // 1000,
    }
    if q.market.kind == "spot":
        return "public_spot_get_candlesticks", {"currency_pair": q.market.market_id, **span}
    settle = q.market.settle.lower()
    return "public_futures_get_settle_candlesticks", {
        "settle": settle,
        "contract": q.market.market_id,
        **span,
    }


def _rows(facts: MarketFacts, payload: Any) -> Sequence[RawCandle]:
    if facts.kind == "spot":
        return columns(candle_list(payload), (0, 5, 3, 4, 2, 6, 1, None), ms=1000)
    return keyed(
        candle_list(payload), ("t", "o", "h", "l", "c", "v", "sum"), coins=facts.contract_size
    )


VENUE = VenueDefinition(
    "gate",
    request=_request,
    rows=_rows,
    spot_limit=999,
    swap_limit=1999,
    fills_quiet=True,
    reach_bars=10_000,
    ticker_interest="total_size",
    spot_trades=1_000,
    swap_trades=1_000,
)
