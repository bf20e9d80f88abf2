"""A market in which everything goes wrong that the method has a rule for.

Twelve days of 15-minute bars, three sectors and a benchmark. East quotes dollars and tells takers' volume; North quotes
USDC and does not; Tiny has 0.1 % of the volume and is switched on in the third day. There are launches with and without
a told first trade, a redenomination, restated and issued supplies, a token without a supply for a time, a change of
sector, a delisting, outages of one venue and of all, a venue that stands still, wild ticks, a crash on one venue, a
token quoted nowhere for two days, a benchmark that goes silent, and USDC at 0.87.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from monitor.model.bars import Slot
from monitor.model.interval import IntervalInput, Layout
from monitor.model.universe import Market, Membership, Redenomination, Sector, Token, Universe

START = datetime(2025, 3, 1, tzinfo=UTC)
WIDTH = timedelta(minutes=15)
DAY = 96
STEPS = 12 * DAY
OLD, NEW, RATIO, SPLIT = "AI4", "AI4X", 6.0, 6 * DAY + 40
LAUNCH, UNTOLD = 4 * DAY + 13, 7 * DAY + 5
LISTED_OUT = 9 * DAY + 2
TINY_FROM = 2 * DAY + 7
SUPPLY = {"BTC": 2e7, "ETH": 1.2e8}
SECTORS = {
    "ai": ("AI1", "AI2", "AI3", OLD),
    "defi": ("DE1", "DE2", "DE3"),
    "memes": ("ME1", "ME2", "ME3", "ME4"),
}


def at(step: int) -> datetime:
    """The open of a bar."""
    return START + step * WIDTH


def universe() -> Universe:
    """Every token on East and North, the larger ones on Tiny."""
    names = [*SECTORS["ai"], NEW, *SECTORS["defi"], *SECTORS["memes"], "LAU", "UNT", "BTC", "ETH"]
    tokens = [
        Token(
            name,
            name,
            tuple(Market(v, s, name) for v, s in _symbols(name)),
            first_trade=at(LAUNCH) if name == "LAU" else None,
        )
        for name in names
    ]
    tokens.append(Token("USDC", "USDC", (Market("east", "USDC/USD", "USDC"),)))
    members = {s: [Membership(name) for name in held] for s, held in SECTORS.items()}
    members["ai"][3] = Membership(OLD, until=at(SPLIT))
    members["ai"].append(Membership(NEW, since=at(SPLIT)))
    members["memes"] += [Membership("LAU"), Membership("UNT")]
    moves = at(5 * DAY)
    members["defi"][2] = Membership("DE3", until=moves)
    members["memes"].append(Membership("DE3", since=moves))
    sectors = [Sector(s, s, tuple(held)) for s, held in members.items()]
    sectors.append(
        Sector("watched", "Market", (Membership("BTC"), Membership("ETH")), benchmark=True)
    )
    return Universe(
        tuple(sorted(sectors, key=lambda s: s.id)),
        tuple(sorted(tokens, key=lambda token: token.id)),
        (Redenomination(OLD, NEW, RATIO, at(SPLIT)),),
    )


def _symbols(name: str) -> list[tuple[str, str]]:
    found = [("east", f"{name}/USD"), ("north", f"{name}/USDC")]
    if name in ("AI1", "AI2", "DE1", "ME1", "ME2", "BTC"):
        found.append(("tiny", f"{name}/USD"))
    return found


def intervals(seed: int = 5) -> Iterator[IntervalInput]:
    """All of them, in order."""
    return _Market(seed).intervals()


class _Market:
    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.watched = universe()
        self.layout = Layout.of(self.watched)
        self.tokens = list(self.layout.tokens)
        self.price = self._prices()
        self.supply = self._supplies()
        self.dollars = self._dollars()

    def intervals(self) -> Iterator[IntervalInput]:
        rng, last = self.rng, {m.id: np.nan for m in self.watched.markets}
        ticks = {
            (int(rng.integers(STEPS)), str(rng.choice(self.layout.markets))): float(
                rng.uniform(1.3, 3.0) ** rng.choice([-1, 1])
            )
            for _ in range(40)
        }
        for step in range(STEPS):
            rows = []
            for m in self.watched.markets:
                slot = self._slot(m, step)
                price = self._quoted(m, step) * ticks.get((step, m.id), 1.0)
                price *= float(np.exp(rng.normal(0.0, 4e-4)))
                traded = self._volume(m, step)
                buying = traded * float(rng.uniform(0.35, 0.65))
                if slot == Slot.QUIET:
                    price, traded, buying = last[m.id], 0.0, 0.0
                elif slot != Slot.TRADED:
                    price = traded = buying = np.nan
                else:
                    last[m.id] = price
                if m.venue == "north" or (m.venue == "east" and step % 50 == 0):
                    buying = np.nan
                rows.append((price, traded, buying, int(slot)))
            close, volume, taker, slots = (
                np.array(x, dtype=float) for x in zip(*rows, strict=True)
            )
            yield IntervalInput(
                at(step), WIDTH, close, close, close, volume, taker, slots.astype(np.int8),
                self.supply[step], np.full(len(self.tokens), (step % DAY) / 4.0),
            )  # fmt: skip

    def _prices(self) -> dict[str, np.ndarray]:
        rng = self.rng
        market = rng.standard_t(4, STEPS) * 0.0025
        out = {}
        factors = {s: rng.standard_t(4, STEPS) * 0.003 for s in SECTORS}
        factors["ai"][8 * DAY : 8 * DAY + 60] -= 0.004
        for name in self.tokens:
            home = next((s for s, held in SECTORS.items() if name in held), None)
            own = rng.standard_t(4, STEPS) * 0.003
            beta = 1.0 if home is None else 1.5
            steps = beta * market + own + (0.0 if home is None else factors[home])
            out[name] = float(rng.uniform(0.5, 50.0)) * np.exp(np.cumsum(steps))
        out[NEW] = out[OLD] / RATIO
        return out

    def _supplies(self) -> np.ndarray:
        units = {name: SUPPLY.get(name, 2e9 / self.price[name][0]) for name in self.tokens}
        table = np.array([[units[name] for name in self.tokens]] * STEPS)
        place = {name: k for k, name in enumerate(self.tokens)}
        table[6 * DAY :, place["AI2"]] *= 0.65  # restated
        table[5 * DAY + 11 :, place["ME3"]] *= 1.08  # issued
        table[: 3 * DAY, place["DE2"]] = np.nan  # not told yet
        table[:, place["USDC"]] = np.nan
        table[:, place[NEW]] = units[OLD] * RATIO
        table[: SPLIT + 20, place[NEW]] = np.nan  # told only after the change
        table[SPLIT + 60 :, place[NEW]] *= 7.4822 / 6.6
        return table

    def _dollars(self) -> np.ndarray:
        """USD of a USDC: 0.87 at the low of the eighth day, a dollar again a day and a half later."""
        out = np.ones(STEPS) + self.rng.normal(0.0, 1e-4, STEPS)
        fall = np.linspace(1.0, 0.87, 24)
        out[8 * DAY : 8 * DAY + 24] = fall
        out[8 * DAY + 24 : 9 * DAY] = 0.90 + 0.01 * np.sin(np.arange(DAY - 24))
        out[9 * DAY : 9 * DAY + 48] = np.linspace(0.91, 1.0, 48)
        return out

    def _quoted(self, m: Market, step: int) -> float:
        if m.token == "USDC":
            return float(self.dollars[step])
        price = float(self.price[m.token][step])
        if m.token == "ME2" and m.venue == "east" and 3 * DAY <= step < 3 * DAY + 9:
            price *= 0.6  # on one venue alone
        if m.token == "DE1" and step >= 10 * DAY:
            price *= 0.55  # everywhere at once
        return price / (float(self.dollars[step]) if m.quote == "USDC" else 1.0)

    def _volume(self, m: Market, step: int) -> float:
        part = {"east": 0.7, "north": 0.299, "tiny": 0.001}[m.venue]
        burst = 3.0 if m.token.startswith("ME") and step >= 8 * DAY else 1.0
        return part * burst * 1e6 * float(self.rng.lognormal(0.0, 0.6))

    def _slot(self, m: Market, step: int) -> Slot:
        day, quarter = divmod(step, DAY)
        absent = (
            (m.token == "LAU" and step < LAUNCH)
            or (m.token == "UNT" and step < UNTOLD)
            or (m.token == NEW and step < SPLIT)
            or (m.token == OLD and step >= SPLIT)
            or (m.token == "ME4" and step >= LISTED_OUT)
            or (m.venue == "tiny" and step < TINY_FROM)
        )
        if absent:
            return Slot.UNLISTED
        silent = (
            (day == 3 and 20 <= quarter < 40 and m.venue == "north")
            or (day == 6 and 60 <= quarter < 90 and m.venue == "east")
            or (day == 4 and 50 <= quarter < 53)
            or (day == 9 and 60 <= quarter < 75)
            or (m.token == "AI3" and 5 * DAY <= step < 7 * DAY + 20)
            or (m.token in ("BTC", "ETH") and 10 * DAY + 30 <= step < 10 * DAY + 45)
            or (m.token == "ETH" and 2 * DAY <= step < 2 * DAY + 12)
        )
        if silent:
            return Slot.UNSEEN
        still = m.venue == "north" and day == 5 and 10 <= quarter < 30
        rare = m.token == "DE3" and quarter % 3 > 0
        return Slot.QUIET if still or rare else Slot.TRADED
