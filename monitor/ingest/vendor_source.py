"""What every vendor of figures gives, whatever it is asked by."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from monitor.model.bars import Refusal
from monitor.model.vendor_reading import VendorReading

NOT_A_FIGURE = "not_a_figure"


@dataclass(frozen=True, slots=True)
class VendorRead:
    """One reading: figures, rows that were refused, and in words what the vendor does not have."""

    readings: tuple[VendorReading, ...]
    refusals: tuple[Refusal, ...] = ()
    missing: tuple[str, ...] = ()


class VendorSource(Protocol):
    """One place where figures stand."""

    @property
    def name(self) -> str:
        """As in ``sources.X`` and in the ``source`` of its readings."""

    async def read(self) -> VendorRead:
        """One reading of all that it was made for. Raises VenueError where it gave nothing."""

    async def close(self) -> None:
        """Close the connections."""


@dataclass(slots=True)
class Gathered:
    """A reading in the making."""

    source: str
    asked_at: datetime
    readings: list[VendorReading] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def refuse(self, what: str, at: datetime | None = None) -> None:
        """A row that is no figure."""
        self.refusals.append(Refusal(self.source, None, at, NOT_A_FIGURE, what))

    def read(self) -> VendorRead:
        """All of it."""
        return VendorRead(tuple(self.readings), tuple(self.refusals), tuple(self.missing))


def number(value: Any) -> float | None:
    """A number as it was sent, also as text; None where it is none. Whether it can be is judged later."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return None


def records(payload: Any) -> Iterator[dict[str, Any]]:
    """Those of a list that are objects."""
    if isinstance(payload, list):
        yield from (entry for entry in payload if isinstance(entry, dict))
