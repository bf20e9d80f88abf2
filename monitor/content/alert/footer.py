"""The small print of a message: how whole the data is, and where to look closer."""

from urllib.parse import quote

from monitor.content.alert.facts import AlertFacts
from monitor.content.wording.phrases import listed
from monitor.content.wording.safe_text import neutral_name, one_line
from monitor.model.rotation import Quality, Rotation

VENUES = 3
LONGEST_ADDRESS = 500
_UNSAFE = frozenset("<>|\"'`\\ ")


def context_parts(rotation: Rotation, around: AlertFacts) -> tuple[str, ...]:
    """``coverage 98 %``, ``stale 1 %``, ``USDC taken for 1 dollar``, ``3 of 4 venues (gate missing)``, ``interval 5m``, ``rot-7f3a``."""
    interval = [f"interval {neutral_name(around.interval)}"] if around.interval else []
    rates = assumed_words(around)
    return (
        *_quality(rotation.quality),
        *([rates] if rates else []),
        *_venues(around),
        *interval,
        one_line(rotation.id),
    )


def page_of(rotation: Rotation, around: AlertFacts) -> str:
    """Address of the page at the rotation; empty unless it is one of the web that can stand in any form."""
    page = around.page
    if not page.startswith(("http://", "https://")) or len(page) > LONGEST_ADDRESS:
        return ""
    if any(c in _UNSAFE or not c.isprintable() for c in page):
        return ""
    return f"{page.rstrip('/')}/?rotation={quote(rotation.id, safe='')}"


def explain_words(rotation_id: str) -> str:
    """What to type for the full reasons."""
    return f"monitor explain {one_line(rotation_id)}"


def missing_words(around: AlertFacts) -> str:
    """``gate missing``, ``gate, mexc, okx and 2 more missing``; empty where none is."""
    if not around.missing:
        return ""
    shown = [neutral_name(venue) for venue in around.missing[:VENUES]]
    more = len(around.missing) - len(shown)
    return f"{listed([*shown, f'{more} more'] if more else shown)} missing"


def assumed_words(around: AlertFacts) -> str:
    """``USDC taken for 1 dollar``: a move may be that of its rate, which nobody watches; empty where none is."""
    if not around.assumed:
        return ""
    return f"{listed([neutral_name(quote) for quote in around.assumed])} taken for 1 dollar"


def _quality(quality: Quality) -> list[str]:
    parts = [
        f"coverage {100 * quality.coverage:.0f} %",
        f"stale {100 * quality.stale_weight:.0f} %",
    ]
    if quality.benchmark_missing:
        parts.append("benchmark missing, beta 1")
    if quality.venue_conflict:
        parts.append("venues disagree")
    return parts


def _venues(around: AlertFacts) -> list[str]:
    missing = missing_words(around)
    if around.venues is None:
        return [missing] if missing else []
    up, of = around.venues
    return [f"{up} of {of} venues{f' ({missing})' if missing else ''}"]
