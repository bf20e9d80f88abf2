"""Binance: spot (`/api/v3`) and USD-M futures (`/fapi/v1`). Rows ascend; errors are HTTP 400 with a code."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from monitor.clock import monotonic
from tests.kit.venue_server.faults import FaultKind
from tests.kit.venue_server.listing import Listing
from tests.kit.venue_server.row_faults import Row
from tests.kit.venue_server.shelf import Shelf
from tests.kit.venue_server.wire import (
    MINUTE,
    MINUTES,
    Answer,
    Question,
    Refused,
    Route,
    Venue,
    text,
)

_WIDTHS = {name: count * MINUTE for name, count in MINUTES.items()}
_DEFAULT_LIMIT = 500
_SPOT_MAX, _FUTURES_MAX = 1000, 1500
_FAR_MS = 1 << 62
_WEIGHTS = {"markets": 20, "candles": 2, "ticker": 2, "book": 5, "trades": 4}


def _refuse(code: int, words: str) -> Refused:
    return Refused(Answer({"code": code, "msg": words}, 400))


class Binance(Venue):
    """Binance's public market data."""

    id = "binance"

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf)
        self._minute, self._weight = 0, 0

    def headers(self, endpoint: str) -> Mapping[str, str]:
        minute = int(monotonic() // 60)
        if minute != self._minute:
            self._minute, self._weight = minute, 0
        self._weight += _WEIGHTS.get(endpoint, 1)
        return {"X-MBX-USED-WEIGHT-1M": str(self._weight)}

    def make_routes(self) -> Mapping[str, Route]:
        routes = {
            "/dapi/v1/exchangeInfo": Route("markets", self._no_contracts),
            "/sapi/v1/system/status": Route("status", self._status),
        }
        for root, swap in (("/api/v3", False), ("/fapi/v1", True)):
            routes |= {
                f"{root}/exchangeInfo": Route("markets", partial(self._markets, swap=swap)),
                f"{root}/klines": Route("candles", partial(self._klines, swap=swap)),
                f"{root}/ticker/24hr": Route("ticker", self._tickers),
                f"{root}/depth": Route("book", self._depth),
                f"{root}/aggTrades": Route("trades", self._trades),
                f"{root}/time": Route("time", self._time),
            }
        routes |= {
            "/fapi/v1/premiumIndex": Route("funding", self._premium),
            "/fapi/v1/openInterest": Route("interest", self._interest),
            "/fapi/v1/fundingInfo": Route("intervals", self._intervals),
        }
        return routes

    def listing_of(self, question: Question) -> Listing | None:
        swap = question.path.startswith("/fapi")
        return self.shelf.find(question.params.get("symbol", ""), _name, swap=swap)

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:.0f}"}
        if kind is FaultKind.MAINTENANCE:
            return Answer({"code": 1, "msg": "System is under maintenance."}, 503)
        if kind is FaultKind.INTERNAL_ERROR:
            words = "Internal error; unable to process your request. Please try again."
            return Answer({"code": -1001, "msg": words}, 500)
        if kind is FaultKind.REGION:
            words = (
                "Service unavailable from a restricted location according to 'b. Eligibility' "
                "in the terms of use."
            )
            return Answer({"code": 0, "msg": words}, 451)
        if kind is FaultKind.BANNED:
            until = self.shelf.now_ms + int((retry_after or 120.0) * 1000)
            words = (
                f"Way too much request weight used; IP banned until {until}. "
                "Please use WebSocket Streams for live updates to avoid bans."
            )
            return Answer({"code": -1003, "msg": words}, 418, headers)
        words = (
            "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. "
            "Please use WebSocket Streams for live updates to avoid polling the API."
        )
        return Answer({"code": -1003, "msg": words}, 429, headers)

    def _known(self, question: Question) -> Listing:
        listing = self.listing_of(question)
        if listing is None:
            raise _refuse(-1121, "Invalid symbol.")
        return listing

    def _markets(self, question: Question, *, swap: bool) -> Answer:
        listings = self.shelf.listings(swap=swap)
        symbols = [_future(x) if swap else _spot(x) for x in listings]
        return Answer(self._exchange_info(symbols))

    def _no_contracts(self, question: Question) -> Answer:
        return Answer(self._exchange_info([]))

    def _exchange_info(self, symbols: list[dict[str, Any]]) -> dict[str, Any]:
        limit = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1}
        return {
            "timezone": "UTC",
            "serverTime": self.shelf.now_ms,
            "rateLimits": [limit | {"limit": 6000}],
            "exchangeFilters": [],
            "symbols": symbols,
        }

    def _klines(self, question: Question, *, swap: bool) -> Answer:
        listing = self._known(question)
        width = _WIDTHS.get(question.params.get("interval", ""))
        if width is None:
            raise _refuse(-1120, "Invalid interval.")
        largest = _FUTURES_MAX if swap else _SPOT_MAX
        limit = min(question.integer("limit") or _DEFAULT_LIMIT, largest)
        since, last = question.integer("startTime"), question.integer("endTime")
        until = min(_FAR_MS if last is None else last + 1, self.shelf.now_ms + 1)
        if since is None:
            span = (until - (limit + 1) * width, until)
        else:
            span = (since, min(until, since + (limit + 1) * width))
        rows = self.shelf.rows(listing, width, span, faults=question.faults)
        rows = rows[-limit:] if since is None else rows[:limit]
        return Answer(self.wire_rows(question, rows, partial(_row, width=width)))

    def _tickers(self, question: Question) -> Answer:
        if question.params.get("symbol"):
            return Answer(self._ticker(self._known(question)))
        swap = question.path.startswith("/fapi")
        return Answer([self._ticker(listing) for listing in self.shelf.listings(swap=swap)])

    def _ticker(self, listing: Listing) -> dict[str, Any]:
        day = self.shelf.day(listing)
        change = day.last - day.first
        mean = day.quote_volume / day.base_volume if day.base_volume else day.last
        return {
            "symbol": _name(listing),
            "priceChange": text(change),
            "priceChangePercent": f"{change / day.first * 100:.3f}",
            "weightedAvgPrice": text(mean),
            "prevClosePrice": text(day.first),
            "lastPrice": text(day.last),
            "lastQty": "0.00731000",
            "bidPrice": text(day.last * 0.9998),
            "bidQty": "7.15931000",
            "askPrice": text(day.last * 1.0002),
            "askQty": "0.09592000",
            "openPrice": text(day.first),
            "highPrice": text(day.high),
            "lowPrice": text(day.low),
            "volume": text(day.base_volume),
            "quoteVolume": text(day.quote_volume),
            "openTime": day.since_ms,
            "closeTime": day.now_ms,
            "firstId": 1,
            "lastId": day.trades,
            "count": day.trades,
        }

    def _depth(self, question: Question) -> Answer:
        bids, asks = self.shelf.order_book(self._known(question), question.integer("limit") or 100)
        sides = {"bids": bids, "asks": asks}
        levels = {k: [[text(p), text(q)] for p, q in side] for k, side in sides.items()}
        return Answer({"lastUpdateId": self.shelf.now_ms, **levels})

    def _premium(self, question: Question) -> Answer:
        listing = self._known(question)
        last = text(self.shelf.day(listing).last)
        return Answer(
            {
                "symbol": _name(listing),
                "markPrice": last,
                "indexPrice": last,
                "estimatedSettlePrice": last,
                "lastFundingRate": "0.00010000",
                "interestRate": "0.00010000",
                "nextFundingTime": self.shelf.now_ms + 3_600_000,
                "time": self.shelf.now_ms,
            }
        )

    def _interest(self, question: Question) -> Answer:
        """In coins."""
        listing = self._known(question)
        coins = text(self.shelf.day(listing).base_volume / 10)
        return Answer({"openInterest": coins, "symbol": _name(listing), "time": self.shelf.now_ms})

    def _intervals(self, question: Question) -> Answer:
        """Only those that are not 8 h."""
        trump = {
            "symbol": "TRUMPUSDT",
            "adjustedFundingRateCap": "0.02",
            "adjustedFundingRateFloor": "-0.02",
            "fundingIntervalHours": 4,
            "disclaimer": False,
        }
        return Answer([trump])

    def _trades(self, question: Question) -> Answer:
        prints = self.shelf.prints(
            self._known(question), question.integer("limit") or 500, faults=question.faults
        )
        return Answer(
            [
                {
                    "a": p.number,
                    "p": text(p.price),
                    "q": text(p.size),
                    "f": p.number,
                    "l": p.number,
                    "T": p.time_ms,
                    "m": not p.taker_buys,
                    "M": True,
                }
                for p in prints
            ]
        )

    def _time(self, question: Question) -> Answer:
        return Answer({"serverTime": self.shelf.now_ms})

    def _status(self, question: Question) -> Answer:
        return Answer({"status": 0, "msg": "normal"})


