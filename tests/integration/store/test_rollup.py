"""Roll-up: old five minutes become hours, and what is kept of steps and readings is that of the full hour."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from monitor.clock import ManualClock
from monitor.model.bars import Bar, Coverage
from monitor.store import steps
from monitor.store.bars import missing_ranges, read_bars, save_bars, save_coverage
from monitor.store.database import Database
from monitor.store.rollup import roll_up
from monitor.store.tables import pair_reading, sector_state, step
from tests.integration.store.samples import FIVE, HOUR, at, bar, output, reading, sector, token

MIDNIGHT = at("2025-01-19T00:00")
DAY = timedelta(days=1)
ARC, TRUMP = "gate:ARC/USDT", "gate:TRUMP/USDT"
OLD = MIDNIGHT - 3 * DAY
AFTER = {"bars": 2 * DAY, "steps": 2 * DAY, "readings": 2 * DAY}


def five_minutes(market: str) -> list[Bar]:
    """Two days that are rolled up and two that are not; the close counts the bars."""
    opens = [OLD + i * FIVE for i in range(4 * 288)]
    return [bar(market, moment, 10.0 + i) for i, moment in enumerate(opens)]


def stored(database: Database, bars: list[Bar], market: str = ARC) -> None:
    with database.write() as conn:
        save_bars(conn, bars, width=FIVE, received_at=MIDNIGHT)
        save_coverage(
            conn,
            [Coverage(market, FIVE, b.open_time, b.open_time + FIVE) for b in bars],
            fetched_at=MIDNIGHT,
        )


def hours(database: Database, market: str = ARC) -> list[Bar]:
    with database.read() as conn:
        return [b for b, _ in read_bars(conn, width=HOUR, market_ids=[market])]


def test_five_minutes_become_hours_of_the_same_prices_and_volumes(database: Database) -> None:
    stored(database, five_minutes(ARC))
    stored(database, five_minutes(TRUMP), TRUMP)
    gone = roll_up(database, clock=ManualClock(MIDNIGHT + DAY), width=FIVE, after=AFTER)
    assert gone == {"bars": 2 * 2 * 288, "steps": 0, "readings": 0}
    made = hours(database)
    assert [b.open_time for b in made] == [OLD + i * HOUR for i in range(48)]
    first = five_minutes(ARC)[:12]
    assert made[0] == Bar(
        ARC,
        OLD,
        open=first[0].open,
        high=first[-1].high,
        low=first[0].low,
        close=first[-1].close,
        base_volume=1200.0,
        quote_volume=sum(b.quote_volume or 0 for b in first),
        taker_buy_quote=sum(b.taker_buy_quote or 0 for b in first),
    )
    assert len(hours(database, TRUMP)) == 48
    with database.read() as conn:
        left = [b.open_time for b, _ in read_bars(conn, width=FIVE, market_ids=[ARC])]
        assert left == [OLD + 2 * DAY + i * FIVE for i in range(2 * 288)]
        assert missing_ranges(conn, ARC, HOUR, OLD, OLD + 2 * DAY) == []


def test_an_hour_of_which_a_part_was_not_seen_is_no_hour_and_an_unknown_part_is_unknown(
    database: Database,
) -> None:
    bars = five_minutes(ARC)
    quiet, unseen = OLD + 3 * HOUR, OLD + 5 * HOUR
    bars[13] = replace(bars[13], quote_volume=None)
    kept = [b for b in bars if not quiet <= b.open_time < quiet + HOUR and b.open_time != unseen]
    stored(database, kept)
    with database.write() as conn:  # asked, and nothing was traded
        save_coverage(conn, [Coverage(ARC, FIVE, quiet, quiet + HOUR)], fetched_at=MIDNIGHT)
    roll_up(database, clock=ManualClock(MIDNIGHT + DAY), width=FIVE, after=AFTER)
    made = {b.open_time: b for b in hours(database)}
    assert quiet not in made
    assert unseen not in made
    assert len(made) == 46
    assert made[OLD + HOUR].quote_volume is None
    assert made[OLD + HOUR].taker_buy_quote is not None
    with database.read() as conn:
        assert missing_ranges(conn, ARC, HOUR, OLD, OLD + DAY) == [(unseen, unseen + HOUR)]


def test_a_second_time_changes_nothing_and_the_next_day_goes_on(database: Database) -> None:
    stored(database, five_minutes(ARC))
    clock = ManualClock(MIDNIGHT + DAY)
    roll_up(database, clock=clock, width=FIVE, after=AFTER)
    before = hours(database)
    assert roll_up(database, clock=clock, width=FIVE, after=AFTER)["bars"] == 0
    assert hours(database) == before
    clock.advance(DAY)
    assert roll_up(database, clock=clock, width=FIVE, after=AFTER)["bars"] == 288
    assert len(hours(database)) == 72


def test_steps_and_readings_of_the_full_hour_stay(database: Database) -> None:
    closes = [OLD + i * FIVE for i in range(1, 4 * 288, 3)]
    with database.write() as conn:
        made = [
            output(
                close - FIVE,
                FIVE,
                sectors=(sector("memes"),),
                tokens=(token("TRUMP"),),
                readings=(reading(close),),
            )
            for close in closes
        ]
        steps.save_steps(conn, [(each, each.step.close_time) for each in made])
    old = [c for c in closes if c < OLD + 2 * DAY]
    on_the_hour = [c for c in old if c.minute == 0]
    gone = roll_up(database, clock=ManualClock(MIDNIGHT + DAY), width=FIVE, after=AFTER)
    assert gone == {"bars": 0, "steps": len(old) - len(on_the_hour), "readings": gone["steps"]}
    with database.read() as conn:
        for column in (step.c.close_time, sector_state.c.close_time, pair_reading.c.at):
            left = conn.execute(select(column).distinct().order_by(column)).scalars().all()
            assert list(left) == [*on_the_hour, *closes[len(old) :]]
    assert roll_up(database, clock=ManualClock(MIDNIGHT + DAY), width=FIVE, after=AFTER) == {
        "bars": 0,
        "steps": 0,
        "readings": 0,
    }


def test_hours_are_left_alone(database: Database) -> None:
    with database.write() as conn:
        save_bars(conn, [bar(ARC, OLD)], width=HOUR, received_at=MIDNIGHT)
    assert roll_up(database, clock=ManualClock(MIDNIGHT), width=HOUR, after=AFTER)["bars"] == 0
    assert len(hours(database)) == 1


@pytest.mark.parametrize("days", [40])
def test_it_goes_in_transactions_of_a_bounded_size(database: Database, days: int) -> None:
    opens = [MIDNIGHT - days * DAY + i * FIVE for i in range(days * 288)]
    stored(database, [bar(ARC, moment) for moment in opens])
    writes = 0
    write = database.write

    def counted() -> object:
        nonlocal writes
        writes += 1
        return write()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("monitor.store.rollup.ROWS", 10 * 288)
        patch.setattr(database, "write", counted)
        roll_up(database, clock=ManualClock(MIDNIGHT), width=FIVE, after={"bars": 2 * DAY})
    assert writes == 4
    with database.read() as conn:
        count = conn.execute(select(func.count()).select_from(step)).scalar()
    assert count == 0
    assert len(hours(database)) == (days - 2) * 24
