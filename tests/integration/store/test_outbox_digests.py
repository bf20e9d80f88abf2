"""Notices that another one tells: kept as facts, never sent, and what follows them goes after it."""

from datetime import timedelta

from monitor.model.notice import Act, Channel, Notice, NoticeKind
from monitor.store import outbox
from monitor.store.database import Database
from monitor.store.outbox import Claimed
from monitor.store.prune import prune
from tests.integration.store.samples import HOUR, at, notice

NOON = at("2025-01-19T12:00")
LEASE = timedelta(minutes=2)


def put(database: Database, *notices: Notice) -> None:
    with database.write() as conn:
        outbox.enqueue(conn, notices)


def claim(database: Database, now: object = NOON) -> Claimed | None:
    with database.write() as conn:
        return outbox.claim(conn, now=now, lease=LEASE)  # type: ignore[arg-type]


def key(found: Claimed | None) -> str | None:
    return found.notice.dedup_key if found else None


def deliver(database: Database, found: Claimed | None, receipt: dict[str, str]) -> None:
    assert found is not None
    with database.write() as conn:
        outbox.confirm(conn, found.id, at=NOON, receipt=receipt)


def gather(database: Database, ids: list[int], digest: Notice) -> None:
    with database.write() as conn:
        outbox.enqueue(conn, [digest])
        outbox.tell_in(conn, ids, digest.dedup_key)


def test_act_urgency_and_what_tells_it_come_back_as_they_went_in(database: Database) -> None:
    sent = notice("a", act=Act.PICTURE, urgent=True, told_in="digest")
    put(database, sent)
    with database.read() as conn:
        (stored,) = outbox.list_notices(conn, at("2025-01-19"), NOON)
    assert stored.notice == sent


def test_what_a_digest_tells_is_not_sent_and_what_follows_it_waits_for_the_digest(
    database: Database,
) -> None:
    put(database, notice("a"), notice("b", thread="rotation-2"))
    gather(database, [1, 2], notice("digest", thread="digest", kind=NoticeKind.DIGEST))
    put(database, notice("c"))
    digest = claim(database)
    assert key(digest) == "digest"
    assert claim(database) is None  # c waits: its thread is told in the digest that is on its way
    deliver(database, digest, {"ts": "9.9"})
    following = claim(database)
    assert following is not None
    assert (key(following), following.earlier_receipts) == ("c", [{"ts": "9.9"}])


def test_a_digest_that_failed_for_good_lets_its_threads_go_on(database: Database) -> None:
    put(database, notice("a"))
    gather(database, [1], notice("digest", thread="digest"))
    put(database, notice("b"))
    found = claim(database)
    assert found is not None
    with database.write() as conn:
        outbox.fail(conn, found.id, at=NOON, error="gone")
    assert key(claim(database)) == "b"


def test_a_digest_takes_over_what_an_earlier_one_told(database: Database) -> None:
    put(database, notice("a"))
    gather(database, [1], notice("first", thread="first"))
    put(database, notice("b", thread="rotation-2"))
    gather(database, [2, 3], notice("second", thread="second"))
    with database.read() as conn:
        stored = outbox.list_notices(conn, at("2025-01-19"), NOON)
    told = {s.notice.dedup_key: s.notice.told_in for s in stored}
    assert told == {"a": "second", "first": "second", "b": "second", "second": None}
    deliver(database, claim(database), {"ts": "9.9"})
    put(database, notice("c"))
    following = claim(database)
    assert following is not None
    assert following.earlier_receipts == [{"ts": "9.9"}]


def test_what_was_delivered_meanwhile_is_left_alone_by_a_digest(database: Database) -> None:
    put(database, notice("a"))
    deliver(database, claim(database), {"ts": "1"})
    gather(database, [1], notice("digest", thread="digest"))
    with database.read() as conn:
        first, _ = outbox.list_notices(conn, at("2025-01-19"), NOON)
    assert (first.notice.told_in, first.receipt) == (None, {"ts": "1"})


