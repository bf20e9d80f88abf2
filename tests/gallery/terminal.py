"""What a terminal of a given width shows, as HTML of exactly that many columns."""

import io
from collections.abc import Mapping, Sequence
from html import escape

from rich.console import Console

from monitor.content.mail import Mail
from tests.gallery.case import Case, Print

WIDTHS = (80, 120)
_STYLE = """
body { margin: 0; background: #16181c; color: #e4e6e9; }
.page { padding: 10px; width: fit-content; }
h6 { font: bold 12px sans-serif; color: #16181c; background: #9fb7cf; margin: 12px 0 6px; padding: 3px 8px; }
pre { margin: 0; font: 14px/1.25 'DejaVu Sans Mono', monospace; white-space: pre-wrap; overflow-wrap: anywhere; word-break: break-all; }
"""


def screens_of(case: Case, letters: Mapping[str, Mail]) -> list[tuple[str, Print]]:
    """The alert's and the report's text, and whatever else the case prints."""
    texts = [(f"{name}, as text", _printing(letter.text)) for name, letter in letters.items()]
    return [*texts, *case.prints]


def terminal_html(screens: Sequence[tuple[str, Print]], width: int) -> str:
    """All screens below each other; a longer line is broken where a terminal breaks it."""
    told = []
    for title, show in screens:
        out = Console(
            file=io.StringIO(), width=width, record=True, force_terminal=True, highlight=False
        )
        show(out)
        body = out.export_html(inline_styles=True, code_format="{code}")
        told.append(
            f'<h6>{escape(title)} · {width} columns</h6><pre style="width:{width + 0.5}ch">{body}</pre>'
        )
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><style>{_STYLE}</style></head>'
        f'<body><div class="page">{"".join(told)}</div></body></html>'
    )


def _printing(text: str) -> Print:
    def show(out: Console) -> None:
        out.print(text, markup=False, soft_wrap=True)

    return show
