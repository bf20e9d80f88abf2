"""What every source of supplies gives, whatever it is asked by."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from monitor.model.bars import Refusal
from monitor.model.universe import Supply, Token


@dataclass(frozen=True, slots=True)
class SuppliesRead:
    """One reading: supplies, prices of a coin in USD by token, what waits or was refused, ids that the source left out."""

    supplies: tuple[Supply, ...]
    prices: Mapping[str, float]
    refusals: tuple[Refusal, ...] = ()
    unknown_ids: tuple[str, ...] = ()


class SupplySource(Protocol):
    """One place where supplies stand."""

    @property
    def name(self) -> str:
        """As in ``sources.X`` and in the ``source`` of its rows."""

    async def read(self, tokens: Sequence[Token]) -> SuppliesRead:
        """One reading of all tokens that it knows. Raises VenueError where it gave nothing."""

    async def close(self) -> None:
        """Close the connections."""


def known(value: Any) -> float | None:
    """A figure above 0; 0, null and anything else mean unknown."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value > 0 else None
