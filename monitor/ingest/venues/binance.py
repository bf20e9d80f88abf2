"""Binance: spot and USD-margined swaps; quote volume and the taker side come with each candle."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from monitor.ingest.venues.definition import VenueDefinition, by_kind_linear
from monitor.ingest.venues.request import Call, CandleQuestion, MarketFacts
from monitor.ingest.venues.rows import RawCandle, candle_list, columns


def _request(q: CandleQuestion) -> Call:
    method = "public_get_klines" if q.market.kind == "spot" else "fapipublic_get_klines"
    return method, {
        "symbol": q.market.market_id,
        "interval": q.interval,
        "startTime": q.since_ms,
        "limit": q.count,
    }


def _rows(_facts: MarketFacts, payload: Any) -> Sequence[RawCandle]:
    return columns(candle_list(payload), (0, 1, 2, 3, 4, 5, 7, 10))


VENUE = VenueDefinition(
    "binance",
    request=_request,
    rows=_rows,
    spot_limit=1000,
    swap_limit=1000,
    settle=timedelta(seconds=2),
    fills_quiet=True,
    taker_volume=True,
    market_types=by_kind_linear,
    book_levels=500,
    usual_funding_h=8.0,
)