def test_what_quiet_hours_hold_holds_back_nothing(database: Database) -> None:
    put(database, notice("held", due_at=NOON + HOUR), notice("loud"))
    found = claim(database)
    assert key(found) == "loud"
    deliver(database, found, {"ts": "1"})
    assert claim(database) is None
    assert key(claim(database, NOON + HOUR)) == "held"


def test_what_is_said_goes_before_pictures_and_edits_of_other_threads(database: Database) -> None:
    put(
        database,
        notice("picture", act=Act.PICTURE),
        notice("after it"),
        notice("edit", thread="rotation-2", act=Act.EDIT),
        notice("said", thread="rotation-3", act=Act.REPLY),
    )
    assert [key(claim(database)) for _ in range(4)] == ["said", "picture", "edit", None]


def test_what_was_put_off_holds_back_its_thread(database: Database) -> None:
    put(database, notice("a"), notice("b"))
    with database.write() as conn:
        outbox.put_off(conn, [1], due_at=NOON + HOUR, why="the cap")
    assert claim(database) is None
    assert key(claim(database, NOON + HOUR)) == "a"


def test_waiting_is_what_is_due_and_free_in_order(database: Database) -> None:
    put(
        database,
        notice("a"),
        notice("b", due_at=NOON + HOUR),
        notice("c", channel="email"),
        notice("d", thread="x"),
        notice("told", told_in="d"),
    )
    with database.read() as conn:
        assert [w.notice.dedup_key for w in outbox.waiting(conn, "slack", NOON)] == ["a", "d"]
    assert key(claim(database)) == "a"
    with database.read() as conn:
        assert [w.notice.dedup_key for w in outbox.waiting(conn, "slack", NOON)] == ["d"]


def test_messages_of_the_last_hour_count_neither_edits_nor_pictures_nor_tests(
    database: Database,
) -> None:
    put(
        database,
        notice("say", thread="1"),
        notice("reply", thread="2", act=Act.REPLY),
        notice("edit", thread="3", act=Act.EDIT),
        notice("picture", thread="4", act=Act.PICTURE),
        notice("test", thread="5", kind=NoticeKind.TEST),
        notice("mail", thread="6", channel="email"),
        notice("waits", thread="7", due_at=NOON + HOUR),
    )
    for _ in range(6):
        deliver(database, claim(database), {})
    with database.read() as conn:
        assert outbox.messages_since(conn, "slack", NOON - HOUR, NOON) == [NOON, NOON]
        assert outbox.messages_since(conn, "slack", NOON, NOON + HOUR) == []


def test_a_rotations_notices_are_those_that_name_it_on_that_channel(database: Database) -> None:
    def named(name: str, *ids: str, **changes: object) -> Notice:
        return notice(name, payload={"rotations": list(ids), "reverses": "r3"}, **changes)

    put(
        database,
        named("own", "r1", thread="r1"),
        named("many", "r1", "r2", thread="many"),
        named("mail", "r1", thread="r1", channel="email", recipient="x@y"),
        named("other", "r2", thread="r2"),
    )
    with database.read() as conn:

        def keys(rotation: str, channel: Channel = "slack", to: str = "") -> list[str]:
            found = outbox.notices_of(conn, rotation, channel, to)
            return [stored.notice.dedup_key for stored in found]

        assert keys("r1") == ["own", "many"]
        assert keys("r2") == ["many", "other"]
        assert keys("r1", "email", "x@y") == ["mail"]
        assert keys("r1", "email") == []
        assert keys("r3") == []
        assert keys("r") == []


def test_what_was_told_elsewhere_is_pruned_by_its_own_age(database: Database) -> None:
    old = notice("old", told_in="digest", thread="t", event_at=NOON - 48 * HOUR)
    put(database, old, notice("young", told_in="digest", event_at=NOON), notice("waits"))
    with database.write() as conn:
        assert prune(conn, now=NOON, retention={"outbox": 24 * HOUR}) == {"outbox": 1}
        found = outbox.list_notices(conn, at("2025-01-01"), NOON + HOUR)
    assert [s.notice.dedup_key for s in found] == ["young", "waits"]
