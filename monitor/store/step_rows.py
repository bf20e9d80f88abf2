"""Sector states and tokens of a step to rows and back, bit for bit."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from monitor.model.state import FlowGrade, SectorState, ShareSplit, TokenState

_TOKEN_FIELDS = tuple(field.name for field in fields(TokenState))
_SAME_NAME = (
    "market_cap_usd",
    "share",
    "return_step",
    "return_1h",
    "return_24h",
    "return_7d",
    "own_return_24h",
    "market_part_24h",
    "beta",
    "share_change_24h",
    "share_change_7d",
    "volume_24h_usd",
    "volume_share",
    "volume_share_change_24h",
    "net_flow_24h_usd",
    "volume_step_usd",
    "net_flow_step_usd",
    "coverage",
    "stale_weight",
    "supply_age_h",
    "breadth_behind",
    "breadth_of",
    "members",
    "venue_conflict",
)


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


def sector_from_row(row: Row[Any]) -> SectorState:
    """The sector's state of a row."""
    values = {name: getattr(row, name) for name in _SAME_NAME}
    split = None
    if row.split_price is not None:
        split = ShareSplit(
            price=row.split_price,
            supply=row.split_supply,
            membership=row.split_membership,
            launch=row.split_launch,
        )
    return SectorState(
        id=row.sector,
        index=row.index_level,
        share_split_24h=split,
        flow_grade=FlowGrade(row.flow_grade) if row.flow_grade else None,
        **values,
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
    return tuple(_token(dict(zip(names, row, strict=True))) for row in rows)


def _token(values: dict[str, Any]) -> TokenState:
    grade = values["flow_grade"]
    return TokenState(
        **values
        | {"flow_grade": FlowGrade(grade) if grade else None, "venues": tuple(values["venues"])}
    )
