"""Supplies: natural keys, revisions, and the judgement made when a figure arrives."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.model.universe import Supply
from monitor.store.database import Database
from monitor.store.supplies import SuppliesSaved, in_force, read_supplies, save_supplies
from tests.integration.store.samples import HOUR, at
from tests.kit.supply_fold import accepted_supplies

NOON = at("2025-01-19T12:00")
FIRST = Supply("VIRTUAL", 1e9, NOON, NOON + HOUR, "coingecko")


def save(database: Database, *rows: Supply) -> SuppliesSaved:
    with database.write() as conn:
        return save_supplies(conn, rows)


def read(database: Database) -> list[Supply]:
    with database.read() as conn:
        return read_supplies(conn)


def test_a_figure_said_again_is_stored_once(database: Database) -> None:
    assert save(database, FIRST) == SuppliesSaved(1, 0, 0)
    assert save(database, replace(FIRST, received_at=NOON + 2 * HOUR)) == SuppliesSaved(0, 0, 1)
    assert read(database) == [FIRST]


def test_a_changed_figure_is_a_version_of_its_own(database: Database) -> None:
    later = replace(FIRST, units=1.1e9, received_at=NOON + 2 * HOUR)
    save(database, FIRST)
    assert save(database, later) == SuppliesSaved(0, 1, 0)
    assert read(database) == [FIRST, later]
    with database.read() as conn:
        assert in_force(conn, "VIRTUAL", "circulating", NOON) == later
        known = in_force(conn, "VIRTUAL", "circulating", NOON, known_by=NOON + HOUR)
        assert known == FIRST
        assert in_force(conn, "VIRTUAL", "circulating", NOON - HOUR) is None


def test_sources_and_bases_keep_their_own_rows(database: Database) -> None:
    rows = [FIRST, replace(FIRST, source="config"), replace(FIRST, basis="max", units=5e9)]
    assert save(database, *rows) == SuppliesSaved(3, 0, 0)
    assert {(r.source, r.basis) for r in read(database)} == {
        ("coingecko", "circulating"),
        ("config", "circulating"),
        ("coingecko", "max"),
    }


def test_a_typo_is_kept_out_and_shown_to_the_operator(database: Database) -> None:
    typo = replace(FIRST, units=1e10, valid_from=NOON + HOUR, received_at=NOON + 2 * HOUR)
    save(database, FIRST)
    assert save(database, typo) == SuppliesSaved(disbelieved=(typo,))
    assert read(database) == [FIRST]


def test_an_operators_entry_that_comes_later_opens_the_way(database: Database) -> None:
    jump = replace(FIRST, units=6e9, valid_from=NOON + HOUR, received_at=NOON + 2 * HOUR)
    entry = replace(
        jump, source="config", dated_by_operator=True, received_at=NOON + 3 * HOUR, units=6.6e9
    )
    after = replace(jump, units=6.7e9, valid_from=NOON + 4 * HOUR, received_at=NOON + 4 * HOUR)
    for row in (FIRST, jump, entry, after):
        save(database, row)
    assert read(database) == [FIRST, entry, after]


@pytest.mark.parametrize("units", [0.0, -1.0, float("nan"), float("inf")])
def test_units_that_cannot_be_are_refused(database: Database, units: float) -> None:
    with pytest.raises(ValueError, match="VIRTUAL from coingecko"):
        save(database, replace(FIRST, units=units))
    assert read(database) == []


figures = st.lists(
    st.tuples(
        st.sampled_from([90.0, 100.0, 104.0, 125.0, 200.0, 1000.0]),
        st.sampled_from(["coingecko", "defillama"]),
        st.booleans(),
    ),
    max_size=12,
)


@given(figures)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_judged_one_by_one_as_they_arrive_is_judged_as_a_whole(
    database: Database, found: list[tuple[float, str, bool]]
) -> None:
    rows = [
        Supply(
            "T",
            units,
            NOON + i * timedelta(hours=7),
            NOON + i * timedelta(hours=7),
            source,
            dated_by_operator=operator,
        )
        for i, (units, source, operator) in enumerate(found)
    ]
    with database.write() as conn:
        conn.exec_driver_sql("DELETE FROM supply")
        for row in rows:
            save_supplies(conn, [row])
        assert read_supplies(conn) == accepted_supplies(rows)
