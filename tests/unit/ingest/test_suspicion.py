"""What is held back until somebody confirms it, and what is believed at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.ingest.validation.recent import KEPT, RecentBars
from monitor.ingest.validation.suspicion import (
    Answered,
    Peers,
    missing_trades,
    peers_of,
    suspicions,
)
from monitor.model.bars import Bar
from monitor.model.universe import Market

WIDTH = timedelta(minutes=5)
NOON = datetime(2025, 1, 20, 12, 0, tzinfo=UTC)
OURS = Market("okx", "ARC/USDT", "arc")
OTHER = Market("gate", "ARC/USDT", "arc")
STRANGER = Market("gate", "FOX/USDT", "fox")


def bar(place: int, close: float = 1.0, *, opened: float = 1.0, coins: float = 100.0) -> Bar:
    """The bar that opens ``place`` intervals after noon, 0.5 % wide beyond its open and close."""
    high, low = max(opened, close) * 1.0025, min(opened, close) * 0.9975
    if not coins:
        high = low = opened = close
    moment = NOON + place * WIDTH
    return Bar(OURS.id, moment, opened, high, low, close, coins, coins * close, None)


def recent(market: Market = OURS, *, until: int = 0) -> RecentBars:
    """Two dozen usual bars before ``until``."""
    found = RecentBars([OURS, OTHER, STRANGER])
    found.note(replace(bar(place), market_id=market.id) for place in range(until - 24, until))
    return found


def reasons(
    bars: Sequence[Bar],
    known: RecentBars,
    *,
    forming: Bar | None = None,
    peers: Peers | None = None,
    insisted: bool = False,
) -> list[str]:
    """Reasons for which bars are held back, in their order."""
    peers = peers or peers_of(OURS, known)
    answered = Answered(OURS, bars, WIDTH, forming)
    return [r.reason for r in suspicions(answered, known, peers, insisted=insisted)]


def test_a_move_that_the_next_bar_carries_on_is_believed_and_one_that_it_does_not_is_not() -> None:
    leap = bar(0, 1.3)
    assert reasons([leap], recent()) == ["unconfirmed_move"]
    assert reasons([leap], recent(), forming=bar(1, 1.3, opened=1.3)) == []
    assert reasons([leap], recent(), forming=bar(1, 1.0, opened=1.0)) == ["unconfirmed_move"]
    assert reasons([leap, bar(1, 1.31, opened=1.3)], recent()) == []


def test_a_move_that_another_venue_makes_too_is_believed_at_once() -> None:
    known = recent()
    known.note([replace(bar(0, 1.32), market_id=OTHER.id)])
    assert reasons([bar(0, 1.3)], known) == []
    known.note([replace(bar(0, 1.0), market_id=OTHER.id)])
    follows = bar(1, 1.3, opened=1.3)
    assert reasons([bar(0, 1.3)], known, forming=follows) == ["unconfirmed_move"]


def test_a_step_between_two_bars_is_another_coin_and_so_is_what_goes_on_from_it() -> None:
    step = [bar(0, 1.08, opened=1.08), bar(1, 1.09, opened=1.08)]
    assert reasons(step, recent()) == ["unconfirmed_step"] * 2
    price = replace(peers_of(OURS, recent()), price=1.085)
    assert reasons(step, recent(), peers=price) == []
    assert reasons(step, recent(), insisted=True) == []


def test_the_old_coin_is_believed_again_where_it_comes_back() -> None:
    back = [bar(0, 1.08, opened=1.08), bar(1, 1.0, opened=1.0)]
    assert reasons(back, recent()) == ["unconfirmed_step"]


def test_volume_of_many_times_the_most_needs_a_range_or_another_venue() -> None:
    assert reasons([bar(0, coins=5000.0)], recent()) == ["volume_surge"]
    assert reasons([bar(0, 1.05, coins=5000.0)], recent()) == []
    known = recent()
    known.note([replace(bar(0, coins=2000.0), market_id=OTHER.id)])
    assert reasons([bar(0, coins=5000.0)], known) == []


def test_a_bar_with_a_range_and_no_volume_is_never_believed() -> None:
    empty = replace(bar(0), base_volume=0.0, quote_volume=0.0)
    assert reasons([empty], recent(), insisted=True) == ["volume_missing"]


def test_a_flat_bar_is_quiet_where_all_are_quiet_and_frozen_where_others_trade() -> None:
    flat = bar(0, coins=0.0)
    assert reasons([flat], recent()) == []
    elsewhere = recent()
    elsewhere.note([replace(bar(0), market_id=STRANGER.id)])
    assert reasons([flat], elsewhere) == ["frozen"]
    same_coin = recent()
    same_coin.note([replace(bar(0), market_id=OTHER.id)])
    assert reasons([flat], same_coin, insisted=True) == ["frozen"]


def test_bars_known_at_another_time_hold_the_whole_answer() -> None:
    known = RecentBars([OURS])
    closes = [1 + 0.001 * (place % 5) for place in range(-24, 1)]
    walk = [bar(place, closes[place + 24], opened=closes[place + 23]) for place in range(-23, 1)]
    known.note(walk[:-1])
    moved = [replace(b, open_time=b.open_time + WIDTH) for b in walk[-4:-1]]
    assert reasons(moved, known) == ["misaligned"] * 3
    assert reasons(walk[-4:], known) == []


def test_a_known_bar_that_reads_far_off_now_holds_the_whole_answer() -> None:
    again = [bar(-1, 1.1, opened=1.1), bar(0, 1.1, opened=1.1)]
    assert reasons(again, recent()) == ["restated"] * 2


def test_a_hole_of_a_market_that_always_trades_is_unseen_while_it_is_young() -> None:
    known = recent()
    known.note([replace(bar(place), market_id=OTHER.id) for place in range(3)])
    answered = Answered(OURS, [bar(0), bar(2)], WIDTH)
    span = [(NOON, NOON + 3 * WIDTH)]

    def opens(now: datetime) -> list[datetime | None]:
        found = missing_trades(answered, known, peers_of(OURS, known), span, now)
        return [refusal.open_time for refusal in found]

    assert opens(NOON + 3 * WIDTH) == [NOON + WIDTH]
    assert opens(NOON + timedelta(hours=3)) == []


def test_the_memory_of_a_market_stays_as_large_as_it_is() -> None:
    known = RecentBars([OURS])
    for place in range(3 * KEPT):
        known.note([bar(place)])
    assert list(known.of(OURS.id)) == [NOON + place * WIDTH for place in range(2 * KEPT, 3 * KEPT)]
