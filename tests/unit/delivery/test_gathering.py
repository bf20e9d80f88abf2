"""When what waits becomes one message: late, quiet, over the cap."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from monitor.delivery.batching import Gathered, PutOff, Rules, ToldIn, plan
from monitor.delivery.registry import traits_of
from monitor.model.grid import iso
from monitor.model.notice import Act, Channel, Notice, NoticeKind
from monitor.store.outbox_order import CAPPED
from monitor.store.outbox_rows import StoredNotice

NOW = datetime(2025, 1, 19, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
RULES = Rules(per_hour=4, digest_above=3)


def waits(number: int, ago: timedelta = timedelta(0), **changes: Any) -> StoredNotice:
    """A message of rotation ``r<number>`` that became known so long ago."""
    error = changes.pop("error", None)
    payload = {
        "rotations": [f"r{number}"],
        "pair": f"S{number} → Memes",
        "severity": "warning",
    } | changes.pop("payload", {})
    standing: dict[str, Any] = {
        "channel": "slack",
        "kind": NoticeKind.ROTATION,
        "text": f"WARNING S{number} → Memes",
        "thread": f"r{number}",
    }
    notice = Notice(
        dedup_key=f"k{number}{changes.get('act', '')}",
        event_at=NOW - ago,
        due_at=NOW - ago,
        payload=payload,
        **(standing | changes),
    )
    return StoredNotice(number, notice, 0, None, None, error, None)


def planned(
    waiting: list[StoredNotice],
    sent: list[datetime] | None = None,
    channel: Channel = "slack",
) -> Gathered | ToldIn | PutOff | None:
    return plan(traits_of(channel), waiting, sent or [], NOW, RULES)


def gathered(
    waiting: list[StoredNotice],
    sent: list[datetime] | None = None,
    channel: Channel = "slack",
) -> Gathered:
    found = planned(waiting, sent, channel)
    assert isinstance(found, Gathered)
    return found


class TestLate:
    def test_three_late_notices_still_go_one_by_one(self) -> None:
        assert planned([waits(n, HOUR) for n in range(3)]) is None

    def test_more_than_three_become_one_that_is_as_late_as_the_oldest(self) -> None:
        found = gathered([waits(n, HOUR + n * MINUTE) for n in range(4)])
        assert found.ids == (0, 1, 2, 3)
        assert found.notice.event_at == NOW - HOUR - 3 * MINUTE
        assert found.notice.kind is NoticeKind.DIGEST
        assert found.notice.payload["rotations"] == ["r3", "r2", "r1", "r0"]
        assert found.notice.text.startswith("WARNING 4 notices: S3 → Memes, S2 → Memes, S1 → Memes")

    def test_ten_minutes_are_not_late(self) -> None:
        assert planned([waits(n, 10 * MINUTE) for n in range(4)]) is None

    def test_one_more_late_notice_joins_a_digest_that_has_not_gone(self) -> None:
        first = gathered([waits(n, HOUR) for n in range(4)]).notice
        pending = StoredNotice(10, first, 3, None, None, "503", None)
        found = gathered([pending, waits(5, 30 * MINUTE)])
        assert found.ids == (5, 10)
        assert found.notice.payload["rotations"] == ["r0", "r1", "r2", "r3", "r5"]
        assert found.notice.dedup_key != first.dedup_key
        assert planned([pending]) is None

    def test_pictures_and_edits_of_what_the_digest_tells_first_go_with_it(self) -> None:
        waiting = [waits(n, HOUR) for n in range(4)]
        waiting += [
            waits(0, HOUR, act=Act.PICTURE),
            waits(9, HOUR, act=Act.EDIT),  # its parent went long ago
        ]
        waiting[4] = StoredNotice(4, waiting[4].notice, 0, None, None, None, None)
        assert gathered(waiting).ids == (0, 1, 2, 3, 4)

    def test_a_rotation_told_twice_is_one_line_with_its_newest_words(self) -> None:
        waiting = [waits(n, HOUR) for n in range(3)]
        again = waits(0, 30 * MINUTE, text="FADED S0 → Memes", act=Act.REPLY)
        waiting.append(StoredNotice(7, again.notice, 0, None, None, None, None))
        body = gathered(waiting).notice.payload["body"].split("\n")
        assert body[2:] == [
            "• 19 Jan: WARNING S1 → Memes (r1)",
            "• 19 Jan: WARNING S2 → Memes (r2)",
            "• 19 Jan: FADED S0 → Memes (r0) (2 notices)",
        ]

    def test_tests_reports_and_mail_are_never_gathered(self) -> None:
        tests = [waits(n, HOUR, kind=NoticeKind.TEST) for n in range(5)]
        assert planned(tests) is None
        mails = [waits(n, HOUR, channel="email") for n in range(5)]
        assert planned(mails, channel="email") is None

    def test_the_operators_notices_become_one_whose_first_word_stays(self) -> None:
        waiting = [
            waits(
                n,
                HOUR,
                channel="operator",
                kind=NoticeKind.OPERATOR,
                text=f"Monitor: v{n} is down",
            )
            for n in range(4)
        ]
        found = gathered(waiting, channel="operator").notice
        assert found.kind is NoticeKind.OPERATOR
        assert found.text == "Monitor: 4 notices waited while the monitor caught up"
        assert "19 Jan 11:00 UTC: v0 is down" in found.payload["body"]


class TestQuiet:
    HELD: ClassVar = {"held_until": iso(NOW)}

    def test_two_that_quiet_hours_held_become_one(self) -> None:
        found = gathered([waits(n, 5 * HOUR, payload=self.HELD) for n in range(2)])
        assert found.notice.text == "WARNING 2 notices of quiet hours: S0 → Memes, S1 → Memes"
        assert found.notice.payload["held_until"] == iso(NOW)

    def test_a_single_one_goes_as_it_is(self) -> None:
        assert planned([waits(0, 5 * HOUR, payload=self.HELD)]) is None

    def test_what_was_held_on_purpose_is_not_late(self) -> None:
        waiting = [waits(0, 5 * HOUR, payload=self.HELD), *(waits(n, HOUR) for n in (1, 2, 3))]
        assert planned(waiting) is None


class TestCap:
    SENT: ClassVar = [NOW - 50 * MINUTE, NOW - 40 * MINUTE, NOW - 30 * MINUTE, NOW - 20 * MINUTE]

    def test_over_the_cap_messages_wait_until_the_first_is_an_hour_old(self) -> None:
        found = planned([waits(0), waits(1)], self.SENT)
        assert found == PutOff((0, 1), NOW + 10 * MINUTE, CAPPED)

    def test_under_the_cap_nothing_waits(self) -> None:
        assert planned([waits(0)], self.SENT[1:]) is None

    def test_what_is_urgent_goes_all_the_same(self) -> None:
        assert planned([waits(0, urgent=True)], self.SENT) is None
        assert planned([waits(0, urgent=True), waits(1)], self.SENT) == PutOff(
            (1,), NOW + 10 * MINUTE, CAPPED
        )

    def test_edits_and_pictures_are_no_messages(self) -> None:
        assert planned([waits(0, act=Act.EDIT), waits(1, act=Act.PICTURE)], self.SENT) is None

    def test_what_was_held_is_told_in_one_line_when_there_is_room(self) -> None:
        held = [waits(n, 40 * MINUTE, error=CAPPED) for n in range(5)]
        found = gathered(held, self.SENT[1:])
        assert found.ids == (0, 1, 2, 3, 4)
        assert found.notice.payload["body"] == found.notice.text
        assert found.notice.text == (
            "5 messages were held by the hourly cap: S0 → Memes, S1 → Memes, S2 → Memes and 2 more."
            " See: monitor rotations, or the page"
        )

    def test_one_that_was_held_is_told_too(self) -> None:
        found = gathered([waits(0, 40 * MINUTE, error=CAPPED)], [])
        assert found.notice.text.startswith("1 message was held by the hourly cap: S0 → Memes.")

    def test_the_operator_has_no_cap(self) -> None:
        waiting = [waits(0, channel="operator", kind=NoticeKind.OPERATOR)]
        assert planned(waiting, self.SENT, "operator") is None
