"""The outbox: once per key, leased to one sender, in order for each thread."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.model.notice import Channel, Notice
from monitor.store import outbox
from monitor.store.database import Database, open_database
from monitor.store.outbox import Claimed, OutboxStats
from tests.integration.store.samples import HOUR, at, killed_write, notice
from tests.kit.leases import let_pass
from tests.kit.waiting import PATIENCE_S

NOON = at("2025-01-19T12:00")
LEASE = timedelta(minutes=2)


def put(database: Database, *notices: Notice) -> int:
    with database.write() as conn:
        return outbox.enqueue(conn, notices)


def claim(
    database: Database, now: datetime = NOON, channels: list[Channel] | None = None
) -> Claimed | None:
    with database.write() as conn:
        return outbox.claim(conn, now=now, lease=LEASE, channels=channels)


def claimed_key(database: Database, now: datetime = NOON) -> str | None:
    found = claim(database, now)
    return found.notice.dedup_key if found else None


def deliver(database: Database, found: Claimed | None, receipt: dict[str, str]) -> None:
    assert found is not None
    with database.write() as conn:
        outbox.confirm(conn, found.id, at=NOON, receipt=receipt)


def test_a_notice_comes_back_as_it_went_in(database: Database) -> None:
    sent = notice("a", payload={"score": 0.1 + 0.2, "name": "→ é"}, recipient="#rotations")
    put(database, sent)
    assert claim(database) == Claimed(id=1, notice=sent, attempts=1, earlier_receipts=[])


def test_a_notice_is_enqueued_once_for_a_channel_and_recipient(database: Database) -> None:
    mails = [notice("a", channel="email", recipient=to) for to in ("x@y", "z@y")]
    assert put(database, notice("a"), *mails) == 3
    assert put(database, notice("a", text="said otherwise"), *mails, notice("b")) == 1


def test_nothing_is_claimed_before_it_is_due_or_twice_within_its_lease(database: Database) -> None:
    put(database, notice("a", due_at=NOON))
    assert claimed_key(database, NOON - HOUR) is None
    assert claimed_key(database, NOON) == "a"
    assert claimed_key(database, NOON + LEASE / 2) is None


def test_a_sender_that_died_is_followed_after_the_lease(database: Database) -> None:
    put(database, notice("a"))
    assert claimed_key(database) == "a"
    let_pass(database, LEASE)
    again = claim(database, NOON + LEASE)
    assert again is not None
    assert again.attempts == 2


@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
def test_a_sender_whose_clock_was_wrong_is_followed_after_the_lease_all_the_same(
    database: Database, wrong: timedelta
) -> None:
    put(database, notice("a", due_at=NOON - 2 * HOUR))
    assert claimed_key(database, NOON + wrong) == "a"
    if (
        database.dialect == "postgresql"
    ):  # another machine may send: the server's time keeps it away
        assert claimed_key(database, NOON) is None
    let_pass(database, LEASE)
    assert claimed_key(database, NOON + LEASE) == "a"


def test_a_confirmed_notice_is_done_and_its_receipt_is_there_for_the_thread(
    database: Database,
) -> None:
    put(database, notice("a"), notice("b"), notice("c", thread="rotation-2"))
    deliver(database, claim(database), {"ts": "1.1"})
    second = claim(database)
    assert second is not None
    assert second.notice.dedup_key == "b"
    assert second.earlier_receipts == [{"ts": "1.1"}]
    deliver(database, second, {"ts": "1.2"})
    third = claim(database)
    assert third is not None
    assert (third.notice.dedup_key, third.earlier_receipts) == ("c", [])


def test_an_undelivered_notice_holds_back_its_thread_only(database: Database) -> None:
    put(database, notice("a"), notice("b"), notice("c", thread="rotation-2"))
    first = claim(database)
    assert first is not None
    assert claimed_key(database) == "c"  # b waits for a
    with database.write() as conn:
        outbox.retry(conn, first.id, due_at=NOON + HOUR, error="503")
    assert claimed_key(database) is None  # still, while a waits for its next try
    assert claimed_key(database, NOON + HOUR) == "a"


def test_a_thread_goes_on_after_a_notice_that_failed_for_good(database: Database) -> None:
    put(database, notice("a"), notice("b"))
    first = claim(database)
    assert first is not None
    with database.write() as conn:
        outbox.fail(conn, first.id, at=NOON, error="404 " + "x" * 1000)
    assert claimed_key(database) == "b"
    with database.read() as conn:
        stored = outbox.list_notices(conn, at("2025-01-19"), NOON)
    assert [(s.notice.dedup_key, s.failed_at) for s in stored] == [("a", NOON), ("b", None)]
    assert len(stored[0].error or "") == 500


def test_recipients_and_channels_do_not_hold_each_other_back(database: Database) -> None:
    a = notice("a", channel="email", recipient="x@y")
    put(database, a, replace(a, recipient="z@y"), notice("a"))
    keys = {
        (found.notice.channel, found.notice.recipient)
        for found in (claim(database) for _ in range(3))
        if found
    }
    assert len(keys) == 3


def test_a_sender_takes_its_own_channels_only(database: Database) -> None:
    put(database, notice("a"), notice("b", channel="email"))
    found = claim(database, channels=["email", "report"])
    assert found is not None
    assert found.notice.dedup_key == "b"
    assert claim(database, channels=["report"]) is None


def test_a_late_confirmation_still_counts_and_nothing_undoes_it(database: Database) -> None:
    put(database, notice("a"))
    first = claim(database)
    let_pass(database, LEASE)
    second = claim(database, NOON + LEASE)  # the first sender was slow
    assert first is not None
    assert second is not None
    deliver(database, first, {"ts": "1"})
    with database.write() as conn:
        outbox.retry(conn, second.id, due_at=NOON, error="timed out")
        outbox.fail(conn, second.id, at=NOON, error="gone")
        outbox.confirm(conn, second.id, at=NOON + HOUR, receipt={"ts": "2"})
    with database.read() as conn:
        stored = outbox.list_notices(conn, at("2025-01-19"), NOON)[0]
    assert (stored.receipt, stored.delivered_at, stored.failed_at) == ({"ts": "1"}, NOON, None)
    assert claimed_key(database, NOON + HOUR) is None


def test_stats_tell_what_waits_and_for_how_long(database: Database) -> None:
    with database.read() as conn:
        assert outbox.pending_stats(conn, NOON) == OutboxStats(0, 0, None, {})
    put(
        database,
        notice("a", due_at=NOON - HOUR),
        notice("b", channel="email", due_at=NOON - 2 * HOUR),
        notice("c", channel="email", due_at=NOON + HOUR),
        notice("d", thread="other"),
    )
    with database.write() as conn:
        outbox.fail(conn, 4, at=NOON, error="gone")
    with database.read() as conn:
        found = outbox.pending_stats(conn, NOON)
    assert found == OutboxStats(3, 1, 7200.0, {"email": 2, "slack": 1}, NOON)


def test_senders_at_once_share_the_notices_without_doubling_one(database_url: str) -> None:
    opened = [open_database(database_url) for _ in range(2)]
    put(opened[0], *(notice(f"n{i}", thread=f"t{i % 5}") for i in range(30)))
    start = threading.Barrier(4)
    order: list[tuple[str, str]] = []

    def send(own: Database) -> list[str]:
        start.wait(timeout=PATIENCE_S)
        sent = []
        while found := claim(own):
            sent.append(found.notice.dedup_key)
            order.append((found.notice.thread, found.notice.dedup_key))
            deliver(own, found, {})
        return sent

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(send, [opened[0], opened[1]] * 2))
    # A sender may stop while others still hold a thread's earlier notice; what is left is sent now.
    sent.append(send_rest(opened[0], order))
    assert sorted(key for keys in sent for key in keys) == sorted(f"n{i}" for i in range(30))
    for thread in range(5):
        mine = [key for name, key in order if name == f"t{thread}"]
        assert mine == [f"n{i}" for i in range(thread, 30, 5)]
    for one in opened:
        one.close()


def send_rest(database: Database, order: list[tuple[str, str]]) -> list[str]:
    sent = []
    while found := claim(database):
        sent.append(found.notice.dedup_key)
        order.append((found.notice.thread, found.notice.dedup_key))
        deliver(database, found, {})
    return sent


def test_only_one_of_two_that_saw_the_same_notice_free_wins_it(database: Database) -> None:
    """Compare and set: the second update finds the row changed since it was read."""
    put(database, notice("a"))
    with database.write() as conn:
        first = outbox.claim(conn, now=NOON, lease=LEASE)
        second = outbox.claim(conn, now=NOON, lease=LEASE)
    assert first is not None
    assert second is None


def test_a_rotation_and_its_notices_are_there_together_or_not_at_all(database: Database) -> None:
    with killed_write(database) as conn:
        outbox.enqueue(conn, [notice("a")])
    assert claimed_key(database) is None
    assert put(database, notice("a")) == 1  # and its key is free
