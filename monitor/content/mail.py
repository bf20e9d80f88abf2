"""A mail as content hands it to delivery: a line, two parts that say the same, and the pictures of the HTML one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inline:
    """A picture inside the mail; the HTML part names it ``cid:<key>``. ``alt`` carries the figures."""

    key: str
    png: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Letter:
    """``subject`` is one line; ``text`` and ``html`` hold the same facts in the same order."""

    subject: str
    text: str
    html: str
    pictures: tuple[Inline, ...] = ()
