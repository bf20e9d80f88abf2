"""KuCoin: spot and USDT futures. Spot times in seconds, rows are time, open, close, high, low, base, quote, newest first, 1,500
at most. Futures' in ms, rows are time, open, high, low, close and contracts, ascending, 200 at most.
"""

import re
from collections.abc import Mapping
from functools import partial
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

_WIDTHS = {
    name.replace("m", "min").replace("h", "hour").replace("d", "day"): count * MINUTE
    for name, count in MINUTES.items()
}
_MAX_ROWS, _MAX_FUTURES_ROWS = 1_500, 200
_FUNDING = re.compile(r"/api/v1/funding-rate/([A-Z0-9]+)/current")


def _coded(code: str, words: str, status: int = 200) -> Answer:
    return Answer({"code": code, "msg": words}, status)


def _good(data: Any) -> Answer:
    return Answer({"code": "200000", "data": data})


class Kucoin(Venue):
    """KuCoin's public market data."""

    id = "kucoin"
    unit_ms = 1000

    def make_routes(self) -> Mapping[str, Route]:
        market = "/api/v1/market"
        return {
            "/api/v3/currencies": Route("currencies", self._currencies),
            "/api/v1/symbols": Route("markets", self._symbols),
            "/api/v2/symbols": Route("markets", self._symbols),
            "/api/v1/contracts/active": Route("markets", self._contracts),
            "/api/v1/kline/query": Route("candles", self._futures_candles),
            "/api/v1/ticker": Route("ticker", self._futures_ticker),
            "/api/v1/funding-rate": Route("funding", self._funding),
            "/api/ua/v1/market/open-interest": Route("interest", self._interest),
            f"{market}/allTickers": Route("tickers", self._all_tickers),
            f"{market}/candles": Route("candles", self._candles),
            f"{market}/stats": Route("ticker", self._stats),
            f"{market}/orderbook/level2_20": Route("book", self._book),
            f"{market}/orderbook/level2_100": Route("book", self._book),
            f"{market}/histories": Route("trades", self._trades),
            "/api/v1/timestamp": Route("time", self._time),
            "/api/v1/status": Route("status", self._status),
        }

    def route(self, path: str) -> Route | None:
        """The funding of a contract has its name in the path."""
        return self.routes.get("/api/v1/funding-rate" if _FUNDING.fullmatch(path) else path)

    def listing_of(self, question: Question) -> Listing | None:
        of_one = _FUNDING.fullmatch(question.path)
        name = of_one[1] if of_one else question.params.get("symbol", "")
        swap = name.endswith("USDTM")
        return self.shelf.find(name, _futures_name if swap else _name, swap=swap)

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        if kind is FaultKind.MAINTENANCE:
            return page("503 Under maintenance", 503)
        if kind is FaultKind.INTERNAL_ERROR:
            return _coded("500000", "Internal Server Error", 500)
        if kind is FaultKind.REGION:
            return _coded("400302", "Our services are not available in your region.", 403)
        if kind is FaultKind.BANNED:
            return page("403 Forbidden: too many requests", 403)
        headers = {"gw-ratelimit-remaining": "0"}
        if retry_after is not None:
            headers["gw-ratelimit-reset"] = f"{retry_after * 1000:.0f}"
        return Answer({"code": "429000", "msg": "Too Many Requests"}, 429, headers)

    def _known(self, question: Question) -> Listing:
        listing = self.listing_of(question)
        if listing is None:
            raise Refused(_coded("400100", "This pair is not provided at present"))
        return listing

    def _currencies(self, question: Question) -> Answer:
        names = sorted({x.base for x in self.shelf.listings()} | {"USDT"})
        return _good(
            [{"currency": n, "name": n, "fullName": n, "precision": 8, "chains": []} for n in names]
        )

    def _symbols(self, question: Question) -> Answer:
        return _good([_symbol(x) for x in self.shelf.listings()])

    def _contracts(self, question: Question) -> Answer:
        return _good([_contract(x) for x in self.shelf.listings(swap=True)])

    def _futures_candles(self, question: Question) -> Answer:
        listing = self._known(question)
        minutes = question.integer("granularity") or 0
        if minutes not in MINUTES.values():
            raise Refused(_coded("400100", "Incorrect granularity"))
        width, now = minutes * MINUTE, self.shelf.now_ms
        last, first = question.integer("to"), question.integer("from")
        until = min(now if last is None else last, now) + 1
        since = until - _MAX_FUTURES_ROWS * width if first is None else first
        rows = self.shelf.rows(listing, width, (since, until), faults=question.faults)
        encode = partial(_futures_row, size=listing.contract_size)
        return _good(self.wire_rows(question, rows[:_MAX_FUTURES_ROWS], encode))

    def _futures_ticker(self, question: Question) -> Answer:
        listing = self._known(question)
        last = self.shelf.day(listing).last
        return _good(
            {
                "sequence": self.shelf.now_ms,
                "symbol": _futures_name(listing),
                "side": "buy",
                "size": 1,
                "price": text(last),
                "bestBidPrice": text(last * 0.9998),
                "bestBidSize": 1,
                "bestAskPrice": text(last * 1.0002),
                "bestAskSize": 1,
                "ts": self.shelf.now_ms * 1_000_000,
            }
        )

    def _funding(self, question: Question) -> Answer:
        now = self.shelf.now_ms
        return _good(
            {
                "symbol": f".{_futures_name(self._known(question))}FPI8H",
                "granularity": 28_800_000,
                "timePoint": now // 28_800_000 * 28_800_000,
                "value": 0.0001,
                "dailyInterestRate": 0.0003,
                "fundingRateCap": 0.00375,
                "fundingRateFloor": -0.00375,
                "period": 1,
                "fundingTime": (now // 28_800_000 + 1) * 28_800_000,
            }
        )

    def _interest(self, question: Question) -> Answer:
        """In contracts."""
        listing = self._known(question)
        contracts = self.shelf.day(listing).base_volume / 10 / listing.contract_size
        name, now = _futures_name(listing), self.shelf.now_ms
        return _good([{"symbol": name, "openInterest": text(contracts), "ts": now}])

    def _candles(self, question: Question) -> Answer:
        listing = self._known(question)
        width = _WIDTHS.get(question.params.get("type", ""))
        if width is None:
            raise Refused(_coded("400100", "Incorrect candlestick type"))
        now = self.shelf.now_ms
        last = question.integer("endAt")
        until = now + 1 if not last else min(last * 1000, now + 1)  # the end is left out
        first = question.integer("startAt")
        since = until - 100 * width if not first else first * 1000
        since = max(since, until - (_MAX_ROWS + 1) * width)
        rows = self.shelf.rows(listing, width, (since, until), unit_ms=1000, faults=question.faults)
        return _good(self.wire_rows(question, rows[-_MAX_ROWS:], _row, newest_first=True))

    def _all_tickers(self, question: Question) -> Answer:
        tickers = [self._ticker(x) for x in self.shelf.listings()]
        return _good({"time": self.shelf.now_ms, "ticker": tickers})

    def _stats(self, question: Question) -> Answer:
        return _good({"time": self.shelf.now_ms, **self._ticker(self._known(question))})

    def _ticker(self, listing: Listing) -> dict[str, Any]:
        day = self.shelf.day(listing)
        return {
            "symbol": _name(listing),
            "buy": text(day.last * 0.9998),
            "sell": text(day.last * 1.0002),
            "changeRate": f"{day.last / day.first - 1:.4f}",
            "changePrice": text(day.last - day.first),
            "high": text(day.high),
            "low": text(day.low),
            "vol": text(day.base_volume),
            "volValue": text(day.quote_volume),
            "last": text(day.last),
            "averagePrice": text((day.high + day.low) / 2),
            "takerFeeRate": "0.001",
            "makerFeeRate": "0.001",
            "takerCoefficient": "1",
            "makerCoefficient": "1",
        }

    def _book(self, question: Question) -> Answer:
        bids, asks = self.shelf.order_book(self._known(question), 20)
        now = self.shelf.now_ms
        return _good(
            {
                "time": now,
                "sequence": str(now),
                "bids": [[text(p), text(q)] for p, q in bids],
                "asks": [[text(p), text(q)] for p, q in asks],
            }
        )

    def _trades(self, question: Question) -> Answer:
        prints = self.shelf.prints(self._known(question), 100, faults=question.faults)
        return _good(
            [
                {
                    "sequence": str(p.number),
                    "price": text(p.price),
                    "size": text(p.size),
                    "side": p.side,
                    "time": p.time_ms * 1_000_000,
                }
                for p in reversed(prints)
            ]
        )

    def _time(self, question: Question) -> Answer:
        return Answer({"code": "200000", "msg": "success", "data": self.shelf.now_ms})

    def _status(self, question: Question) -> Answer:
        return _good({"status": "open", "msg": ""})


def _name(listing: Listing) -> str:
    return listing.joined("-")


def _futures_name(listing: Listing) -> str:
    return listing.joined("").replace("BTC", "XBT") + "M"


def _futures_row(row: Row, *, size: float) -> list[Any]:
    """Numbers are numbers here."""
    contracts = row.base / size if isinstance(row.base, float) else row.base
    return [row.time, row.open, row.high, row.low, row.close, contracts]


def _contract(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": _futures_name(listing),
        "rootSymbol": listing.quote,
        "type": "FFWCSX",
        "firstOpenDate": listing.first_ms,
        "expireDate": None,
        "baseCurrency": listing.base.replace("BTC", "XBT"),
        "quoteCurrency": listing.quote,
        "settleCurrency": listing.quote,
        "maxOrderQty": 1_000_000,
        "maxPrice": 1_000_000.0,
        "lotSize": 1,
        "tickSize": 0.00001,
        "multiplier": listing.contract_size,
        "makerFeeRate": 0.0002,
        "takerFeeRate": 0.0006,
        "isInverse": False,
        "status": "Open",
        "nextFundingRateTime": 3_600_000,
        "maxLeverage": 50,
    }


def _row(row: Row) -> list[Any]:
    values = (row.time, row.open, row.close, row.high, row.low, row.base, row.quote)
    return [text(value) for value in values]


def _symbol(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": _name(listing),
        "name": _name(listing),
        "baseCurrency": listing.base,
        "quoteCurrency": listing.quote,
        "feeCurrency": listing.quote,
        "market": listing.quote,
        "baseMinSize": "0.1",
        "quoteMinSize": "0.1",
        "baseMaxSize": "10000000000",
        "quoteMaxSize": "99999999",
        "baseIncrement": "0.0001",
        "quoteIncrement": "0.00001",
        "priceIncrement": "0.00001",
        "priceLimitRate": "0.1",
        "minFunds": "0.1",
        "isMarginEnabled": False,
        "enableTrading": True,
    }
