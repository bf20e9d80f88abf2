"""Why a pair was not flagged at a step: what lacked, what had not lasted, what stood in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.detection.parameters import DetectionParameters
from monitor.model.rotation import (
    MARKET,
    Condition,
    PairReading,
    Rotation,
    RotationChange,
    states_at,
)


@dataclass(frozen=True, slots=True)
class WhyNot:
    """``lacking``: conditions that did not hold. ``lasted``: how long all of them had held, at the score that opens
    (``qualified``) and at the score that confirms. ``on``: the pair's rotation that was on already. ``cooling_until``:
    until then the pair, confirmed a short while before, opens no second time. ``gain``: the rotation that was on and tells
    *to* to gain from all others: beside that a source is confirmed only where it fell behind all others itself.
    """

    reading: PairReading
    lacking: tuple[Condition, ...]
    lasted: timedelta
    lasted_confirming: timedelta
    needs: timedelta
    needs_confirming: timedelta
    confirms_at: float
    on: Rotation | None
    cooling_until: datetime | None
    gain: Rotation | None = None


def why_not(
    readings: Sequence[PairReading],
    changes: Sequence[RotationChange],
    p: DetectionParameters,
    width: timedelta,
) -> WhyNot:
    """Of the last reading. ``readings``: of one pair, ascending, without holes, back for at least an hour and two steps;
    ``changes``: of all rotations of that time."""
    reading = readings[-1]
    pair = (reading.from_sector, reading.to_sector)
    known = states_at(changes, reading.at)
    before = [r for r in known if r.pair == pair]
    confirmed = [r.confirmed_at for r in before if r.confirmed_at is not None]
    cooldown = timedelta(hours=p.cooldown_h)
    until = max(confirmed) + cooldown if confirmed else None
    return WhyNot(
        reading=reading,
        lacking=tuple(c for c in reading.conditions if not c.met),
        lasted=_run(readings, p.watch_on) * width,
        lasted_confirming=_run(readings, p.on) * width,
        needs=max(timedelta(minutes=p.watch_persist_min), 2 * width),
        needs_confirming=max(timedelta(minutes=p.persist_min), 2 * width),
        confirms_at=p.on,
        on=next((r for r in before if r.is_on), None),
        gain=next((r for r in known if r.is_on and r.pair == (MARKET, pair[1])), None),
        cooling_until=until if until is not None and until > reading.at else None,
    )


def _run(readings: Sequence[PairReading], level: float) -> int:
    """Readings without a break, back from the last, that qualified with that score or more."""
    count = 0
    for reading in reversed(readings):
        if not reading.qualified or reading.score is None or reading.score < level:
            break
        count += 1
    return count
