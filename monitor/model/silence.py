"""Why a reader was not told of a change of a rotation, or not at once and on its own."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.model.notice import Channel
from monitor.model.rotation import ChangeReason


class Why(StrEnum):
    """The reasons. Quiet hours, cap and grouping put off or join what is told in the end; the others stand."""

    BELOW_MINIMUM = "below_minimum"
    TOLD_ALREADY = "told_already"
    NEVER_TOLD_OF_IT = "never_told_of_it"
    NOT_ON_THIS_CHANNEL = "not_on_this_channel"
    AT_START = "at_start"
    BEFORE_FIRST_LOOK = "before_first_look"
    QUIET_HOURS = "quiet_hours"
    CAP = "cap"
    GROUPED = "grouped"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Silence:
    """``detail``: what the reason rests on, in words (a severity, a time); empty where the reason says it all."""

    rotation_id: str
    reason: ChangeReason
    changed_at: datetime
    channel: Channel
    recipient: str
    why: Why
    detail: str = ""
