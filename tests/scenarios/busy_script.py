"""Many rotations in a short time, each with a whole life: what a busy day says, as a function of a seed."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.alerting.operator_notice import operator_notice
from monitor.model.notice import Notice
from monitor.model.rotation import MARKET, Outcome, Rotation, RotationChange, Status
from monitor.model.rotation import ChangeReason as Reason
from monitor.model.rotation import Severity as Loud
from tests.kit.rotations import evidence, gaining, opened, side
from tests.scenarios.busy_market import SECTORS, WIDTH

Plan = tuple[tuple[int, Reason, Loud], ...]
"""Of a life: steps after its beginning, what changes, and the severity from then on."""

CALM: Plan = (
    (0, Reason.OPENED, Loud.WATCH),
    (2, Reason.CONFIRMED, Loud.WARNING),
    (5, Reason.FADED, Loud.WARNING),
    (7, Reason.OUTCOME_24H, Loud.WARNING),
    (9, Reason.OUTCOME_72H, Loud.WARNING),
)
RISING: Plan = (
    (0, Reason.OPENED, Loud.WATCH),
    (1, Reason.CONFIRMED, Loud.WARNING),
    (2, Reason.SEVERITY, Loud.CRITICAL),
    (5, Reason.EXPIRED, Loud.CRITICAL),
    (6, Reason.OUTCOME_24H, Loud.CRITICAL),
)
ALARM: Plan = (
    (0, Reason.OPENED, Loud.WATCH),
    (0, Reason.CONFIRMED, Loud.CRITICAL),
    (3, Reason.FADED, Loud.CRITICAL),
)
BLIND: Plan = (
    (0, Reason.OPENED, Loud.WARNING),
    (1, Reason.HELD, Loud.WARNING),
    (3, Reason.RESUMED, Loud.WARNING),
    (4, Reason.SEVERITY, Loud.CRITICAL),
    (6, Reason.FADED, Loud.CRITICAL),
)
TURNED: Plan = (
    (0, Reason.OPENED, Loud.WARNING),
    (1, Reason.CONFIRMED, Loud.CRITICAL),
    (4, Reason.REVERSED, Loud.CRITICAL),
    (6, Reason.OUTCOME_24H, Loud.CRITICAL),
)
TURNING: Plan = (
    (4, Reason.OPENED, Loud.WATCH),
    (4, Reason.CONFIRMED, Loud.WARNING),
    (7, Reason.FADED, Loud.WARNING),
)
LEG: Plan = (
    (1, Reason.OPENED, Loud.WATCH),
    (3, Reason.LEG, Loud.CRITICAL),
    (5, Reason.FADED, Loud.CRITICAL),
)
CROWD: Plan = (
    (0, Reason.OPENED, Loud.WARNING),
    (2, Reason.CONFIRMED, Loud.CRITICAL),
    (4, Reason.FADED, Loud.CRITICAL),
)
LONGEST = 10
"""Steps of the longest life."""


@dataclass
class _Writer:
    """Changes by the close of their interval."""

    first: datetime
    dice: random.Random
    said: dict[datetime, list[RotationChange]] = field(default_factory=dict)
    count: int = 0

    def live(self, at: int, plan: Plan, pair: tuple[str, str], **standing: Any) -> str:
        """Write a life that begins at step ``at``; its id."""
        self.count += 1
        rotation = _born(f"rot-b{self.count:03d}", pair, self._close(at), self.dice)
        rotation = replace(rotation, **standing)
        for after, reason, severity in plan:
            close = self._close(at + after)
            rotation = _changed(rotation, reason, severity, close)
            change = RotationChange(rotation, reason, close)
            self.said.setdefault(close, []).append(change)
        return rotation.id

    def upcoming(self, ahead: int = 1) -> str:
        """Id of the life after the next ``ahead - 1``."""
        return f"rot-b{self.count + ahead:03d}"

    def _close(self, step: int) -> datetime:
        return self.first + (step + 1) * WIDTH


def busy_script(
    first: datetime, steps: int, seed: int
) -> Mapping[datetime, Sequence[RotationChange]]:
    """Every scripted change of the ``steps`` intervals from ``first`` on, by the close of its interval."""
    writer = _Writer(first, random.Random(seed))
    for at in range(1, steps - LONGEST):
        _begin(writer, at)
    return writer.said


def operator_notices(closes: Sequence[datetime]) -> Iterator[Notice]:
    """Two subjects that the operator hears of at every step."""
    for at in closes:
        stamp = f"{at:%d %b %H:%M}"
        for venue in ("gate", "okx"):
            told = operator_notice(
                f"venue {venue}", f"{venue}: state as of {stamp}, covered by bybit", at
            )
            yield replace(told, channel="operator")


def _begin(writer: _Writer, at: int) -> None:
    """What begins at a step: most often one life, now and then several that share a side or belong together."""
    a, b = writer.dice.sample(sorted(SECTORS), 2)
    kind = at % 8
    if kind == 0:
        others = [s for s in sorted(SECTORS) if s != b]
        for other in others:
            writer.live(at, CROWD, (other, b))
    elif kind == 3:
        turned, turning = writer.upcoming(1), writer.upcoming(2)
        writer.live(at, TURNED, (a, b))
        after = [change for changes in writer.said.values() for change in changes]
        for change in after:
            if change.rotation.id == turned and change.reason is Reason.REVERSED:
                place = writer.said[change.changed_at]
                named = replace(change.rotation, reversed_by=turning)
                place[place.index(change)] = replace(change, rotation=named)
        writer.live(at, TURNING, (b, a), reverses=turned)
    elif kind == 5:
        joined = writer.live(at, RISING, (a, b))
        third = next(s for s in sorted(SECTORS) if s not in (a, b))
        writer.live(at, LEG, (third, b), joins=joined)
    else:
        plan = {1: CALM, 2: ALARM, 4: BLIND, 6: RISING, 7: CALM}[kind]
        writer.live(at, plan, (a, MARKET if kind == 7 else b))


def _born(id: str, pair: tuple[str, str], at: datetime, dice: random.Random) -> Rotation:  # noqa: A002
    own = -round(dice.uniform(0.03, 0.15), 3)
    facts = evidence(
        from_side=side(pair[0], own_return=own),
        to_side=None if pair[1] == MARKET else gaining(pair[1]),
        at=at,
    )
    return opened(
        id=id,
        from_sector=pair[0],
        to_sector=pair[1],
        detected_at=at,
        started_at=at - timedelta(hours=3),
        peak_at=at,
        evidence=facts,
    )


def _changed(rotation: Rotation, reason: Reason, severity: Loud, at: datetime) -> Rotation:
    after: dict[str, Any] = {"severity": severity}
    match reason:
        case Reason.OPENED:
            after |= {"detected_at": at, "peak_at": at}
        case Reason.CONFIRMED | Reason.LEG:
            after |= {"status": Status.CONFIRMED, "confirmed_at": at}
        case Reason.HELD | Reason.RESUMED:
            after |= {"held": reason is Reason.HELD}
        case Reason.FADED | Reason.EXPIRED | Reason.REVERSED:
            after |= {"status": Status(reason.value), "closed_at": at}
        case Reason.OUTCOME_24H | Reason.OUTCOME_72H:
            name = reason.value.removeprefix("outcome_")
            after |= {"outcomes": rotation.outcomes | {name: Outcome(0.064, 1.2, held=True)}}
    return replace(rotation, **after)
