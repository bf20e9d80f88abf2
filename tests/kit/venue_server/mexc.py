"""MEXC: spot v3, much like Binance's, and contracts v1. Spot rows end with the quote volume, 500 at most; a swap's candles come as
columns with times in seconds and count contracts, 2,000 at most.
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
    Answer,
    Question,
    Refused,
    Route,
    Venue,
    page,
    text,
)

_SPOT_WIDTHS = {
    name: count * MINUTE
    for name, count in {
        "1m": 1,
        "5m": 5,
        "15m": 15,
        "30m": 30,
        "60m": 60,
        "4h": 240,
        "1d": 1440,
    }.items()
}
_SWAP_WIDTHS = {
    name: count * MINUTE
    for name, count in {
        "Min1": 1,
        "Min5": 5,
        "Min15": 15,
        "Min30": 30,
        "Min60": 60,
        "Hour4": 240,
        "Hour8": 480,
        "Day1": 1440,
    }.items()
}
_SPOT_MAX, _SWAP_MAX = 500, 2_000
_CONTRACT = "/api/v1/contract"
_OF_ONE = re.compile(rf"({_CONTRACT}/(?:kline|funding_rate|depth))/([A-Z0-9]+_[A-Z0-9]+)")
_COLUMNS = ("time", "open", "close", "high", "low", "vol", "amount")


def _contract_error(code: int, words: str, status: int = 200) -> Answer:
    return Answer({"success": False, "code": code, "message": words}, status)


class Mexc(Venue):
    """MEXC's public market data."""

    id = "mexc"

    def make_routes(self) -> Mapping[str, Route]:
        return {
            "/api/v3/exchangeInfo": Route("markets", self._symbols),
            "/api/v3/klines": Route("candles", self._spot_candles),
            "/api/v3/depth": Route("book", self._spot_book),
            "/api/v3/time": Route("time", self._time),
            f"{_CONTRACT}/detail": Route("markets", self._contracts),
            f"{_CONTRACT}/ticker": Route("ticker", self._ticker),
            f"{_CONTRACT}/depth": Route("book", self._swap_book),
            f"{_CONTRACT}/kline": Route("candles", self._swap_candles),
            f"{_CONTRACT}/funding_rate": Route("funding", self._funding),
        }

    def route(self, path: str) -> Route | None:
        """A contract has its name in the path."""
        of_one = _OF_ONE.fullmatch(path)
        return self.routes.get(of_one[1] if of_one else path)

    def listing_of(self, question: Question) -> Listing | None:
        of_one = _OF_ONE.fullmatch(question.path)
        name = of_one[2] if of_one else question.params.get("symbol", "")
        swap = question.path.startswith(_CONTRACT)
        return self.shelf.find(name, _swap_name if swap else _spot_name, swap=swap)

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        if kind is FaultKind.MAINTENANCE:
            return Answer({"code": 11444, "msg": "System is under maintenance"}, 503)
        if kind is FaultKind.INTERNAL_ERROR:
            return Answer({"code": 500, "msg": "Internal system error"}, 500)
        if kind is FaultKind.REGION:
            return page("451 Unavailable For Legal Reasons", 451)
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:.0f}"}
        if kind is FaultKind.BANNED:
            return page("403 Forbidden: too many requests", 403)
        # Its gateway speaks of a limit with HTTP 200.
        refusal = {"success": False, "code": 510, "message": "Requests are too frequent"}
        return Answer(refusal, 200, headers)

    def _known(self, question: Question) -> Listing:
        listing = self.listing_of(question)
        if listing is None:
            if question.path.startswith(_CONTRACT):
                raise Refused(_contract_error(1001, "Contract does not exist"))
            raise Refused(Answer({"code": -1121, "msg": "Invalid symbol."}, 400))
        return listing

    def _symbols(self, question: Question) -> Answer:
        symbols = [_symbol(x) for x in self.shelf.listings()]
        now = self.shelf.now_ms
        return Answer({"timezone": "CST", "serverTime": now, "rateLimits": [], "symbols": symbols})

    def _contracts(self, question: Question) -> Answer:
        return _good([_contract(x) for x in self.shelf.listings(swap=True)])

    def _spot_candles(self, question: Question) -> Answer:
        listing = self._known(question)
        width = _SPOT_WIDTHS.get(question.params.get("interval", ""))
        if width is None:
            raise Refused(Answer({"code": -1120, "msg": "Invalid interval."}, 400))
        limit = min(question.integer("limit") or _SPOT_MAX, _SPOT_MAX)
        now = self.shelf.now_ms
        start, end = question.integer("startTime"), question.integer("endTime")
        until = now + 1 if end is None else min(end, now + 1)  # the end is left out
        since = until - limit * width if start is None else start
        rows = self.shelf.rows(listing, width, (since, until), faults=question.faults)
        return Answer(self.wire_rows(question, rows[:limit], partial(_spot_row, width=width)))

    def _swap_candles(self, question: Question) -> Answer:
        listing = self._known(question)
        width = _SWAP_WIDTHS.get(question.params.get("interval", "Min1"))
        if width is None:
            raise Refused(_contract_error(600, "Parameter error"))
        now = self.shelf.now_ms
        start, end = question.integer("start"), question.integer("end")
        until = now + 1 if end is None else min(end * 1000, now) + 1
        since = until - _SWAP_MAX * width if start is None else start * 1000
        rows = self.shelf.rows(listing, width, (since, until), unit_ms=1000, faults=question.faults)
        encode = partial(_swap_row, size=listing.contract_size)
        served = self.wire_rows(question, rows[:_SWAP_MAX], encode)
        columns = {name: [row[place] for row in served] for place, name in enumerate(_COLUMNS)}
        return _good(columns)

    def _spot_book(self, question: Question) -> Answer:
        listing = self._known(question)
        bids, asks = (
            [[text(p), text(q)] for p, q in side]
            for side in self.shelf.order_book(listing, question.integer("limit") or 100)
        )
        now = self.shelf.now_ms
        return Answer({"lastUpdateId": now, "bids": bids, "asks": asks, "timestamp": now})

    def _swap_book(self, question: Question) -> Answer:
        """Price, contracts, and in how many orders."""
        listing = self._known(question)
        bids, asks = (
            [[p, q / listing.contract_size, 1] for p, q in side]
            for side in self.shelf.order_book(listing, question.integer("limit") or 50)
        )
        now = self.shelf.now_ms
        return _good({"asks": asks, "bids": bids, "version": now, "timestamp": now})

    def _ticker(self, question: Question) -> Answer:
        """``holdVol``: open contracts."""
        listing = self._known(question)
        day = self.shelf.day(listing)
        return _good(
            {
                "symbol": _swap_name(listing),
                "lastPrice": day.last,
                "bid1": day.last * 0.9998,
                "ask1": day.last * 1.0002,
                "volume24": day.base_volume / listing.contract_size,
                "amount24": day.quote_volume,
                "holdVol": day.base_volume / 10 / listing.contract_size,
                "lower24Price": day.low,
                "high24Price": day.high,
                "indexPrice": day.last,
                "fairPrice": day.last,
                "fundingRate": 0.0001,
                "timestamp": day.now_ms,
            }
        )

    def _funding(self, question: Question) -> Answer:
        listing, now = self._known(question), self.shelf.now_ms
        return _good(
            {
                "symbol": _swap_name(listing),
                "fundingRate": 0.0001,
                "maxFundingRate": 0.003,
                "minFundingRate": -0.003,
                "collectCycle": 8,
                "nextSettleTime": now + 3_600_000,
                "timestamp": now,
            }
        )

    def _time(self, question: Question) -> Answer:
        return Answer({"serverTime": self.shelf.now_ms})


