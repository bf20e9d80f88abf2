"""Plain lines as Slack's text objects: escaped, cut between entities, packed whole within its limits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from slack_sdk.models.blocks import (
    ContextBlock,
    HeaderBlock,
    ImageBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)
from slack_sdk.models.blocks.basic_components import SlackFile

from monitor.content.wording.figures import stamp
from monitor.content.wording.safe_text import slack_safe

Block = dict[str, Any]
SECTION = 2900
"""Characters of a text that are surely under Slack's 3,000."""
HEADER = 150


def escaped(line: str, longest: int = SECTION) -> str:
    """``&``, ``<``, ``>`` escaped, and no longer than that with them."""
    told = slack_safe(line)
    if len(told) <= longest:
        return told
    cut = told[: longest - 1]
    at = cut.rfind("&")
    return (cut[:at] if at >= 0 and ";" not in cut[at:] else cut).rstrip() + "…"


def header(headlines: Sequence[str]) -> Block:
    """The longest headline that fits."""
    fitting = next((h for h in headlines if len(slack_safe(h)) <= HEADER), headlines[-1])
    text = PlainTextObject(text=escaped(fitting, HEADER), emoji=False)
    return _block(HeaderBlock(text=text))


def strong(line: str, longest: int) -> str:
    """An escaped line in bold; its own formatting characters were made neutral before."""
    return f"*{escaped(line, longest - 2)}*" if line.strip() else ""


def _mrkdwn(text: str) -> MarkdownTextObject:
    """A text in which nothing is made into a link or a mention by itself."""
    return MarkdownTextObject(text=text, verbatim=True)


def sections(lines: Sequence[str]) -> list[Block]:
    """Escaped lines, whole ones in as few sections as hold them."""
    packed: list[str] = []
    for line in lines:
        if packed and len(packed[-1]) + 1 + len(line) <= SECTION:
            packed[-1] += f"\n{line}"
        else:
            packed.append(line)
    return [section(part) for part in packed if part.strip()]


def section(text: str) -> Block:
    """An escaped text that is not folded behind "see more"."""
    return _block(SectionBlock(text=_mrkdwn(text), expand=True))


def fields(texts: Sequence[str]) -> Block:
    """Escaped texts beside each other; a phone shows them below each other."""
    return _block(SectionBlock(fields=[_mrkdwn(text) for text in texts]))


def picture(file: str, alt: str) -> Block:
    """An uploaded file, shown inside."""
    return _block(ImageBlock(slack_file=SlackFile(id=file), alt_text=alt))


def context(text: str) -> Block:
    """Small print; ``text`` is escaped."""
    return _block(ContextBlock(elements=[_mrkdwn(text)]))


def _block(made: SectionBlock | HeaderBlock | ContextBlock | ImageBlock) -> Block:
    """As it is sent; raises SlackObjectFormationError where it is over one of Slack's limits."""
    found: Block = made.to_dict()
    return found


def local_time(at: datetime) -> str:
    """Shown by Slack in the reader's own time; the only markup there is, with :func:`link`."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{stamp(at)}>"


def link(address: str, words: str) -> str:
    """A plain text link; ``address`` was checked."""
    return f"<{slack_safe(address)}|{words}>"
