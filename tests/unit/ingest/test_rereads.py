"""When holes are asked for again, and when known bars are read once more."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from monitor.ingest.answers import Want
from monitor.ingest.rereads import AUDIT_BARS, MARGIN, Rereads
from monitor.model.universe import Market

WIDTH = timedelta(minutes=5)
NOON = datetime(2025, 1, 20, 12, 0, tzinfo=UTC)
OURS = Market("okx", "ARC/USDT", "arc")
HOLE = (NOON - timedelta(minutes=30), NOON - timedelta(minutes=20))
SPOKEN = [(NOON - timedelta(hours=6), HOLE[0]), (HOLE[1], NOON)]


def wants(rereads: Rereads, now: datetime, spoken: list[tuple[datetime, datetime]]) -> list[Want]:
    return rereads.wants([OURS], now, {OURS.id: spoken}, None)


def asked(rereads: Rereads, polls: int, spoken: list[tuple[datetime, datetime]]) -> list[int]:
    """Numbers of the polls, five minutes apart, at which the hole was asked for."""
    found = []
    for number in range(polls):
        now = NOON + number * WIDTH
        rereads.note(OURS.id, now, clean=True)
        found += [
            number for want in wants(rereads, now, spoken) if want.since == HOLE[0] - MARGIN * WIDTH
        ]
    return found


def test_a_hole_is_asked_for_with_growing_pauses_and_its_neighbours_with_it() -> None:
    assert asked(Rereads(WIDTH), 6, SPOKEN) == [0, 1, 3]
    first = wants(Rereads(WIDTH), NOON, SPOKEN)
    assert [want.until for want in first] == [HOLE[1] + MARGIN * WIDTH]


def test_what_the_venue_no_longer_serves_is_not_asked_for() -> None:
    assert Rereads(WIDTH).wants([OURS], NOON, {OURS.id: SPOKEN}, HOLE[1]) == []


def test_nothing_is_asked_again_of_a_market_that_is_known_whole() -> None:
    assert asked(Rereads(WIDTH), 6, [(SPOKEN[0][0], NOON)]) == []


def test_a_market_that_has_come_right_is_read_over_at_the_next_poll() -> None:
    rereads = Rereads(WIDTH)
    rereads.note(OURS.id, NOON, clean=False, held=True)
    assert rereads.held_since(OURS.id) == NOON
    rereads.note(OURS.id, NOON + WIDTH, clean=True)
    assert rereads.held_since(OURS.id) is None
    long = [(NOON - timedelta(days=5), NOON + WIDTH)]
    (want,) = wants(rereads, NOON + 2 * WIDTH, long)
    assert (want.until, want.again) == (NOON + WIDTH, True)
    assert want.since == NOON + WIDTH - AUDIT_BARS * WIDTH


@pytest.mark.parametrize(
    ("width", "answers", "hours"),
    [
        (timedelta(minutes=1), True, 1),
        (timedelta(minutes=5), True, 1),
        (timedelta(hours=1), True, 12),
        (timedelta(days=1), True, 24),
        (timedelta(hours=1), False, 1),
    ],
)
def test_a_market_is_read_over_every_twelve_bars_and_after_an_hour_where_no_whole_answer_came(
    width: timedelta, answers: bool, hours: int
) -> None:
    rereads = Rereads(width)
    long = [(NOON - timedelta(days=30), NOON + width)]
    times = []
    for number in range(200):
        now = NOON + number * width
        rereads.note(OURS.id, now, clean=True)
        for want in wants(rereads, now, long):
            times.append(now)
            if answers:
                rereads.answered(OURS.id, want.since, now)
    assert len(times) > 2
    pauses = {later - earlier for earlier, later in pairwise(times)}
    assert pauses <= {max(width, timedelta(hours=hours))}


@pytest.mark.parametrize(("count", "most"), [(60, 10), (500, 50)])
def test_a_venue_of_many_markets_is_read_over_a_tenth_at_a_poll_and_nobody_is_left_out(
    count: int, most: int
) -> None:
    width, right_again = timedelta(hours=1), 20
    markets = [Market("okx", f"T{n}/USDT", f"t{n}") for n in range(count)]
    spoken = {market.id: [(NOON - timedelta(days=9), NOON)] for market in markets}
    rereads = Rereads(width)
    read: list[list[str]] = []
    for number in range(36):
        now = NOON + number * width
        if number == right_again:
            for market in markets:
                rereads.note(market.id, now, clean=False)
                rereads.note(market.id, now, clean=True)
        found = rereads.wants(markets, now, spoken, None)
        for want in found:
            rereads.answered(want.market.id, want.since, now)
        read.append([want.market.id for want in found])
    assert max(map(len, read)) == most
    assert {name for names in read[:16] for name in names} == set(spoken)
    after = read[right_again : right_again + count // most]
    assert sorted(name for names in after for name in names) == sorted(spoken)


def test_many_holes_are_gone_through_a_page_at_a_time() -> None:
    rereads = Rereads(WIDTH)
    begin = NOON - timedelta(days=3)
    spoken = [(begin - WIDTH, begin), (NOON - WIDTH, NOON)]
    asked_for = [wants(rereads, NOON + n * WIDTH, spoken) for n in range(6)]
    longest = AUDIT_BARS * WIDTH
    assert all(want.until and want.until - want.since <= longest for (want,) in asked_for)
    assert asked_for[0][0].since < asked_for[1][0].since
