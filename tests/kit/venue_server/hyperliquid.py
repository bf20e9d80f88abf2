"""Hyperliquid: spot and perpetuals, all by POST to one address, what is asked for in the body. Times in ms, rows are objects with
base volume alone, the newest 5,000; a bar without a trade is a flat row; a market that it does not know ends in HTTP 500.
"""

from collections.abc import Mapping
from typing import Any
from zlib import crc32

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

_WIDTHS = {name: count * MINUTE for name, count in MINUTES.items() if name != "6h"}
_REACH = 5_000
_BOOK_LEVELS = 20


class Hyperliquid(Venue):
    """Hyperliquid's public market data."""

    id = "hyperliquid"

    def make_routes(self) -> Mapping[str, Route]:
        return {
            "/info/spotMetaAndAssetCtxs": Route("markets", self._spot_markets),
            "/info/metaAndAssetCtxs": Route("markets", self._perpetuals),
            "/info/spotMeta": Route("currencies", self._spot_tokens),
            "/info/perpDexs": Route("markets", self._no_other_dex),
            "/info/candleSnapshot": Route("candles", self._candles),
            "/info/l2Book": Route("book", self._book),
            "/info/exchangeStatus": Route("time", self._time),
        }

    def path_of(self, path: str, params: Mapping[str, str]) -> str:
        """What is asked for stands in the body."""
        return f"{path}/{params.get('type', '')}"

    def listing_of(self, question: Question) -> Listing | None:
        coin = question.params.get("coin", "")
        if coin.startswith("@"):
            return self.shelf.find(coin, self._spot_name)
        return self.shelf.find(coin, lambda listing: listing.base, swap=True)

    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        if kind is FaultKind.MAINTENANCE:
            return page("503 Under maintenance", 503)
        if kind is FaultKind.INTERNAL_ERROR:
            return Answer(None, 500)
        if kind is FaultKind.REGION:
            return page("451 Unavailable For Legal Reasons", 451)
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:.0f}"}
        if kind is FaultKind.BANNED:
            return page("403 Forbidden: too many requests", 403)
        return Answer(None, 429, headers)

    def _spot_name(self, listing: Listing) -> str:
        """A number for good, whatever else is listed."""
        return f"@{crc32(listing.symbol.encode()) % 10_000}"

    def _spot_meta(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        listings = self.shelf.listings()
        names = sorted({x.base for x in listings} | {x.quote for x in listings})
        tokens = [
            {
                "name": name,
                "szDecimals": 2,
                "weiDecimals": 8,
                "index": number,
                "tokenId": f"0x{number:032x}",
                "isCanonical": True,
            }
            for number, name in enumerate(names)
        ]
        universe = [
            {
                "name": self._spot_name(x),
                "tokens": [names.index(x.base), names.index(x.quote)],
                "index": number,
                "isCanonical": False,
            }
            for number, x in enumerate(listings)
        ]
        return {"tokens": tokens, "universe": universe}, [self._context(x) for x in listings]

    def _spot_markets(self, question: Question) -> Answer:
        return Answer(list(self._spot_meta()))

    def _spot_tokens(self, question: Question) -> Answer:
        return Answer(self._spot_meta()[0])

    def _perpetuals(self, question: Question) -> Answer:
        listings = self.shelf.listings(swap=True)
        universe = [
            {"name": x.base, "szDecimals": 1, "maxLeverage": 10, "onlyIsolated": False}
            for x in listings
        ]
        return Answer([{"universe": universe}, [self._context(x) for x in listings]])

    def _no_other_dex(self, question: Question) -> Answer:
        return Answer([None])

    def _context(self, listing: Listing) -> dict[str, Any]:
        """Open interest in coins."""
        day = self.shelf.day(listing)
        context = {
            "dayNtlVlm": text(day.quote_volume),
            "markPx": text(day.last),
            "midPx": text(day.last),
            "prevDayPx": text(day.first),
        }
        if listing.swap:
            interest = text(day.base_volume / 10)
            context |= {
                "funding": "0.0000125",
                "openInterest": interest,
                "oraclePx": text(day.last),
            }
        return context

    def _candles(self, question: Question) -> Answer:
        listing = self.listing_of(question)
        width = _WIDTHS.get(question.params.get("interval", ""))
        if listing is None or width is None:
            raise Refused(Answer(None, 500))
        now = self.shelf.now_ms
        end, start = question.integer("endTime"), question.integer("startTime")
        until = min(now if end is None else end, now) + 1
        since = max(start or 0, now // width * width - (_REACH - 1) * width)
        rows = self.shelf.rows(listing, width, (since, until), faults=question.faults)
        coin, interval = question.params["coin"], question.params["interval"]

        def encode(row: Row) -> dict[str, Any]:
            figures = {"o": row.open, "c": row.close, "h": row.high, "l": row.low, "v": row.base}
            head = {"t": row.time, "T": row.time + width - 1, "s": coin, "i": interval}
            return {**head, **{k: text(v) for k, v in figures.items()}, "n": row.trades}

        return Answer(self.wire_rows(question, rows, encode))

    def _book(self, question: Question) -> Answer:
        """Bids, then asks, in coins, twenty of each."""
        listing = self.listing_of(question)
        if listing is None:
            raise Refused(Answer(None, 500))
        levels = [
            [{"px": text(p), "sz": text(q), "n": 1} for p, q in side]
            for side in self.shelf.order_book(listing, _BOOK_LEVELS)
        ]
        return Answer(
            {"coin": question.params["coin"], "levels": levels, "time": self.shelf.now_ms}
        )

    def _time(self, question: Question) -> Answer:
        return Answer({"specialStatuses": None, "time": self.shelf.now_ms})
