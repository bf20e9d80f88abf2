"""A believed answer looked at once more: what of it waits for a confirmation is taken out and said."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.ingest.validation.acceptance import Verdict
from monitor.ingest.validation.recent import RecentBars
from monitor.ingest.validation.suspicion import (
    BELIEVED_AFTER,
    Answered,
    missing_trades,
    peers_of,
    suspicions,
)


def hold_back(
    verdict: Verdict,
    recent: RecentBars,
    together: Sequence[Verdict] | None,
    *,
    width: timedelta,
    now: datetime,
    held_since: datetime | None = None,
    price: float | None = None,
) -> Verdict:
    """The verdict less what is held back, each with its reason.

    ``together``: verdicts of this poll that are judged with it, all venues having been heard; None before that. ``held_since``: since when the market's answers are held
    back; ``price``: of a coin in dollars now, from a data provider.
    """
    answer = verdict.answer
    asked = [(other.answer.market, other.bars) for other in together or ()]
    peers = peers_of(answer.market, recent, asked)
    peers = replace(peers, price=price, heard=together is not None)
    forming = answer.forming[-1] if answer.forming else None
    ahead = any(refusal.reason == "future" for refusal in answer.refusals)
    answered = Answered(answer.market, verdict.bars, width, forming, ahead)
    insisted = held_since is not None and now - held_since >= BELIEVED_AFTER
    doubts = suspicions(answered, recent, peers, insisted=insisted)
    spoken = [(item.since, item.until) for item in answer.coverage]
    refused = {doubt.open_time for doubt in (*verdict.refusals, *doubts)}
    gaps = missing_trades(answered, recent, peers, spoken, now)
    doubts += [gap for gap in gaps if gap.open_time not in refused]
    if not doubts:
        return verdict
    held = {doubt.open_time for doubt in doubts}
    kept = [bar for bar in verdict.bars if bar.open_time not in held]
    return Verdict(answer, kept, [*verdict.refusals, *doubts])
