"""Every bad answer on every venue: nothing wrong is stored, the reason is said, and the next good answer mends it."""

from datetime import timedelta

import pytest

from monitor.ingest.exchange.health import Transition
from monitor.model.bars import VenueState
from monitor.store import bars, quarantine
from monitor.store.database import Database
from tests.integration.ingest.conftest import NOON, VENUES, WIDTH, Hall, candle, stored

UNREADABLE = (
    "html200",
    "half_json",
    "empty_body",
    "json_null",
    "json_number",
    "json_object",
    "json_list",
    "empty_list",
)
UNREACHABLE = ("reset", "cut_body", "internal_error")
LAST_ROW = {
    "nan": {"not_finite"},
    "null": {"not_finite"},
    "not_a_number": {"not_finite"},
    "zero": {"not_positive"},
    "negative": {"not_positive"},
    "x100": {"volume_mismatch", "implausible_level"},
    "conflicting": {"conflicting_duplicate"},
}
EVERY_ROW = {
    "seconds": {"off_grid", "not_asked", "bad_time"},
    "unaligned": {"off_grid"},
}
HARMLESS = ("reversed", "shuffled", "duplicated", "other_types", "no_forming")


def reasons(database: Database) -> set[str]:
    """Reasons for which anything was kept out."""
    with database.read() as conn:
        return {row[2] for row in quarantine.counts(conn)}


def opens(database: Database, market_id: str) -> list[int]:
    """Minutes before noon at which stored bars open."""
    return [
        round((NOON - bar.open_time) / timedelta(minutes=1)) for bar in stored(database, market_id)
    ]


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("kind", UNREADABLE + UNREACHABLE)
async def test_an_answer_without_bars_stores_nothing_and_claims_nothing(
    hall: Hall, sqlite: Database, venue: str, kind: str
) -> None:
    poller = hall.poller(sqlite, [venue])
    await poller.poll(hall.clock.now())
    hall.clock.advance(WIDTH)
    hall.server.faults.add(kind, venue, endpoint="candles")
    report = await poller.poll(hall.clock.now())
    assert report.new == 0
    assert report.failures
    with sqlite.read() as conn:
        missing = bars.missing_ranges(
            conn, f"{venue}:TRUMP/USDT", WIDTH, NOON - WIDTH, NOON + WIDTH
        )
    assert missing == [(NOON, NOON + WIDTH)]
    hall.server.faults.clear()
    hall.clock.advance(timedelta(minutes=1))
    mended = await poller.poll(hall.clock.now())
    assert (mended.new, mended.failures) == (2, ())


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("kind", sorted(LAST_ROW))
async def test_one_broken_bar_is_kept_out_and_the_others_go_in(
    hall: Hall, sqlite: Database, venue: str, kind: str
) -> None:
    poller = hall.poller(sqlite, [venue])
    await poller.poll(hall.clock.now())
    hall.clock.advance(2 * WIDTH)
    hall.server.faults.add(kind, venue, symbol="TRUMP/USDT")
    report = await poller.poll(hall.clock.now())
    assert opens(sqlite, f"{venue}:TRUMP/USDT")[-2:] == [5, 0]  # 12:05 is kept out
    assert opens(sqlite, f"{venue}:VIRTUAL/USDT")[-2:] == [0, -5]
    assert report.refused == 1
    assert reasons(sqlite) <= LAST_ROW[kind]
    assert (await poller.poll(hall.clock.now())).refused == 0  # told once
    hall.server.faults.clear()
    await poller.poll(hall.clock.now())
    assert opens(sqlite, f"{venue}:TRUMP/USDT")[-2:] == [0, -5]


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("kind", sorted(EVERY_ROW))
async def test_rows_at_wrong_times_are_all_kept_out_and_the_venue_is_not_called_well(
    hall: Hall, sqlite: Database, venue: str, kind: str
) -> None:
    hall.server.faults.add(kind, venue)
    report = await hall.poller(sqlite, [venue]).poll(hall.clock.now())
    assert report.new == 0
    assert report.refused > 0
    assert reasons(sqlite) <= EVERY_ROW[kind]
    assert report.health[0].state is VenueState.DEGRADED
    assert report.health[0].error is not None


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("kind", HARMLESS)
async def test_disorder_that_can_be_put_right_loses_nothing(
    hall: Hall, sqlite: Database, venue: str, kind: str
) -> None:
    hall.server.faults.add(kind, venue)
    report = await hall.poller(sqlite, [venue]).poll(hall.clock.now())
    assert (report.new, report.refused, report.failures) == (24, 0, ())


