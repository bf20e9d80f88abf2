"""What one venue can show right now: its listings, candles, and figures made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from monitor.clock import Clock
from monitor.model.grid import to_ms
from tests.kit.venue_server.book import BarBook
from tests.kit.venue_server.candles import Candle, part
from tests.kit.venue_server.faults import Fault, FaultBoard, FaultKind
from tests.kit.venue_server.listing import Listing, padding
from tests.kit.venue_server.row_faults import PRICES, Row, Scene, rows_of, spoil

DAY_MS = 86_400_000
PRINT_EVERY_MS = 15_000
"""Time between two trades."""


@dataclass(frozen=True, slots=True)
class Day:
    """The rolling 24 hours of a market, all in its own units."""

    since_ms: int
    now_ms: int
    first: float
    high: float
    low: float
    last: float
    base_volume: float
    quote_volume: float
    trades: int


@dataclass(frozen=True, slots=True)
class Print:
    """One trade; ``side``: the taker's, buy or sell. Price and size may already be spoilt: numbers, None or text."""

    number: int
    time_ms: int
    price: Any
    size: Any
    side: str

    @property
    def taker_buys(self) -> bool:
        """Whether the buyer was the taker."""
        return self.side == "buy"


class Shelf:
    """One venue's view of the book, by its own clock."""

    def __init__(
        self, venue: str, book: BarBook, clock: Clock, board: FaultBoard, *, dummies: int = 0
    ) -> None:
        self.venue = venue
        self._book = book
        self._clock = clock
        self._board = board
        self._dummies = padding(dummies)

    @property
    def now_ms(self) -> int:
        """The venue's time, wrong where its clock is switched off."""
        off = sum(f.seconds for f in self._board.states(self.venue, FaultKind.CLOCK_OFF))
        return to_ms(self._clock.now()) + int(off * 1000)

    def listings(self, *, swap: bool = False) -> list[Listing]:
        """Markets listed now; dummies come after the real spot ones."""
        real = self._real(swap=swap)
        return real if swap else real + self._dummies

    def _real(self, *, swap: bool) -> list[Listing]:
        gone = {f.symbol for f in self._board.states(self.venue, FaultKind.VANISHED)}
        renamed = {f.symbol: f.other for f in self._board.states(self.venue, FaultKind.RENAMED)}
        return [
            replace(listing, symbol=renamed.get(listing.symbol, listing.symbol))
            for listing in self._book.listings(self.venue, self.now_ms)
            if listing.swap == swap and listing.symbol not in gone
        ]

    def find(
        self, market_id: str, naming: Callable[[Listing], str], *, swap: bool = False
    ) -> Listing | None:
        """The listed real market of that id in the venue's naming; dummies have nothing to show."""
        return next((x for x in self._real(swap=swap) if naming(x) == market_id), None)

    def candles(
        self, listing: Listing, width_ms: int, since_ms: int, until_ms: int
    ) -> list[Candle]:
        """Good candles that open in ``[since, until)``, the forming one included."""
        return self._book.candles(
            self.venue, listing.symbol, width_ms, (since_ms, until_ms), now_ms=self.now_ms
        )

    def rows(
        self,
        listing: Listing,
        width_ms: int,
        span: tuple[int, int],
        *,
        unit_ms: int = 1,
        faults: Sequence[Fault] = (),
    ) -> list[Row]:
        """Rows for the wire that open in ``[since, until)``, spoilt by the faults."""
        rows = rows_of(self.candles(listing, width_ms, *span), unit_ms)
        for fault in faults:
            if fault.kind is FaultKind.OTHER_SYMBOL:
                other = self.candles(Listing(fault.other), width_ms, *span)
                rows = _with_prices_of(rows, rows_of(other, unit_ms))
        return spoil(rows, faults, Scene(unit_ms, self.now_ms, width_ms))

    def day(self, listing: Listing) -> Day:
        """The last 24 hours, at the resolution of the book; ones and zeros where there are no bars."""
        now, width = self.now_ms, self._book.width_ms
        candles = self.candles(listing, width, now - DAY_MS, now + 1)
        if not candles:
            return Day(now - DAY_MS, now, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0)
        return Day(
            now - DAY_MS,
            now,
            candles[0].open,
            max(c.high for c in candles),
            min(c.low for c in candles),
            candles[-1].close,
            sum(c.base_volume for c in candles),
            sum(c.quote_volume for c in candles),
            sum(c.trades for c in candles),
        )

    def order_book(
        self, listing: Listing, depth: int
    ) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """(bids, asks), best first: a spread of 4 basis points, levels 5 apart, sizes that grow outwards."""
        day = self.day(listing)
        size = max(day.base_volume, 1.0) / 20_000
        steps = range(min(depth, 50))
        bids = [(day.last * (1 - 0.0002 - 0.0005 * n), size * (1 + n)) for n in steps]
        asks = [(day.last * (1 + 0.0002 + 0.0005 * n), size * (1 + n)) for n in steps]
        return bids, asks

    def prints(self, listing: Listing, count: int, *, faults: Sequence[Fault] = ()) -> list[Print]:
        """The latest ``count`` trades, oldest first, spoilt by the faults.

        Every bar is cut into trades of one value, one each :data:`PRINT_EVERY_MS` from its open on, whose prices go the bar's
        way and of which its taker share are bought: those of a bar sum to its quote volume.
        """
        found: list[Print] = []
        width, now = self._book.width_ms, self.now_ms
        opened = now // width * width
        for open_ms in range(opened, opened - DAY_MS, -width):
            found = [p for p in self._prints_of(listing, open_ms) if p.time_ms <= now] + found
            if len(found) >= count:
                break
        return spoilt_prints(found[-count:], faults)

    def _prints_of(self, listing: Listing, open_ms: int) -> list[Print]:
        """Those of one bar, also the ones that are yet to come."""
        width = self._book.width_ms
        bars = self._book.candles(
            self.venue, listing.symbol, width, (open_ms, open_ms + 1), now_ms=open_ms + width
        )
        if not bars or not bars[0].quote_volume:
            return []
        bar, count = bars[0], max(1, width // PRINT_EVERY_MS)
        bought = bar.taker_buy_quote / bar.quote_volume
        made = []
        for n in range(count):
            price = part(bar, 0.0, n / count).close if n else bar.open
            buys = int((n + 1) * bought) > int(n * bought)
            number = open_ms // PRINT_EVERY_MS + n
            size = bar.quote_volume / count / price
            at_ms = open_ms + n * width // count
            made.append(Print(number, at_ms, price, size, "buy" if buys else "sell"))
        return made


def _with_prices_of(rows: list[Row], other: list[Row]) -> list[Row]:
    prices = {row.time: row for row in other}
    return [
        replace(row, **{name: getattr(prices[row.time], name) for name in PRICES})
        if row.time in prices
        else row
        for row in rows
    ]


def spoilt_prints(prints: list[Print], faults: Sequence[Fault]) -> list[Print]:
    """With what is wrong of them by the faults: of the last one, or of all, as for rows of candles."""
    for fault in faults:
        if fault.kind is FaultKind.DUPLICATED:
            prints = [copy for p in prints for copy in (p, p)]
        if fault.kind is FaultKind.REVERSED:
            prints = prints[::-1]
        change = _PRINT_FAULTS.get(fault.kind)
        if change is not None:
            kept = [] if fault.rows == "all" else prints[:-1]
            prints = [*kept, *(change(p) for p in prints[len(kept) :])]
    return prints


_PRINT_FAULTS: dict[FaultKind, Callable[[Print], Print]] = {
    FaultKind.NAN: lambda p: replace(p, price="NaN"),
    FaultKind.NULL: lambda p: replace(p, price=None),
    FaultKind.NOT_A_NUMBER: lambda p: replace(p, price="n/a"),
    FaultKind.ZERO: lambda p: replace(p, size=0.0),
    FaultKind.NEGATIVE: lambda p: replace(p, price=-p.price),
    FaultKind.TIMES_100: lambda p: replace(p, price=p.price * 100),
    FaultKind.SECONDS: lambda p: replace(p, time_ms=p.time_ms // 1000),
    FaultKind.MISALIGNED: lambda p: replace(p, time_ms=p.time_ms + DAY_MS),
    FaultKind.NO_SIDE: lambda p: replace(p, side="n/a"),
}
