"""A small market to step an engine through: tokens by name, prices by venue, and what came out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from monitor.engine import Engine, EngineState
from monitor.model.bars import Slot
from monitor.model.interval import IntervalInput, Layout, TradesRead
from monitor.model.rotation import StepOutput
from monitor.model.state import MemberEvent, TokenState
from monitor.model.universe import Market, Membership, Redenomination, Sector, Token, Universe

START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAN = float("nan")


def token(name: str, venues: Sequence[str] = ("v",), **more: Any) -> Token:
    """A token with a market NAME/USD on each venue; a venue may be ``venue:symbol`` or ``venue:symbol*multiplier``."""
    markets = []
    for venue in venues:
        place, _, symbol = venue.partition(":")
        symbol, _, multiplier = symbol.partition("*")
        markets.append(Market(place, symbol or f"{name}/USD", name, float(multiplier or 1.0)))
    return Token(name, name.title(), tuple(markets), **more)


def universe(
    sectors: Mapping[str, Sequence[str | Membership]],
    tokens: Sequence[Token] = (),
    *,
    benchmark: Sequence[str] = ("BTC",),
    redenominations: tuple[Redenomination, ...] = (),
) -> Universe:
    """Sectors of tokens by name; tokens that are not given have one market on venue v."""
    found = {t.id: t for t in tokens}
    dated = {
        name: tuple(m if isinstance(m, Membership) else Membership(m) for m in members)
        for name, members in sectors.items()
    }
    made = [Sector(name, name.title(), members) for name, members in dated.items()]
    if benchmark:
        made.append(Sector("zz", "Market", tuple(Membership(b) for b in benchmark), benchmark=True))
    for sector in made:
        for member in sector.members:
            found.setdefault(member.token, token(member.token))
    return Universe(
        tuple(sorted(made, key=lambda s: s.id)),
        tuple(sorted(found.values(), key=lambda t: t.id)),
        redenominations,
    )


@dataclass
class Tape:
    """What the venues say, interval by interval. All arguments are by token, or by market id where it holds a colon.

    ``price`` None: nobody answered (UNSEEN). ``volume``: 0 is a quiet answer. What is not named stays as it was.
    """

    universe: Universe
    width: timedelta = HOUR
    opens: datetime = START
    volume_of_all: float = 1000.0
    _price: dict[str, float | None] = field(default_factory=dict)
    _volume: dict[str, float] = field(default_factory=dict)
    _taker: dict[str, float] = field(default_factory=dict)
    _supply: dict[str, float] = field(default_factory=dict)
    _slot: dict[str, Slot] = field(default_factory=dict)

    def next(
        self,
        price: Mapping[str, float | None] | None = None,
        *,
        volume: Mapping[str, float] | None = None,
        taker: Mapping[str, float] | None = None,
        supply: Mapping[str, float] | None = None,
        slot: Mapping[str, Slot] | None = None,
        trades: Mapping[str, tuple[float, float]] | None = None,
        unseen: bool = False,
    ) -> IntervalInput:
        """The next interval on the grid; ``trades``: of this one alone, what was read of them and what takers bought."""
        self._price |= price or {}
        self._volume |= volume or {}
        self._taker |= taker or {}
        self._supply |= supply or {}
        self._slot |= slot or {}
        layout = Layout.of(self.universe)
        rows = [self._row(market) for market in self.universe.markets]
        if unseen:
            rows = [(NAN, NAN, NAN, Slot.UNSEEN) for _ in rows]
        close, traded, taker_buy, slots = zip(*rows, strict=True)
        opens, self.opens = self.opens, self.opens + self.width
        return IntervalInput(
            open_time=opens,
            width=self.width,
            close=np.array(close),
            high=np.array(close),
            low=np.array(close),
            quote_volume=np.array(traded),
            taker_buy_quote=np.array(taker_buy),
            slot=np.array(slots, dtype=np.int8),
            supply=np.array([self._supply.get(t, 1.0) for t in layout.tokens]),
            supply_age_h=np.ones(len(layout.tokens)),
            trades=None if trades is None else self._trades(trades),
        )

    def _trades(self, trades: Mapping[str, tuple[float, float]]) -> TradesRead:
        found = [self._of(trades, market, (NAN, NAN)) for market in self.universe.markets]
        quote, bought = zip(*found, strict=True)
        return TradesRead(np.array(quote), np.array(bought))

    def _row(self, market: Market) -> tuple[float, float, float, Slot]:
        price = self._of(self._price, market, None)
        if price is None:
            return NAN, NAN, NAN, self._of(self._slot, market, Slot.UNSEEN)
        volume = self._of(self._volume, market, self.volume_of_all)
        slot = Slot.QUIET if volume == 0 else Slot.TRADED
        return price, volume, self._of(self._taker, market, NAN), self._of(self._slot, market, slot)

    @staticmethod
    def _of(table: Mapping[str, Any], market: Market, default: Any) -> Any:
        return table.get(market.id, table.get(market.token, default))


class Run:
    """An engine with its state, fed from a tape."""

    def __init__(self, watched: Universe, width: timedelta = HOUR, **engine: Any) -> None:
        self.engine = Engine(watched, width, **engine)
        self.state: EngineState = self.engine.new_state()
        self.tape = Tape(watched, width)

    def step(self, price: Mapping[str, float | None] | None = None, **more: Any) -> StepOutput:
        """One interval; see :meth:`Tape.next`."""
        return self.engine.step(self.state, self.tape.next(price, **more))

    def steps(self, count: int, **more: Any) -> StepOutput:
        """The same again and again; gives the last."""
        for _ in range(count):
            out = self.step(**more)
        return out

    def move_to(self, watched: Universe) -> None:
        """Go on with another universe from the stored state."""
        blob = self.engine.dump(self.state)
        self.engine = Engine(watched, self.engine.width)
        self.state = self.engine.load(blob)
        self.tape = replace(self.tape, universe=watched)


def token_of(out: StepOutput, name: str) -> TokenState:
    """A token's state in an output."""
    return next(t for t in out.step.tokens if t.id == name)


def events_of(out: StepOutput) -> list[tuple[str, str, str]]:
    """(kind, sector, token) of each change of members."""
    return [(e.kind.value, e.sector, e.token) for e in out.step.events]


def event_of(out: StepOutput, kind: str) -> MemberEvent:
    """The one event of a kind."""
    (found,) = [e for e in out.step.events if e.kind.value == kind]
    return found
