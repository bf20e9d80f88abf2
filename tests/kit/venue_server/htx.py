"""HTX: spot and linear swaps. Times in seconds, rows are objects; the channel names the market; errors come with HTTP 200. Swap
rows count contracts in ``vol`` and coins in ``amount``.
"""

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
)

_WIDTHS = {
    name: count * MINUTE
    for name, count in {
        "1min": 1,
        "5min": 5,
        "15min": 15,
        "30min": 30,
        "60min": 60,
        "4hour": 240,
        "1day": 1440,
    }.items()
}
_DEFAULT_SIZE, _SPOT_MAX, _SWAP_MAX = 150, 1_000, 2_000
_DEPTHS = (5, 10, 20)
_WHOLE_DEPTH = 150
"""Levels of a book where no depth is named; no other may be."""
_MOST_TRADES = 2_000
_SWAPS = "/linear-swap-ex/market"


class Htx(Venue):
    """HTX's public market data."""

    id = "htx"
    unit_ms = 1000

    def make_routes(self) -> Mapping[str, Route]:
        return {
            "/v1/common/symbols": Route("markets", self._symbols),
            "/v1/common/timestamp": Route("time", self._time),
            "/v2/reference/currencies": Route("currencies", self._nothing),
            "/market/history/candles": Route("candles", partial(self._candles, swap=False)),
            "/market/history/trade": Route("trades", self._trades),
            "/market/depth": Route("book", partial(self._book, swap=False)),
            f"{_SWAPS}/depth": Route("book", partial(self._book, swap=True)),
            "/linear-swap-api/v1/swap_contract_info": Route("markets", self._contracts),
            "/swap-api/v1/swap_contract_info": Route("markets", self._inverse),
            "/api/v1/contract_contract_info": Route("markets", self._inverse),
            f"{_SWAPS}/history/kline": Route("candles", partial(self._candles, swap=True)),
            "/v5/market/funding_rate": Route("funding", self._funding),
            "/v5/market/open_interest": Route("interest", self._interest),
        }

    def listing_of(self, question: Question) -> Listing | None:
        contract = question.params.get("contract_code")
        if contract is not None:
            return self.shelf.find(contract, _swap_name, swap=True)
        return self.shelf.find(question.params.get("symbol", ""), _spot_name)

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        if kind is FaultKind.MAINTENANCE:
            return self._error("system-maintenance", "System is in maintenance!")
        if kind is FaultKind.INTERNAL_ERROR:
            return self._error("gateway-internal-error", "Please try again later.")
        if kind is FaultKind.REGION:
            return page("451 Unavailable For Legal Reasons", 451)
        if kind is FaultKind.BANNED:
            return page("403 Forbidden: too many requests", 403)
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:.0f}"}
        refusal = self._error("rate-too-many-requests", "request limit")
        return Answer(refusal.body, 200, headers)

    def _error(self, code: str, words: str) -> Answer:
        body = {"ts": self.shelf.now_ms, "status": "error", "err-code": code, "err-msg": words}
        return Answer({**body, "data": None})

    def _good(self, data: Any, **more: Any) -> Answer:
        return Answer({**more, "status": "ok", "ts": self.shelf.now_ms, "data": data})

    def _nothing(self, question: Question) -> Answer:
        return Answer({"code": 200, "data": []})

    def _known(self, question: Question) -> Listing:
        listing = self.listing_of(question)
        if listing is None:
            raise Refused(self._error("invalid-parameter", "invalid symbol"))
        return listing

    def _symbols(self, question: Question) -> Answer:
        return self._good([_symbol(x) for x in self.shelf.listings()])

    def _contracts(self, question: Question) -> Answer:
        return self._good([_contract(x) for x in self.shelf.listings(swap=True)])

    def _inverse(self, question: Question) -> Answer:
        """One that nobody watches: ccxt takes an empty table for a failure."""
        dates = {"delivery_date": "20251226", "delivery_time": "1766736000000"}
        future = {
            "symbol": "BTC",
            "contract_code": "BTC251226",
            "contract_size": 100.0,
            "price_tick": 0.1,
            **dates,
            "create_date": "20250101",
            "contract_status": 1,
            "contract_type": "quarter",
        }
        swap = {**future, "contract_code": "BTC-USD", "delivery_date": "", "delivery_time": ""}
        return self._good([swap if question.path.startswith("/swap-api") else future])

    def _candles(self, question: Question, *, swap: bool) -> Answer:
        listing = self._known(question)
        period = question.params.get("period", "")
        width = _WIDTHS.get(period)
        if width is None:
            raise Refused(self._error("invalid-parameter", "invalid period"))
        most = _SWAP_MAX if swap else _SPOT_MAX
        size = min(question.integer("size") or (most if swap else _DEFAULT_SIZE), most)
        now = self.shelf.now_ms
        last, first = question.integer("to"), question.integer("from")
        until = now + 1 if last is None else min(last * 1000, now) + 1
        since = until - size * width if first is None else first * 1000
        rows = self.shelf.rows(listing, width, (since, until), unit_ms=1000, faults=question.faults)
        rows = rows[:size] if first is not None else rows[-size:]
        encode = partial(_swap_row, size=listing.contract_size) if swap else _row
        name = (_swap_name if swap else _spot_name)(listing)
        served = self.wire_rows(question, rows, encode, newest_first=not swap)
        return self._good(served, ch=f"market.{name}.kline.{period}")

    def _book(self, question: Question, *, swap: bool) -> Answer:
        """Numbers; those of a swap count contracts."""
        listing = self._known(question)
        depth = question.integer("depth")
        if question.params.get("type") != "step0" or depth not in (None, *_DEPTHS):
            raise Refused(self._error("invalid-parameter", "invalid depth"))
        size = listing.contract_size if swap else 1.0
        bids, asks = (
            [[p, q / size] for p, q in side]
            for side in self.shelf.order_book(listing, depth or _WHOLE_DEPTH)
        )
        now, name = self.shelf.now_ms, (_swap_name if swap else _spot_name)(listing)
        tick = {"bids": bids, "asks": asks, "ts": now, "version": now}
        channel = f"market.{name}.depth.step0"
        return Answer({"ch": channel, "status": "ok", "ts": now, "tick": tick})

    def _trades(self, question: Question) -> Answer:
        """Those of a moment side by side, the newest moment first."""
        listing = self._known(question)
        size = question.integer("size") or 1
        if size > _MOST_TRADES:
            raise Refused(self._error("invalid-parameter", "invalid size"))
        prints = self.shelf.prints(listing, size, faults=question.faults)
        moments = [
            {
                "id": p.number,
                "ts": p.time_ms,
                "data": [
                    {
                        "id": p.number * 10**8,
                        "ts": p.time_ms,
                        "trade-id": p.number,
                        "amount": p.size,
                        "price": p.price,
                        "direction": p.side,
                    }
                ],
            }
            for p in reversed(prints)
        ]
        return self._good(moments, ch=f"market.{_spot_name(listing)}.trade.detail")

    def _funding(self, question: Question) -> Answer:
        next_ms = self.shelf.now_ms + 3_600_000
        rate = {
            "contract_code": _swap_name(self._known(question)),
            "funding_rate": "0.000100000000000000",
            "funding_time": str(next_ms),
            "next_funding_time": str(next_ms + 8 * 3_600_000),
            "min_funding_rate": "-0.003750000000000000",
            "max_funding_rate": "0.003750000000000000",
        }
        answer = {"code": 200, "message": "Success", "data": [rate], "ts": self.shelf.now_ms}
        return Answer(answer)

    def _interest(self, question: Question) -> Answer:
        """``volume`` in contracts, ``amount`` in coins, ``value`` in dollars."""
        listing = self._known(question)
        day = self.shelf.day(listing)
        coins = day.base_volume / 10
        interest = {
            "amount": str(coins),
            "volume": str(coins / listing.contract_size),
            "value": str(coins * day.last),
            "contract_code": _swap_name(listing),
        }
        answer = {"code": 200, "message": "Success", "data": interest, "ts": self.shelf.now_ms}
        return Answer(answer)

    def _time(self, question: Question) -> Answer:
        return Answer({"status": "ok", "data": self.shelf.now_ms})


