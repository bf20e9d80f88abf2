"""Leases on PostgreSQL: one holder, judged by the server's time; a holder that lost its turn writes nothing more."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from monitor.model.errors import SchemaError
from monitor.store import meta
from monitor.store.database import Database
from monitor.store.lease_lock import LeaseLock, LeaseLostError
from monitor.store.migrations import head_revision
from monitor.store.process import Process
from monitor.store.roles import running
from tests.kit.waiting import eventually

LONG = timedelta(minutes=10)
ANN = Process("desk1", 1, "0.1.0", "2025-01-19T12:00:00Z", "a")
BO = Process("desk2", 2, "0.1.0", "2025-01-19T12:00:01Z", "a")


def locks(desks: tuple[Database, Database]) -> tuple[LeaseLock, LeaseLock]:
    return LeaseLock(desks[0], "daemon", LONG), LeaseLock(desks[1], "daemon", LONG)


def shift(database: Database, by: str) -> None:
    """As if the holder had written its end by a clock that was off by so much, or so much had passed."""
    with database.write_beside() as conn:
        conn.execute(text("UPDATE lease SET until = until + CAST(:by AS interval)"), {"by": by})


def test_one_of_two_has_it_and_the_other_gets_it_when_it_is_given_back(
    desks: tuple[Database, Database],
) -> None:
    ann, bo = locks(desks)
    assert ann.holder() is None
    assert ann.take(ANN)
    assert ann.take(ANN)  # a renewal
    assert not bo.take(BO)
    assert bo.holder() == ANN
    assert running(desks[1]) == (("daemon", ANN),)
    ann.give_back()
    assert bo.take(BO)
    assert ann.holder() == BO
    assert not ann.take(ANN)


def test_of_many_that_ask_at_once_one_gets_it(desks: tuple[Database, Database]) -> None:
    asked = [LeaseLock(desks[i % 2], "daemon", LONG) for i in range(8)]
    got: list[bool] = []
    threads = [threading.Thread(target=lambda k=k: got.append(k.take(ANN))) for k in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


def test_who_was_out_for_longer_than_the_lease_writes_nothing_more(
    desks: tuple[Database, Database],
) -> None:
    ann, bo = locks(desks)
    assert ann.take(ANN)
    desks[0].guard = partial(ann.check, schema=head_revision())
    with desks[0].write() as conn:
        meta.put(conn, "by", "ann")
    shift(desks[1], "-11 minutes")
    assert bo.take(BO)
    with (
        pytest.raises(LeaseLostError, match="another process has taken over"),
        desks[0].write() as conn,
    ):
        meta.put(conn, "by", "ann again")
    with desks[1].read() as conn:
        assert meta.get(conn, "by") == "ann"


def test_it_is_not_taken_in_the_middle_of_its_holders_writing(
    desks: tuple[Database, Database],
) -> None:
    ann, bo = locks(desks)
    assert ann.take(ANN)
    desks[0].guard = partial(ann.check, schema=head_revision())
    with desks[0].write() as conn:
        meta.put(conn, "by", "ann")
        shift(desks[1], "-11 minutes")  # a renewal goes on meanwhile
        assert not bo.take(BO)
    assert bo.take(BO)


@pytest.mark.parametrize("hours", [1, -1])
def test_an_end_written_by_a_wrong_clock_binds_nobody_for_longer_than_a_lease(
    desks: tuple[Database, Database], hours: int
) -> None:
    ann, bo = locks(desks)
    assert ann.take(ANN)
    shift(desks[0], f"{hours} hours")
    assert bo.holder() is None
    assert bo.take(BO)
    assert not ann.take(ANN)


def test_a_holder_that_lives_puts_a_wrong_end_right(desks: tuple[Database, Database]) -> None:
    ann, bo = locks(desks)
    assert ann.take(ANN)
    shift(desks[0], "-1 hour")
    assert ann.take(ANN)
    assert not bo.take(BO)


def test_the_keeper_renews_it_and_says_when_it_is_lost(desks: tuple[Database, Database]) -> None:
    lost = threading.Event()
    ann = LeaseLock(desks[0], "daemon", timedelta(seconds=2))
    bo = LeaseLock(desks[1], "daemon", LONG)
    assert ann.take(ANN)

    def end() -> object:
        with desks[1].read() as conn:
            return conn.execute(text("SELECT until FROM lease")).scalar()

    first = end()
    ann.keep(lost.set)
    eventually(lambda: end() != first, what="renewed")

    def taken() -> bool:
        shift(desks[1], "-1 hour")
        return bo.take(BO)

    eventually(taken, what="taken over")
    assert lost.wait(60)
    assert not ann.take(ANN)


def test_a_program_whose_schema_was_moved_on_writes_nothing_more(
    desks: tuple[Database, Database],
) -> None:
    ann, _ = locks(desks)
    assert ann.take(ANN)
    desks[0].guard = partial(ann.check, schema=head_revision())
    with desks[1].write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="the schema is 9999 now"), desks[0].write() as conn:
        meta.put(conn, "by", "ann")
