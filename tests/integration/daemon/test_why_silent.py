"""From steps and sends to the answer to "why was I not told?", on both databases."""

import random
from collections.abc import AsyncIterator, Iterator
from datetime import time, timedelta

import pytest

from monitor.alerting.policy import BY_MAIL, IN_THREADS, AlertPolicy, Receiver
from monitor.alerting.why_silent import answer_in_words, answer_to_json, answers_of
from monitor.clock import ManualClock
from monitor.delivery.batching import Rules
from monitor.delivery.sender import Sender
from monitor.delivery.slack.bot import SlackBot
from monitor.model.rotation import ChangeReason, Severity, Status
from monitor.model.silence import Why
from monitor.store.database import Database
from monitor.store.prune import prune
from monitor.store.silences import silences_of
from tests.integration.daemon.desk import HOUR, START, Desk, confirmed, step, turned
from tests.kit.slack_server import SlackServer
from tests.kit.slack_server.server import TOKEN

BOT = Receiver("slack", IN_THREADS)
MAIL = Receiver("email", BY_MAIL, Severity.CRITICAL, "desk@example.com")
CONFIRMED, FADED = ChangeReason.CONFIRMED, ChangeReason.FADED


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer(max_seconds=120) as server:
        yield server


@pytest.fixture
async def sender(database: Database, slack: SlackServer) -> AsyncIterator[Sender]:
    clock = ManualClock(START)
    bot = SlackBot(TOKEN, "C0ALERTS", clock=clock, base_url=slack.api_url)
    made = Sender(database, clock, {"slack": bot}, dice=random.Random(1), rules=Rules(per_hour=1))
    yield made
    await made.close()


def words(database: Database, rotation_id: str = "rot-7f3a") -> list[str]:
    with database.read() as conn:
        found = answers_of(conn, rotation_id, (BOT, MAIL))
    return [f"{a.change.reason.value} {a.reader[0]}: {answer_in_words(a)}" for a in found]


async def test_who_was_told_when_and_who_was_not_and_why(
    database: Database, sender: Sender
) -> None:
    desk = Desk(database, AlertPolicy(receivers=(BOT, MAIL)))
    desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    assert words(database)[0].startswith("confirmed slack: on its way, due ")
    await sender.drain()
    told, below = words(database)
    assert told.startswith("confirmed slack: told 18 Jan 2025, 12:00 UTC (receipt: ")
    assert below == (
        "confirmed email: not told: below the minimum severity"
        " (it was warning, this reader is told from critical on)"
    )
    over = confirmed(START, status=Status.FADED, closed_at=START + HOUR)
    desk.batch(step(START + HOUR, turned(over, FADED, START + HOUR)))
    assert words(database)[3] == (
        "faded email: not told: this reader was not told of the rotation before,"
        " so nothing had to be followed up"
    )


async def test_what_the_senders_cap_held_says_so_after_it_was_told(
    database: Database, sender: Sender
) -> None:
    desk = Desk(database, AlertPolicy(receivers=(BOT,)))
    other = confirmed(START, id="rot-a", from_sector="memes", to_sector="ai-agents")
    desk.batch(
        step(START, turned(other, CONFIRMED, START), turned(confirmed(START), CONFIRMED, START))
    )
    await sender.drain()
    with database.read() as conn:
        (held,) = silences_of(conn, "rot-7f3a")
        (answer, _) = answers_of(conn, "rot-7f3a", (BOT, MAIL))
    assert held.why is Why.CAP
    assert "held by the hourly cap of messages (until 18 Jan 2025, 13:00 UTC)" in answer_in_words(
        answer
    )
    data = answer_to_json(answer)
    assert (data["told"], data["why"][0]["why"]) == (False, "cap")
    with database.write() as conn:
        prune(conn, now=START + timedelta(days=99), retention={"outbox": timedelta(days=90)})
        assert silences_of(conn, "rot-7f3a") == []


def test_a_group_in_quiet_hours_has_both_reasons_and_names_its_message(database: Database) -> None:
    desk = Desk(database, AlertPolicy(receivers=(BOT,), quiet=(time(12), time(20))))
    rises = [
        turned(confirmed(START, id=f"rot-{s}", from_sector=s), CONFIRMED, START)
        for s in ("ai-agents", "defi", "gaming")
    ]
    desk.batch(step(START, *rises))
    with database.read() as conn:
        (answer,) = answers_of(conn, "rot-defi", (BOT,))
    said = answer_in_words(answer)
    assert "3 rotations into Memes at once" in said
    assert "held by quiet hours (until 18 Jan 2025, 20:00 UTC)" in said
    assert "told with others in one message (one message for 3 rotations)" in said


def test_history_is_told_to_nobody_and_says_so(database: Database) -> None:
    desk = Desk(database, AlertPolicy(receivers=(BOT,)), live_from=START)
    desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    assert "before the monitor first looked" in words(database)[0]


def test_what_was_decided_before_reasons_were_kept_is_not_made_up(database: Database) -> None:
    desk = Desk(database, AlertPolicy(receivers=()))
    desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    assert "no reason is stored" in words(database)[0]
