"""The report as a document before it has a form: HTML and text render the same sections in the same order."""

from dataclasses import dataclass
from typing import Literal

Medium = Literal["both", "html", "text"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words. ``soft``: housekeeping, in a quieter tone."""

    text: str
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence to be copied as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One rotation: a heading, its lines, a colour at its side, a link (text, address) where there is a page."""

    title: str
    lines: tuple[str, ...]
    color: str
    link: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The first column is words, the rest are figures. ``colors``: a mark before each row, empty for none.

    ``medium``: a table that is laid out otherwise on paper of 78 columns stands in one medium only, and another with
    the same facts in the other.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    colors: tuple[str, ...] = ()
    medium: Medium = "both"


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture by its key; in text its alt words, which carry the figures."""

    key: str


Block = Paragraph | Quote | Card | Table | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """``title`` is empty for the verdict, which needs none."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """``lead``: what must stand before everything (banner, late mark)."""

    subject: str
    heading: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
