"""What is watched, over time: venues' markets, tokens, sectors and their dated members."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)

DOLLARS = frozenset({"USD", "USDT", "USDC", "FDUSD", "TUSD", "DAI", "BUSD", "USDE", "PYUSD"})
"""The dollar and coins that are meant to be worth one: counted as one where nothing watches their rate, and said so."""


def quote_of(symbol: str) -> str:
    """Currency of the price of a unified symbol: ``USDT`` of ``VIRTUAL/USDT`` and of ``VIRTUAL/USDT:USDT``."""
    return symbol.partition("/")[2].partition(":")[0]


@dataclass(frozen=True, slots=True)
class Market:
    """One market of one venue, by its exact unified ccxt symbol.

    ``multiplier``: coins of the token in one unit of the market (1000 for ``1000PEPE``); the price of a coin is the
    market's price divided by it. Listed in ``[listed_from, listed_to)``. ``polled``: its venue is asked for bars; else
    it is known from files only.
    """

    venue: str
    symbol: str
    token: str
    multiplier: float = 1.0
    listed_from: datetime = BEGINNING
    listed_to: datetime = END
    polled: bool = True

    @property
    def id(self) -> str:
        """``venue:symbol``, unique in a universe."""
        return f"{self.venue}:{self.symbol}"

    @property
    def base(self) -> str:
        """What is traded, as the venue calls it: ``1000PEPE`` of ``1000PEPE/USDT``."""
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        """Currency of the price."""
        return quote_of(self.symbol)

    def listed_at(self, moment: datetime) -> bool:
        """Whether a bar that opens at ``moment`` may exist."""
        return self.listed_from <= moment < self.listed_to


@dataclass(frozen=True, slots=True)
class Redenomination:
    """From ``at`` on, one unit of ``old`` is ``ratio`` units of ``new``; one member at a time."""

    old: str
    new: str
    ratio: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Supply:
    """Units of a token that float freely, from ``valid_from`` until a later row of the same token.

    ``basis`` is ``circulating``, ``total`` or ``max``; only ``circulating`` enters a market cap. ``received_at`` is
    when we could know it. ``dated_by_operator``: stands in the configuration, so no second source is needed.
    """

    token: str
    units: float
    valid_from: datetime
    received_at: datetime
    source: str
    basis: str = "circulating"
    dated_by_operator: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """One coin by its identity, never by its ticker."""

    id: str
    name: str
    markets: tuple[Market, ...] = ()
    first_trade: datetime | None = None
    coingecko_id: str | None = None
    contracts: Mapping[str, str] = field(default_factory=dict)  # chain -> address
    coinpaprika_id: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """A token is in a sector for bars that open in ``[since, until)``."""

    token: str
    since: datetime = BEGINNING
    until: datetime = END


@dataclass(frozen=True, slots=True)
class Sector:
    """A watched sector; ``benchmark`` marks the watched market, which has an index but no share."""

    id: str
    name: str
    members: tuple[Membership, ...]
    color: str = "#888888"
    benchmark: bool = False


@dataclass(frozen=True, slots=True)
class Universe:
    """Everything watched. Sectors and tokens are kept sorted by id, markets by ``Market.id``.

    A token is in at most one sector at a time; the settings room proves it. A migrated token's successor is listed as a
    member from the migration on, so that one of the two is a member at any time.
    """

    sectors: tuple[Sector, ...]
    tokens: tuple[Token, ...]
    redenominations: tuple[Redenomination, ...] = ()

    @property
    def markets(self) -> tuple[Market, ...]:
        """All markets, sorted by id: the order of every array that is indexed by market."""
        return tuple(sorted((m for t in self.tokens for m in t.markets), key=lambda m: m.id))

    @property
    def watched(self) -> tuple[Sector, ...]:
        """The sectors proper, without the benchmark, sorted by id."""
        return tuple(s for s in self.sectors if not s.benchmark)

    def sector(self, sector_id: str) -> Sector:
        """The sector of that id; raises KeyError."""
        for sector in self.sectors:
            if sector.id == sector_id:
                return sector
        raise KeyError(sector_id)

    def has(self, sector_id: str) -> bool:
        """Whether a sector of that id is watched."""
        return any(s.id == sector_id for s in self.sectors)

    def token(self, token_id: str) -> Token:
        """The token of that id; raises KeyError."""
        for token in self.tokens:
            if token.id == token_id:
                return token
        raise KeyError(token_id)

    def sector_of(self, token_id: str, moment: datetime) -> str | None:
        """Id of the sector that holds the token in the bar that opens at ``moment``."""
        for sector in self.sectors:
            for member in sector.members:
                if member.token == token_id and member.since <= moment < member.until:
                    return sector.id
        return None
