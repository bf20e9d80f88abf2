"""Bybit v5: spot and linear by ``category``. Rows come newest first; errors are HTTP 200 with a ``retCode``."""

from collections.abc import Mapping
from typing import Any

from tests.kit.venue_server.faults import FaultKind
from tests.kit.venue_server.listing import Listing
from tests.kit.venue_server.row_faults import Row
from tests.kit.venue_server.wire import MINUTE, Answer, Question, Refused, Route, Venue, page, text

_WIDTHS = {str(n): n * MINUTE for n in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)}
_WIDTHS["D"] = 1440 * MINUTE
_DEFAULT_LIMIT, _MAX_LIMIT = 200, 1000
_INSTRUMENT_PAGE = 1000


class Bybit(Venue):
    """Bybit's public market data."""

    id = "bybit"

    def make_routes(self) -> Mapping[str, Route]:
        return {
            "/v5/market/instruments-info": Route("markets", self._instruments),
            "/v5/market/kline": Route("candles", self._klines),
            "/v5/market/tickers": Route("ticker", self._tickers),
            "/v5/market/orderbook": Route("book", self._book),
            "/v5/market/recent-trade": Route("trades", self._trades),
            "/v5/market/open-interest": Route("interest", self._interest),
            "/v5/market/time": Route("time", self._time),
            "/v5/system/status": Route("status", self._status),
        }

    def listing_of(self, question: Question) -> Listing | None:
        swap = question.params.get("category") == "linear"
        return self.shelf.find(question.params.get("symbol", ""), _name, swap=swap)

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        if kind is FaultKind.BANNED:
            return Answer("403, access too frequent", 403, content_type="text/plain")
        if kind is FaultKind.REGION:
            words = "The Amazon CloudFront distribution is configured to block access from your country."
            return Answer(f"<html><body><h1>403 ERROR</h1><p>{words}</p></body></html>", 403)
        if kind is FaultKind.MAINTENANCE:
            return page("503 Service under maintenance", 503)
        if kind is FaultKind.INTERNAL_ERROR:
            return self._coded(10016, "System error. Please try again later.")
        reset = self.shelf.now_ms + int((retry_after or 1.0) * 1000)
        headers = {
            "X-Bapi-Limit": "50",
            "X-Bapi-Limit-Status": "0",
            "X-Bapi-Limit-Reset-Timestamp": str(reset),
        }
        refusal = self._coded(10006, "Too many visits!")
        return Answer(refusal.body, headers=headers)

    def _coded(self, code: int, words: str, result: Any = None) -> Answer:
        return Answer(
            {
                "retCode": code,
                "retMsg": words,
                "result": {} if result is None else result,
                "retExtInfo": {},
                "time": self.shelf.now_ms,
            }
        )

    def _good(self, result: Any) -> Answer:
        return self._coded(0, "OK", result)

    def _known(self, question: Question) -> Listing:
        if question.params.get("category") not in ("spot", "linear"):
            raise Refused(self._coded(10001, "params error: Category is invalid"))
        listing = self.listing_of(question)
        if listing is None:
            raise Refused(self._coded(10001, "Not supported symbols"))
        return listing

    def _instruments(self, question: Question) -> Answer:
        category = question.params.get("category", "spot")
        begun = question.params.get("status", "Trading") != "PreLaunch"
        listings = (
            self.shelf.listings(swap=category == "linear")
            if begun and category in ("spot", "linear")
            else []
        )
        if category == "spot":
            return self._good({"category": category, "list": [_spot(x) for x in listings]})
        size = min(question.integer("limit") or 500, _INSTRUMENT_PAGE)
        start = question.integer("cursor") or 0
        left = len(listings) > start + size
        return self._good(
            {
                "category": category,
                "list": [_linear(x) for x in listings[start : start + size]],
                "nextPageCursor": str(start + size) if left else "",
            }
        )

    def _klines(self, question: Question) -> Answer:
        listing = self._known(question)
        width = _WIDTHS.get(question.params.get("interval", ""))
        if width is None:
            raise Refused(self._coded(10001, "Invalid period!"))
        limit = min(question.integer("limit") or _DEFAULT_LIMIT, _MAX_LIMIT)
        start, end = question.integer("start"), question.integer("end")
        now = self.shelf.now_ms
        last = now if end is None else min(end, now)
        # The bar that holds `start` is the first one; the newest rows win where there are too many.
        first = last - limit * width if start is None else start // width * width
        if start is not None and end is None:
            last = min(last, first + (limit - 1) * width)
        rows = self.shelf.rows(listing, width, (first, last + 1), faults=question.faults)[-limit:]
        listed = self.wire_rows(question, rows, _row, newest_first=True)
        category = question.params["category"]
        return self._good({"category": category, "symbol": _name(listing), "list": listed})

    def _tickers(self, question: Question) -> Answer:
        category = question.params.get("category", "")
        if question.params.get("symbol"):
            listings = [self._known(question)]
        else:
            listings = self.shelf.listings(swap=category == "linear")
        return self._good({"category": category, "list": [self._ticker(x) for x in listings]})

    def _ticker(self, listing: Listing) -> dict[str, Any]:
        day = self.shelf.day(listing)
        return {
            "symbol": _name(listing),
            "bid1Price": text(day.last * 0.9998),
            "bid1Size": "2",
            "ask1Price": text(day.last * 1.0002),
            "ask1Size": "1.862172",
            "lastPrice": text(day.last),
            "prevPrice24h": text(day.first),
            "price24hPcnt": f"{day.last / day.first - 1:.4f}",
            "highPrice24h": text(day.high),
            "lowPrice24h": text(day.low),
            "turnover24h": text(day.quote_volume),
            "volume24h": text(day.base_volume),
            "usdIndexPrice": text(day.last),
            **(_of_perpetual(day.last, self.shelf.now_ms) if listing.swap else {}),
        }

    def _book(self, question: Question) -> Answer:
        listing = self._known(question)
        bids, asks = self.shelf.order_book(listing, question.integer("limit") or 1)
        now = self.shelf.now_ms
        return self._good(
            {
                "s": _name(listing),
                "a": [[text(p), text(q)] for p, q in asks],
                "b": [[text(p), text(q)] for p, q in bids],
                "ts": now,
                "u": now // 1000,
            }
        )

    def _interest(self, question: Question) -> Answer:
        """In coins, newest first."""
        listing = self._known(question)
        coins = text(self.shelf.day(listing).base_volume / 10)
        row = {"openInterest": coins, "timestamp": str(self.shelf.now_ms)}
        return self._good(
            {
                "symbol": _name(listing),
                "category": "linear",
                "list": [row],
                "nextPageCursor": "",
            }
        )

    def _trades(self, question: Question) -> Answer:
        listing = self._known(question)
        prints = self.shelf.prints(
            listing, min(question.integer("limit") or 60, 60), faults=question.faults
        )
        rows = [
            {
                "execId": str(p.number),
                "symbol": _name(listing),
                "price": text(p.price),
                "size": text(p.size),
                "side": p.side.capitalize(),
                "time": str(p.time_ms),
                "isBlockTrade": False,
            }
            for p in reversed(prints)
        ]
        return self._good({"category": question.params["category"], "list": rows})

    def _time(self, question: Question) -> Answer:
        now = self.shelf.now_ms
        return self._good({"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)})

    def _status(self, question: Question) -> Answer:
        return self._good({"list": []})


def _name(listing: Listing) -> str:
    return listing.joined("")


def _row(row: Row) -> list[Any]:
    values = (row.time, row.open, row.high, row.low, row.close, row.base, row.quote)
    return [text(value) for value in values]


def _spot(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": _name(listing),
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "innovation": "0",
        "status": "Trading",
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": "0.000001",
            "quotePrecision": "0.00000001",
            "minOrderQty": "0.00004",
            "maxOrderQty": "6301197227",
            "minOrderAmt": "1",
            "maxOrderAmt": "100000",
        },
        "priceFilter": {"tickSize": "0.00000001"},
        "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.05"},
    }


def _of_perpetual(last: float, now_ms: int) -> dict[str, Any]:
    return {
        "markPrice": text(last),
        "indexPrice": text(last),
        "fundingRate": "0.0001",
        "nextFundingTime": str(now_ms + 3_600_000),
    }


def _linear(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": _name(listing),
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "launchTime": str(listing.first_ms),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": "8",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "50.00", "leverageStep": "0.01"},
        "priceFilter": {
            "minPrice": "0.00000001",
            "maxPrice": "1999999.98",
            "tickSize": "0.00000001",
        },
        "lotSizeFilter": {
            "maxOrderQty": "1190000",
            "minOrderQty": "1",
            "qtyStep": "1",
            "minNotionalValue": "5",
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": listing.quote,
        "copyTrading": "both",
    }
