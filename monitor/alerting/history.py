"""What a receiver has been told of a rotation, read from its own notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.alerting.policy import Receiver
from monitor.model.notice import Act, Notice, NoticeKind

REMEMBERED = timedelta(days=16)
"""So far back it matters what was told: seven days of life, seven in which it may be reversed, and some on top."""
OWN_SINCE = "own_since"
"""Key of a payload: the loser's own move since detection when it was told, a fraction."""

_FACTS = frozenset({"change", "around"})
"""A parent that an earlier version posted may lack them: it is left as it stands."""


@dataclass(frozen=True, slots=True)
class History:
    """``first``: the facts (``change``, ``around``) of the message that stands as its parent, None where a digest told it
    first. ``thread``: where more of it goes. ``last_at``: when it was last spoken of. ``own_since``: the loser's own move
    since detection as last told, a fraction. ``waiting``: quiet hours still hold all of it.
    """

    first: dict[str, Any] | None
    thread: str
    last_at: datetime
    own_since: float
    waiting: bool


Histories = Mapping[tuple[Receiver, str], History]
"""(receiver, rotation id) -> what that receiver has been told of it; nothing stands for none."""


def history_from(rotation_id: str, notices: Sequence[tuple[Notice, bool]]) -> History | None:
    """From the rotation's notices of one receiver, in order, each with whether quiet hours still hold it; None without any.

    A leg that was only told in the thread of the rotation it joins goes on there.
    """
    spoken = [(n, held) for n, held in notices if n.act in (Act.SAY, Act.REPLY)]
    if not spoken:
        return None
    parents = [n for n, _ in spoken if n.act is Act.SAY and n.thread == rotation_id]
    own = any(n.thread == rotation_id for n, _ in spoken)
    alone = [n for n in parents if n.told_in is None and n.payload.keys() >= _FACTS]
    states = [(n, held) for n, held in spoken if n.kind is not NoticeKind.SCORECARD]
    moves = [float(n.payload[OWN_SINCE]) for n, _ in spoken if OWN_SINCE in n.payload]
    return History(
        first={key: alone[0].payload[key] for key in sorted(_FACTS)} if alone else None,
        thread=rotation_id if own else spoken[-1][0].thread,
        last_at=max(n.event_at for n, _ in states or spoken),
        own_since=moves[-1] if moves else 0.0,
        waiting=all(held for _, held in spoken),
    )
