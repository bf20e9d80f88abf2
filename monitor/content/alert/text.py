"""The message as plain text: a webhook's fallback, the terminal, a mail's text part."""

from collections.abc import Sequence

from monitor.content.alert.footer import explain_words
from monitor.content.alert.message import AlertMessage
from monitor.content.alert.sides import Column, Row

_LABEL, _VALUE, _WIDTH = 12, 9, 38


def alert_text(message: AlertMessage, *, picture: str = "", narrow: bool = False) -> str:
    """The whole message without any markup: answer first, reasons after it, housekeeping last.

    ``picture``: words for the chart that comes beside the text; ``narrow``: one side's figures below the other's.
    """
    lines = [*message.leads, message.headline, *message.told, ""]
    lines += [*column_lines(message.columns, narrow=narrow), *message.figures]
    lines += [message.spark] if message.spark else []
    lines += ["", *message.members, *message.judged, *message.notes, *message.candidates]
    lines += [f"Picture: {picture}"] if picture else []
    return "\n".join([*lines, context_line(message)])


def context_line(message: AlertMessage) -> str:
    """How whole the data is, and where to look closer."""
    page = [message.page] if message.page else []
    return " · ".join([*message.context, *page, explain_words(message.rotation_id)])


def column_lines(columns: Sequence[Column], *, narrow: bool = False) -> list[str]:
    """Two columns side by side where they fit 78 characters, else one below the other."""
    told = [[column.name, *map(_cell, column.rows)] for column in columns]
    if not narrow and len(told) == 2 and all(len(cell) <= _WIDTH for cell in told[0] + told[1]):
        pairs = zip(told[0], told[1], strict=True)
        return [f" {left:<{_WIDTH}} {right}".rstrip() for left, right in pairs]
    return [line for name, *cells in told for line in (name, *(f"  {cell}" for cell in cells))]


def _cell(row: Row) -> str:
    aside = f" ({row.aside})" if row.aside else ""
    return f"{row.label:<{_LABEL}}{row.value:>{_VALUE}}{aside}"
