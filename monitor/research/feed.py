"""A synthetic market as the engine sees it: three venues' bars, with outages, frozen prices and wild ticks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from monitor.model.bars import Slot
from monitor.model.interval import FloatArray, IntervalInput, Layout, SlotArray
from monitor.model.universe import (
    Market,
    Membership,
    Redenomination,
    Sector,
    Token,
    Universe,
)
from monitor.research.script import LENGTH_H, NAMES, SECTORS
from monitor.research.synthetic import (
    BENCHMARK,
    COLUMNS,
    MEMBERS,
    NEW,
    START,
    SyntheticMarket,
)

BoolArray = npt.NDArray[np.bool_]

VENUES = ("east", "north", "south")
SUCCESSOR = COLUMNS
"""Column of the token that a redenominated one becomes."""


@dataclass(frozen=True, slots=True, eq=False)
class Faults:
    """Per (step, venue) or (step, venue, column): what goes wrong on the way to us."""

    unseen: BoolArray  # (steps, venues)
    frozen: BoolArray  # (steps, venues)
    tick: FloatArray  # (steps, venues, columns): factor on the close


def column_names() -> list[str]:
    """Token ids of a market's columns, and of the successor behind them."""
    names = [f"{sector[:2].upper()}{member + 1}" for sector in SECTORS for member in range(MEMBERS)]
    return [*names, "NEW", "BTC", "SUCCESSOR"]


def universe_of(market: SyntheticMarket) -> Universe:
    """The watched tokens of a series: every token on three venues, the launch and the migration dated."""
    names = column_names()
    split = market.script.splits[0] if market.script.splits else None
    launch = market.script.launches[0] if market.script.launches else None
    columns = [c for c in range(COLUMNS) if c != NEW or launch]
    tokens = [_token(names[c]) for c in columns]
    members = _members(market, columns, names)
    redenominations: tuple[Redenomination, ...] = ()
    if split:
        old = names[split.sector * MEMBERS + split.member]
        at = _grid(split.start_h)
        tokens.append(_token(names[SUCCESSOR]))
        listed = members[SECTORS[split.sector]]
        listed[split.member] = Membership(old, until=at)
        listed.append(Membership(names[SUCCESSOR], since=at))
        redenominations = (Redenomination(old, names[SUCCESSOR], split.ratio, at),)
    sectors = [Sector(name, name, tuple(held)) for name, held in members.items() if held]
    sectors.append(Sector("watched-market", "Market", (Membership("BTC"),), benchmark=True))
    return Universe(
        tuple(sorted(sectors, key=lambda s: s.id)),
        tuple(sorted(tokens, key=lambda t: t.id)),
        redenominations,
    )


