"""The bars that the server knows, per venue and symbol, and the candles of any width made of them."""

import csv
import gzip
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from monitor.model.grid import parse_iso, to_ms
from tests.kit.venue_server.candles import Candle, merge, part, quiet
from tests.kit.venue_server.listing import Listing

Key = tuple[str, str]  # venue, unified symbol


class BarBook:
    """Bars of one width, by (venue, symbol). A hole between two bars of a market was a quiet time.

    With ``list_from_first_bar`` a market appears in the venue's list only from its first bar on.
    """

    def __init__(self, width: timedelta, *, list_from_first_bar: bool = False) -> None:
        self.width = width
        self.width_ms = width // timedelta(milliseconds=1)
        self.list_from_first_bar = list_from_first_bar
        self._bars: dict[Key, dict[int, Candle]] = {}
        self._listings: dict[str, dict[str, Listing]] = {}  # venue -> symbol, by symbol
        self._spans: dict[Key, tuple[int, int]] = {}
        self._lock = threading.Lock()

    @classmethod
    def load(cls, *paths: Path, list_from_first_bar: bool = False) -> "BarBook":
        """Read CSV or CSV.gz files (ts, exchange, symbol, open, high, low, close, base_volume, quote_volume,
        taker_buy_quote); the width is the smallest step between two bars of one market. Raises ValueError on no bars.
        """
        found: dict[Key, list[Candle]] = {}
        for path in paths:
            for key, candle in _read(path):
                found.setdefault(key, []).append(candle)
        steps = (
            later.open_ms - earlier.open_ms
            for candles in found.values()
            for earlier, later in pairwise(candles)
            if later.open_ms > earlier.open_ms
        )
        width_ms = min(steps, default=0)
        if not width_ms:
            raise ValueError(f"found no two bars of one market in {', '.join(map(str, paths))}")
        book = cls(timedelta(milliseconds=width_ms), list_from_first_bar=list_from_first_bar)
        for (venue, symbol), candles in found.items():
            book.put(venue, symbol, candles)
        return book

    def put(
        self, venue: str, symbol: str, candles: Iterable[Candle], *, listing: Listing | None = None
    ) -> None:
        """Add bars, or put newer versions in their place. Raises ValueError for a bar off the grid."""
        with self._lock:
            bars = self._bars.setdefault((venue, symbol), {})
            for candle in candles:
                if candle.open_ms % self.width_ms:
                    raise ValueError(f"found a bar of {symbol} at {candle.open_ms}, off the grid")
                bars[candle.open_ms] = candle
            span = (min(bars, default=0), max(bars, default=0))
            self._spans[venue, symbol] = span
            listed = self._listings.get(venue, {})
            known = listing or listed.get(symbol) or Listing(symbol)
            listed = {**listed, symbol: replace(known, first_ms=span[0])}
            self._listings[venue] = dict(sorted(listed.items()))

    @property
    def venues(self) -> tuple[str, ...]:
        """Venues that have bars, sorted."""
        return tuple(sorted(self._listings))

    def listings(self, venue: str, now_ms: int) -> list[Listing]:
        """The venue's markets at that time, by symbol."""
        return [
            listing
            for listing in self._listings.get(venue, {}).values()
            if not self.list_from_first_bar or listing.first_ms <= now_ms
        ]

    def candles(
        self,
        venue: str,
        symbol: str,
        width_ms: int,
        span: tuple[int, int],
        *,
        now_ms: int,
    ) -> list[Candle]:
        """Candles that open in ``span`` (the end left out), ascending, the forming one included; made of the book's bars where
        ``width_ms`` is another than its own. Empty where the market has no bars there.
        """
        since_ms, until_ms = span
        first, last = self._spans.get((venue, symbol), (0, -1))
        start = max(since_ms, first)
        start = start // width_ms * width_ms
        if start < since_ms:
            start += width_ms
        end = min(until_ms, last + self.width_ms, now_ms + 1)
        return [
            self._candle(venue, symbol, width_ms, open_ms, now_ms)
            for open_ms in range(start, end, width_ms)
        ]

    def _candle(self, venue: str, symbol: str, width_ms: int, open_ms: int, now_ms: int) -> Candle:
        if width_ms < self.width_ms:
            begin = open_ms // self.width_ms * self.width_ms
            whole = self._bar(venue, symbol, begin)
            left = (open_ms - begin) / self.width_ms
            right = (min(open_ms + width_ms, max(now_ms, open_ms + 1)) - begin) / self.width_ms
            piece = part(whole, left, right)
            return replace(piece, open_ms=open_ms, closed=open_ms + width_ms <= now_ms)
        opens = range(open_ms, min(open_ms + width_ms, now_ms + 1), self.width_ms)
        pieces = [self._bar_by(venue, symbol, at, now_ms) for at in opens]
        if len(pieces) == 1 and width_ms == self.width_ms:
            return pieces[0]
        return replace(merge(pieces, open_ms), closed=open_ms + width_ms <= now_ms)

    def _bar_by(self, venue: str, symbol: str, open_ms: int, now_ms: int) -> Candle:
        """The bar as far as it has come."""
        bar = self._bar(venue, symbol, open_ms)
        if open_ms + self.width_ms <= now_ms:
            return bar
        gone = max(now_ms - open_ms, 1) / self.width_ms
        return replace(part(bar, 0.0, gone), closed=False)

    def _bar(self, venue: str, symbol: str, open_ms: int) -> Candle:
        bars = self._bars[venue, symbol]
        bar = bars.get(open_ms)
        if bar is not None:
            return bar
        first, last = self._spans[venue, symbol]
        before = min(open_ms, last)
        while before not in bars and before > first:
            before -= self.width_ms
        known = bars.get(before) or bars[first]
        return quiet(open_ms, known.close if before < open_ms else known.open)


def _read(path: Path) -> Iterator[tuple[Key, Candle]]:
    with _open(path) as file:
        for row in csv.DictReader(file):
            close, base = float(row["close"]), float(row["base_volume"])
            quote = float(row["quote_volume"] or base * close)
            taker = float(row["taker_buy_quote"] or quote / 2)
            yield (
                (row["exchange"], row["symbol"]),
                Candle(
                    to_ms(parse_iso(row["ts"])),
                    float(row["open"]),
                    float(row["high"]),
                    float(row["low"]),
                    close,
                    base,
                    quote,
                    taker,
                    trades=int(quote // 500),
                ),
            )


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
