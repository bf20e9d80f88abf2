"""OKX: spot and swaps; old candles have an endpoint of their own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.request import Call, CandleQuestion, MarketFacts
from monitor.ingest.venues.rows import RawCandle, candle_list, columns, inside

_RECENT_BARS = 1_430  # the candles endpoint holds 1,440; older bars are on history-candles


def _request(q: CandleQuestion) -> Call:
    old = q.since_ms < q.now_ms - _RECENT_BARS * q.width_ms
    method = "public_get_market_history_candles" if old else "public_get_market_candles"
    # Days and longer would begin at 16:00 UTC without the suffix.
    bar = q.interval + "utc" if q.width >= timedelta(hours=6) else q.interval
    return method, {
        "instId": q.market.market_id,
        "bar": bar,
        "before": q.since_ms - 1,
        "after": q.end_ms,
        "limit": q.count,
    }


def _rows(facts: MarketFacts, payload: Any) -> Sequence[RawCandle]:
    base = 5 if facts.kind == "spot" else 6  # swaps count contracts in column 5
    return columns(candle_list(inside(payload, "data")), (0, 1, 2, 3, 4, base, 7, None))


VENUE = VenueDefinition(
    "okx",
    request=_request,
    rows=_rows,
    spot_limit=300,
    swap_limit=300,
    settle=timedelta(seconds=2),
    fills_quiet=True,
    book_levels=400,
    spot_trades=500,
    swap_trades=500,
)