class Feed:
    """Intervals of a synthetic market in bars of ``width``, in order, with the venues' faults drawn from its seed.

    ``width`` is a multiple of the market's steps that divides an hour, or an hour. ``taker_venues``: how many of the
    three venues tell the takers' side, the largest first.
    """

    def __init__(
        self, market: SyntheticMarket, width: timedelta, *, taker_venues: int = len(VENUES)
    ) -> None:
        self.universe = universe_of(market)
        self.width = width
        self._market = market
        self._told = np.array([order < taker_venues for order in range(len(VENUES))])
        self._layout = Layout.of(self.universe)
        self._rng = np.random.default_rng([market.seed, 1])
        self._per_bar = round(width / timedelta(hours=market.grid.step_h))
        self._bars = len(market.price) // self._per_bar
        self._place_markets()

    def intervals(self) -> Iterator[IntervalInput]:
        """All intervals of the series."""
        close, high, low, volume, taker = self._bars_of_columns()
        faults = self._faults()
        split_bar = self._split_bar()
        parts = self._rng.dirichlet((10.0, 6.0, 4.0), size=COLUMNS + 1)
        basis = self._rng.normal(0.0, 3e-4, (self._bars, len(self._layout.markets)))
        part = parts[self._column, self._venue]
        supply = self._supplies()
        last = np.full(len(part), np.nan)
        columns = self._source_columns()
        for bar in range(self._bars):
            factor = np.exp(basis[bar]) * faults.tick[bar, self._venue, self._column]
            scale = factor / self._units
            slot = self._slots(bar, columns, close, faults, split_bar)
            traded = slot == Slot.TRADED
            price = np.where(slot == Slot.QUIET, last, close[bar, columns] * scale)
            last = np.where(traded | (slot == Slot.QUIET), price, last)
            seen = traded | (slot == Slot.QUIET)
            yield IntervalInput(
                open_time=START + bar * self.width,
                width=self.width,
                close=np.where(seen, price, np.nan),
                high=np.where(traded, high[bar, columns] * scale, np.where(seen, price, np.nan)),
                low=np.where(traded, low[bar, columns] * scale, np.where(seen, price, np.nan)),
                quote_volume=_by_slot(slot, volume[bar, columns] * part),
                taker_buy_quote=np.where(
                    self._told[self._venue], _by_slot(slot, taker[bar, columns] * part), np.nan
                ),
                slot=slot,
                supply=supply[bar],
                supply_age_h=np.ones(supply.shape[1]),
            )

    def _place_markets(self) -> None:
        """Per market of the layout: its venue, its column, and units of the first denomination in one of its own."""
        position = {name: i for i, name in enumerate(column_names())}
        markets = [market_id.split(":") for market_id in self._layout.markets]
        self._venue = np.array([VENUES.index(venue) for venue, _ in markets])
        self._column = np.array([position[symbol.split("/")[0]] for _, symbol in markets])
        self._tokens = np.array([position[token] for token in self._layout.tokens])
        splits = self._market.script.splits
        self._units = np.where(self._column == SUCCESSOR, splits[0].ratio if splits else 1.0, 1.0)

    def _split_bar(self) -> int:
        splits = self._market.script.splits
        return round((_grid(splits[0].start_h) - START) / self.width) if splits else self._bars

    def _source_columns(self) -> npt.NDArray[np.int64]:
        """Where each market's numbers come from: the successor lives on the old token's line."""
        splits = self._market.script.splits
        old = splits[0].sector * MEMBERS + splits[0].member if splits else 0
        return np.where(self._column == SUCCESSOR, old, self._column)

    def _slots(
        self,
        bar: int,
        columns: npt.NDArray[np.int64],
        close: FloatArray,
        faults: Faults,
        split_bar: int,
    ) -> SlotArray:
        splits = self._market.script.splits
        old = splits[0].sector * MEMBERS + splits[0].member if splits else -1
        ended = (self._column == old) & (bar >= split_bar)
        not_begun = (self._column == SUCCESSOR) & (bar < split_bar)
        slot = np.full(len(columns), int(Slot.TRADED), dtype=np.int8)
        slot[faults.frozen[bar, self._venue]] = Slot.QUIET
        slot[faults.unseen[bar, self._venue]] = Slot.UNSEEN
        slot[np.isnan(close[bar, columns]) | ended | not_begun] = Slot.UNLISTED
        return slot

    def _bars_of_columns(
        self,
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """(close, high, low, volume, taker buying) per bar and column."""
        shape = (self._bars, self._per_bar, COLUMNS)
        price = self._market.price.reshape(shape)
        volume = np.nan_to_num(self._market.volume).reshape(shape)
        pressure = self._market.pressure.reshape(shape)
        close = price[:, -1]
        filled = np.where(np.isnan(price), close[:, None], price)
        taker = 0.5 * volume * (1.0 + pressure)
        return (
            close,
            filled.max(axis=1) * 1.001,
            filled.min(axis=1) * 0.999,
            volume.sum(axis=1),
            taker.sum(axis=1),
        )

    def _supplies(self) -> FloatArray:
        """Circulating units per bar and token of the layout."""
        supply = self._market.supply[self._per_bar - 1 :: self._per_bar]
        splits = self._market.script.splits
        old = splits[0].sector * MEMBERS + splits[0].member if splits else 0
        successor = supply[:, [old]] * (splits[0].ratio if splits else 1.0)
        return np.concatenate([supply, successor], axis=1)[:, self._tokens]

    def _faults(self) -> Faults:
        shape = (self._bars, len(VENUES))
        faults = Faults(
            np.zeros(shape, dtype=np.bool_),
            np.zeros(shape, dtype=np.bool_),
            np.ones((*shape, COLUMNS + 1)),
        )
        days = LENGTH_H / 24
        for venue in range(len(VENUES)):
            for _ in range(self._rng.poisson(days / 10)):
                faults.unseen[self._spell(1.0, 8.0), venue] = True
            for _ in range(self._rng.poisson(days / 15)):
                faults.frozen[self._spell(1.0, 6.0), venue] = True
        faults.unseen[self._spell(0.5, 4.0)] = True
        for _ in range(self._rng.poisson(days / 2)):
            where = tuple(int(self._rng.integers(size)) for size in faults.tick.shape)
            faults.tick[where] = self._rng.uniform(1.3, 5.0) ** self._rng.choice([-1.0, 1.0])
        return faults

    def _spell(self, least_h: float, most_h: float) -> slice:
        bar_h = self.width / timedelta(hours=1)
        begin = int(self._rng.integers(self._bars))
        return slice(
            begin, begin + max(1, round(float(self._rng.uniform(least_h, most_h)) / bar_h))
        )


def _by_slot(slot: SlotArray, value: FloatArray) -> FloatArray:
    """Truly nothing on a quiet market, unknown on an unseen one."""
    return np.where(slot == Slot.TRADED, value, np.where(slot == Slot.QUIET, 0.0, np.nan))


def _members(
    market: SyntheticMarket, columns: list[int], names: list[str]
) -> dict[str, list[Membership]]:
    members: dict[str, list[Membership]] = {name: [] for name in NAMES}
    for column in columns:
        if column != BENCHMARK:
            members[NAMES[int(market.sector[column])]].append(Membership(names[column]))
    return members


def _token(name: str) -> Token:
    return Token(name, name, tuple(Market(venue, f"{name}/USD", name) for venue in VENUES))


def _grid(hour: float) -> datetime:
    """On a whole hour, so that it is the open of a bar of any width."""
    return START + timedelta(hours=round(hour))
