"""What the operator is told of a venue that is away, and who stands in for it."""

from datetime import UTC, datetime, timedelta

from monitor.content.wording.outages import cover_words, outage_words
from monitor.model.bars import VenueHealth, VenueState
from monitor.model.cover import covered_by
from monitor.model.universe import Market, Token, Universe

NOW = datetime(2025, 1, 20, 9, 40, tzinfo=UTC)
DOWN = VenueHealth(
    "gate",
    VenueState.DOWN,
    since=NOW,
    last_success=NOW - timedelta(hours=6, minutes=30),
    next_try=NOW + timedelta(minutes=5),
)


def words(cover: dict[str, tuple[str, ...]], health: VenueHealth = DOWN, **more: str) -> str:
    """With the shipped deadline and carry."""
    return outage_words(
        "gate is down: answers HTTP 503 Service Unavailable",
        health,
        cover,
        deadline=timedelta(seconds=90),
        carry=timedelta(hours=1),
        **more,
    )


def test_a_token_that_nobody_sees_comes_before_all_that_is_covered() -> None:
    assert words({"AI16Z": ("bybit", "mexc"), "PIPPIN": ()}, remedy="wait") == (
        "gate is down: answers HTTP 503 Service Unavailable; last heard 20 Jan 2025, 03:10 UTC. Nobody sees PIPPIN now;"
        " AI16Z is covered by bybit and mexc. Next try 09:45 UTC. Mend: wait. Meanwhile each interval is stepped 90 s"
        " after its close without it; the last price of a token that nobody sees stands for 1 h, then it is unknown, and"
        " rotations that lean on it are held."
    )


def test_where_all_is_covered_nothing_is_said_of_what_nobody_sees() -> None:
    never = VenueHealth("gate", VenueState.FORBIDDEN, since=NOW)
    assert words({"ARC": ("okx",)}, never) == (
        "gate is down: answers HTTP 503 Service Unavailable; not heard yet. ARC is covered by okx. Meanwhile each interval"
        " is stepped 90 s after its close without it."
    )


def test_many_tokens_are_named_in_part_and_counted() -> None:
    cover: dict[str, tuple[str, ...]] = {f"L{k}": () for k in range(5)}
    cover |= {f"K{k}": ("okx",) if k % 2 else ("mexc",) for k in range(6)}
    assert cover_words(cover) == (
        "Nobody sees L0, L1, L2 and 2 more now; K0, K1, K2 and 3 more are covered by mexc and okx."
    )
    assert cover_words({}) == ""


def test_who_covers_is_asked_for_the_token_at_that_time_and_heard() -> None:
    ended = Market("mexc", "ARC/USDT", "ARC", listed_to=NOW)
    filed = Market("coinmarketcap", "ARC/USDT", "ARC", polled=False)
    markets = {
        "ARC": [Market("gate", "ARC/USDT", "ARC"), ended, filed],
        "BTC": [Market(venue, "BTC/USDT", "BTC") for venue in ("gate", "okx", "kucoin")],
        "SOL": [Market("okx", "SOL/USDT", "SOL")],
    }
    tokens = tuple(Token(name, name, tuple(found)) for name, found in markets.items())
    found = covered_by(Universe((), tokens), "gate", NOW, {"okx", "mexc", "coinmarketcap"})
    assert found == {"ARC": (), "BTC": ("okx",)}
