"""Gate v4: spot and USDT futures. Times in seconds; spot rows are time, quote, close, high, low, open, base; `limit` does
not go with `from` or `to`; 1,000 points a request on spot and 10,000 points back. Futures count contracts.
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

_WIDTHS = {name: count * MINUTE for name, count in MINUTES.items()}
_DEFAULT_LIMIT = 100
_SPOT_MAX, _FUTURES_MAX = 1_000, 2_000
_REACH = 10_000
_ROOT = "/api/v4"


def _refuse(label: str, words: str) -> Refused:
    return Refused(Answer({"label": label, "message": words}, 400))


class Gate(Venue):
    """Gate's public market data."""

    id = "gate"
    unit_ms = 1000

    def make_routes(self) -> Mapping[str, Route]:
        spot, futures = f"{_ROOT}/spot", f"{_ROOT}/futures/usdt"
        return {
            f"{spot}/currencies": Route("currencies", self._currencies),
            f"{spot}/currency_pairs": Route("markets", self._pairs),
            f"{spot}/candlesticks": Route("candles", partial(self._candles, swap=False)),
            f"{spot}/tickers": Route("ticker", self._tickers),
            f"{spot}/order_book": Route("book", self._book),
            f"{spot}/trades": Route("trades", self._trades),
            f"{spot}/time": Route("time", self._time),
            f"{futures}/contracts": Route("markets", self._contracts),
            f"{futures}/tickers": Route("ticker", self._futures_ticker),
            f"{futures}/order_book": Route("book", self._futures_book),
            f"{futures}/candlesticks": Route("candles", partial(self._candles, swap=True)),
            f"{_ROOT}/margin/currency_pairs": Route("margin", self._nothing),
            f"{_ROOT}/futures/btc/contracts": Route("markets", self._nothing),
            f"{_ROOT}/delivery/usdt/contracts": Route("markets", self._nothing),
            f"{_ROOT}/options/underlyings": Route("markets", self._nothing),
        }

    def route(self, path: str) -> Route | None:
        """One contract has its name in the path."""
        if path.startswith(f"{_ROOT}/futures/usdt/contracts/"):
            return Route("funding", self._one_contract)
        return super().route(path)

    def listing_of(self, question: Question) -> Listing | None:
        name = question.params.get("contract")
        if name is not None:
            return self.shelf.find(name, _name, swap=True)
        return self.shelf.find(question.params.get("currency_pair", ""), _name)

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        if kind is FaultKind.MAINTENANCE:
            return page("503 Under maintenance", 503)
        if kind is FaultKind.INTERNAL_ERROR:
            return Answer({"label": "SERVER_ERROR", "message": "Internal server error"}, 500)
        if kind is FaultKind.REGION:
            words = "Service is not available in your region"
            return Answer({"label": "FORBIDDEN", "message": words}, 403)
        if kind is FaultKind.BANNED:
            return page("403 Forbidden: too many requests", 403)
        reset = self.shelf.now_ms // 1000 + int(retry_after or 10)
        headers = {
            "X-Gate-RateLimit-Requests-Remain": "0",
            "X-Gate-RateLimit-Limit": "200",
            "X-Gate-RateLimit-Reset-Timestamp": str(reset),
        }
        if retry_after is not None:
            headers["Retry-After"] = f"{retry_after:.0f}"
        body = {"label": "TOO_MANY_REQUESTS", "message": "Request rate limit exceeded"}
        return Answer(body, 429, headers)

    def _known(self, question: Question) -> Listing:
        listing = self.listing_of(question)
        if listing is None:
            name = question.params.get("contract") or question.params.get("currency_pair", "")
            if "contract" in question.params:
                raise _refuse("CONTRACT_NOT_FOUND", f"Contract {name} not found")
            raise _refuse("INVALID_CURRENCY_PAIR", f"Invalid currency pair {name}")
        return listing

    def _nothing(self, question: Question) -> Answer:
        return Answer([])

    def _currencies(self, question: Question) -> Answer:
        coins = {x.base: x for x in self.shelf.listings()}
        return Answer([_currency(x) for x in coins.values()] + [_currency(Listing("USDT/USDT"))])

    def _pairs(self, question: Question) -> Answer:
        return Answer([_pair(x) for x in self.shelf.listings()])

    def _contracts(self, question: Question) -> Answer:
        return Answer([self._contract(x) for x in self.shelf.listings(swap=True)])

    def _candles(self, question: Question, *, swap: bool) -> Answer:
        listing = self._known(question)
        width = _WIDTHS.get(question.params.get("interval", "30m"))
        if width is None:
            raise _refuse("INVALID_PARAM_VALUE", "Invalid interval")
        span = self._span(question, width, _FUTURES_MAX if swap else _SPOT_MAX)
        rows = self.shelf.rows(listing, width, span, unit_ms=1000, faults=question.faults)
        if "from" not in question.params:
            rows = rows[-(question.integer("limit") or _DEFAULT_LIMIT) :]
        encode = partial(_futures_row, size=listing.contract_size) if swap else _spot_row
        return Answer(self.wire_rows(question, rows, encode))

    def _span(self, question: Question, width: int, largest: int) -> tuple[int, int]:
        """Bounds in ms, the upper one open; raises what Gate refuses."""
        first, last = question.integer("from"), question.integer("to")
        limit = question.integer("limit")
        if limit is not None and (first is not None or last is not None):
            raise _refuse("INVALID_PARAM_VALUE", "limit is not allowed together with from and to")
        if limit is not None and limit > largest:
            raise _refuse("INVALID_PARAM_VALUE", f"limit must not exceed {largest}")
        now = self.shelf.now_ms
        until = now + 1 if last is None else min(last * 1000, now) + 1
        since = until - (limit or _DEFAULT_LIMIT) * width if first is None else first * 1000
        if (until - since) // width > largest:
            words = f"Candlestick range too broad. Maximum {largest} data points are allowed per request"
            raise _refuse("INVALID_PARAM_VALUE", words)
        if since < now - _REACH * width:
            words = f"Candlestick too long ago. Maximum {_REACH} points ago are allowed"
            raise _refuse("INVALID_PARAM_VALUE", words)
        return since, until

    def _tickers(self, question: Question) -> Answer:
        if question.params.get("currency_pair"):
            return Answer([self._ticker(self._known(question))])
        return Answer([self._ticker(x) for x in self.shelf.listings()])

    def _ticker(self, listing: Listing) -> dict[str, Any]:
        day = self.shelf.day(listing)
        return {
            "currency_pair": _name(listing),
            "last": text(day.last),
            "lowest_ask": text(day.last * 1.0002),
            "highest_bid": text(day.last * 0.9998),
            "change_percentage": f"{(day.last / day.first - 1) * 100:.2f}",
            "base_volume": text(day.base_volume),
            "quote_volume": text(day.quote_volume),
            "high_24h": text(day.high),
            "low_24h": text(day.low),
        }

    def _futures_ticker(self, question: Question) -> Answer:
        """``total_size``: open contracts."""
        listing = self._known(question)
        day = self.shelf.day(listing)
        contracts = day.base_volume / 10 / listing.contract_size
        ticker = {
            "contract": _name(listing),
            "last": text(day.last),
            "mark_price": text(day.last),
            "index_price": text(day.last),
            "total_size": text(contracts),
            "volume_24h_base": text(day.base_volume),
            "volume_24h_quote": text(day.quote_volume),
            "high_24h": text(day.high),
            "low_24h": text(day.low),
            "funding_rate": "0.0001",
            "quanto_multiplier": text(listing.contract_size),
        }
        return Answer([ticker])

    def _book(self, question: Question) -> Answer:
        bids, asks = self.shelf.order_book(self._known(question), question.integer("limit") or 10)
        now = self.shelf.now_ms
        return Answer(
            {
                "id": now,
                "current": now,
                "update": now - 2,
                "asks": [[text(p), text(q)] for p, q in asks],
                "bids": [[text(p), text(q)] for p, q in bids],
            }
        )

    def _futures_book(self, question: Question) -> Answer:
        """Levels are objects, sizes whole contracts."""
        listing = self._known(question)
        bids, asks = self.shelf.order_book(listing, question.integer("limit") or 10)
        now = self.shelf.now_ms / 1000

        def levels(side: list[tuple[float, float]]) -> list[dict[str, Any]]:
            return [{"p": text(p), "s": round(q / listing.contract_size)} for p, q in side]

        return Answer(
            {
                "id": self.shelf.now_ms,
                "current": now,
                "update": now,
                "asks": levels(asks),
                "bids": levels(bids),
            }
        )

    def _trades(self, question: Question) -> Answer:
        listing = self._known(question)
        prints = self.shelf.prints(
            listing, question.integer("limit") or 100, faults=question.faults
        )
        return Answer(
            [
                {
                    "id": str(p.number),
                    "create_time": str(p.time_ms // 1000),
                    "create_time_ms": f"{p.time_ms}.000000",
                    "currency_pair": _name(listing),
                    "side": p.side,
                    "amount": text(p.size),
                    "price": text(p.price),
                }
                for p in reversed(prints)
            ]
        )

    def _time(self, question: Question) -> Answer:
        return Answer({"server_time": self.shelf.now_ms})

    def _one_contract(self, question: Question) -> Answer:
        name = question.path.rpartition("/")[2]
        listing = self.shelf.find(name, _name, swap=True)
        if listing is None:
            words = {"label": "CONTRACT_NOT_FOUND", "message": "contract not found"}
            return Answer(words, 400)
        return Answer(self._contract(listing))

    def _contract(self, listing: Listing) -> dict[str, Any]:
        price = text(self.shelf.day(listing).last)
        return {
            "name": _name(listing),
            "type": "direct",
            "quanto_multiplier": text(listing.contract_size),
            "order_price_round": "0.00000001",
            "order_price_deviate": "0.5",
            "order_size_min": 1,
            "order_size_max": 1000000,
            "mark_price": price,
            "index_price": price,
            "last_price": price,
            "leverage_min": "1",
            "leverage_max": "50",
            "maintenance_rate": "0.005",
            "maker_fee_rate": "-0.00005",
            "taker_fee_rate": "0.0005",
            "funding_rate": "0.0001",
            "funding_interval": 28800,
            "in_delisting": False,
            "status": "trading",
            "create_time": listing.first_ms // 1000,
        }


def _name(listing: Listing) -> str:
    return listing.joined("_")


def _spot_row(row: Row) -> list[Any]:
    values = (row.time, row.quote, row.close, row.high, row.low, row.open, row.base)
    return [*(text(value) for value in values), "true" if row.closed else "false"]


def _futures_row(row: Row, *, size: float) -> dict[str, Any]:
    return {
        "t": row.time,
        "v": row.base / size if isinstance(row.base, float) else row.base,
        "c": text(row.close),
        "h": text(row.high),
        "l": text(row.low),
        "o": text(row.open),
        "sum": text(row.quote),
    }


def _currency(listing: Listing) -> dict[str, Any]:
    chain = listing.chain or "ETH"
    return {
        "currency": listing.base,
        "name": listing.base.title(),
        "delisted": False,
        "withdraw_disabled": False,
        "withdraw_delayed": False,
        "deposit_disabled": False,
        "trade_disabled": False,
        "chain": chain,
        "chains": [
            {
                "name": chain,
                "addr": listing.contract,
                "withdraw_disabled": False,
                "withdraw_delayed": False,
                "deposit_disabled": False,
            }
        ],
    }


def _pair(listing: Listing) -> dict[str, Any]:
    return {
        "id": _name(listing),
        "base": listing.base,
        "base_name": listing.base.title(),
        "quote": listing.quote,
        "quote_name": listing.quote.title(),
        "fee": "0.2",
        "min_base_amount": "0.01",
        "min_quote_amount": "3",
        "max_quote_amount": "5000000",
        "amount_precision": 3,
        "precision": 8,
        "trade_status": "tradable",
        "sell_start": listing.first_ms // 1000,
        "buy_start": listing.first_ms // 1000,
        "type": "normal",
        "trade_url": f"https://www.gate.com/trade/{_name(listing)}",
    }
