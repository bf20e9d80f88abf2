"""The report on paper of 78 columns: the same facts in the same order as the HTML part."""

import textwrap
from collections.abc import Sequence

from monitor.content.report.blocks import Block, Card, Chart, Paragraph, Quote, Section, Table
from monitor.content.report.document import document_of
from monitor.content.report.facts import ReportFacts
from monitor.content.report.pictures import ReportPicture, draw_pictures
from monitor.content.wording.phrases import kept_together
from monitor.content.wording.safe_text import one_line

WIDTH = 78
GAP = 1


def report_text(facts: ReportFacts, pictures: Sequence[ReportPicture] | None = None) -> str:
    """The text part. ``pictures``: those already drawn, whose alt words stand for them; drawn where not given."""
    document = document_of(facts)
    drawn = {p.key: p for p in (draw_pictures(facts) if pictures is None else pictures)}
    parts = [wrapped(document.subject), *(wrapped(words) for words in document.lead)]
    parts += [_section(section, drawn) for section in document.sections]
    return "\n\n".join(part for part in parts if part) + "\n"


def wrapped(text: str, *, indent: str = "", first: str | None = None) -> str:
    """At most 78 columns; a word that is longer than that is broken."""
    filled = textwrap.fill(
        kept_together(text),
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
    return filled.replace("\u00a0", " ")


def table_text(table: Table) -> str:
    """Columns as wide as their widest cell, names cut to what is left of 78."""
    rows = [table.columns, *table.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.columns))]
    room = WIDTH - sum(widths[1:]) - GAP * (len(widths) - 1)
    widths[0] = max(4, min(widths[0], room))
    lines = []
    for row in rows:
        cells = [one_line(row[0], widths[0]).ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append((" " * GAP).join(cells).rstrip())
    return "\n".join(lines)


def _section(section: Section, drawn: dict[str, ReportPicture]) -> str:
    blocks = [b for b in section.blocks if not (isinstance(b, Table) and b.medium == "html")]
    told = [_block(block, drawn) for block in blocks]
    title = section.title.upper()
    if title and len(blocks) == 1 and isinstance(blocks[0], (Paragraph, Quote)):
        first = blocks[0]
        told[0] = wrapped(first.text, indent="  ", first=f"{title}  ")
        title = ""
    between = "\n" if all(isinstance(block, Paragraph) for block in blocks) else "\n\n"
    body = between.join(words for words in told if words)
    return f"{title}\n{body}" if title else body


def _block(block: Block, drawn: dict[str, ReportPicture]) -> str:
    match block:
        case Paragraph() | Quote():
            return wrapped(block.text, indent="  ", first="")
        case Card():
            lines = [block.title, *block.lines, *([block.link[1]] if block.link else [])]
            return "\n".join(
                wrapped(line, indent="  " if k else "") for k, line in enumerate(lines)
            )
        case Chart():
            picture = drawn.get(block.key)
            told = [picture.alt, picture.words] if picture else []
            return "\n".join(wrapped(line, indent="  ", first="") for line in told if line)
        case Table():
            caption = [block.caption] if block.caption else []
            return "\n".join([*caption, table_text(block)])
