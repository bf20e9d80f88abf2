"""`as_known`: each interval as it was known when it was stepped, to the bit."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from monitor.model.bars import Bar, Coverage, Slot
from monitor.model.interval import IntervalInput
from monitor.model.universe import Market, Supply, Token, Universe
from monitor.store.bars import save_bars, save_coverage
from monitor.store.database import Database
from monitor.store.interval_source import read_intervals
from monitor.store.knowledge import issue_time
from monitor.store.supplies import save_supplies
from tests.integration.store.samples import HOUR, at, bar, output
from tests.integration.store.test_interval_source import assert_same
from tests.kit.stored import save_step

NINE = at("2025-01-19T09:00")
SECOND = timedelta(seconds=1)
ARC = "gate:ARC/USDT"
UNIVERSE = Universe((), (Token("ARC", "Arc", (Market("gate", "ARC/USDT", "ARC"),)),))


def read(
    database: Database,
    since: datetime,
    hours: int,
    universe: Universe = UNIVERSE,
    *,
    as_known: bool = True,
    chunk: int | None = None,
) -> list[IntervalInput]:
    with database.read() as conn:
        return list(
            read_intervals(
                conn,
                universe,
                width=HOUR,
                since=since,
                until=since + hours * HOUR,
                as_known=as_known,
                chunk=chunk,
            )
        )


def save(database: Database, received_at: datetime, *bars: Bar) -> None:
    with database.write() as conn:
        save_bars(conn, bars, width=HOUR, received_at=received_at)


def step(database: Database, open_time: datetime, stepped_at: datetime) -> None:
    with database.write() as conn:
        save_step(conn, output(open_time, HOUR), stepped_at)


def test_a_revision_that_came_after_the_step_is_not_seen(database: Database) -> None:
    close = NINE + HOUR
    save(database, close + 5 * SECOND, bar(ARC, NINE, 10))
    save(database, close + 8 * SECOND, bar(ARC, NINE, 11))
    step(database, NINE, close + 10 * SECOND)
    save(database, close + 20 * SECOND, bar(ARC, NINE, 12))
    save(database, close + 30 * SECOND, bar(ARC, NINE, 13))
    assert read(database, NINE, 1)[0].close[0] == 11
    assert read(database, NINE, 1, as_known=False)[0].close[0] == 13


def test_a_bar_that_came_after_the_step_was_unseen(database: Database) -> None:
    step(database, NINE, NINE + HOUR + 10 * SECOND)
    save(database, NINE + HOUR + 11 * SECOND, bar(ARC, NINE, 10))
    found = read(database, NINE, 1)[0]
    assert found.slot[0] == Slot.UNSEEN
    assert np.isnan(found.close[0])
    assert read(database, NINE, 1, as_known=False)[0].slot[0] == Slot.TRADED


def test_an_interval_never_stepped_was_decided_ninety_seconds_after_its_close(
    database: Database,
) -> None:
    save(database, NINE + HOUR + 90 * SECOND, bar(ARC, NINE, 10))
    late = NINE + 2 * HOUR + 90 * SECOND + timedelta(microseconds=1)
    save(database, late, bar(ARC, NINE + HOUR, 11))
    found = read(database, NINE, 2)
    assert [Slot(int(interval.slot[0])) for interval in found] == [Slot.TRADED, Slot.UNSEEN]


def test_coverage_that_came_after_the_step_did_not_make_it_quiet(database: Database) -> None:
    step(database, NINE, NINE + HOUR + 10 * SECOND)
    with database.write() as conn:
        item = Coverage(ARC, HOUR, NINE, NINE + 2 * HOUR)
        save_coverage(conn, [item], fetched_at=NINE + 2 * HOUR + 5 * SECOND)
    step(database, NINE + HOUR, NINE + 2 * HOUR + 10 * SECOND)
    found = read(database, NINE, 2)
    assert [Slot(int(interval.slot[0])) for interval in found] == [Slot.UNSEEN, Slot.QUIET]
    whole = read(database, NINE, 2, as_known=False)
    assert [Slot(int(interval.slot[0])) for interval in whole] == [Slot.QUIET, Slot.QUIET]


def test_a_supply_that_came_later_is_not_seen_though_valid_then(database: Database) -> None:
    first = Supply("ARC", 100, NINE - HOUR, NINE - HOUR, "coingecko")
    late = replace(first, units=120, valid_from=NINE, received_at=NINE + HOUR + 20 * SECOND)
    revised = replace(first, units=90, received_at=NINE + 3 * HOUR)
    with database.write() as conn:
        save_supplies(conn, [first, late, revised])
    for i in range(4):
        step(database, NINE + i * HOUR, NINE + (i + 1) * HOUR + 10 * SECOND)
    assert [interval.supply[0] for interval in read(database, NINE, 4)] == [100, 120, 120, 120]
    whole = read(database, NINE, 4, as_known=False)
    assert [interval.supply[0] for interval in whole] == [120] * 4
    assert read(database, NINE - HOUR, 1, as_known=False)[0].supply[0] == 90


def test_a_step_taken_again_is_known_as_of_its_second_time(database: Database) -> None:
    step(database, NINE, NINE + HOUR + 10 * SECOND)
    save(database, NINE + HOUR + 20 * SECOND, bar(ARC, NINE, 10))
    step(database, NINE, NINE + HOUR + 30 * SECOND)
    assert read(database, NINE, 1)[0].close[0] == 10


@dataclass
class Daemon:
    """Fetches, revises, covers and steps at random; remembers what each step was given."""

    database: Database
    universe: Universe
    chance: random.Random
    given: dict[datetime, IntervalInput]

    def poll(self, now: datetime) -> None:
        """Everything that comes in at ``now``: bars of the last hours in any state, and their coverage."""
        with self.database.write() as conn:
            received_at = issue_time(conn, now - self.chance.choice([0, 0, 7200]) * SECOND)
            for market in self.universe.markets:
                if self.chance.random() < 0.3:
                    continue  # the venue did not answer
                back = self.chance.choice([1, 2, 3, 9])
                opens = [now.replace(minute=0, second=0) - i * HOUR for i in range(back, 0, -1)]
                bars = [
                    bar(market.id, o, self.chance.choice([10, 10, 11]), quote_volume=None)
                    for o in opens
                    if self.chance.random() < 0.7
                ]
                save_bars(conn, bars, width=HOUR, received_at=received_at)
                item = Coverage(market.id, HOUR, opens[0], opens[-1] + HOUR)
                save_coverage(conn, [item], fetched_at=received_at)
            token = self.chance.choice(self.universe.tokens).id
            units = self.chance.choice([100.0, 110.0, 120.0])
            moment = received_at - self.chance.choice([0, 1, 5]) * HOUR
            save_supplies(conn, [Supply(token, units, moment, received_at, "coingecko")])

    def step(self, open_time: datetime, now: datetime) -> None:
        """Take the interval as it is stored now."""
        with self.database.write() as conn:
            stepped_at = issue_time(conn, now)
            (interval,) = read_intervals(
                conn, self.universe, width=HOUR, since=open_time, until=open_time + HOUR
            )
            save_step(conn, output(open_time, HOUR), stepped_at)
        self.given[open_time] = interval


@pytest.mark.parametrize("seed", range(6))
def test_what_each_step_was_given_can_be_read_again_later(database: Database, seed: int) -> None:
    """Late bars, revisions, late coverage, supplies, a clock set back: nothing of it shows."""
    chance = random.Random(seed)
    tokens = tuple(
        Token(n, n, tuple(Market(v, f"{n}/USDT", n) for v in ("binance", "gate"))) for n in "AB"
    )
    daemon = Daemon(database, Universe((), tokens), chance, {})
    pending: list[datetime] = []
    for i in range(30):
        close = NINE + (i + 1) * HOUR
        pending.append(NINE + i * HOUR)
        if chance.random() < 0.8:
            daemon.poll(close + chance.choice([3, 100]) * SECOND)
        if chance.random() < 0.7:
            for open_time in pending:
                daemon.step(open_time, close + 110 * SECOND)
            pending = []
        if chance.random() < 0.3:
            daemon.poll(close + 1000 * SECOND)
    known = read(database, NINE, 30, daemon.universe)
    pieces = read(database, NINE, 30, daemon.universe, chunk=4)
    compared = 0
    for interval, piece in zip(known, pieces, strict=True):
        assert_same(interval, piece)
        if interval.open_time in daemon.given:
            assert_same(interval, daemon.given[interval.open_time])
            compared += 1
    assert compared > 15
    # The store has moved on since: otherwise the test would show nothing.
    whole = read(database, NINE, 30, daemon.universe, as_known=False)
    assert any((a.slot != b.slot).any() for a, b in zip(known, whole, strict=True))
