"""A busy day, killed again and again while Slack and mail fail: every notice arrives, in order, and none twice but where
nothing could tell that it had arrived."""

from collections import Counter
from pathlib import Path

import pytest

from monitor.content.wording.safe_text import slack_safe
from monitor.model.grid import iso
from monitor.model.notice import Act, NoticeKind
from monitor.model.rotation import ChangeReason, RotationChange, Severity
from monitor.store.outbox_rows import StoredNotice
from tests.kit.postgres_server import PostgresServer
from tests.kit.slack_server.workspace import Message
from tests.scenarios.busy_books import MESSAGES, Books
from tests.scenarios.busy_market import LIVE_FROM
from tests.scenarios.busy_script import busy_script
from tests.scenarios.busy_stage import READERS, BusyStage, busy_stage

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(1800)]

RISES = (
    ChangeReason.OPENED,
    ChangeReason.CONFIRMED,
    ChangeReason.SEVERITY,
    ChangeReason.LEG,
)
SILENT = (ChangeReason.HELD, ChangeReason.RESUMED)
"""Told by an edit of the rotation's own message, where it has one."""
CLOSES = (ChangeReason.FADED, ChangeReason.EXPIRED, ChangeReason.REVERSED)


def test_killed_a_hundred_times_a_busy_channel_gets_every_notice_in_order(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    with busy_stage(tmp_path, url, steps=24, speed=60, seed=20250119) as stage:
        stage.live_and_die(100)
        stage.drain()
        assert_nothing_lost_or_doubled(stage, seed=20250119, least=200)


def test_a_busy_channel_on_a_database_server_gets_every_notice_in_order(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    url = postgres.url(postgres.create())
    with busy_stage(tmp_path, url, steps=16, speed=60, seed=7) as stage:
        stage.live_and_die(25)
        stage.drain()
        assert_nothing_lost_or_doubled(stage, seed=7, least=60)


def assert_nothing_lost_or_doubled(stage: BusyStage, *, seed: int, least: int) -> None:
    """Everything that the records can prove, counts printed first."""
    books = Books(stage)
    print(f"\nseed {seed}, faults {stage.weather.drawn}")
    print("\n".join(books.summary()))
    print(dict(books.left_out()))
    assert len(books.rows) >= least
    assert not books.workspace.complaints
    assert_changes_and_notices_agree(books, stage, seed)
    assert_all_told(books)
    assert_bot_said_each_once_in_order(books)
    assert_parents_show_the_last_change(books)
    assert_webhook_doubles_are_explained(books)
    assert_mails_chain(books, most_doubled=len(books.kills) + stage.weather.drawn)


def assert_changes_and_notices_agree(books: Books, stage: BusyStage, seed: int) -> None:
    """What was decided was told, and what was told was decided: both commit together."""
    stored = Counter(_key(change) for change in books.changes)
    scripted = {
        _key(c) for said in busy_script(LIVE_FROM, stage.steps, seed).values() for c in said
    }
    assert scripted <= set(stored)
    assert max(stored.values()) == 1
    slack = books.of("slack")
    told = {r.notice.dedup_key for r in slack}
    alone = {r.notice.thread for r in slack if r.notice.act is Act.SAY and r.notice.told_in is None}
    loudest = {(c.rotation.id, c.changed_at): c for c in books.changes if c.reason in RISES}
    later = [
        c
        for c in books.changes
        if c.reason not in (*RISES, *SILENT) or (c.reason in SILENT and c.rotation.id in alone)
    ]
    spoken = [*later, *loudest.values()]
    assert {_key(change) for change in spoken} <= told
    by_kind = [
        r for r in books.rows if r.notice.kind in (NoticeKind.ROTATION, NoticeKind.SCORECARD)
    ]
    assert {"|".join(r.notice.dedup_key.split("|")[:3]) for r in by_kind} <= set(stored)
    assert_mail_is_told(books, list(loudest.values()))


def assert_mail_is_told(books: Books, rises: list[RotationChange]) -> None:
    """Critical rises, and how those that were told of by mail ended, to each reader."""
    critical = [c for c in rises if c.rotation.severity is Severity.CRITICAL]
    first = {c.rotation.id: c.changed_at for c in reversed(critical)}
    ends = [
        c
        for c in books.changes
        if c.reason in CLOSES and first.get(c.rotation.id, c.changed_at) < c.changed_at
    ]
    expected = {(_key(c), reader) for c in [*critical, *ends] for reader in READERS}
    told = [r.notice for r in books.of("email")]
    of_rotations = [n for n in told if n.kind is not NoticeKind.OPERATOR]
    assert {(n.dedup_key, n.recipient) for n in of_rotations} == expected
    # two lost answers to one notice, or none for long: the operator hears of a channel where it is not needed
    others = {n.thread for n in told if n.kind is NoticeKind.OPERATOR}
    assert all(thread.startswith("operator|channel ") for thread in others)
    assert not books.given_up or "operator|channel operator" in others


def assert_all_told(books: Books) -> None:
    """Nothing waits, nothing failed but what may have arrived twice, and every message that was not told in another one
    has arrived."""
    assert {row.notice.channel for row in books.given_up} <= {"operator"}
    for row in books.rows:
        teller = books.teller(row)
        if teller in books.given_up:
            continue
        assert teller.delivered_at is not None, teller
        assert teller.failed_at is None, teller
    for row in books.of("slack", acts=MESSAGES):
        teller = books.teller(row)
        assert books.by_bot[teller.notice.dedup_key], teller.notice.dedup_key
    for row in books.of("operator"):
        assert books.told_by_webhook(books.teller(row)) or books.teller(row) in books.given_up
    for row in books.of("email"):
        assert books.mails_of(books.teller(row)), row.notice.text


def assert_bot_said_each_once_in_order(books: Books) -> None:
    """Once, in the order of the outbox, replies under what told the rotation before."""
    twice = {key: len(found) for key, found in books.by_bot.items() if len(found) > 1}
    assert not twice, books.log_of(twice)
    own_and_in_digest = [
        r.notice.dedup_key
        for r in books.of("slack", acts=MESSAGES)
        if r.notice.told_in is not None and r.notice.dedup_key in books.by_bot
    ]
    assert not own_and_in_digest
    threads: dict[str, list[StoredNotice]] = {}
    for row in books.of("slack", acts=MESSAGES):
        threads.setdefault(row.notice.thread, []).append(row)
    for rows in threads.values():
        told = [(_said(books, row), row) for row in rows]
        times = [float(message.ts) for message, _ in told]
        assert times == sorted(times), [r.notice.dedup_key for r in rows]
        assert_replies_are_under_their_parent(books, told)


def assert_replies_are_under_their_parent(
    books: Books, told: list[tuple[Message, StoredNotice]]
) -> None:
    """The rotation's own message, else the digest that told it first."""
    parent: Message | None = None
    digest: Message | None = None
    for message, row in told:
        if row.notice.told_in is not None:
            digest = message
        elif row.notice.act is Act.SAY:
            assert message.thread_ts is None
            parent = message
        else:
            above = parent or digest
            assert above is not None, row.notice.dedup_key
            assert message.thread_ts == above.ts, row.notice.dedup_key


def assert_parents_show_the_last_change(books: Books) -> None:
    """Each parent's text is that of its last edit, and it says how things stand now."""
    edits: dict[str, StoredNotice] = {
        r.notice.thread: r for r in books.of("slack", acts=[Act.EDIT])
    }
    checked = 0
    for row in books.of("slack", acts=[Act.SAY]):
        edit = edits.get(row.notice.thread)
        if row.notice.told_in is not None or edit is None or edit.notice.told_in is not None:
            continue
        message = _said(books, row)
        assert edit.receipt == {"edited": message.ts}, edit
        assert message.text == slack_safe(edit.notice.text)
        assert "Now (" in message.shown
        checked += 1
    assert checked


def assert_webhook_doubles_are_explained(books: Books) -> None:
    """A webhook cannot be asked: what it took without our knowing goes once more. Nothing else does."""
    for row in books.of("operator"):
        own = books.told_by_webhook(row) if row.notice.told_in else []
        told = [*own, *books.told_by_webhook(books.teller(row))]
        unexplained = [p.message.text for p in told[:-1] if not books.cause(p)]
        assert not unexplained


def assert_mails_chain(books: Books, *, most_doubled: int) -> None:
    """In order to each reader, each answering the one before; a repeat comes under the id of the first."""
    threads: dict[tuple[str, str], list[StoredNotice]] = {}
    for row in books.of("email"):
        threads.setdefault((row.notice.thread, row.notice.recipient), []).append(row)
    for rows in threads.values():
        firsts = [books.mails_of(row)[0] for row in rows]
        assert firsts == sorted(firsts)
        before: str | None = None
        for place in firsts:
            mail = books.mails[place]
            assert mail.message["In-Reply-To"] == before
            before = str(mail.message["Message-ID"])
    known = sum(len(books.mails_of(row)) for row in books.of("email"))
    assert known == len(books.mails)
    assert known - len(books.of("email")) <= most_doubled


def _said(books: Books, row: StoredNotice) -> Message:
    """The message that told a row first."""
    return books.by_bot[books.teller(row).notice.dedup_key][0]


def _key(change: RotationChange) -> str:
    return f"{change.rotation.id}|{change.reason.value}|{iso(change.changed_at)}"
