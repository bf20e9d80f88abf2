"""Sixty tokens on five venues for five weeks, and the faults that their venues have in turn."""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from monitor.episodes import Episode
from monitor.model.bars import Bar
from monitor.model.grid import to_ms
from monitor.model.universe import Market, Membership, Sector, Supply, Token, Universe
from tests.kit.venue_server.book import BarBook
from tests.kit.venue_server.candles import Candle

VENUES = ("binance", "bybit", "gate", "kucoin", "okx")
TOKENS = 60
SECTORS = 5
WIDTH = timedelta(hours=1)
LIVE_FROM = datetime(2025, 3, 3, tzinfo=UTC)
SINCE = LIVE_FROM - timedelta(days=30)
"""All that the engine looks back on is full when the days begin: what grows after that is a leak."""
UNTIL = LIVE_FROM + timedelta(days=7)
LISTED_BEYOND = timedelta(days=3)
"""So long after the end the venues still have bars: what was missed is asked for while time goes on."""
FAULT_EVERY = timedelta(minutes=10)
_UNITS = 1e8

FAULTS: tuple[tuple[str, Mapping[str, object]], ...] = tuple(
    (kind, MappingProxyType(options))
    for kind, options in (
        ("status", {"status": 500}),
        ("status", {"status": 503, "retry_after": 1.0}),
        ("html200", {}),
        ("half_json", {}),
        ("empty_body", {}),
        ("json_null", {}),
        ("json_number", {}),
        ("json_object", {}),
        ("json_list", {}),
        ("empty_list", {}),
        ("reset", {}),
        ("cut_body", {}),
        ("slow", {"seconds": 0.5}),
        ("stall", {"seconds": 2.0}),
        ("drip", {"seconds": 2.0}),
        ("maintenance", {}),
        ("internal_error", {}),
        ("rate_limited", {"retry_after": 1.0}),
        ("banned", {"retry_after": 5.0}),
        ("region", {}),
        ("reversed", {}),
        ("shuffled", {}),
        ("duplicated", {}),
        ("conflicting", {}),
        ("gapped", {}),
        ("nan", {}),
        ("null", {}),
        ("null_volume", {}),
        ("null_quote", {}),
        ("not_a_number", {}),
        ("zero", {}),
        ("negative", {}),
        ("x100", {}),
        ("seconds", {}),
        ("no_forming", {}),
        ("unaligned", {}),
        ("other_types", {}),
        ("frozen", {}),
        ("volume_times", {"factor": 1e3}),
        ("close_times", {"factor": 2.0}),
        ("price_times", {"factor": 1.12}),
        ("misaligned", {"factor": 1.0}),
        ("broken_range", {}),
        ("provisional", {"seconds": 3600.0}),
        ("vanished", {"symbol": "S1T03/USDT"}),
        ("renamed", {"symbol": "S2T05/USDT", "other": "S2T05X/USDT"}),
        ("clock_off", {"seconds": 600.0}),
        ("clock_off", {"seconds": -600.0}),
    )
)
"""Kinds of the venue server with their options. Those that change figures begin at the time they are switched on."""


@dataclass(frozen=True, slots=True)
class Course:
    """What whole sectors do on top of their tokens' waves, by a sector's place and the hours since :data:`SINCE`: ``level`` in
    logs of the price, ``trading`` as a multiple of the usual volume of the bar that opens then."""

    level: Callable[[int, float], float] = lambda _sector, _hour: 0.0
    trading: Callable[[int, float], float] = lambda _sector, _hour: 1.0


WAVES = Course()
"""Nothing but the waves."""


def token_of(number: int) -> str:
    """Its id: S0T00 is the first of the first sector."""
    return f"S{number % SECTORS}T{number // SECTORS:02d}"


def price(token: str, at: datetime, course: Course = WAVES) -> float:
    """A walk of waves, the same whenever it is asked."""
    hour = (at - SINCE) / WIDTH
    place = int(token[1]) * 31 + int(token[3:])
    own = sum(math.sin(hour / length + place * length) for length in (3.1, 11.7, 53.0))
    common = math.sin(hour / 37.0)
    level = course.level(int(token[1]), hour)
    return (1.0 + place / 7.0) * math.exp(0.006 * own + 0.01 * common + level)


def candle(venue: str, token: str, at: datetime, course: Course = WAVES) -> Candle:
    """One bar; venues differ by volume."""
    start, end = price(token, at, course), price(token, at + WIDTH, course)
    quote = 2e5 * (2.0 + math.sin((at - SINCE) / WIDTH * 1.7 + len(venue) + int(token[3:])))
    quote *= course.trading(int(token[1]), (at - SINCE) / WIDTH)
    base = quote / ((start + end) / 2)
    high, low = max(start, end) * 1.001, min(start, end) * 0.999
    return Candle(to_ms(at), start, high, low, end, base, quote, quote * 0.52, trades=400)


def times() -> Iterator[datetime]:
    """Open times of all bars that the venues have."""
    for k in range(round((UNTIL + LISTED_BEYOND - SINCE) / WIDTH)):
        yield SINCE + k * WIDTH


def soak_book(course: Course = WAVES) -> BarBook:
    """What the venues know: the truth."""
    book = BarBook(WIDTH)
    opens = [*times()]
    for venue in VENUES:
        for number in range(TOKENS):
            token = token_of(number)
            book.put(venue, f"{token}/USDT", [candle(venue, token, at, course) for at in opens])
    return book


def soak_episode(course: Course = WAVES) -> Episode:
    """The universe, and the bars before the live part as a backfill stores them."""
    tokens = [token_of(number) for number in range(TOKENS)]
    sectors = tuple(
        Sector(
            f"sector-{k}",
            f"Sector {k}",
            tuple(Membership(t) for t in tokens if t[1] == str(k)),
            benchmark=k == 0,
        )
        for k in range(SECTORS)
    )
    markets = {t: tuple(Market(v, f"{t}/USDT", t) for v in VENUES) for t in tokens}
    universe = Universe(
        sectors,
        tuple(Token(t, f"Token {t}", markets[t], first_trade=SINCE) for t in sorted(tokens)),
    )
    return Episode(
        universe=universe,
        width=WIDTH,
        bars=tuple(
            _bar(venue, token, at, course)
            for at in times()
            if at < LIVE_FROM
            for venue in VENUES
            for token in tokens
        ),
        supplies=tuple(
            Supply(t, _UNITS, SINCE, SINCE, "script", dated_by_operator=True) for t in tokens
        ),
        notes=(),
        description="scripted",
        since=SINCE,
        history_from=LIVE_FROM,
        until=UNTIL,
    )


def faults(
    seed: int, until: datetime = UNTIL
) -> Iterator[tuple[datetime, str, str, dict[str, object]]]:
    """(when, kind, venue, options), one every ten minutes of the live part: each spoils the venue's next few answers."""
    dice = random.Random(seed)
    at = LIVE_FROM + FAULT_EVERY
    while at < until:
        kind, options = dice.choice(FAULTS)
        since = {"since_ms": to_ms(at - WIDTH)} if "factor" in options or kind == "frozen" else {}
        yield at, kind, dice.choice(VENUES), {**options, **since, "left": dice.randint(1, 12)}
        at += FAULT_EVERY


def _bar(venue: str, token: str, at: datetime, course: Course) -> Bar:
    c = candle(venue, token, at, course)
    return Bar(
        f"{venue}:{token}/USDT", at, c.open, c.high, c.low, c.close, c.base_volume, c.quote_volume,
        c.taker_buy_quote,
    )  # fmt: skip
