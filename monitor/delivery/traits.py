"""What a channel can do and what becomes of its notices; asked for wherever it matters, never a channel's name."""

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """Who reads a channel, whatever carries it there."""

    READERS = "readers"  # of rotations
    OPERATORS = "operators"  # of what is wrong with the monitor
    REPORT = "report"  # of the daily report


@dataclass(frozen=True, slots=True)
class Traits:
    """``digests``: what waited long becomes one message. ``quiet_hours``: what is not urgent waits for their end.
    ``cap``: so many messages an hour. ``drops_repeats``: the other side knows a repeat by its key. ``last_resort``:
    operators are told there where no other channel is theirs, and of trouble with another one."""

    digests: bool = True
    quiet_hours: bool = True
    cap: bool = True
    drops_repeats: bool = False
    last_resort: bool = False
