"""A bot between notices of one rotation and a Slack-shaped server, with the receipts that an outbox would keep."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from monitor.clock import ManualClock
from monitor.content.alert.facts import AlertFacts, facts_to_json
from monitor.content.alert.preview import preview_line
from monitor.content.mail import Inline
from monitor.delivery.channel import DrawPicture, Receipt, Sending
from monitor.delivery.slack.bot import SlackBot
from monitor.model.notice import Act, Notice, NoticeKind
from monitor.model.rotation import ChangeReason, RotationChange, Severity
from monitor.model.rotation_json import change_to_json
from tests.kit.rotations import DETECTED, NAMES, change, confirmed, evidence, opened, side
from tests.kit.slack_server import Message, SlackServer

AROUND = AlertFacts(names=NAMES, spark="▁▃▅▇", page="http://127.0.0.1:8787")
PNG = b"\x89PNG not really a picture"
PICTURE = Inline("rot-7f3a", PNG, "AI agents -10.4 %, Memes +2.3 %")
OPENED = change(opened(severity=Severity.WARNING), ChangeReason.OPENED)
WORSE = evidence(from_side=side(total_return=-0.131, own_return=-0.098, net_flow_usd=-5.24e7))
RAISED = change(
    confirmed(severity=Severity.CRITICAL, score=4.9, evidence=WORSE), ChangeReason.SEVERITY
)


def told(
    act: Act,
    changed: RotationChange = OPENED,
    *,
    first: RotationChange | None = None,
    around: AlertFacts = AROUND,
    **changes: Any,
) -> Notice:
    """A rotation's notice as the program writes it; ``first``: what an edited parent was posted with."""
    rotation = changed.rotation
    payload: dict[str, Any] = {"rotations": [rotation.id], **facts(changed, around)}
    if first is not None:
        payload["first"] = facts(first, around)
    standing: dict[str, Any] = {
        "dedup_key": f"{rotation.id}|{changed.reason.value}|{act.value}",
        "channel": "slack",
        "kind": NoticeKind.ROTATION,
        "text": preview_line(rotation, around.names, changed.changed_at),
        "event_at": changed.changed_at,
        "due_at": changed.changed_at,
        "thread": rotation.id,
        "payload": payload,
        "act": act,
    }
    return Notice(**(standing | changes))


def facts(changed: RotationChange, around: AlertFacts) -> dict[str, Any]:
    """A change and what stands around it, as a payload holds them."""
    return {"change": change_to_json(changed), "around": facts_to_json(around)}


def words(key: str, kind: NoticeKind, body: str, act: Act = Act.SAY, **changes: Any) -> Notice:
    """A notice that is about no single change."""
    made = told(act, dedup_key=key, kind=kind, text=body.split("\n", maxsplit=1)[0], **changes)
    return replace(made, payload={"body": body, "rotations": []})


def drawn(notice: Notice) -> Inline:
    """A chart at once."""
    return PICTURE


class Desk:
    """``receipts``: of what was delivered, as the outbox hands them to the next notice of the thread."""

    def __init__(
        self,
        slack: SlackServer,
        *,
        draw: DrawPicture | None = drawn,
        channel: str = "C0ALERTS",
        timeout: timedelta = timedelta(seconds=60),
    ) -> None:
        self.slack = slack
        self.clock = ManualClock(DETECTED)
        self.receipts: list[Receipt] = []
        self.bot = SlackBot(
            slack.token,
            channel,
            clock=self.clock,
            base_url=slack.api_url,
            draw=draw,
            timeout=timeout,
        )

    async def send(
        self, notice: Notice, *, attempt: int = 1, plain: bool = False, now: datetime | None = None
    ) -> Receipt:
        """Through the channel, in time unless ``now`` says otherwise."""
        how = Sending(
            now=now or notice.event_at, attempt=attempt, plain=plain, earlier=tuple(self.receipts)
        )
        receipt = await self.bot.send(notice, how)
        self.receipts.append(receipt)
        return receipt

    async def open(self, **changes: Any) -> Message:
        """The parent, posted."""
        await self.send(told(Act.SAY, **changes))
        return self.parent()

    def parent(self, number: int = -1) -> Message:
        """A message of its own that the channel shows, the last one by default."""
        return self.slack.workspace.channel("alerts")[number]

    def called(self, method: str) -> list[dict[str, Any]]:
        """Arguments of every call of a method that was let through."""
        return [arguments for name, arguments in self.slack.calls if name == method]


class NewDesk(Protocol):
    """Makes a desk that is closed after the test; ``options`` are those of :class:`Desk`."""

    def __call__(self, slack: SlackServer, **options: Any) -> Desk: ...


def reply(**changes: Any) -> Notice:
    """What a confirmation that made it critical says in the thread."""
    return told(Act.REPLY, RAISED, urgent=True, **changes)


def edit(**changes: Any) -> Notice:
    """The same for the parent."""
    return told(Act.EDIT, RAISED, first=OPENED, **changes)