def _name(listing: Listing) -> str:
    return listing.joined("")


def _row(row: Row, *, width: int) -> list[Any]:
    return [
        row.time,
        text(row.open),
        text(row.high),
        text(row.low),
        text(row.close),
        text(row.base),
        row.time + width - 1,
        text(row.quote),
        row.trades,
        text(row.taker_base),
        text(row.taker_quote),
        "0",
    ]


def _filters() -> list[dict[str, Any]]:
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.00000001",
            "maxPrice": "1000000.00000000",
            "tickSize": "0.00000001",
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": "0.00001000",
            "maxQty": "92141578.00000000",
            "stepSize": "0.00001000",
        },
        {"filterType": "ICEBERG_PARTS", "limit": 10},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": "0.00000000",
            "maxQty": "134825.98331250",
            "stepSize": "0.00000000",
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": "5.00000000",
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
    ]


def _spot(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": _name(listing),
        "status": "TRADING",
        "baseAsset": listing.base,
        "baseAssetPrecision": 8,
        "quoteAsset": listing.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(),
        "permissions": [],
        "permissionSets": [["SPOT", *(f"TRD_GRP_{number:03d}" for number in range(4, 26))]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }


def _future(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": _name(listing),
        "pair": _name(listing),
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": listing.first_ms,
        "status": "TRADING",
        "baseAsset": listing.base,
        "quoteAsset": listing.quote,
        "marginAsset": listing.quote,
        "pricePrecision": 7,
        "quantityPrecision": 0,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "filters": _filters(),
        "orderTypes": ["LIMIT", "MARKET", "STOP", "TAKE_PROFIT"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }
