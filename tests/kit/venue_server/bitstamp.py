"""Bitstamp: spot, markets and candles only. A venue that the product has no file for; times in seconds, rows are objects with base volume alone."""

import re
from collections.abc import Mapping
from typing import Any

from tests.kit.venue_server.faults import FaultKind
from tests.kit.venue_server.listing import Listing
from tests.kit.venue_server.row_faults import Row
from tests.kit.venue_server.wire import Answer, Question, Refused, Route, Venue, page, text

_OHLC = re.compile(r"/api/v2/ohlc/([a-z0-9]+)/")
_MAX_ROWS = 1_000


class Bitstamp(Venue):
    """Bitstamp's public market data."""

    id = "bitstamp"
    unit_ms = 1000

    def make_routes(self) -> Mapping[str, Route]:
        return {
            "/api/v2/markets/": Route("markets", self._markets),
            "/api/v2/ohlc/": Route("candles", self._candles),
        }

    def route(self, path: str) -> Route | None:
        return self.routes.get("/api/v2/ohlc/" if _OHLC.fullmatch(path) else path)

    def listing_of(self, question: Question) -> Listing | None:
        named = _OHLC.fullmatch(question.path)
        return self.shelf.find(named[1], _name) if named else None

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        if kind is FaultKind.MAINTENANCE:
            return page("503 Under maintenance", 503)
        if kind is FaultKind.INTERNAL_ERROR:
            return page("500 Internal Server Error", 500)
        if kind is FaultKind.REGION:
            return page("451 Unavailable For Legal Reasons", 451)
        if kind is FaultKind.BANNED:
            return page("403 Forbidden: too many requests", 403)
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:.0f}"}
        refusal = {"status": "error", "reason": "Request rate limit exceeded", "code": "400.002"}
        return Answer(refusal, 429, headers)

    def _markets(self, question: Question) -> Answer:
        return Answer([_market(x) for x in self.shelf.listings()])

    def _candles(self, question: Question) -> Answer:
        listing = self.listing_of(question)
        if listing is None:
            raise Refused(Answer({"status": "error", "reason": "Invalid currency pair"}, 404))
        width, most = question.integer("step"), question.integer("limit")
        if width is None or most is None or not 1 <= most <= _MAX_ROWS:
            raise Refused(Answer({"code": "step", "status": "error"}, 400))
        width *= 1000
        now = self.shelf.now_ms
        end, start = question.integer("end"), question.integer("start")
        until = now + 1 if end is None else min(end * 1000 + 1, now + 1)
        since = until - most * width if start is None else start * 1000
        rows = self.shelf.rows(listing, width, (since, until), unit_ms=1000, faults=question.faults)
        served = self.wire_rows(question, rows[-most:], _row)
        return Answer({"data": {"pair": f"{listing.base}/{listing.quote}", "ohlc": served}})


def _name(listing: Listing) -> str:
    return listing.joined("").lower()


def _row(row: Row) -> dict[str, Any]:
    names = {"timestamp": row.time, "open": row.open, "high": row.high, "low": row.low}
    return {k: text(v) for k, v in {**names, "close": row.close, "volume": row.base}.items()}


def _market(listing: Listing) -> dict[str, Any]:
    return {
        "name": f"{listing.base}/{listing.quote}",
        "market_symbol": _name(listing),
        "base_currency": listing.base,
        "base_decimals": 8,
        "counter_currency": listing.quote,
        "counter_decimals": 5,
        "minimum_order_value": "10",
        "trading": "Enabled",
        "instant_order_counter_decimals": 5,
        "instant_and_market_orders": "Enabled",
        "description": f"{listing.base} / {listing.quote}",
        "market_type": "SPOT",
    }
