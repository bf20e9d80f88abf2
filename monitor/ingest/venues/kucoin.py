"""KuCoin: spot and swaps; a swap's candles count contracts and hold no quote volume."""

from collections.abc import Sequence
from typing import Any

from monitor.ingest.venues.definition import VenueDefinition
from monitor.ingest.venues.request import Call, CandleQuestion, MarketFacts
from monitor.ingest.venues.rows import RawCandle, candle_list, columns, estimated, inside


def _request(q: CandleQuestion) -> Call:
    if q.market.kind == "spot":
        return "public_get_market_candles", {
            "symbol": q.market.market_id,
            "type": q.interval,
            "startAt": q.since_ms // 1000,
            "endAt": q.end_ms // 1000,
        }
    return "futurespublic_get_kline_query", {
        "symbol": q.market.market_id,
        "granularity": q.width_ms // 60_000,
        "from": q.since_ms,
        "to": q.last_ms,
    }


def _rows(facts: MarketFacts, payload: Any) -> Sequence[RawCandle]:
    rows = candle_list(inside(payload, "data"))
    if facts.kind == "spot":
        return columns(rows, (0, 1, 3, 4, 2, 5, 6, None), ms=1000)
    swaps = columns(rows, (0, 1, 2, 3, 4, 5, None, None), coins=facts.contract_size)
    return [estimated(row) for row in swaps]


VENUE = VenueDefinition(
    "kucoin",
    request=_request,
    rows=_rows,
    spot_limit=1500,
    swap_limit=200,
    unknown_market="This pair is not provided at present",
    spot_trades=100,
)