@pytest.mark.parametrize("venue", VENUES)
async def test_a_hole_among_the_rows_stays_unseen_and_is_not_called_quiet(
    hall: Hall, sqlite: Database, venue: str
) -> None:
    hall.server.faults.add("gapped", venue)
    await hall.poller(sqlite, [venue]).poll(hall.clock.now())
    got = opens(sqlite, f"{venue}:TRUMP/USDT")
    # Every third row is left out of the thirteen served from 11:00 on, the second, fifth, eighth and eleventh.
    assert got == [60, 50, 45, 35, 30, 20, 15, 5]
    with sqlite.read() as conn:
        missing = bars.missing_ranges(
            conn, f"{venue}:TRUMP/USDT", WIDTH, NOON - timedelta(hours=1), NOON
        )
    assert missing == [
        (NOON - timedelta(minutes=m), NOON - timedelta(minutes=m - 5)) for m in (55, 40, 25, 10)
    ]


def price_of(hall: Hall, venue: str, coin: str, price: float) -> None:
    """From now on the venue serves that price for the coin, all along."""
    opens = [NOON + i * WIDTH for i in range(-24, 12)]
    hall.book.put(venue, f"{coin}/USDT", [candle(at, price) for at in opens])


@pytest.mark.parametrize("venue", VENUES)
async def test_prices_of_another_symbol_are_kept_out_even_on_a_first_poll(
    hall: Hall, sqlite: Database, venue: str
) -> None:
    hall.server.faults.add(
        "other_symbol", venue, symbol="TRUMP/USDT", other="VIRTUAL/USDT", rows="all"
    )
    report = await hall.poller(sqlite).poll(hall.clock.now())
    assert opens(sqlite, f"{venue}:TRUMP/USDT") == []
    assert report.new == 24 * 3 + 12


@pytest.mark.parametrize("venue", VENUES)
async def test_another_coin_under_our_ticker_is_kept_out_whichever_venue_answers_first(
    hall: Hall, sqlite: Database, venue: str
) -> None:
    price_of(hall, venue, "TRUMP", 0.4)
    report = await hall.poller(sqlite).poll(hall.clock.now())
    assert opens(sqlite, f"{venue}:TRUMP/USDT") == []
    assert report.new == 24 * 3 + 12
    assert reasons(sqlite) == {"wrong_coin"}
    assert [(t.venue, t.well) for t in report.transitions] == [(venue, False)]


async def test_a_market_back_within_the_bound_is_let_in_again_and_each_is_told_once(
    hall: Hall, sqlite: Database
) -> None:
    poller = hall.poller(sqlite)
    price_of(hall, "okx", "TRUMP", 3.0)
    told: list[Transition] = []
    for _ in range(2):
        told += (await poller.poll(hall.clock.now())).transitions
    price_of(hall, "okx", "TRUMP", 41.0)
    told += (await poller.poll(hall.clock.now())).transitions
    assert [(t.venue, t.well) for t in told] == [("okx", False), ("okx", True)]
    assert "3.003" in told[0].text
    assert "40.04" in told[0].text
    assert len(stored(sqlite, "okx:TRUMP/USDT")) == 12


async def test_two_new_venues_that_disagree_are_both_kept_out(hall: Hall, sqlite: Database) -> None:
    price_of(hall, "okx", "TRUMP", 3.0)
    report = await hall.poller(sqlite, ["gate", "okx"]).poll(hall.clock.now())
    assert report.new == 24
    assert sorted(t.venue for t in report.transitions) == ["gate", "okx"]


async def test_a_price_a_hundred_times_too_high_on_one_venue_is_kept_out(
    hall: Hall, sqlite: Database
) -> None:
    poller = hall.poller(sqlite)
    await poller.poll(hall.clock.now())
    hall.clock.advance(WIDTH)
    hall.book.put("gate", "TRUMP/USDT", [candle(NOON, 4000.0)])
    report = await poller.poll(hall.clock.now())
    assert opens(sqlite, "gate:TRUMP/USDT")[-1] == 5
    assert reasons(sqlite) == {"implausible_level"}
    assert (
        "101 times too high" in report.refusals[0].detail
    )  # a high of 4040 after a close of 40.04


async def test_a_leap_that_all_venues_make_together_is_believed(
    hall: Hall, sqlite: Database
) -> None:
    poller = hall.poller(sqlite)
    await poller.poll(hall.clock.now())
    hall.clock.advance(WIDTH)
    for venue in VENUES:
        hall.book.put(venue, "TRUMP/USDT", [candle(NOON, 1.0)])
    report = await poller.poll(hall.clock.now())
    assert (report.new, report.refused) == (8, 0)


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("seconds", [-600.0, 600.0])
async def test_a_venue_whose_clock_is_off_is_said_and_never_gives_a_bar_that_is_not_over(
    hall: Hall, sqlite: Database, venue: str, seconds: float
) -> None:
    hall.server.faults.add("clock_off", venue, seconds=seconds)
    report = await hall.poller(sqlite, [venue]).poll(hall.clock.now())
    newest = stored(sqlite, f"{venue}:TRUMP/USDT")[-1].open_time
    # 12:02 here: 11:55 is the last bar that is over. 11:52 there: 11:45 is.
    assert newest == NOON - (WIDTH if seconds > 0 else timedelta(minutes=15))
    texts = [t.text for t in report.transitions]
    direction = "ahead of" if seconds > 0 else "behind"
    assert any(f"600 s {direction} ours" in text for text in texts)
