"""The feed of rotations in Atom (RFC 4287), for feed readers."""

from xml.etree import ElementTree as ET

from monitor.api.flags import rotations_page
from monitor.api.sources import Sources
from monitor.content.alert import preview_line
from monitor.content.wording.phrases import pair_words
from monitor.content.wording.safe_text import one_line
from monitor.model.grid import iso
from monitor.model.rotation import Rotation

MEDIA_TYPE = "application/atom+xml"
ENTRIES = 50
_SPACE = "http://www.w3.org/2005/Atom"


def feed(sources: Sources, address: str) -> bytes:
    """The latest rotations, one entry each, updated with its last change; ``address``: where the page is."""
    _, found, _ = rotations_page(
        sources,
        status=None,
        severity=None,
        pair=None,
        since=None,
        until=None,
        limit=ENTRIES,
        cursor=None,
    )
    ET.register_namespace("", _SPACE)
    root = ET.Element(f"{{{_SPACE}}}feed")
    _text(root, "title", "Sector rotations")
    _text(root, "id", "urn:sector-rotation-monitor:rotations")
    _text(root, "updated", max((_changed(r) for r in found), default=iso(sources.clock.now())))
    author = _text(root, "author", "")
    _text(author, "name", "Sector rotation monitor")
    _link(root, f"{address}/feed.atom", "self")
    _link(root, f"{address}/", "alternate")
    for rotation in found:
        root.append(_entry(rotation, sources, address))
    whole: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole


def _entry(rotation: Rotation, sources: Sources, address: str) -> ET.Element:
    names = {key: one_line(name) or key for key, name in sources.enricher.names.items()}
    entry = ET.Element(f"{{{_SPACE}}}entry")
    title = f"{pair_words(rotation.pair, names)}: {rotation.status}, {rotation.severity}"
    _text(entry, "title", title)
    _text(entry, "id", f"urn:sector-rotation-monitor:{rotation.id}")
    _text(entry, "published", iso(rotation.detected_at))
    _text(entry, "updated", _changed(rotation))
    _link(entry, f"{address}/?rotation={rotation.id}", "alternate")
    at = rotation.closed_at or rotation.confirmed_at or rotation.detected_at
    _text(entry, "summary", preview_line(rotation, names, at))
    return entry


def _changed(rotation: Rotation) -> str:
    moments = (rotation.detected_at, rotation.confirmed_at, rotation.closed_at, rotation.resumed_at)
    return iso(max(moment for moment in moments if moment is not None))


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{_SPACE}}}{name}")
    made.text = text
    return made


def _link(parent: ET.Element, href: str, rel: str) -> None:
    ET.SubElement(parent, f"{{{_SPACE}}}link", {"href": href, "rel": rel})
