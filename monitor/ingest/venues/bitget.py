"""Bitget: spot and swaps, each with its own words for widths; old candles have endpoints of their own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.request import Call, CandleQuestion, MarketFacts
from monitor.ingest.venues.rows import RawCandle, candle_list, columns, inside

_RECENT = timedelta(days=29)  # the shortest of its recent windows is 30 days
_RECENT_BY_HOURS = {1: timedelta(days=59), 4: timedelta(days=239), 24: timedelta(days=1439)}


def _request(q: CandleQuestion) -> Call:
    hours = int(q.width / timedelta(hours=1))
    recent = max(
        [span for least, span in _RECENT_BY_HOURS.items() if hours >= least],
        default=_RECENT,
    )
    old = q.since_ms < q.now_ms - recent // timedelta(milliseconds=1)
    span = {
        "symbol": q.market.market_id,
        "granularity": q.interval,
        "startTime": q.since_ms,
        "endTime": q.end_ms,
        "limit": q.count,
    }
    if q.market.kind == "spot":
        name = "history_candles" if old else "candles"
        return f"public_spot_get_v2_spot_market_{name}", span
    name = "history_candles" if old else "candles"
    return f"public_mix_get_v2_mix_market_{name}", span | {
        "productType": f"{q.market.settle}-FUTURES"
    }


def _rows(facts: MarketFacts, payload: Any) -> Sequence[RawCandle]:
    quote = 7 if facts.kind == "spot" else 6  # on spot column 6 is in USDT whatever the quote
    return columns(candle_list(inside(payload, "data")), (0, 1, 2, 3, 4, 5, quote, None))


VENUE = VenueDefinition(
    "bitget",
    request=_request,
    rows=_rows,
    interval_words=("fetchOHLCV", "timeframes"),
    spot_trades=1_000,
    swap_trades=1_000,
    unknown_market='"40034"',  # a parameter that does not exist
)
