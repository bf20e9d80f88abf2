"""Kraken: spot; always the newest 720 candles, with the mean price in place of quote volume."""

from datetime import timedelta
from typing import Any

from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.request import Call, CandleQuestion, MarketFacts
from monitor.ingest.venues.rows import RawCandle, candle_list, columns, inside


def _request(q: CandleQuestion) -> Call:
    return "public_get_ohlc", {
        "pair": q.market.market_id,
        "interval": int(q.interval),
        "since": (q.since_ms - q.width_ms) // 1000,  # the bound itself is left out
    }


def _rows(facts: MarketFacts, payload: Any) -> list[RawCandle]:
    result = inside(payload, "result")
    rows = columns(
        candle_list(inside(result, facts.market_id)), (0, 1, 2, 3, 4, 6, 5, None), ms=1000
    )
    return [_with_vwap(row) for row in rows]


def _with_vwap(row: RawCandle) -> RawCandle:
    """Kraken serves the volume-weighted price in place of quote volume; 0 in a bar without a trade."""
    vwap, base = row.quote_volume, row.base_volume
    known = vwap is not None and base is not None
    return row._replace(quote_volume=vwap * base if known else None)  # type: ignore[operator]


VENUE = VenueDefinition(
    "kraken",
    request=_request,
    rows=_rows,
    spot_limit=720,
    swap_limit=720,
    settle=timedelta(seconds=5),
    reach_bars=720,
    kinds=frozenset({"spot"}),
    unknown_market="EQuery:Unknown asset pair",
)
