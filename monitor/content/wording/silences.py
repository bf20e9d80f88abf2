"""What is said of a market of which no bar came lately: unseen, quiet or unlisted, and who stands in for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.content.wording.figures import age_words, day
from monitor.content.wording.phrases import listed


def unseen_words(market_id: str, length: timedelta, others: Sequence[str]) -> str:
    """``gate:ARC/USDT: unseen for 3 h 05 min, covered by bybit``. ``others``: venues on which the token was seen since."""
    cover = f"covered by {listed(others)}" if others else "and nobody else sees it"
    return f"{market_id}: unseen for {age_words(length.total_seconds())}, {cover}"


def quiet_words(market_id: str, length: timedelta | None) -> str:
    """``gate:ARC/USDT: quiet for 40 min: the venue answers, nothing trades``; None where nothing was ever traded."""
    since = f"quiet for {age_words(length.total_seconds())}" if length is not None else "quiet"
    return f"{market_id}: {since}: the venue answers, nothing trades"


def unlisted_words(market_id: str, since: datetime) -> str:
    """``gate:ARC/USDT: unlisted since 20 Jan 2025``."""
    return f"{market_id}: unlisted since {day(since)}"


def never_seen_words(market_id: str) -> str:
    """No answer ever spoke for it."""
    return f"{market_id}: never seen"
