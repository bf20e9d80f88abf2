"""Sectors and tokens, at a moment and over time; figures of sectors follow from the model's table."""

from datetime import datetime
from types import NoneType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from monitor.api.schemas.answer import Answer, Part
from monitor.api.schemas.outside import Activity, Reference
from monitor.model.figures import FIGURES, Figure, Unit
from monitor.model.state import FlowGrade, ShareSplit


class Token(Part):
    """A token; returns are simple, 0.02 is +2 %."""

    id: str
    price_usd: float | None
    market_cap_usd: float | None
    supply: float | None
    supply_age_h: float | None
    return_1h: float | None
    return_24h: float | None
    own_return_24h: float | None
    contribution_24h: float | None
    volume_24h_usd: float | None
    net_flow_24h_usd: float | None
    flow_grade: FlowGrade | None
    venues: list[str]
    age_s: float | None
    venue_conflict: bool
    flow_seen: float | None
    open_interest_usd: float | None
    funding_rate_8h: float | None


class TokenOfSector(Token):
    """A token with its sector; null: watched, and no member of any."""

    sector: str | None


def _kind(figure: Figure) -> Any:
    special = {"share_split_24h": ShareSplit, "breadth": tuple[int, int], "flow_grade": FlowGrade}
    by_unit = {Unit.COUNT: int, Unit.FLAG: bool}
    found = special.get(figure.name, by_unit.get(figure.unit, float))
    return found if figure.known or figure.name == "breadth" else found | NoneType


_FIGURES: dict[str, Any] = {
    figure.name: (_kind(figure), ...) for figure in FIGURES if figure.in_json
}
Sector = create_model(
    "Sector",
    __base__=Part,
    __doc__="A sector's figures; returns are simple, shares are fractions, money is USD.",
    id=(str, ...),
    **_FIGURES,
    tokens=(list[Token], ...),
)
Point = create_model(
    "Point",
    __base__=Part,
    __doc__="A sector's figures at the close of an interval.",
    at=(datetime, ...),
    id=(str, ...),
    **_FIGURES,
)


class Passage(BaseModel):
    """USD allocated from a sector that got less than its part to one that got more."""

    model_config = ConfigDict(extra="forbid")
    from_sector: str = Field(alias="from")
    to_sector: str = Field(alias="to")
    usd: float


class RelativeFlow(BaseModel):
    """Net flow beyond a sector's part of the tide; the table is allocated in proportion, a convention."""

    model_config = ConfigDict(extra="forbid")
    window_h: int
    convention: str
    unknown_of: list[str]
    sectors: dict[str, float] | None
    table: list[Passage] | None


class Sectors(Answer):
    """Every sector as of one step."""

    at: datetime
    interval: str
    sectors: list[Sector]
    assumed_rates: list[str]
    relative_flow_24h: RelativeFlow
    activity: list[Activity]
    references: list[Reference]


class Tokens(Answer):
    """Tokens as of one step."""

    at: datetime
    sector: str | None
    tokens: list[TokenOfSector]


class Series(Answer):
    """One sector over time."""

    sector: str
    since: datetime
    until: datetime
    every: str
    points: list[Point]
