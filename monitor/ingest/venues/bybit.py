"""Bybit: spot and linear swaps; a ban is an HTTP 403, its end stands in a header of its own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from monitor.ingest.venues.definition import VenueDefinition, by_kind_linear
from monitor.ingest.venues.request import Call, CandleQuestion, MarketFacts
from monitor.ingest.venues.rows import RawCandle, candle_list, columns, expect_market, inside


def _request(q: CandleQuestion) -> Call:
    return "public_get_v5_market_kline", {
        "category": "spot" if q.market.kind == "spot" else "linear",
        "symbol": q.market.market_id,
        "interval": q.interval,
        "start": q.since_ms,
        "end": q.end_ms - 1,
        "limit": q.count,
    }


def _rows(facts: MarketFacts, payload: Any) -> Sequence[RawCandle]:
    result = inside(payload, "result")
    rows = candle_list(inside(result, "list"))
    expect_market(result.get("symbol") or None, facts.market_id)
    expect_market(result.get("category") or None, "spot" if facts.kind == "spot" else "linear")
    return columns(rows, (0, 1, 2, 3, 4, 5, 6, None))


VENUE = VenueDefinition(
    "bybit",
    request=_request,
    rows=_rows,
    spot_limit=1000,
    swap_limit=1000,
    settle=timedelta(seconds=2),
    fills_quiet=True,
    market_types=by_kind_linear,
    bans_by_403=True,
    reset_header="X-Bapi-Limit-Reset-Timestamp",
    book_levels=200,
    spot_trades=60,
    swap_trades=1_000,
)
