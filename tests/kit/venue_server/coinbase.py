"""Coinbase: spot products, candles, books and time. Times in seconds, rows are objects with base volume alone, newest first, none for a quiet bar."""

import re
from collections.abc import Mapping
from typing import Any

from monitor.model.grid import from_ms, iso
from tests.kit.venue_server.faults import FaultKind
from tests.kit.venue_server.listing import Listing
from tests.kit.venue_server.row_faults import Row
from tests.kit.venue_server.wire import (
    MINUTE,
    Answer,
    Question,
    Refused,
    Route,
    Venue,
    page,
    text,
)

_PRODUCTS = "/api/v3/brokerage/market/products"
_BOOK = "/api/v3/brokerage/market/product_book"
_CANDLES = re.compile(rf"{_PRODUCTS}/([A-Z0-9]+-[A-Z0-9]+)/candles")
_WIDTHS = {
    "ONE_MINUTE": MINUTE,
    "FIVE_MINUTE": 5 * MINUTE,
    "FIFTEEN_MINUTE": 15 * MINUTE,
    "THIRTY_MINUTE": 30 * MINUTE,
    "ONE_HOUR": 60 * MINUTE,
    "TWO_HOUR": 120 * MINUTE,
    "SIX_HOUR": 360 * MINUTE,
    "ONE_DAY": 1440 * MINUTE,
}
_MAX_ROWS = 350


def _refusal(code: str, words: str, status: int) -> Answer:
    return Answer({"error": code, "error_details": words, "message": words}, status)


class Coinbase(Venue):
    """Coinbase's public market data."""

    id = "coinbase"
    unit_ms = 1000

    def make_routes(self) -> Mapping[str, Route]:
        return {
            _PRODUCTS: Route("markets", self._products),
            f"{_PRODUCTS}/candles": Route("candles", self._candles),
            _BOOK: Route("book", self._book),
            "/v2/currencies": Route("currencies", self._nothing),
            "/v2/currencies/crypto": Route("currencies", self._nothing),
            "/v2/exchange-rates": Route("currencies", self._rates),
            "/v2/time": Route("time", self._time),
        }

    def route(self, path: str) -> Route | None:
        return self.routes.get(f"{_PRODUCTS}/candles" if _CANDLES.fullmatch(path) else path)

    def listing_of(self, question: Question) -> Listing | None:
        named = _CANDLES.fullmatch(question.path)
        return self.shelf.find(named[1] if named else question.params.get("product_id", ""), _name)

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        if kind is FaultKind.MAINTENANCE:
            return page("503 Service Temporarily Unavailable: maintenance", 503)
        if kind is FaultKind.INTERNAL_ERROR:
            return _refusal("INTERNAL", "internal server error", 500)
        if kind is FaultKind.REGION:
            return page("451 Unavailable For Legal Reasons", 451)
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:.0f}"}
        if kind is FaultKind.BANNED:
            return Answer("Too many requests: banned", 429, headers, "text/plain")
        refusal = {"errors": [{"id": "rate_limit_exceeded", "message": "Rate limit exceeded"}]}
        return Answer(refusal, 429, headers)

    def _products(self, question: Question) -> Answer:
        future = question.params.get("product_type") == "FUTURE"
        products = [] if future else [_product(x) for x in self.shelf.listings() if not x.swap]
        return Answer({"products": products, "num_products": len(products)})

    def _known(self, question: Question) -> Listing:
        listing = self.listing_of(question)
        if listing is None:
            raise Refused(_refusal("INVALID_ARGUMENT", "valid product_id is required", 400))
        return listing

    def _book(self, question: Question) -> Answer:
        """Levels are objects."""
        listing = self._known(question)
        bids, asks = (
            [{"price": text(p), "size": text(q)} for p, q in side]
            for side in self.shelf.order_book(listing, question.integer("limit") or 50)
        )
        book = {"product_id": _name(listing), "bids": bids, "asks": asks}
        return Answer({"pricebook": {**book, "time": iso(from_ms(self.shelf.now_ms))}})

    def _candles(self, question: Question) -> Answer:
        listing = self._known(question)
        width = _WIDTHS.get(question.params.get("granularity", ""))
        start, end = question.integer("start"), question.integer("end")
        if width is None or start is None or end is None:
            raise Refused(_refusal("INVALID_ARGUMENT", "start, end and granularity", 400))
        if (end - start) * 1000 // width > _MAX_ROWS:
            words = f"number of candles requested should be less than {_MAX_ROWS}"
            raise Refused(_refusal("INVALID_ARGUMENT", words, 400))
        until = min(end * 1000 + 1, self.shelf.now_ms + 1)
        span = (start * 1000, until)
        rows = self.shelf.rows(listing, width, span, unit_ms=1000, faults=question.faults)
        traded = [row for row in rows if row.base != 0 or question.faults]
        return Answer({"candles": self.wire_rows(question, traded, _row, newest_first=True)})

    def _nothing(self, question: Question) -> Answer:
        return Answer({"data": []})

    def _rates(self, question: Question) -> Answer:
        rates = {x.base: "1.0" for x in self.shelf.listings()}
        return Answer({"data": {"currency": "USD", "rates": rates}})

    def _time(self, question: Question) -> Answer:
        return Answer({"data": {"iso": "", "epoch": self.shelf.now_ms // 1000}})


def _name(listing: Listing) -> str:
    return listing.joined("-")


def _row(row: Row) -> dict[str, Any]:
    values = {"start": row.time, "low": row.low, "high": row.high, "open": row.open}
    return {k: text(v) for k, v in {**values, "close": row.close, "volume": row.base}.items()}


def _product(listing: Listing) -> dict[str, Any]:
    return {
        "product_id": _name(listing),
        "base_increment": "0.01",
        "quote_increment": "0.0001",
        "price_increment": "0.0001",
        "quote_min_size": "1",
        "quote_max_size": "10000000",
        "base_min_size": "0.01",
        "base_max_size": "10000000",
        "status": "online",
        "trading_disabled": False,
        "is_disabled": False,
        "product_type": "SPOT",
        "quote_currency_id": listing.quote,
        "base_currency_id": listing.base,
        "alias": "",
        "alias_to": [],
    }
