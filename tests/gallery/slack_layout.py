"""Slack's look of messages: Block Kit as HTML, close enough to judge order, length, folding and markup."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

READER = ZoneInfo("Europe/Berlin")
FOLDED = 700
"""Characters of a section from which on Slack may hide the rest behind "see more"."""
Block = Mapping[str, Any]

STYLE = """
body { margin: 0; background: #fff; color: #1d1c1d; font: 15px/1.46668 Lato, 'Liberation Sans', Arial, sans-serif; }
.page { padding: 10px 14px; }
h6 { font: bold 11px/1.4 'Liberation Sans', Arial; color: #fff; background: #4a154b; margin: 14px 0 6px; padding: 3px 8px; }
.lock { width: 332px; box-sizing: border-box; background: #d7dbe0; border-radius: 14px; padding: 9px 12px; margin: 6px 0;
  font: 14px/1.3 'Liberation Sans', Arial; overflow-wrap: anywhere; }
.lock b { display: block; font-size: 12px; color: #444; }
.lock span { display: -webkit-box; -webkit-line-clamp: 4; -webkit-box-orient: vertical; overflow: hidden; }
.message { display: grid; grid-template-columns: 36px 1fr; gap: 8px; margin: 8px 0; }
.face { width: 36px; height: 36px; border-radius: 6px; background: #0072B2; }
.who { font-weight: 900; } .app { font-size: 10px; background: #ddd; padding: 1px 3px; border-radius: 2px; color: #616061; }
.when, .small { font-size: 12px; color: #616061; } .small { overflow-wrap: anywhere; line-height: 1.5; }
.header { font-size: 18px; font-weight: 900; margin: 6px 0 8px; overflow-wrap: anywhere; }
.section { margin: 4px 0 8px; overflow-wrap: anywhere; }
.more { color: #1264a3; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px; margin: 4px 0 8px; }
.fields div { overflow-wrap: anywhere; }
.image { margin: 4px 0 8px; } .image img { width: 100%; max-width: 480px; border-radius: 8px; border: 1px solid #ddd; }
.thread { border-left: 3px solid #ddd; margin-left: 18px; padding-left: 8px; }
code { font: 12px monospace; color: #e01e5a; background: #f6f6f6; border: 1px solid #ddd; border-radius: 3px; padding: 1px 3px; }
a { color: #1264a3; text-decoration: none; }
@media (max-width: 420px) { .fields { grid-template-columns: 1fr; } }
@media (prefers-color-scheme: dark) {
  body { background: #1a1d21; color: #d1d2d3; } .lock { background: #3a3d42; } .lock b, .when, .small { color: #ababad; }
  .app { background: #35373b; color: #ababad; } .more, a { color: #1d9bd1; } .image img, .thread, code { border-color: #35373b; }
  code { color: #e8912d; background: #222529; }
}
"""
_TOKEN = re.compile(r"<([^<>]+)>")
_DATE = re.compile(r"!date\^(\d+)\^([^|^]+)(?:\^[^|]*)?\|(.*)")
_STYLES = (
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])"), r"<i>\1</i>"),
    (re.compile(r"(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])"), r"<s>\1</s>"),
)


@dataclass(frozen=True, slots=True)
class Post:
    """A message as Slack got it; ``reply`` of the one before it that is none. ``pictures``: file id -> data URI."""

    at: datetime
    text: str
    blocks: Sequence[Block] | None
    reply: bool = False
    edited: bool = False
    pictures: Mapping[str, str] | None = None


def page(parts: Sequence[tuple[str, Sequence[Post]]]) -> str:
    """Titled runs of posts below each other, before each run its previews as a locked phone shows them."""
    told = [f"<h6>{escape(title)}</h6>" + "".join(map(post_html, posts)) for title, posts in parts]
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<style>{STYLE}</style></head><body><div class="page">{"".join(told)}</div></body></html>'
    )


def lock_screen(text: str) -> str:
    """The line of a notice on a locked phone: four lines, then it is cut."""
    shown = mrkdwn(text)
    return f'<div class="lock"><b>SLACK · #rotations · now</b><span>Rotation monitor: {shown}</span></div>'


def post_html(post: Post) -> str:
    """A preview where it makes a sound, and the message."""
    inside = "".join(_block(b, post.pictures or {}) for b in post.blocks or ())
    body = inside or f'<div class="section">{mrkdwn(post.text)}</div>'
    edited = ' <span class="when">(edited)</span>' if post.edited else ""
    message = (
        '<div class="message"><div class="face"></div><div><span class="who">Rotation monitor</span>'
        f' <span class="app">APP</span> <span class="when">{_clock(post.at)}</span>{edited}{body}</div></div>'
    )
    if post.reply:
        return f'<div class="thread">{message}</div>'
    return message if post.edited else lock_screen(post.text) + message


def plain(post: Post) -> str:
    """Preview and message as lines, for comparing word by word."""
    mark = "└ " if post.reply else ""
    preview = [] if post.reply or post.edited else [f"[phone] {post.text}"]
    return "\n".join(
        [*preview, *(f"{mark}{line}" for b in post.blocks or () for line in _lines(b))]
    )


def _lines(block: Block) -> list[str]:
    texts = [block["text"]] if "text" in block else []
    texts += [*block.get("fields", ()), *block.get("elements", ())]
    return [line for text in texts for line in text["text"].splitlines()]


def mrkdwn(text: str) -> str:
    """Slack's small markup as HTML; what a name could smuggle in shows as Slack would show it."""
    told = _TOKEN.sub(_token, text.replace('"', "&quot;"))
    for pattern, form in _STYLES:
        told = _outside_tags(told, pattern, form)
    return told.replace("\n", "<br>")


def _outside_tags(html: str, pattern: re.Pattern[str], form: str) -> str:
    parts = re.split(r"(<[^>]+>)", html)
    return "".join(p if p.startswith("<") else pattern.sub(form, p) for p in parts)


def _token(found: re.Match[str]) -> str:
    inside = found[1]
    date = _DATE.fullmatch(inside)
    if date:
        moment = datetime.fromtimestamp(int(date[1]), tz=READER)
        return (
            date[2]
            .replace("{date_short_pretty}", f"{moment:%b} {moment.day}, {moment.year}")
            .replace("{time}", f"{moment:%I:%M %p}".lstrip("0"))
        )
    if inside.startswith(("!", "@", "#")):
        return f'<b style="background:#ffd">MENTION {escape(inside)}</b>'
    address, _, words = inside.partition("|")
    return f'<a href="{address}">{words or address}</a>'


def _block(block: Block, pictures: Mapping[str, str]) -> str:
    match block["type"]:
        case "header":
            return f'<div class="header">{block["text"]["text"]}</div>'
        case "section":
            text = _section(block) if "text" in block else ""
            fields = "".join(f"<div>{mrkdwn(f['text'])}</div>" for f in block.get("fields", ()))
            return text + (f'<div class="fields">{fields}</div>' if fields else "")
        case "context":
            return "".join(
                f'<div class="small">{mrkdwn(element["text"])}</div>'
                for element in block["elements"]
            )
        case "image":
            uri = pictures[block["slack_file"]["id"]]
            return f'<div class="image"><img src="{uri}" alt="{escape(block["alt_text"])}"></div>'
        case other:
            raise ValueError(f"no look for a block of type {other}")


def _section(block: Block) -> str:
    text = block["text"]["text"]
    more = ""
    if len(text) > FOLDED and not block.get("expand"):
        text, more = text[:FOLDED], '… <span class="more">See more</span>'
    return f'<div class="section">{mrkdwn(text)}{more}</div>'


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M}"
