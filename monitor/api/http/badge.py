"""The badge: what is on now, as a small SVG picture to put into another page."""

from html import escape

from monitor.api.flags import rotations_page
from monitor.api.sources import Sources
from monitor.content.wording.figures import age_words
from monitor.content.wording.phrases import pair_words
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import Rotation, Severity, Status
from monitor.store import closes

MEDIA_TYPE = "image/svg+xml"
OLD_AFTER = 3
"""Intervals after which figures are old."""
_LABEL = "rotation"
_GREY, _BLUE, _ORANGE, _RED = "#555555", "#0067a3", "#9a5b00", "#b3261e"
_COLOURS = {Severity.WATCH: _BLUE, Severity.WARNING: _ORANGE, Severity.CRITICAL: _RED}
_CHARACTER, _HEIGHT, _PAD = 6.6, 20, 6


def badge(sources: Sources) -> bytes:
    """The strongest that is on, ``none``, or that the figures are old: a quiet picture of a dead monitor would lie."""
    words, colour = _said(sources)
    label, value = (_CHARACTER * len(text) + 2 * _PAD for text in (_LABEL, words))
    told = escape(words)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{label + value:.0f}" height="{_HEIGHT}" role="img"'
        f' aria-label="{_LABEL}: {told}"><title>{_LABEL}: {told}</title>'
        f'<rect width="{label:.0f}" height="{_HEIGHT}" fill="#333333"/>'
        f'<rect x="{label:.0f}" width="{value:.0f}" height="{_HEIGHT}" fill="{colour}"/>'
        '<g fill="#ffffff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{_PAD}" y="14" textLength="{label - 2 * _PAD:.0f}">{_LABEL}</text>'
        f'<text x="{label + _PAD:.0f}" y="14" textLength="{value - 2 * _PAD:.0f}">{told}</text></g></svg>'
    ).encode()


def _said(sources: Sources) -> tuple[str, str]:
    with sources.database.read() as conn:
        last = closes.last_close(conn)
    if last is None:
        return "no data yet", _GREY
    age = sources.clock.now() - last
    if age > OLD_AFTER * sources.width:
        return f"unknown for {age_words(age.total_seconds())}", _GREY
    on = [r for status in (Status.CONFIRMED, Status.OPEN) for r in _in(sources, status)]
    if not on:
        return "none", _GREY
    strongest = max(on, key=lambda r: (list(Severity).index(r.severity), r.score or 0.0))
    names = {key: one_line(name, 24) or key for key, name in sources.enricher.names.items()}
    more = f" +{len(on) - 1}" if len(on) > 1 else ""
    words = f"{pair_words(strongest.pair, names)} {strongest.severity}{more}"
    return words, _COLOURS[strongest.severity]


def _in(sources: Sources, status: Status) -> list[Rotation]:
    _, found, _ = rotations_page(
        sources,
        status=status,
        severity=None,
        pair=None,
        since=None,
        until=None,
        limit=50,
        cursor=None,
    )
    return found
