"""Sector states and tokens of a step to rows and back, bit for bit."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import datetime
from itertools import islice
from typing import Any

from monitor.model.figures import FIGURES, Figure, Unit
from monitor.model.json_form import from_json
from monitor.model.state import FlowGrade, SectorState, ShareSplit, TokenState
from monitor.store.tables import sector_state

_TOKEN_FIELDS = tuple(field.name for field in fields(TokenState))
_KEPT = tuple(figure for figure in FIGURES if figure.columns)
SECTOR_COLUMNS = (
    sector_state.c.sector,
    *(sector_state.c[name] for figure in _KEPT for name in figure.columns),
)
"""Columns of a sector's state, in the order in which :func:`sector_from` takes their values."""


def sector_row(close_time: datetime, place: int, state: SectorState) -> dict[str, Any]:
    """The row of a sector's state."""
    row: dict[str, Any] = {"close_time": close_time, "sector": state.id, "place": place}
    for figure in _KEPT:
        row |= zip(figure.columns, _parts(figure, figure.read(state)), strict=True)
    return row


def sector_from(values: Sequence[Any]) -> SectorState:
    """The sector's state of the values of ``SECTOR_COLUMNS``."""
    rest = iter(values)
    record: dict[str, Any] = {"id": next(rest)}
    for figure in _KEPT:
        parts = list(islice(rest, len(figure.columns)))
        record[figure.name] = _whole(figure, parts)
    return SectorState(**record)


def _parts(figure: Figure, value: Any) -> Sequence[Any]:
    """A value as its columns hold it."""
    if len(figure.columns) > 1:
        return [None] * len(figure.columns) if value is None else astuple(value)
    return [value.value if figure.unit is Unit.GRADE and value is not None else value]


def _whole(figure: Figure, parts: list[Any]) -> Any:
    """The inverse of :func:`_parts`."""
    if parts[0] is None:
        return None
    if len(parts) > 1:
        return ShareSplit(*parts)
    return FlowGrade(parts[0]) if figure.unit is Unit.GRADE else parts[0]


def pack_tokens(tokens: Sequence[TokenState]) -> bytes:
    """All tokens of a step: a list for each field, as compressed JSON."""
    columns = {name: [getattr(token, name) for token in tokens] for name in _TOKEN_FIELDS}
    text = json.dumps(columns, allow_nan=False, separators=(",", ":"))
    return zlib.compress(text.encode(), level=1)


def unpack_tokens(blob: bytes | None) -> tuple[TokenState, ...]:
    """The tokens again; none where they were pruned. Fields that were added since are at their defaults."""
    if blob is None:
        return ()
    columns: dict[str, list[Any]] = json.loads(zlib.decompress(blob))
    names = [name for name in _TOKEN_FIELDS if name in columns]
    rows = zip(*(columns[name] for name in names), strict=True)
    return tuple(from_json(dict(zip(names, row, strict=True)), TokenState) for row in rows)
