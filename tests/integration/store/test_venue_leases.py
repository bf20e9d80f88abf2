"""Venues of a shared store: asked by one process each, dealt evenly, taken over when their process died."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from monitor.store import meta
from monitor.store.database import Database
from monitor.store.lease_lock import LeaseLock
from monitor.store.process import Process
from monitor.store.roles import DAEMON, running_with_venues
from monitor.store.venue_leases import VenueLeases

LONG = timedelta(minutes=10)
ANN = Process("desk1", 1, "0.1.0", "2025-01-19T12:00:00Z", "a")
BO = Process("desk2", 1, "0.1.0", "2025-01-19T12:00:00Z", "a")
VENUES = ("binance", "bybit", "gate", "okx")


def pollers(desks: tuple[Database, Database]) -> tuple[VenueLeases, VenueLeases]:
    return VenueLeases(desks[0], VENUES, ANN, LONG), VenueLeases(desks[1], VENUES, BO, LONG)


def shift(database: Database, by: str, holder: str = "desk") -> None:
    """As if a holder had written its end by a clock that was off by so much, or so much had passed."""
    with database.write_beside() as conn:
        conn.execute(
            text(
                "UPDATE lease SET until = until + CAST(:by AS interval)"
                " WHERE holder LIKE '%' || :holder || '%'"
            ),
            {"by": by, "holder": holder},
        )


def settle(*leases: VenueLeases) -> None:
    for _ in range(4):
        for each in leases:
            each.look()


def test_two_share_the_venues_and_status_says_who_asks_which(
    desks: tuple[Database, Database],
) -> None:
    ann, bo = pollers(desks)
    ann.look()
    assert ann.venues() == set(VENUES)
    settle(bo, ann)
    assert len(ann.venues()) == len(bo.venues()) == 2
    assert ann.venues() | bo.venues() == set(VENUES)
    with desks[1].read() as conn:
        told = {process: venues for _, process, venues in running_with_venues(desks[1], conn)}
    assert {p: set(v or ()) for p, v in told.items()} == {ANN: ann.venues(), BO: bo.venues()}


def test_nothing_is_given_back_in_the_middle_of_a_poll(desks: tuple[Database, Database]) -> None:
    ann, bo = pollers(desks)
    ann.look()
    with ann.polling():
        settle(bo, ann)
        assert ann.venues() == set(VENUES)
    settle(ann, bo)
    assert len(bo.venues()) == 2


def test_the_venues_of_a_dead_process_are_taken_when_its_lease_is_over(
    desks: tuple[Database, Database],
) -> None:
    ann, bo = pollers(desks)
    settle(ann, bo)
    shift(desks[1], "-5 minutes", "desk1")
    bo.look()
    assert len(bo.venues()) == 2, "it may live"
    shift(desks[1], "-3 minutes", "desk1")  # three quarters of the daemon's own lease have passed
    bo.look()
    assert bo.venues() == set(VENUES)
    with desks[0].write() as conn:
        assert ann.ours(conn, VENUES) == frozenset(), (
            "what it still hears is stored by nobody twice"
        )
    settle(ann, bo)
    assert len(ann.venues()) == 2, "it lives after all"


def test_a_venue_is_not_taken_in_the_middle_of_its_holders_writing(
    desks: tuple[Database, Database],
) -> None:
    ann, bo = pollers(desks)
    ann.look()
    with desks[0].write() as conn:
        assert ann.ours(conn, ["okx", "kraken"]) == {"okx"}
        meta.put(conn, "by", "ann")
        shift(desks[1], "-1 hour", "desk1")
        bo.look()
        assert bo.venues() == set(VENUES) - {"okx"}
    bo.look()
    assert bo.venues() == set(VENUES)


@pytest.mark.parametrize("hours", [1, -1])
def test_an_end_written_by_a_wrong_clock_binds_nobody(
    desks: tuple[Database, Database], hours: int
) -> None:
    ann, bo = pollers(desks)
    ann.look()
    shift(desks[0], f"{hours} hours")
    bo.look()
    assert bo.venues() == set(VENUES)


def test_what_is_given_back_is_free_at_once(desks: tuple[Database, Database]) -> None:
    ann, bo = pollers(desks)
    ann.start()
    assert ann.venues() == set(VENUES)
    ann.give_back()
    assert ann.venues() == frozenset()
    bo.look()
    assert bo.venues() == set(VENUES)
    ann.start()  # once more
    ann.give_back()


def test_under_another_configuration_new_venues_are_asked_and_others_given_back(
    desks: tuple[Database, Database],
) -> None:
    """And it is told as what it is now, by the daemon's lease and by those of its venues alike."""
    ann, bo = pollers(desks)
    lock = LeaseLock(desks[0], DAEMON, LONG)
    assert lock.take(ANN)
    ann.start()
    try:
        other = replace(ANN, engine="b")
        lock.rename(other)
        ann.go_on_as(other, ("bybit", "gate", "kraken", "okx"))
        assert ann.venues() == {"bybit", "gate", "kraken", "okx"}
        with desks[1].read() as conn:
            ((role, process, venues),) = running_with_venues(desks[1], conn)
        assert (role, process) == (DAEMON, other)
        assert set(venues or ()) == ann.venues()
        bo.look()
        assert "binance" in bo.venues()
        ann.look()
        with desks[0].write() as conn:
            assert ann.ours(conn, ann.venues()) == ann.venues()
    finally:
        ann.give_back()
        lock.give_back()


def test_what_another_configuration_drops_is_kept_until_the_poll_is_over(
    desks: tuple[Database, Database],
) -> None:
    ann, _ = pollers(desks)
    ann.start()
    try:
        with ann.polling():
            ann.go_on_as(ANN, ("bybit",))
            assert ann.venues() == set(VENUES)
        ann.look()
        assert ann.venues() == {"bybit"}
    finally:
        ann.give_back()