def _spot_name(listing: Listing) -> str:
    return listing.joined("").lower()


def _swap_name(listing: Listing) -> str:
    return listing.joined("-")


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row.time,
        "open": row.open,
        "close": row.close,
        "low": row.low,
        "high": row.high,
        "amount": row.base,
        "vol": row.quote,
        "count": row.trades,
    }


def _swap_row(row: Row, *, size: float) -> dict[str, Any]:
    contracts = row.base / size if isinstance(row.base, float) else row.base
    return {**_row(row), "vol": contracts, "trade_turnover": row.quote}


def _symbol(listing: Listing) -> dict[str, Any]:
    return {
        "base-currency": listing.base.lower(),
        "quote-currency": listing.quote.lower(),
        "price-precision": 6,
        "amount-precision": 4,
        "symbol-partition": "main",
        "symbol": _spot_name(listing),
        "state": "online",
        "value-precision": 8,
        "min-order-amt": 0.01,
        "max-order-amt": 1_000_000,
        "min-order-value": 5,
        "api-trading": "enabled",
    }


def _contract(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": listing.base,
        "contract_code": _swap_name(listing),
        "contract_size": listing.contract_size,
        "price_tick": 0.00001,
        "delivery_date": "",
        "delivery_time": "",
        "create_date": "20250101",
        "contract_status": 1,
        "support_margin_mode": "all",
        "business_type": "swap",
        "pair": _swap_name(listing),
        "contract_type": "swap",
        "trade_partition": listing.quote,
    }
