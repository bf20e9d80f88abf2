"""MEXC: spot and swaps, each with its own words for widths; a swap's candles come as columns."""

from collections.abc import Sequence
from typing import Any

from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.request import Call, CandleQuestion, MarketFacts
from monitor.ingest.venues.rows import (
    Places,
    RawCandle,
    WrongShapeError,
    candle_list,
    columns,
    inside,
)


def _request(q: CandleQuestion) -> Call:
    if q.market.kind == "spot":
        return "spot_public_get_klines", {
            "symbol": q.market.market_id,
            "interval": q.interval,
            "startTime": q.since_ms,
            "endTime": q.end_ms,
            "limit": q.count,
        }
    return "contract_public_get_kline_symbol", {
        "symbol": q.market.market_id,
        "interval": q.interval,
        "start": q.since_ms // 1000,
        "end": q.last_ms // 1000,
    }


def _rows(facts: MarketFacts, payload: Any) -> Sequence[RawCandle]:
    if facts.kind == "spot":
        return columns(candle_list(payload), (0, 1, 2, 3, 4, 5, 7, None))
    data = inside(payload, "data")
    lists = [
        candle_list(inside(data, key))
        for key in ("time", "open", "high", "low", "close", "vol", "amount")
    ]
    if len({len(column) for column in lists}) != 1:
        found = [len(column) for column in lists]
        raise WrongShapeError(f"found columns of {found} values, expected equal lengths")
    rows = [list(row) for row in zip(*lists, strict=True)]
    places: Places = (0, 1, 2, 3, 4, 5, 6, None)
    return columns(rows, places, ms=1000, coins=facts.contract_size)


VENUE = VenueDefinition(
    "mexc",
    request=_request,
    rows=_rows,
    spot_limit=500,
    swap_limit=2000,
    interval_words=("timeframes",),
    spot_markets="fetch_spot_markets",
    ticker_interest="holdVol",
)
