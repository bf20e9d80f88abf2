"""The circulating supply of each token at each interval, point in time."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, and_, or_, select

from monitor.model.interval import FloatArray, IntArray
from monitor.store.sql import chunks
from monitor.store.supplies import in_force
from monitor.store.supply_gate import CIRCULATING
from monitor.store.tables import supply
from monitor.store.types import from_us, to_us

_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class _Figure:
    units: float
    valid_us: int
    received_us: int


def supplies_at(
    conn: Connection, tokens: tuple[str, ...], open_us: IntArray, known_us: IntArray | None
) -> tuple[FloatArray, FloatArray]:
    """(units, hours since they became valid), each (intervals, tokens), NaN where no figure was believed.

    At each interval the figure with the latest valid_from up to its open; with ``known_us`` only of those received up
    to then.
    """
    shape = (len(open_us), len(tokens))
    units, age_h = np.full(shape, np.nan), np.full(shape, np.nan)
    figures = _figures(conn, tokens, open_us, known_us)
    for i, token in enumerate(tokens):
        for figure in figures.get(token, ()):
            seen = open_us >= figure.valid_us
            if known_us is not None:
                seen &= known_us >= figure.received_us
            units[seen, i] = figure.units
            age_h[seen, i] = (open_us[seen] - figure.valid_us) / _HOUR_US
    return units, age_h


def _figures(
    conn: Connection, tokens: tuple[str, ...], open_us: IntArray, known_us: IntArray | None
) -> dict[str, list[_Figure]]:
    """token -> figures that may be in force somewhere in the stretch, later ones last."""
    first, last = from_us(int(open_us[0])), from_us(int(open_us[-1]))
    becomes_valid = supply.c.valid_from > first
    if known_us is None:
        known_first, arrives = None, becomes_valid
    else:
        known_first = from_us(int(known_us.min()))
        arrives = or_(becomes_valid, supply.c.received_at > known_first)
    found: dict[str, list[tuple[int, int, str, float]]] = defaultdict(list)
    for token in tokens:
        base = in_force(conn, token, CIRCULATING, first, known_by=known_first)
        if base is not None:
            found[token].append(
                (to_us(base.valid_from), to_us(base.received_at), base.source, base.units)
            )
    for some in chunks(tokens):
        rows = conn.execute(
            select(
                supply.c.token,
                supply.c.valid_from,
                supply.c.received_at,
                supply.c.source,
                supply.c.units,
            ).where(
                and_(
                    supply.c.token.in_(some),
                    supply.c.basis == CIRCULATING,
                    supply.c.valid_from <= last,
                    supply.c.accepted,
                    arrives,
                )
            )
        )
        for token, valid_from, received_at, source, units in rows:
            found[token].append((to_us(valid_from), to_us(received_at), source, units))
    return {
        token: [_Figure(units, valid, received) for valid, received, _, units in sorted(rows)]
        for token, rows in found.items()
    }
