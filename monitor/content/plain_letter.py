"""A mail that is only words: a test, or what the operator is told."""

from html import escape

from monitor.content.mail import Letter
from monitor.content.wording.safe_text import one_line

_SUBJECT = 150


def plain_letter(text: str, body: str) -> Letter:
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
    return Letter(one_line(text, _SUBJECT), f"{body}\n", html)
