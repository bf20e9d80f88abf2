"""What the detector saw of a pair, flagged or not."""

from datetime import datetime

from monitor.api.schemas.answer import Answer, Part
from monitor.model.rotation import Condition


class WordedCondition(Part):
    """A condition, and the same in words and units."""

    name: str
    value: float | None
    bound: float
    met: bool
    unit: str | None
    words: str


class Verdict(Part):
    """Why one pair was not flagged at that step: what lacked, and in ``reasons`` what stood in the way beside it."""

    from_sector: str
    to_sector: str
    at: datetime
    window_h: int
    score: float | None
    qualified: bool
    conditions: list[WordedCondition]
    met: int
    already_on: str | None
    reasons: list[str]


class WhyNotAnswer(Answer):
    """Verdicts of the pairs, the nearest to a flag first."""

    at: datetime
    pairs: list[Verdict]


class Reading(Part):
    """What the detector saw of a pair in one step."""

    at: datetime
    window_h: int
    score: float | None
    qualified: bool
    conditions: list[Condition]


class Conditions(Answer):
    """Readings of one pair over time."""

    from_sector: str
    to_sector: str
    since: datetime
    until: datetime
    readings: list[Reading]
