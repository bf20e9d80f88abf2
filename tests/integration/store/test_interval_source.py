"""Stored history as the engine's input: every interval, its slots, its supplies."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import event

from monitor.model.bars import Coverage, Slot
from monitor.model.interval import IntervalInput
from monitor.model.universe import Market, Supply, Token, Universe
from monitor.store.bars import save_bars, save_coverage
from monitor.store.database import Database
from monitor.store.interval_source import read_intervals
from monitor.store.supplies import save_supplies
from tests.integration.store.samples import FIVE, HOUR, at, bar

NINE = at("2025-01-19T09:00")
RECEIVED = at("2025-02-01")

ARC = Token("ARC", "Arc", (Market("gate", "ARC/USDT", "ARC"),))
TRUMP = Token(
    "TRUMP",
    "Official Trump",
    (
        Market("binance", "TRUMP/USDT", "TRUMP", listed_from=NINE + HOUR),
        Market("gate", "TRUMP/USDT", "TRUMP", listed_to=NINE + 2 * HOUR),
    ),
)
UNIVERSE = Universe((), (ARC, TRUMP))
# The layout's order: binance:TRUMP/USDT, gate:ARC/USDT, gate:TRUMP/USDT
B_TRUMP, G_ARC, G_TRUMP = (m.id for m in UNIVERSE.markets)


def read(
    database: Database, hours: int, since: datetime = NINE, chunk: int | None = None
) -> list[IntervalInput]:
    with database.read() as conn:
        return list(
            read_intervals(
                conn, UNIVERSE, width=HOUR, since=since, until=since + hours * HOUR, chunk=chunk
            )
        )


def slots(found: list[IntervalInput]) -> list[list[Slot]]:
    return [[Slot(int(value)) for value in interval.slot] for interval in found]


def test_an_empty_store_gives_every_interval_unseen(database: Database) -> None:
    found = read(database, 3)
    assert [interval.open_time for interval in found] == [NINE, NINE + HOUR, NINE + 2 * HOUR]
    unlisted, unseen = Slot.UNLISTED, Slot.UNSEEN
    assert slots(found) == [
        [unlisted, unseen, unseen],
        [unseen, unseen, unseen],
        [unseen, unseen, unlisted],
    ]
    for interval in found:
        assert np.isnan(interval.close).all()
        assert np.isnan(interval.quote_volume).all()
        assert np.isnan(interval.supply).all()
        assert interval.supply.shape == (2,)


def test_slots_and_figures_of_a_worked_example(database: Database) -> None:
    zero = {"base_volume": 0.0, "quote_volume": 0.0, "taker_buy_quote": None}
    bars = [
        bar(G_ARC, NINE, 10),
        bar(G_TRUMP, NINE, 30, quote_volume=None, taker_buy_quote=None),
        bar(G_ARC, NINE + HOUR, 11, **zero),
        bar(B_TRUMP, NINE, 29),  # before it was listed: another coin, or a mistake
        bar("okx:OTHER/USDT", NINE, 5),
    ]
    with database.write() as conn:
        save_bars(conn, bars, width=HOUR, received_at=RECEIVED)
        save_coverage(conn, [Coverage(B_TRUMP, HOUR, NINE, NINE + 2 * HOUR)], fetched_at=RECEIVED)
    first, second = read(database, 2)
    assert slots([first, second]) == [
        [Slot.UNLISTED, Slot.TRADED, Slot.TRADED],
        [Slot.QUIET, Slot.QUIET, Slot.UNSEEN],
    ]
    nan = float("nan")
    np.testing.assert_array_equal(first.close, [nan, 10, 30])
    np.testing.assert_array_equal(first.high, [nan, 10 * 1.01, 30 * 1.01])
    np.testing.assert_array_equal(first.low, [nan, 10 * 0.99, 30 * 0.99])
    # not given: base volume times typical price
    np.testing.assert_allclose(first.quote_volume, [nan, 1000, 100 * 30])
    np.testing.assert_array_equal(first.taker_buy_quote, [nan, 600, nan])
    np.testing.assert_array_equal(second.close, [nan, 11, nan])
    np.testing.assert_array_equal(second.quote_volume, [0, 0, nan])  # quiet: truly none
    np.testing.assert_array_equal(second.taker_buy_quote, [0, 0, nan])


def test_only_whole_intervals_of_the_range_are_given(database: Database) -> None:
    with database.read() as conn:
        found = read_intervals(
            conn, UNIVERSE, width=HOUR, since=NINE - FIVE, until=NINE + 2 * HOUR - FIVE
        )
        assert [interval.open_time for interval in found] == [NINE]
        assert not list(read_intervals(conn, UNIVERSE, width=HOUR, since=NINE, until=NINE))


def test_the_supply_is_the_latest_valid_at_the_open(database: Database) -> None:
    figures = [
        Supply("ARC", 100, NINE - 12 * HOUR, RECEIVED, "config", dated_by_operator=True),
        Supply("ARC", 300, NINE + HOUR, RECEIVED, "config", dated_by_operator=True),
        Supply("ARC", 999, NINE + HOUR, RECEIVED, "config", basis="max"),
        Supply("TRUMP", 200, NINE + HOUR + FIVE, RECEIVED, "coingecko"),
        Supply("TRUMP", 2000, NINE + 2 * HOUR, RECEIVED, "coingecko"),  # not believed
        Supply("DOGE", 1, NINE, RECEIVED, "coingecko"),
    ]
    with database.write() as conn:
        save_supplies(conn, figures)
    found = read(database, 4)
    nan = float("nan")
    np.testing.assert_array_equal(
        [interval.supply for interval in found],
        [[100, nan], [300, nan], [300, 200], [300, 200]],
    )
    np.testing.assert_allclose(
        [interval.supply_age_h for interval in found],
        [[12, nan], [0, nan], [1, 55 / 60], [2, 1 + 55 / 60]],
        rtol=1e-12,
    )


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_the_size_of_the_stretches_makes_no_difference(database: Database, chunk: int) -> None:
    with database.write() as conn:
        bars = [bar(m, NINE + i * HOUR, 10 + i) for i in (0, 1, 4, 6) for m in (G_ARC, G_TRUMP)]
        save_bars(conn, bars, width=HOUR, received_at=RECEIVED)
        save_coverage(
            conn, [Coverage(G_ARC, HOUR, NINE + HOUR, NINE + 6 * HOUR)], fetched_at=RECEIVED
        )
        save_supplies(
            conn,
            [
                Supply("ARC", 100 + i, NINE + i * HOUR, RECEIVED, "coingecko", "circulating")
                for i in (0, 3, 5)
            ],
        )
    for one, other in zip(read(database, 7), read(database, 7, chunk=chunk), strict=True):
        assert_same(one, other)


def assert_same(one: IntervalInput, other: IntervalInput) -> None:
    assert one.open_time == other.open_time
    for name in ("close", "high", "low", "quote_volume", "taker_buy_quote", "slot"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    np.testing.assert_array_equal(one.supply, other.supply)
    np.testing.assert_array_equal(one.supply_age_h, other.supply_age_h)


def test_widths_do_not_mix(database: Database) -> None:
    with database.write() as conn:
        save_bars(conn, [bar(G_ARC, NINE)], width=FIVE, received_at=RECEIVED)
        save_coverage(conn, [Coverage(G_ARC, FIVE, NINE, NINE + HOUR)], fetched_at=RECEIVED)
    assert slots(read(database, 1))[0][1] == Slot.UNSEEN


@pytest.mark.parametrize("database_kind", ["sqlite"])  # its plans do not depend on the rows
def test_reading_seeks_the_range_and_never_scans_the_history(database: Database) -> None:
    seen: list[tuple[str, object]] = []
    with database.write() as conn:
        save_bars(conn, [bar(G_ARC, NINE)], width=HOUR, received_at=RECEIVED)
    with database.read() as conn:

        @event.listens_for(conn, "before_cursor_execute")
        def note(_c: object, _cur: object, sql: str, values: object, *_rest: object) -> None:
            seen.append((sql, values))

        list(
            read_intervals(conn, UNIVERSE, width=HOUR, since=NINE, until=NINE + HOUR, as_known=True)
        )
    with database.read() as conn:
        plans = [
            row[3]
            for sql, values in seen
            for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()  # type: ignore[arg-type]
        ]
    timed = [plan for plan in plans if plan.startswith(("SEARCH", "SCAN"))]
    assert len(timed) >= 6
    assert [plan for plan in timed if plan.startswith("SCAN")] == ["SCAN market"]
    for table in ("bar", "bar_superseded"):
        assert any(
            plan.startswith(f"SEARCH {table} ") and "open_time>? AND open_time<?" in plan
            for plan in timed
        )


def test_a_month_of_hours_of_twenty_markets_takes_under_half_a_second(
    database: Database,
) -> None:
    import time

    tokens = tuple(
        Token(f"T{i:02}", f"T{i:02}", (Market("venue", f"T{i:02}/USDT", f"T{i:02}"),))
        for i in range(20)
    )
    universe = Universe((), tokens)
    bars = [bar(m.id, NINE + i * HOUR, 10) for m in universe.markets for i in range(744)]
    with database.write() as conn:
        save_bars(conn, bars, width=HOUR, received_at=RECEIVED)

    def once() -> float:
        begin = time.perf_counter()
        with database.read() as conn:
            found = read_intervals(
                conn, universe, width=HOUR, since=NINE, until=NINE + timedelta(days=31)
            )
            assert sum(1 for interval in found if interval.slot[0] == Slot.TRADED) == 744
        return time.perf_counter() - begin

    assert min(once() for _ in range(3)) < 0.5
