"""Whether the channel is in trouble, or one notice alone."""

from datetime import UTC, datetime, timedelta

from monitor.delivery.backoff import TURN, Backoff

NOW = datetime(2025, 1, 19, 12, tzinfo=UTC)
SLACK, MAIL = "slack", "email"


def test_a_channel_rests_for_all_its_notices_and_no_other_channel_does() -> None:
    troubles = Backoff([SLACK, MAIL])
    troubles.failed(SLACK, 1, NOW + timedelta(minutes=1))
    assert troubles.is_resting(SLACK, NOW)
    assert not troubles.is_resting(MAIL, NOW)
    assert not troubles.is_resting(SLACK, NOW + timedelta(minutes=1))


def test_a_clock_that_was_set_back_ends_the_rest() -> None:
    troubles = Backoff([SLACK])
    troubles.failed(SLACK, 1, NOW)
    assert not troubles.is_resting(SLACK, NOW - timedelta(hours=2))


def test_a_success_blames_what_was_refused_before_it() -> None:
    troubles = Backoff([SLACK])
    troubles.failed(SLACK, 1, NOW)
    troubles.failed(SLACK, 2, NOW)
    assert troubles.is_the_channels(1, "server")
    troubles.took(SLACK, 2)
    assert troubles.failures(SLACK) == 0
    assert not troubles.is_the_channels(1, "server")
    assert troubles.is_alone(1, "server")
    assert troubles.is_the_channels(2, "server")
    troubles.forget(1)
    assert troubles.is_the_channels(1, "server")


def test_what_is_the_notices_own_rests_no_channel() -> None:
    troubles = Backoff([SLACK])
    assert not troubles.is_the_channels(1, "internal")
    assert not troubles.is_the_channels(1, "later")  # a greylist delays one reader
    assert troubles.is_alone(1, "refused")
    assert not troubles.is_alone(1, "later")


def test_every_eighth_try_in_a_row_is_anothers() -> None:
    troubles = Backoff([SLACK])
    turns = []
    for _ in range(2 * TURN):
        turns.append(troubles.tries_another(SLACK))
        troubles.failed(SLACK, 1, NOW)
    assert [k for k, turn in enumerate(turns) if turn] == [TURN - 1, 2 * TURN - 1]
