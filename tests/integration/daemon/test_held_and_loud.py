"""What quiet hours and the cap hold never holds back what is critical, from the step to the channel's own record."""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import time, timedelta

import pytest

from monitor.alerting.policy import IN_THREADS, AlertPolicy, Receiver
from monitor.clock import ManualClock
from monitor.delivery.batching import Rules
from monitor.delivery.sender import Sender
from monitor.delivery.slack.bot import SlackBot
from monitor.model.grid import iso
from monitor.model.notice import Act, Notice, NoticeKind
from monitor.model.rotation import ChangeReason, Severity, Status
from monitor.model.rotation_json import change_to_json
from monitor.store import outbox
from monitor.store.database import Database
from tests.integration.daemon.desk import HOUR, START, Desk, confirmed, step, turned
from tests.kit.slack_server import SlackServer
from tests.kit.slack_server.server import TOKEN

CONFIRMED, SEVERITY = ChangeReason.CONFIRMED, ChangeReason.SEVERITY
BOT = (Receiver("slack", IN_THREADS),)
QUIET = (time(12), time(20))


class Channels:
    """A desk whose notices go to a Slack-shaped server by bot."""

    def __init__(
        self, database: Database, slack: SlackServer, policy: AlertPolicy, rules: Rules
    ) -> None:
        self.clock = ManualClock(START)
        self.desk = Desk(database, policy)
        self.slack = slack
        bot = SlackBot(TOKEN, "C0ALERTS", clock=self.clock, base_url=slack.api_url)
        self.sender = Sender(
            database, self.clock, {"slack": bot}, dice=random.Random(1), rules=rules
        )

    async def at(self, hours: float) -> list[str]:
        """Send what is due then; all texts of the channel so far."""
        self.clock.set(START + hours * HOUR)
        await self.sender.drain()
        return [message.text for message in self.slack.workspace.messages("alerts")]


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer(max_seconds=120) as server:
        yield server


Make = Callable[[AlertPolicy, Rules], Channels]


@pytest.fixture
async def make(database: Database, slack: SlackServer) -> AsyncIterator[Make]:
    made: list[Channels] = []

    def one(policy: AlertPolicy, rules: Rules) -> Channels:
        made.append(Channels(database, slack, policy, rules))
        return made[-1]

    yield one
    for channels in made:
        await channels.sender.close()


async def test_a_critical_one_is_told_at_night_though_its_crowd_waits_for_the_morning(
    make: Make, database: Database, slack: SlackServer
) -> None:
    channels = make(AlertPolicy(receivers=BOT, quiet=QUIET), Rules())
    others = [
        confirmed(START, id=f"rot-{s}", from_sector=s) for s in ("ai-agents", "defi", "gaming")
    ]
    channels.desk.batch(step(START, *(turned(r, CONFIRMED, START) for r in others)))
    assert await channels.at(1) == []
    loud = confirmed(START, id="rot-defi", from_sector="defi", severity=Severity.CRITICAL)
    channels.desk.batch(step(START + HOUR, turned(loud, SEVERITY, START + HOUR)))
    (text,) = await channels.at(1)
    assert text.startswith("CRITICAL")
    texts = await channels.at(8)
    assert len(texts) == 2
    assert "3 rotations into Memes at once" in texts[1]


async def test_the_cap_never_holds_a_critical_turn_of_what_it_holds(
    make: Make, database: Database, slack: SlackServer
) -> None:
    channels = make(AlertPolicy(receivers=BOT), Rules(per_hour=1))
    first = confirmed(START, id="rot-a", from_sector="defi", to_sector="ai-agents")
    held = confirmed(START, id="rot-b")
    channels.desk.batch(
        step(START, turned(first, CONFIRMED, START), turned(held, CONFIRMED, START))
    )
    assert len(await channels.at(0)) == 1
    at = START + HOUR / 30
    loud = confirmed(START, id="rot-b", severity=Severity.CRITICAL)
    channels.desk.batch(step(at, turned(loud, SEVERITY, at)))
    texts = await channels.at(1 / 30)
    assert len(texts) == 2
    assert texts[1].startswith("CRITICAL AI agents → Memes")
    assert len(await channels.at(2)) == 2, "what it overtook is not told once more"


