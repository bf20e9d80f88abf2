"""What an urgent message would overtake: it is told in that message, or goes before it, never after."""

from monitor.model.notice import Notice


def comes_before(calm: Notice, urgent: Notice) -> bool:
    """Whether it has to be known before the urgent one is: of the same thread, or one of both is a message of many that
    tells of a rotation of the other."""
    of_many = len(_rotations(calm)) > 1 or len(_rotations(urgent)) > 1
    shared = not _rotations(calm).isdisjoint(_rotations(urgent))
    return calm.thread == urgent.thread or (of_many and shared)


def is_told_by(calm: Notice, urgent: Notice) -> bool:
    """Whether the urgent one says all of it: of no other rotation than it, and in the same thread or as one of many."""
    said_there = calm.thread == urgent.thread or len(_rotations(urgent)) > 1
    return said_there and _rotations(calm) <= _rotations(urgent)


def _rotations(notice: Notice) -> frozenset[str]:
    return frozenset(notice.payload.get("rotations", ()))
