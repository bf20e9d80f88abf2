"""The parameters of each question; one that is not known is an error, not ignored."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from monitor.api.flags import MOST, USUAL
from monitor.model.rotation import Severity, Status

_TIME = (
    r"^([0-9]{1,6}(\.[0-9]{1,3})?[smhd]"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?)$"
)


def _field(description: str, pattern: str, longest: int, example: str) -> Any:
    return Field(description=description, pattern=pattern, max_length=longest, examples=[example])


Time = Annotated[
    str,
    _field(
        "ISO 8601 with its offset, a date alone (00:00 UTC), or a length before now",
        _TIME,
        40,
        "7d",
    ),
]
Length = Annotated[str, _field("A length of time", r"^[0-9]{1,6}(\.[0-9]{1,3})?[smhd]$", 16, "1h")]
SectorId = Annotated[str, _field("A sector's id", r"^[A-Za-z0-9._-]+$", 64, "ai-agents")]
SectorOrAny = Annotated[
    str, _field("A sector's id, or * for any", r"^([A-Za-z0-9._-]+|\*)$", 64, "ai-agents")
]
Pair = Annotated[
    str,
    _field(
        "FROM,TO: two sectors' ids, * for the rest of the market",
        r"^([A-Za-z0-9._-]+|\*),([A-Za-z0-9._-]+|\*)$",
        130,
        "ai-agents,memes",
    ),
]
Cursor = Annotated[
    str, _field("`next` of the page before", r"^[A-Za-z0-9-]{1,40}$", 40, "rot-7f3a01bc")
]
Day = Annotated[
    str,
    _field("A date in the report's time zone", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", 10, "2025-01-20"),
]


class Asked(BaseModel):
    """What every question may carry."""

    model_config = ConfigDict(extra="forbid")
    token: Annotated[
        str | None,
        Field(description="Where the page asks for one and no Authorization header is sent."),
    ] = None


class AskedAt(Asked):
    """One time; the last step without it."""

    at: Time | None = None


class AskedTokens(AskedAt):
    """One time, and one sector or all."""

    sector: SectorId | None = None


class AskedRange(Asked):
    """``[since, until)``."""

    since: Time | None = None
    until: Time | None = None


class AskedSeries(AskedRange):
    """One sector over a range."""

    sector: SectorId
    every: Length | None = None


class AskedRotations(AskedRange):
    """Filters, all of which hold, and a page."""

    status: Status | None = None
    severity: Severity | None = None
    pair: Pair | None = None
    limit: Annotated[int, Field(ge=1, le=MOST, description="Rotations on a page.")] = USUAL
    cursor: Cursor | None = None

    @property
    def filters(self) -> dict[str, Any]:
        """As the functions of the rotations take them."""
        names = ("status", "severity", "pair", "since", "until", "limit", "cursor")
        return {name: getattr(self, name) for name in names}


class AskedPair(AskedAt):
    """An ordered pair of sectors at one time."""

    source: Annotated[SectorOrAny, Field(alias="from")]
    target: Annotated[SectorOrAny, Field(alias="to")]


class AskedConditions(AskedRange):
    """An ordered pair of sectors over a range."""

    source: Annotated[SectorId, Field(alias="from")]
    target: Annotated[SectorId, Field(alias="to")]


class AskedReport(Asked):
    """One day; yesterday without it."""

    date: Day | None = None
