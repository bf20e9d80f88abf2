"""A mail as content hands it to delivery: a line, two parts that say the same, and the pictures of the HTML one."""

from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from monitor.content.wording.phrases import kept_together
from monitor.content.wording.safe_text import one_line


@dataclass(frozen=True, slots=True)
class Inline:
    """A picture inside the mail; the HTML part names it ``cid:<key>``. ``alt`` carries the figures."""

    key: str
    png: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Mail:
    """``subject`` is one line; ``text`` and ``html`` hold the same facts in the same order."""

    subject: str
    text: str
    html: str
    pictures: tuple[Inline, ...] = ()


_SUBJECT = 150


def plain_mail(text: str, body: str) -> Mail:
    """``text`` becomes the subject; both parts hold ``body``. What came from outside is escaped."""
    lines = "".join(
        f'<p style="margin:6px 0">{escape(line) or "&nbsp;"}</p>' for line in body.split("\n")
    )
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"></head>'
        '<body style="font:16px/1.5 Arial,sans-serif;padding:12px">'
        f"{lines}</body></html>"
    )
    return Mail(one_line(text, _SUBJECT), f"{body}\n", html)


@cache
def template(name: str) -> Template:
    """The template of that file name; a name that it uses and is not given raises UndefinedError."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["kept"] = kept_together
    folder = resources.files("monitor.content").joinpath("templates")
    return environment.from_string(folder.joinpath(name).read_text(encoding="utf-8"))