@pytest.mark.parametrize(
    ("quiet", "rules"),
    [(None, Rules(per_hour=1)), (QUIET, Rules(per_hour=9, quiet=QUIET))],
    ids=["over the cap", "in the quiet hours of the sender"],
)
async def test_what_a_critical_turn_overtakes_while_the_sender_was_busy_is_told_in_it_and_never_after(
    make: Make, slack: SlackServer, quiet: object, rules: Rules
) -> None:
    # the policy knows of no quiet hours: when the turns were made nothing was held, the sender alone puts off
    channels = make(AlertPolicy(receivers=BOT), rules)
    if quiet is None:
        first = confirmed(START, id="rot-a", from_sector="defi", to_sector="ai-agents")
        channels.desk.batch(step(START, turned(first, CONFIRMED, START)))
        await channels.at(0)
    before = len(slack.workspace.messages("alerts"))
    one, two, three = (START + k * HOUR / 30 for k in (1, 2, 3))
    calm = confirmed(one, id="rot-b")
    loud = confirmed(one, id="rot-b", severity=Severity.CRITICAL)
    leg = confirmed(one, id="rot-c", from_sector="defi", severity=Severity.CRITICAL, joins="rot-b")
    channels.desk.batch(step(one, turned(calm, CONFIRMED, one)))
    channels.desk.batch(step(two, turned(loud, SEVERITY, two)))
    channels.desk.batch(step(three, turned(leg, ChangeReason.LEG, three)))
    texts = (await channels.at(0.1))[before:]
    assert len(texts) == 2
    assert "AI agents → Memes" in texts[0]
    assert "critical" in texts[0].lower()
    parent, under = slack.workspace.messages("alerts")[before:]
    assert parent.thread_ts is None
    assert under.thread_ts == parent.ts
    assert (await channels.at(24))[before:] == texts, "what was overtaken is told once, in it"
    kept = [s for s in channels.desk.stored() if s.notice.told_in]
    (told,) = [s for s in kept if s.notice.act is not Act.EDIT]
    assert told.notice.dedup_key.startswith("rot-b|confirmed")
    assert told.notice.told_in == f"rot-b|severity|{iso(two)}"


async def test_a_rotation_whose_leg_is_critical_is_told_before_its_leg(
    make: Make, slack: SlackServer
) -> None:
    channels = make(AlertPolicy(receivers=BOT), Rules(per_hour=1))
    opened = confirmed(START, id="rot-b", confirmed_at=None, status=Status.OPEN)
    channels.desk.batch(step(START, turned(opened, ChangeReason.OPENED, START)))
    assert len(await channels.at(0)) == 1
    one, two = (START + k * HOUR / 30 for k in (1, 2))
    channels.desk.batch(step(one, turned(confirmed(START, id="rot-b"), CONFIRMED, one)))
    assert len(await channels.at(1 / 30)) == 1, "the cap holds it"
    leg = confirmed(one, id="rot-c", from_sector="defi", severity=Severity.CRITICAL, joins="rot-b")
    channels.desk.batch(step(two, turned(leg, ChangeReason.LEG, two)))
    texts = await channels.at(2 / 30)
    assert len(texts) == 3
    assert texts[1].startswith("WARNING AI agents → Memes")
    assert await channels.at(24) == texts


async def test_a_digest_that_the_cap_holds_goes_before_what_turns_critical_of_it(
    make: Make, slack: SlackServer
) -> None:
    channels = make(AlertPolicy(receivers=BOT), Rules(per_hour=1, digest_above=1))
    first = confirmed(START, id="rot-a", from_sector="defi", to_sector="ai-agents")
    channels.desk.batch(step(START, turned(first, CONFIRMED, START)))
    await channels.at(0)
    calm = [
        confirmed(START, id="rot-b"),
        confirmed(START, id="rot-c", from_sector="memes", to_sector="ai-agents"),
    ]
    channels.desk.batch(step(START, *(turned(r, CONFIRMED, START) for r in calm)))
    assert len(await channels.at(0.5)) == 1, "late, one digest, and over the cap"
    loud = confirmed(START, id="rot-b", severity=Severity.CRITICAL)
    at = START + HOUR * 0.6
    channels.desk.batch(step(at, turned(loud, SEVERITY, at)))
    texts = await channels.at(0.6)
    assert len(texts) == 3
    assert "2 notices" in texts[1]
    assert "critical" in texts[2].lower()


