"""Kraken: spot pairs, candles, books and time. Times in seconds, the mean price before the volume, always the newest 720 rows, errors with HTTP 200."""

from collections.abc import Mapping
from typing import Any

from tests.kit.venue_server.faults import FaultKind
from tests.kit.venue_server.listing import Listing
from tests.kit.venue_server.row_faults import Row
from tests.kit.venue_server.wire import (
    MINUTE,
    MINUTES,
    Answer,
    Question,
    Refused,
    Route,
    Venue,
    page,
    text,
)

_MAX_ROWS = 720
_OLD_NAMES = {"BTC": "XXBT", "ETH": "XETH", "USD": "ZUSD", "EUR": "ZEUR", "DOGE": "XXDG"}


def _error(text_: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer({"error": [text_]}, status, headers or {})


class Kraken(Venue):
    """Kraken's public market data."""

    id = "kraken"
    unit_ms = 1000

    def make_routes(self) -> Mapping[str, Route]:
        return {
            "/0/public/Assets": Route("currencies", self._assets),
            "/0/public/AssetPairs": Route("markets", self._pairs),
            "/0/public/OHLC": Route("candles", self._candles),
            "/0/public/Depth": Route("book", self._book),
            "/0/public/Time": Route("time", self._time),
        }

    def listing_of(self, question: Question) -> Listing | None:
        return self.shelf.find(question.params.get("pair", ""), _name)

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        if kind is FaultKind.MAINTENANCE:
            return _error("EService:Market in cancel_only mode")
        if kind is FaultKind.INTERNAL_ERROR:
            return _error("EGeneral:Internal error")
        if kind is FaultKind.REGION:
            return page("451 Unavailable For Legal Reasons", 451)
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:.0f}"}
        if kind is FaultKind.BANNED:
            return _error("EGeneral:Temporary lockout", 200, headers)
        return _error("EGeneral:Too many requests", 200, headers)

    def _assets(self, question: Question) -> Answer:
        names = {x.base for x in self.shelf.listings()} | {x.quote for x in self.shelf.listings()}
        return Answer(
            {"error": [], "result": {_OLD_NAMES.get(n, n): _asset(n) for n in sorted(names)}}
        )

    def _pairs(self, question: Question) -> Answer:
        pairs = {_name(x): _pair(x) for x in self.shelf.listings() if not x.swap}
        return Answer({"error": [], "result": pairs})

    def _known(self, question: Question) -> Listing:
        listing = self.listing_of(question)
        if listing is None:
            raise Refused(_error("EQuery:Unknown asset pair"))
        return listing

    def _book(self, question: Question) -> Answer:
        """Each level with the second of its last change."""
        listing = self._known(question)
        now_s = self.shelf.now_ms // 1000
        bids, asks = (
            [[text(p), text(q), now_s] for p, q in side]
            for side in self.shelf.order_book(listing, question.integer("count") or 100)
        )
        return Answer({"error": [], "result": {_name(listing): {"asks": asks, "bids": bids}}})

    def _candles(self, question: Question) -> Answer:
        listing = self._known(question)
        minutes = question.integer("interval") or 1
        if minutes not in MINUTES.values():
            raise Refused(_error("EGeneral:Invalid arguments"))
        width, now = minutes * MINUTE, self.shelf.now_ms
        newest = now // width * width - (_MAX_ROWS - 1) * width
        since = max(newest, (question.integer("since") or 0) * 1000 + 1)  # the bound is left out
        rows = self.shelf.rows(
            listing, width, (since, now + 1), unit_ms=1000, faults=question.faults
        )
        served = self.wire_rows(question, rows, _row)
        last = now // width * width // 1000 - minutes * 60
        return Answer({"error": [], "result": {_name(listing): served, "last": last}})

    def _time(self, question: Question) -> Answer:
        return Answer({"error": [], "result": {"unixtime": self.shelf.now_ms // 1000}})


def _name(listing: Listing) -> str:
    """Pairs with the dollar of old coins bear the old names of both: ``XXBTZUSD``, ``USDTZUSD``."""
    if listing.base in _OLD_NAMES or (listing.base == "USDT" and listing.quote in _OLD_NAMES):
        return _OLD_NAMES.get(listing.base, listing.base) + _OLD_NAMES.get(
            listing.quote, listing.quote
        )
    return listing.joined("")


def _row(row: Row) -> list[Any]:
    mean = row.quote / row.base if isinstance(row.base, float) and row.base else 0.0
    prices = [text(value) for value in (row.open, row.high, row.low, row.close, mean, row.base)]
    return [row.time, *prices, row.trades]


def _pair(listing: Listing) -> dict[str, Any]:
    return {
        "altname": listing.joined(""),
        "wsname": f"{listing.base}/{listing.quote}",
        "aclass_base": "currency",
        "base": _OLD_NAMES.get(listing.base, listing.base),
        "aclass_quote": "currency",
        "quote": _OLD_NAMES.get(listing.quote, listing.quote),
        "lot": "unit",
        "pair_decimals": 5,
        "lot_decimals": 8,
        "leverage_buy": [],
        "fees": [[0, 0.4]],
        "fees_maker": [[0, 0.25]],
        "ordermin": "5",
        "costmin": "0.5",
        "status": "online",
    }


def _asset(name: str) -> dict[str, Any]:
    return {
        "aclass": "currency",
        "altname": "XBT" if name == "BTC" else name,
        "decimals": 8,
        "display_decimals": 5,
        "status": "enabled",
    }
