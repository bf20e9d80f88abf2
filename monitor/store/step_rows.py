"""Sector states and tokens of a step to rows and back, bit for bit."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from monitor.model.json_form import from_json
from monitor.model.state import FlowGrade, SectorState, ShareSplit, TokenState
from monitor.store.tables import sector_state

_TOKEN_FIELDS = tuple(field.name for field in fields(TokenState))
_SAME_NAME = tuple(
    field.name
    for field in fields(SectorState)
    if field.name not in {"id", "index", "flow_grade", "share_split_24h"}
)
SECTOR_COLUMNS = tuple(
    sector_state.c[name]
    for name in (
        "sector",
        "index_level",
        "flow_grade",
        "split_price",
        "split_supply",
        "split_membership",
        "split_launch",
        *_SAME_NAME,
    )
)
"""Columns of a sector's state, in the order in which :func:`sector_from` takes their values."""


def sector_row(close_time: datetime, place: int, state: SectorState) -> dict[str, Any]:
    """The row of a sector's state."""
    split = state.share_split_24h
    row: dict[str, Any] = {name: getattr(state, name) for name in _SAME_NAME}
    row |= {
        "close_time": close_time,
        "sector": state.id,
        "place": place,
        "index_level": state.index,
        "flow_grade": state.flow_grade.value if state.flow_grade else None,
        "split_price": split.price if split else None,
        "split_supply": split.supply if split else None,
        "split_membership": split.membership if split else None,
        "split_launch": split.launch if split else None,
    }
    return row


def sector_from(values: Sequence[Any]) -> SectorState:
    """The sector's state of the values of ``SECTOR_COLUMNS``."""
    sector, index, grade, price, supply, membership, launch, *rest = values
    split = None if price is None else ShareSplit(price, supply, membership, launch)
    return SectorState(
        id=sector,
        index=index,
        share_split_24h=split,
        flow_grade=FlowGrade(grade) if grade else None,
        **dict(zip(_SAME_NAME, rest, strict=True)),
    )


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
