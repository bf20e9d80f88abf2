"""What is said of a venue that is away: since when, which tokens nobody sees and who covers the others, what is done meanwhile."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from monitor.content.wording.figures import duration, stamp, utc
from monitor.content.wording.phrases import listed
from monitor.model.bars import VenueHealth

NAMED = 3
"""Tokens that are named before the others are counted."""

Cover = Mapping[str, Sequence[str]]
"""Token -> venues that are heard and asked for it too."""


def outage_words(
    what: str,
    health: VenueHealth,
    cover: Cover,
    *,
    deadline: timedelta,
    carry: timedelta,
    remedy: str | None = None,
) -> str:
    """The operator's notice, the most pressing first. ``what``: the venue, its state and why; ``deadline``: after its close an
    interval waits so long for what is unseen; ``carry``: so long the last price of a token stands that nobody sees.
    """
    since = (
        "not heard yet"
        if health.last_success is None
        else f"last heard {stamp(health.last_success)}"
    )
    words = [f"{what}; {since}.", cover_words(cover)]
    words += [f"Next try {utc(health.next_try)}."] if health.next_try is not None else []
    words += [f"Mend: {remedy}."] if remedy else []
    words.append(f"Meanwhile each interval is stepped {_exact(deadline)} after its close")
    words[-1] += " without it"
    if any(not venues for venues in cover.values()):
        stands = duration(carry.total_seconds())
        words[-1] += (
            f"; the last price of a token that nobody sees stands for {stands}, then it is unknown, and rotations that"
            " lean on it are held"
        )
    words[-1] += "."
    return " ".join(word for word in words if word)


def cover_words(cover: Cover) -> str:
    """``Nobody sees PIPPIN now; AI16Z is covered by bybit and mexc.`` Empty where no token is asked for there."""
    lost = [token for token, venues in cover.items() if not venues]
    kept = {token: venues for token, venues in cover.items() if venues}
    parts = [f"nobody sees {_tokens(lost)} now"] if lost else []
    if kept:
        others = sorted({venue for venues in kept.values() for venue in venues})
        is_are = "is" if len(kept) == 1 else "are"
        parts.append(f"{_tokens(list(kept))} {is_are} covered by {listed(others)}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _exact(length: timedelta) -> str:
    """``90 s``, ``2 min``: a setting is not rounded."""
    seconds = length.total_seconds()
    return f"{seconds:.0f} s" if seconds % 60 else duration(seconds)


def _tokens(tokens: Sequence[str]) -> str:
    """``AI16Z``, ``AI16Z and ARC``, ``AI16Z, ARC, GOAT and 12 more``."""
    more = len(tokens) - NAMED
    return listed(tokens) if more <= 0 else listed([*tokens[:NAMED], f"{more} more"])
