"""Steps and readings come back bit for bit, and are replaced when a step is taken again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model.rotation import Condition
from monitor.model.state import MemberEvent, MemberEventKind
from monitor.store import steps
from monitor.store.database import Database
from tests.integration.store.samples import (
    FIVE,
    HOUR,
    at,
    killed_write,
    output,
    reading,
    sector,
    token,
    unknown_sector,
)
from tests.kit.stored import save_step, stepped_at_of

NINE = at("2025-01-19T09:00")
STEPPED = at("2025-01-19T10:00:02")
LAUNCH = MemberEvent(NINE + HOUR, MemberEventKind.LAUNCH, "memes", "TRUMP", 0.071, 5e9)
EXIT = MemberEvent(NINE + HOUR, MemberEventKind.EXIT, "ai-agents", "ARC", None, None)

WHOLE = output(
    NINE,
    sectors=(sector("memes"), unknown_sector("ai-agents"), sector("benchmark", share=None)),
    tokens=(
        token("TRUMP"),
        token("BTC", sector=None, venues=(), flow_grade=None, price_usd=None, venue_conflict=True),
    ),
    events=(LAUNCH, EXIT),
    readings=(reading(NINE + HOUR),),
)


def test_a_step_comes_back_as_it_was_in_the_order_it_had(database: Database) -> None:
    with database.write() as conn:
        assert steps.latest_step(conn) is None
        save_step(conn, WHOLE, STEPPED)
    with database.read() as conn:
        assert steps.latest_step(conn) == WHOLE.step
        assert steps.member_events(conn, NINE, NINE + 2 * HOUR) == [LAUNCH, EXIT]
        assert steps.member_events(conn, NINE, NINE + HOUR) == []


def test_the_step_of_a_time_is_the_last_that_had_closed(database: Database) -> None:
    three = [output(NINE + i * HOUR, sectors=(sector("memes", index=1.0 + i),)) for i in range(3)]
    with database.write() as conn:
        steps.save_steps(conn, [(one, STEPPED) for one in three])
    with database.read() as conn:
        assert steps.step_at(conn, NINE + HOUR - FIVE) is None
        assert steps.step_at(conn, NINE + HOUR) == three[0].step
        assert steps.step_at(conn, NINE + 3 * HOUR - FIVE) == three[1].step
        assert steps.latest_step(conn) == three[2].step


def test_a_step_taken_again_replaces_the_first(database: Database) -> None:
    again = output(NINE, sectors=(sector("memes", index=2.0),), events=(EXIT,))
    with database.write() as conn:
        save_step(conn, replace(WHOLE, step=replace(WHOLE.step, sectors=())), STEPPED)
        save_step(conn, again, STEPPED + HOUR)
    with database.read() as conn:
        assert steps.latest_step(conn) == again.step
        assert stepped_at_of(conn) == {NINE: STEPPED + HOUR}


def test_a_series_may_be_thinned_to_a_grid(database: Database) -> None:
    with database.write() as conn:
        steps.save_steps(
            conn,
            [
                (
                    output(NINE + i * FIVE, FIVE, sectors=(sector("memes", index=i), sector("ai"))),
                    STEPPED,
                )
                for i in range(25)
            ],
        )
    with database.read() as conn:
        every = steps.sector_series(conn, NINE, NINE + 25 * FIVE)
        hourly = steps.sector_series(conn, NINE + FIVE, NINE + 3 * HOUR, every=HOUR)
    assert len(every) == 48  # closes 9:05 to 11:00; the close of 11:05 is the end
    assert [(close, state.id) for close, state in every[:2]] == [
        (NINE + FIVE, "memes"),
        (NINE + FIVE, "ai"),
    ]
    assert [(close, s.index) for close, s in hourly if s.id == "memes"] == [
        (NINE + HOUR, 11),
        (NINE + 2 * HOUR, 23),
    ]


def test_readings_come_back_bit_for_bit(database: Database) -> None:
    unknown = reading(
        NINE + 2 * HOUR,
        None,
        conditions=(
            Condition("score", None, 3.0, met=False),
            Condition("relative_return", -0.0, 0.05, met=True),
            Condition("breadth", 1 / 3, 0.6, met=True),
        ),
    )
    bare = reading(NINE + 3 * HOUR, conditions=())
    other = reading(NINE + HOUR, from_sector="memes", to_sector="ai-agents")
    found = (reading(NINE + HOUR), unknown, bare, other)
    with database.write() as conn:
        save_step(conn, output(NINE, readings=found), STEPPED)
    with database.read() as conn:
        read = steps.readings(
            conn,
            from_sector="ai-agents",
            to_sector="memes",
            since=NINE,
            until=NINE + 4 * HOUR,
        )
    assert read == [reading(NINE + HOUR), unknown, bare]


def test_names_and_bounds_of_conditions_are_stored_once(database: Database) -> None:
    with database.write() as conn:
        for i in range(50):
            save_step(
                conn, output(NINE + i * HOUR, readings=(reading(NINE + i * HOUR, i),)), STEPPED
            )
        assert conn.exec_driver_sql("SELECT count(*) FROM condition_set").scalar() == 1


def test_nothing_is_left_of_a_step_whose_transaction_failed(database: Database) -> None:
    with killed_write(database) as conn:
        save_step(conn, WHOLE, STEPPED)
    with database.read() as conn:
        assert steps.latest_step(conn) is None
        assert steps.member_events(conn, NINE, NINE + 2 * HOUR) == []


def test_a_figure_that_is_no_number_is_refused_loudly(database: Database) -> None:
    broken = output(NINE, tokens=(token("TRUMP", price_usd=float("nan")),))
    with pytest.raises(ValueError, match="JSON"), database.write() as conn:
        save_step(conn, broken, STEPPED)


def test_a_year_of_hours_is_read_without_touching_the_other_steps(database: Database) -> None:
    """Reading hourly closes costs the hours, not the five-minute steps between them."""
    moments = [NINE + i * HOUR + timedelta(minutes=5) * k for i in range(20) for k in range(12)]
    with database.write() as conn:
        steps.save_steps(
            conn, [(output(m, FIVE, sectors=(sector("m"),)), STEPPED) for m in moments]
        )
    with database.read() as conn:
        found = steps.sector_series(conn, NINE, NINE + 30 * HOUR, every=4 * HOUR)
    assert [close for close, _ in found] == [NINE + 3 * HOUR + i * 4 * HOUR for i in range(5)]
