"""Bitget v2: spot and USDT futures, each with its own words for widths. Times in ms; ``candles`` reaches a month back, older
rows are on ``history-candles``; the end is left out. Spot rows have a column in USDT before the one in the quote. Swaps count coins.
"""

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

_UTC = {"6h": "6Hutc", "12h": "12Hutc", "1d": "1Dutc"}
_SPOT_WIDTHS = {
    _UTC.get(name, name.replace("m", "min")): count * MINUTE for name, count in MINUTES.items()
}
_SWAP_WIDTHS = {
    _UTC.get(name, name.replace("h", "H")): count * MINUTE for name, count in MINUTES.items()
}
_DEFAULT_LIMIT, _RECENT_LIMIT, _HISTORY_LIMIT = 100, 1_000, 200
_BOOK_LEVELS = 150
_TRADES, _MOST_TRADES = 500, 1_000
_RECENT_MS = 30 * 86_400_000
_OF_USDT = "USDT-FUTURES"


def _coded(code: str, words: str, status: int = 400) -> Answer:
    return Answer({"code": code, "msg": words, "requestTime": 0, "data": None}, status)


class Bitget(Venue):
    """Bitget's public market data."""

    id = "bitget"

    def make_routes(self) -> Mapping[str, Route]:
        spot, mix = "/api/v2/spot", "/api/v2/mix/market"
        spot_rows, swap_rows = (partial(self._candles, swap=swap) for swap in (False, True))
        return {
            "/api/v2/public/time": Route("time", self._time),
            f"{spot}/public/coins": Route("currencies", self._nothing),
            "/api/v2/margin/currencies": Route("margin", self._nothing),
            f"{spot}/public/symbols": Route("markets", self._symbols),
            f"{spot}/market/candles": Route("candles", partial(spot_rows, old=False)),
            f"{spot}/market/history-candles": Route("candles", partial(spot_rows, old=True)),
            f"{spot}/market/orderbook": Route("book", partial(self._book, swap=False)),
            f"{mix}/merge-depth": Route("book", partial(self._book, swap=True)),
            f"{spot}/market/fills-history": Route("trades", self._trades),
            f"{mix}/fills-history": Route("trades", self._trades),
            f"{mix}/contracts": Route("markets", self._contracts),
            f"{mix}/candles": Route("candles", partial(swap_rows, old=False)),
            f"{mix}/history-candles": Route("candles", partial(swap_rows, old=True)),
            f"{mix}/ticker": Route("ticker", self._ticker),
            f"{mix}/current-fund-rate": Route("funding", self._funding),
            f"{mix}/open-interest": Route("interest", self._interest),
        }

    def listing_of(self, question: Question) -> Listing | None:
        swap = "productType" in question.params
        return self.shelf.find(question.params.get("symbol", ""), _name, swap=swap)

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        if kind is FaultKind.MAINTENANCE:
            return page("503 System maintenance", 503)
        if kind is FaultKind.INTERNAL_ERROR:
            return _coded("40725", "service return an error", 500)
        if kind is FaultKind.REGION:
            return page("451 Unavailable For Legal Reasons", 451)
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:.0f}"}
        if kind is FaultKind.BANNED:
            return page("403 Forbidden: too many requests", 403)
        return Answer({"code": "429", "msg": "Too Many Requests", "data": None}, 429, headers)

    def _known(self, question: Question) -> Listing:
        listing = self.listing_of(question)
        if listing is None:
            raise Refused(
                _coded("40034", f"Parameter {question.params.get('symbol')} does not exist")
            )
        return listing

    def _good(self, data: Any) -> Answer:
        now = self.shelf.now_ms
        return Answer({"code": "00000", "msg": "success", "requestTime": now, "data": data})

    def _nothing(self, question: Question) -> Answer:
        return self._good([])

    def _symbols(self, question: Question) -> Answer:
        return self._good([_symbol(x) for x in self.shelf.listings()])

    def _contracts(self, question: Question) -> Answer:
        ours = question.params.get("productType") == _OF_USDT
        return self._good([_contract(x) for x in self.shelf.listings(swap=True)] if ours else [])

    def _candles(self, question: Question, *, swap: bool, old: bool) -> Answer:
        listing = self._known(question)
        widths = _SWAP_WIDTHS if swap else _SPOT_WIDTHS
        width = widths.get(question.params.get("granularity", ""))
        if width is None:
            raise Refused(_coded("400171", "Parameter verification failed granularity"))
        limit = question.integer("limit") or _DEFAULT_LIMIT
        if limit > (_HISTORY_LIMIT if old else _RECENT_LIMIT):
            raise Refused(_coded("40812", "The condition limit is not met"))
        now = self.shelf.now_ms
        end, start = question.integer("endTime"), question.integer("startTime")
        if old and end is None:
            raise Refused(_coded("400172", "Parameter endTime cannot be empty"))
        until = now + 1 if end is None else min(end, now + 1)
        since = until - limit * width if start is None else start
        if not old:
            since = max(since, now - _RECENT_MS)
        rows = self.shelf.rows(listing, width, (since, until), faults=question.faults)
        if old:
            rows = [row for row in rows if row.closed]
        return self._good(self.wire_rows(question, rows[-limit:], _swap_row if swap else _spot_row))

    def _book(self, question: Question, *, swap: bool) -> Answer:
        """Texts on spot, numbers of a swap."""
        listing = self._known(question)
        limit = min(question.integer("limit") or _BOOK_LEVELS, _BOOK_LEVELS)
        bids, asks = (
            [[p, q] if swap else [text(p), text(q)] for p, q in side]
            for side in self.shelf.order_book(listing, limit)
        )
        return self._good({"asks": asks, "bids": bids, "ts": str(self.shelf.now_ms)})

    def _trades(self, question: Question) -> Answer:
        """Newest first; of a swap in coins too."""
        listing = self._known(question)
        limit = question.integer("limit") or _TRADES
        if limit > _MOST_TRADES:
            raise Refused(_coded("40812", "The condition limit is not met"))
        prints = self.shelf.prints(listing, limit, faults=question.faults)
        return self._good(
            [
                {
                    "symbol": _name(listing),
                    "tradeId": str(p.number),
                    "side": p.side.capitalize(),
                    "price": text(p.price),
                    "size": text(p.size),
                    "ts": str(p.time_ms),
                }
                for p in reversed(prints)
            ]
        )

    def _ticker(self, question: Question) -> Answer:
        listing = self._known(question)
        day = self.shelf.day(listing)
        return self._good(
            [
                {
                    "symbol": _name(listing),
                    "lastPr": text(day.last),
                    "askPr": text(day.last * 1.0002),
                    "bidPr": text(day.last * 0.9998),
                    "high24h": text(day.high),
                    "low24h": text(day.low),
                    "ts": str(day.now_ms),
                    "baseVolume": text(day.base_volume),
                    "quoteVolume": text(day.quote_volume),
                    "usdtVolume": text(day.quote_volume),
                    "open24h": text(day.first),
                    "markPrice": text(day.last),
                    "indexPrice": text(day.last),
                    "fundingRate": "0.0001",
                    "holdingAmount": text(day.base_volume / 10),
                }
            ]
        )

    def _funding(self, question: Question) -> Answer:
        return self._good(
            [
                {
                    "symbol": _name(self._known(question)),
                    "fundingRate": "0.0001",
                    "fundingRateInterval": "8",
                    "nextUpdate": str(self.shelf.now_ms + 3_600_000),
                    "minFundingRate": "-0.003",
                    "maxFundingRate": "0.003",
                }
            ]
        )

    def _interest(self, question: Question) -> Answer:
        """In coins."""
        listing = self._known(question)
        size = text(self.shelf.day(listing).base_volume / 10)
        rows = [{"symbol": _name(listing), "size": size}]
        return self._good({"openInterestList": rows, "ts": str(self.shelf.now_ms)})

    def _time(self, question: Question) -> Answer:
        return self._good({"serverTime": str(self.shelf.now_ms)})


def _name(listing: Listing) -> str:
    return listing.joined("")


def _swap_row(row: Row) -> list[Any]:
    values = (row.time, row.open, row.high, row.low, row.close, row.base, row.quote)
    return [text(value) for value in values]


def _spot_row(row: Row) -> list[Any]:
    return [*_swap_row(row), text(row.quote)]


def _symbol(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": _name(listing),
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "minTradeAmount": "0",
        "maxTradeAmount": "10000000000",
        "takerFeeRate": "0.002",
        "makerFeeRate": "0.002",
        "pricePrecision": "6",
        "quantityPrecision": "4",
        "quotePrecision": "6",
        "status": "online",
        "minTradeUSDT": "5",
    }


def _contract(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": _name(listing),
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "supportMarginCoins": [listing.quote],
        "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0006",
        "minTradeNum": "0.001",
        "priceEndStep": "1",
        "volumePlace": "3",
        "pricePlace": "5",
        "sizeMultiplier": "0.001",
        "symbolType": "perpetual",
        "symbolStatus": "normal",
        "minTradeUSDT": "5",
        "launchTime": str(listing.first_ms),
        "fundInterval": "8",
        "minLever": "1",
        "maxLever": "50",
    }
