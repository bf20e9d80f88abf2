"""Someone who is told of rotations, and remembers what he was told: the outbox without a database."""

from collections.abc import Collection, Sequence
from datetime import datetime

from monitor.alerting.decide import decide
from monitor.alerting.history import Histories, history_from
from monitor.alerting.policy import BY_MAIL, IN_MESSAGES, IN_THREADS, AlertPolicy, Receiver
from monitor.alerting.reminders import Standing, reminders_for
from monitor.content.alert import AlertFacts
from monitor.model.notice import Notice
from monitor.model.rotation import Rotation, RotationChange, Severity
from monitor.model.silence import Silence
from tests.kit.rotations import NAMES

WEBHOOK = Receiver("slack", IN_MESSAGES)
BOT = Receiver("slack", IN_THREADS)
MAIL = Receiver("email", BY_MAIL, Severity.CRITICAL, "desk@example.com")


class Desk:
    """``notices``: all that was made for him so far, in order; ``silences``: why the rest was not."""

    def __init__(self, *receivers: Receiver, policy: AlertPolicy | None = None) -> None:
        self.policy = policy or AlertPolicy(receivers=receivers or (WEBHOOK,))
        self.notices: list[Notice] = []
        self.silences: list[Silence] = []

    def tell(self, *changes: RotationChange, around: AlertFacts | None = None) -> list[Notice]:
        """What is made of changes that became knowable together."""
        at = max(c.changed_at for c in changes)
        facts = {c.rotation.id: around or AlertFacts(names=NAMES) for c in changes}
        of = {c.rotation.id for c in changes} | {
            c.rotation.joins for c in changes if c.rotation.joins
        }
        decision = decide(changes, self.policy, facts, self._told(at, of))
        self.silences += decision.silences
        return self._keep(decision.notices)

    def recall(
        self, rotation: Rotation, at: datetime, own_since: float | None = None
    ) -> list[Notice]:
        """What is made of a rotation that is on."""
        since = {} if own_since is None else {rotation.from_sector: own_since}
        around = AlertFacts(names=NAMES, own_since=since)
        return self._keep(
            reminders_for(
                [Standing(rotation, around, at)], self.policy, self._told(at, {rotation.id})
            )
        )

    def _keep(self, made: Sequence[Notice]) -> list[Notice]:
        self.notices += made
        return list(made)

    def _told(self, at: datetime, rotation_ids: Collection[str]) -> Histories:
        found = {
            (receiver, rotation_id): history_from(
                rotation_id,
                [
                    (notice, notice.due_at > at)
                    for notice in self.notices
                    if (notice.channel, notice.recipient) == (receiver.channel, receiver.recipient)
                    and rotation_id in notice.payload["rotations"]
                ],
            )
            for receiver in self.policy.receivers
            for rotation_id in rotation_ids
        }
        return {key: told for key, told in found.items() if told is not None}


def sent(notices: Sequence[Notice]) -> list[Notice]:
    """Without those that another one tells."""
    return [notice for notice in notices if notice.told_in is None]


def keys(notices: Sequence[Notice]) -> list[str]:
    """What they are known by."""
    return [notice.dedup_key for notice in notices]


def acts(notices: Sequence[Notice]) -> list[tuple[str, str]]:
    """(act, thread) of each."""
    return [(notice.act.value, notice.thread) for notice in notices]