def _good(data: Any) -> Answer:
    return Answer({"success": True, "code": 0, "data": data})


def _spot_name(listing: Listing) -> str:
    return listing.joined("")


def _swap_name(listing: Listing) -> str:
    return listing.joined("_")


def _spot_row(row: Row, *, width: int) -> list[Any]:
    figures = [text(v) for v in (row.open, row.high, row.low, row.close, row.base)]
    return [row.time, *figures, row.time + width, text(row.quote)]


def _swap_row(row: Row, *, size: float) -> list[Any]:
    """In the order of the columns; numbers are numbers here."""
    contracts = row.base / size if isinstance(row.base, float) else row.base
    return [row.time, row.open, row.close, row.high, row.low, contracts, row.quote]


def _symbol(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": _spot_name(listing),
        "status": "1",
        "baseAsset": listing.base,
        "baseAssetPrecision": 4,
        "quoteAsset": listing.quote,
        "quotePrecision": 6,
        "quoteAssetPrecision": 6,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "permissions": ["SPOT"],
        "filters": [],
        "baseSizePrecision": "0.01",
        "maxQuoteAmount": "5000000",
        "makerCommission": "0",
        "takerCommission": "0.0005",
        "quoteAmountPrecision": "1",
        "fullName": listing.base.title(),
    }


def _contract(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": _swap_name(listing),
        "displayNameEn": f"{_swap_name(listing)} PERPETUAL",
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "settleCoin": listing.quote,
        "contractSize": listing.contract_size,
        "minLeverage": 1,
        "maxLeverage": 50,
        "priceUnit": 0.00001,
        "volUnit": 1,
        "minVol": 1,
        "maxVol": 1_000_000,
        "takerFeeRate": 0.0002,
        "makerFeeRate": 0,
        "state": 0,
        "apiAllowed": True,
    }