def test_three_new_critical_rotations_at_once_are_one_message_that_tells_what_was_held_of_them(
    database: Database,
) -> None:
    desk = Desk(database, AlertPolicy(receivers=BOT, quiet=QUIET))
    sectors = ("ai-agents", "defi", "gaming")
    desk.batch(
        step(START, turned(confirmed(START, id="rot-defi", from_sector="defi"), CONFIRMED, START))
    )
    at = START + HOUR
    loud = [
        confirmed(START, id=f"rot-{s}", from_sector=s, severity=Severity.CRITICAL) for s in sectors
    ]
    made = desk.batch(step(at, *(turned(r, SEVERITY, at) for r in loud)))
    assert made[0].urgent
    assert [n.told_in for n in made[1:]] == [made[0].dedup_key] * 3
    held = desk.stored()[0].notice
    assert held.dedup_key.startswith("rot-defi|confirmed")
    assert held.told_in == made[0].dedup_key


async def test_a_crowd_in_a_digest_keeps_its_line_when_one_of_it_goes_on(
    make: Make, database: Database, slack: SlackServer
) -> None:
    channels = make(AlertPolicy(receivers=BOT, quiet=QUIET), Rules())
    sectors = ("ai-agents", "defi", "gaming")
    others = [confirmed(START, id=f"rot-{s}", from_sector=s) for s in sectors]
    channels.desk.batch(step(START, *(turned(r, CONFIRMED, START) for r in others)))
    at = START + 3 * HOUR
    over = confirmed(START, id="rot-ai-agents", status=Status.FADED, closed_at=at)
    channels.desk.batch(step(at, turned(over, ChangeReason.FADED, at)))
    await channels.at(8)
    (message,) = slack.workspace.messages("alerts")
    assert "3 rotations into Memes at once" in message.shown
    assert "FADED AI agents → Memes" in message.shown
    assert all(f"rot-{s}" in message.shown for s in sectors)


async def test_a_message_that_was_refused_comes_with_its_picture_after_the_token_is_mended(
    make: Make, database: Database, slack: SlackServer
) -> None:
    channels = make(AlertPolicy(receivers=BOT), Rules())
    slack.revoked = True
    channels.desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    assert await channels.at(0.01) == []
    slack.revoked = False
    with database.write() as conn:
        now = channels.clock.now()
        assert outbox.revive(conn, since=now - timedelta(days=1), now=now) == 1
    (text,) = await channels.at(0.02)
    assert text.startswith("WARNING AI agents → Memes")
    (say, picture) = channels.desk.stored()
    assert say.delivered_at is not None
    assert picture.receipt is not None
    assert "nothing was said" not in str(picture.receipt)


async def test_what_an_older_version_told_goes_on_and_its_facts_are_not_asked_for(
    make: Make, database: Database, slack: SlackServer
) -> None:
    channels = make(AlertPolicy(receivers=BOT), Rules())
    rotation = confirmed(START)
    change = turned(rotation, CONFIRMED, START)
    old = Notice(
        dedup_key="old",
        channel="slack",
        kind=NoticeKind.ROTATION,
        text="an old preview",
        event_at=START,
        due_at=START,
        thread=rotation.id,
        payload={
            "body": "an old body",
            "rotations": [rotation.id],
            "change": change_to_json(change),
        },
    )
    with database.write() as conn:
        outbox.enqueue(conn, [old])
    channels.desk.batch(step(START, change))
    over = confirmed(START, status=Status.FADED, closed_at=START + HOUR)
    made = channels.desk.batch(step(START + HOUR, turned(over, ChangeReason.FADED, START + HOUR)))
    assert [n.act.value for n in made] == ["reply"]
    texts = await channels.at(1)
    assert texts[0].endswith("an old preview")
    assert texts[-1].startswith("FADED")


def test_a_message_that_cannot_be_made_stops_no_step_and_is_told_in_bare_words(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(database, AlertPolicy(receivers=BOT))

    def broken(*_: object) -> None:
        raise KeyError("around")

    monkeypatch.setattr("monitor.alerting.maker.decide", broken)
    (notice,) = desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    assert notice.text == "rot-7f3a: confirmed, warning; see: monitor explain rot-7f3a"
    assert [s.notice for s in desk.stored()] == [notice]


def test_a_reminder_does_not_repeat_what_a_turn_has_just_told(database: Database) -> None:
    desk = Desk(database, AlertPolicy(receivers=BOT, reminder_step=0.045))
    desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    assert [n.kind for n in desk.hours(START + HOUR, 4)] == []
    at = START + 5 * HOUR  # the loser is five hundredths down
    loud = confirmed(START, severity=Severity.CRITICAL)
    desk.batch(step(at, turned(loud, SEVERITY, at)))
    told = desk.hours(at + HOUR, 6)
    assert [n.event_at - at for n in told] == [5 * HOUR]
