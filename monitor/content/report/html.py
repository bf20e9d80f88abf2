"""The report as HTML: for a mail (pictures by content id) and as one file that needs nothing else."""

import base64
from collections.abc import Sequence

from monitor.content.mail import template
from monitor.content.report.blocks import Block
from monitor.content.report.document import document_of
from monitor.content.report.facts import ReportFacts
from monitor.content.report.pictures import ReportPicture, draw_pictures


def report_html(
    facts: ReportFacts, pictures: Sequence[ReportPicture] | None = None, *, mail: bool = False
) -> str:
    """The whole document; everything that came from outside is escaped.

    ``mail``: pictures are named ``cid:<key>`` and come beside it; else they are inside. Drawn where not given.
    """
    drawn = draw_pictures(facts) if pictures is None else pictures
    shown = {p.key: (f"cid:{p.key}" if mail else _uri(p.png), p) for p in drawn}
    return template("daily_report.html").render(
        document=document_of(facts), pictures=shown, kind=_kind
    )


def _kind(block: Block) -> str:
    return type(block).__name__


def _uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
