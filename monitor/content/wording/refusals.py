"""What kept a pair from being flagged beside its conditions, in words."""

from monitor.content.wording.figures import stamp
from monitor.detection.why_not import WhyNot
from monitor.model.grid import format_duration


def refusal_words(verdict: WhyNot) -> list[str]:
    """``lasting: all of it for 10m, needs 30m to open``, a line each; empty where the conditions say it all."""
    if verdict.on is not None:
        since = verdict.on.confirmed_at or verdict.on.detected_at
        word = "confirmed" if verdict.on.confirmed_at else "open"
        told = [f"not flagged anew: already on as {verdict.on.id} ({word} since {stamp(since)})"]
        return told if verdict.on.confirmed_at else [*told, *_gain_words(verdict)]
    told = _gain_words(verdict)
    if not verdict.lacking and verdict.lasted < verdict.needs:
        told.append(
            f"lasting: all of it for {format_duration(verdict.lasted)},"
            f" needs {format_duration(verdict.needs)} to open"
        )
    if verdict.lasted_confirming < verdict.needs_confirming:
        told.append(
            f"to confirm: score {verdict.confirms_at:.1f} or more for"
            f" {format_duration(verdict.needs_confirming)};"
            f" so far {format_duration(verdict.lasted_confirming)}"
            " (more while a sector has under 14 days of history)"
        )
    if verdict.cooling_until is not None:
        told.append(
            "cooldown: the pair was confirmed lately and opens anew from"
            f" {stamp(verdict.cooling_until)}"
        )
    return told


def _gain_words(verdict: WhyNot) -> list[str]:
    """That the gain is told already, as one on all others at once."""
    if verdict.gain is None:
        return []
    gain = verdict.gain
    words = f"told as a gain on all other sectors: {gain.id} since {stamp(gain.detected_at)}"
    return [
        f"{words}; beside it one is confirmed as its source only on a way back, or where it fell behind all others itself"
    ]
