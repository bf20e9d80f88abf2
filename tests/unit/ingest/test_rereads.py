"""When holes are asked for again, and when known bars are read once more."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from monitor.ingest.rereads import AUDIT_BARS, MARGIN, Rereads
from monitor.model.universe import Market

WIDTH = timedelta(minutes=5)
NOON = datetime(2025, 1, 20, 12, 0, tzinfo=UTC)
OURS = Market("okx", "ARC/USDT", "arc")
HOLE = (NOON - timedelta(minutes=30), NOON - timedelta(minutes=20))
SPOKEN = [(NOON - timedelta(hours=6), HOLE[0]), (HOLE[1], NOON)]


def asked(rereads: Rereads, polls: int, spoken: list[tuple[datetime, datetime]]) -> list[int]:
    """Numbers of the polls, five minutes apart, at which the hole was asked for."""
    found = []
    for number in range(polls):
        now = NOON + number * WIDTH
        rereads.note(OURS.id, now, clean=True)
        wants = rereads.wants(OURS, now, spoken, None)
        found += [number for want in wants if want.since == HOLE[0] - MARGIN * WIDTH]
    return found


def test_a_hole_is_asked_for_with_growing_pauses_and_its_neighbours_with_it() -> None:
    assert asked(Rereads(WIDTH), 6, SPOKEN) == [0, 1, 3]
    first = Rereads(WIDTH).wants(OURS, NOON, SPOKEN, None)
    assert [want.until for want in first] == [HOLE[1] + MARGIN * WIDTH]


def test_what_the_venue_no_longer_serves_is_not_asked_for() -> None:
    assert Rereads(WIDTH).wants(OURS, NOON, SPOKEN, HOLE[1]) == []


def test_nothing_is_asked_again_of_a_market_that_is_known_whole() -> None:
    assert asked(Rereads(WIDTH), 6, [(SPOKEN[0][0], NOON)]) == []


def test_a_market_that_has_come_right_is_read_over_at_the_next_poll() -> None:
    rereads = Rereads(WIDTH)
    rereads.note(OURS.id, NOON, clean=False, held=True)
    assert rereads.held_since(OURS.id) == NOON
    rereads.note(OURS.id, NOON + WIDTH, clean=True)
    assert rereads.held_since(OURS.id) is None
    long = [(NOON - timedelta(days=5), NOON + WIDTH)]
    (want,) = rereads.wants(OURS, NOON + 2 * WIDTH, long, None)
    assert (want.until, want.again) == (NOON + WIDTH, True)
    assert want.since == NOON + WIDTH - AUDIT_BARS * WIDTH


def test_a_market_is_read_over_every_hour() -> None:
    rereads = Rereads(WIDTH)
    long = [(NOON - timedelta(days=5), NOON + WIDTH)]
    times = []
    for number in range(60):
        now = NOON + number * WIDTH
        rereads.note(OURS.id, now, clean=True)
        times += [now] * len(rereads.wants(OURS, now, long, None))
    assert [later - earlier for earlier, later in pairwise(times)] == [timedelta(hours=1)] * (
        len(times) - 1
    )
    assert len(times) in (4, 5)


def test_many_holes_are_gone_through_a_page_at_a_time() -> None:
    rereads = Rereads(WIDTH)
    begin = NOON - timedelta(days=3)
    spoken = [(begin - WIDTH, begin), (NOON - WIDTH, NOON)]
    wants = [rereads.wants(OURS, NOON + n * WIDTH, spoken, None) for n in range(6)]
    longest = AUDIT_BARS * WIDTH
    assert all(want.until and want.until - want.since <= longest for (want,) in wants)
    assert wants[0][0].since < wants[1][0].since
