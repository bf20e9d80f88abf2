"""OKX v5: spot and swaps. Newest first; ``candles`` reaches 1,440 bars back, ``history-candles`` holds closed bars only;
``after`` and ``before`` leave their own bound out. Swaps count contracts beside coins.
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

_WIDTHS = {
    (name if name.endswith("m") else name.upper() + ("utc" if count >= 360 else "")): count * MINUTE
    for name, count in MINUTES.items()
}
_DEFAULT_LIMIT, _MAX_LIMIT = 100, 300
_REACH = 1_440


def _coded(code: str, words: str, status: int = 200) -> Answer:
    return Answer({"code": code, "msg": words, "data": []}, status)


class Okx(Venue):
    """OKX's public market data."""

    id = "okx"

    def make_routes(self) -> Mapping[str, Route]:
        root = "/api/v5/market"
        return {
            "/api/v5/public/instruments": Route("markets", self._instruments),
            "/api/v5/public/funding-rate": Route("funding", self._funding),
            "/api/v5/public/open-interest": Route("interest", self._interest),
            "/api/v5/public/time": Route("time", self._time),
            "/api/v5/system/status": Route("status", self._status),
            f"{root}/candles": Route("candles", partial(self._candles, old=False)),
            f"{root}/history-candles": Route("candles", partial(self._candles, old=True)),
            f"{root}/ticker": Route("ticker", self._ticker),
            f"{root}/tickers": Route("ticker", self._tickers),
            f"{root}/books": Route("book", self._book),
            f"{root}/trades": Route("trades", self._trades),
        }

    def listing_of(self, question: Question) -> Listing | None:
        name = question.params.get("instId", "")
        return self.shelf.find(name, _name, swap=name.endswith("-SWAP"))

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:.0f}"}
        if kind is FaultKind.MAINTENANCE:
            return _coded("50001", "Service temporarily unavailable. Please try again later.", 503)
        if kind is FaultKind.INTERNAL_ERROR:
            return _coded("50026", "System error. Please try again later.", 500)
        if kind is FaultKind.REGION:
            return _coded("1010", "Service is not available in your region.", 403)
        if kind is FaultKind.BANNED:
            return page("403 Access denied: too many requests", 403)
        return Answer({"code": "50011", "msg": "Too Many Requests", "data": []}, 429, headers)

    def _known(self, question: Question) -> Listing:
        listing = self.listing_of(question)
        if listing is None:
            words = "Instrument ID, Instrument ID code, or Spread ID doesn't exist."
            raise Refused(_coded("51001", words))
        return listing

    def _instruments(self, question: Question) -> Answer:
        kind = question.params.get("instType", "")
        if kind not in ("SPOT", "SWAP"):
            return _good([])
        return _good([_instrument(x) for x in self.shelf.listings(swap=kind == "SWAP")])

    def _candles(self, question: Question, *, old: bool) -> Answer:
        listing = self._known(question)
        width = _WIDTHS.get(question.params.get("bar", "1m"))
        if width is None:
            raise Refused(_coded("51000", "Parameter bar error"))
        limit = min(question.integer("limit") or _DEFAULT_LIMIT, _MAX_LIMIT)
        now = self.shelf.now_ms
        before, after = question.integer("before"), question.integer("after")
        until = now + 1 if after is None else min(after, now + 1)
        since = max(until - (limit + 1) * width, 0)
        if before is not None:
            since = max(since, before + 1)
        if not old:
            since = max(since, now // width * width - (_REACH - 1) * width)
        rows = self.shelf.rows(listing, width, (since, until), faults=question.faults)
        if old:
            rows = [row for row in rows if row.closed]
        encode = partial(_row, size=listing.contract_size if listing.swap else 1.0)
        return _good(self.wire_rows(question, rows[-limit:], encode, newest_first=True))

    def _ticker(self, question: Question) -> Answer:
        return _good([self._day(self._known(question))])

    def _tickers(self, question: Question) -> Answer:
        swap = question.params.get("instType") == "SWAP"
        return _good([self._day(listing) for listing in self.shelf.listings(swap=swap)])

    def _day(self, listing: Listing) -> dict[str, Any]:
        day = self.shelf.day(listing)
        size = listing.contract_size if listing.swap else 1.0
        return {
            "instType": "SWAP" if listing.swap else "SPOT",
            "instId": _name(listing),
            "last": text(day.last),
            "lastSz": "0.044378",
            "askPx": text(day.last * 1.0002),
            "askSz": "0.1",
            "bidPx": text(day.last * 0.9998),
            "bidSz": "0.1",
            "open24h": text(day.first),
            "high24h": text(day.high),
            "low24h": text(day.low),
            "volCcy24h": text(day.base_volume if listing.swap else day.quote_volume),
            "vol24h": text(day.base_volume / size),
            "ts": str(day.now_ms),
        }

    def _book(self, question: Question) -> Answer:
        listing = self._known(question)
        bids, asks = self.shelf.order_book(listing, question.integer("sz") or 1)
        contract = listing.contract_size if listing.swap else 1.0
        levels = {
            name: [[text(price), text(size / contract), "0", "1"] for price, size in side]
            for name, side in (("asks", asks), ("bids", bids))
        }
        return _good([{**levels, "ts": str(self.shelf.now_ms)}])

    def _funding(self, question: Question) -> Answer:
        next_ms = self.shelf.now_ms + 3_600_000
        return _good(
            [
                {
                    "instType": "SWAP",
                    "instId": _name(self._known(question)),
                    "method": "current_period",
                    "fundingRate": "0.0001",
                    "nextFundingRate": "",
                    "fundingTime": str(next_ms),
                    "nextFundingTime": str(next_ms + 8 * 3_600_000),
                    "ts": str(self.shelf.now_ms),
                }
            ]
        )

    def _interest(self, question: Question) -> Answer:
        """In contracts, coins and dollars."""
        listing = self._known(question)
        day = self.shelf.day(listing)
        coins = day.base_volume / 10
        return _good(
            [
                {
                    "instType": "SWAP",
                    "instId": _name(listing),
                    "oi": text(coins / listing.contract_size),
                    "oiCcy": text(coins),
                    "oiUsd": text(coins * day.last),
                    "ts": str(self.shelf.now_ms),
                }
            ]
        )

    def _trades(self, question: Question) -> Answer:
        listing = self._known(question)
        prints = self.shelf.prints(
            listing, question.integer("limit") or 100, faults=question.faults
        )
        return _good(
            [
                {
                    "instId": _name(listing),
                    "side": p.side,
                    "sz": text(p.size),
                    "px": text(p.price),
                    "tradeId": str(p.number),
                    "ts": str(p.time_ms),
                }
                for p in reversed(prints)
            ]
        )

    def _time(self, question: Question) -> Answer:
        return _good([{"ts": str(self.shelf.now_ms)}])

    def _status(self, question: Question) -> Answer:
        return _good([])


def _good(data: list[Any]) -> Answer:
    return Answer({"code": "0", "msg": "", "data": data})


def _name(listing: Listing) -> str:
    return listing.joined("-") + ("-SWAP" if listing.swap else "")


def _row(row: Row, *, size: float) -> list[Any]:
    contracts = row.base / size if isinstance(row.base, float) else row.base
    values = (row.time, row.open, row.high, row.low, row.close, contracts, row.base, row.quote)
    return [*(text(value) for value in values), "1" if row.closed else "0"]


def _instrument(listing: Listing) -> dict[str, Any]:
    swap = listing.swap
    return {
        "alias": "",
        "baseCcy": "" if swap else listing.base,
        "category": "1",
        "ctMult": "1" if swap else "",
        "ctType": "linear" if swap else "",
        "ctVal": text(listing.contract_size) if swap else "",
        "ctValCcy": listing.base if swap else "",
        "expTime": "",
        "instFamily": listing.joined("-") if swap else "",
        "instId": _name(listing),
        "instType": "SWAP" if swap else "SPOT",
        "lever": "50" if swap else "10",
        "listTime": str(listing.first_ms),
        "lotSz": "1" if swap else "0.00000001",
        "minSz": "1" if swap else "0.00001",
        "optType": "",
        "quoteCcy": "" if swap else listing.quote,
        "ruleType": "normal",
        "settleCcy": listing.quote if swap else "",
        "state": "live",
        "stk": "",
        "tickSz": "0.00000001",
        "uly": listing.joined("-") if swap else "",
    }
