"""Whether the daemon does its work, in words: what `/readyz` and `status` answer from."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.content.wording.catching_up import catching_up
from monitor.model.grid import iso, parse_iso
from monitor.store import catch_up, meta, outbox, steps
from monitor.store.database import Database

LATELY = timedelta(days=1)
"""A refusal is a reason for so long; a single reader who was refused once must not keep the daemon unready."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """``reasons`` is empty when ready."""

    last_good_poll: datetime | None
    last_step: datetime | None
    reasons: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Nothing stands against it."""
        return not self.reasons


def readiness(
    database: Database,
    now: datetime,
    *,
    width: timedelta,
    deadline: timedelta,
    storage_fault: str | None = None,
) -> Readiness:
    """Ready: a venue answered within the last two bars and a deadline, a step as lately, and the outbox drains."""
    allowed = 2 * width + deadline
    with database.read() as conn:
        good = meta.get(conn, meta.LAST_GOOD_POLL)
        step = steps.latest_step(conn)
        waiting = outbox.pending_stats(conn, now)
        behind = catch_up.read(conn)
    reasons = []
    last_poll = parse_iso(good) if good else None
    last_step = step.close_time if step else None
    if storage_fault:
        reasons.append(storage_fault)
    reasons += _late("poll", last_poll, now, allowed)
    if behind is not None:
        at = behind.reached(last_step)
        reasons.append(catching_up(behind.percent(at), at, behind.until))
    else:
        reasons += _late("step", last_step, now, allowed + width)
    if waiting.oldest_s is not None and waiting.oldest_s > 900:
        reasons.append(
            f"the outbox does not drain: {waiting.pending} waiting, the oldest for {waiting.oldest_s:.0f} s"
        )
    if waiting.last_failed_at is not None and now - waiting.last_failed_at < LATELY:
        reasons.append(f"{waiting.failed} notice(s) were refused for good: monitor status")
    return Readiness(last_poll, last_step, tuple(reasons))


def _late(what: str, last: datetime | None, now: datetime, allowed: timedelta) -> list[str]:
    if last is None:
        return [f"no good {what} yet"]
    if now - last > allowed:
        return [
            f"last good {what} was at {iso(last)}, more than {allowed.total_seconds():.0f} s ago"
        ]
    return []
