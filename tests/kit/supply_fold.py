"""The gate of supplies over a whole history at once: what the store, which takes rows as they come, must agree with."""

from collections.abc import Iterable, Sequence

from monitor.model.universe import Supply
from monitor.store.supply_gate import WITNESS_WITHIN, is_believed


def accepted_supplies(rows: Iterable[Supply]) -> list[Supply]:
    """The believed ones of ``rows``, ordered by valid_from, then received_at."""
    ordered = sorted(rows, key=lambda r: (r.valid_from, r.received_at, r.source))
    in_force: dict[tuple[str, str], Supply] = {}
    seen: dict[tuple[str, str], list[Supply]] = {}
    accepted: list[Supply] = []
    for row in ordered:
        key = (row.token, row.basis)
        others = seen.setdefault(key, [])
        if is_believed(row, in_force.get(key), _recent(others, row)):
            in_force[key] = row
            accepted.append(row)
        others.append(row)
    return accepted


def _recent(others: Sequence[Supply], row: Supply) -> list[Supply]:
    return [other for other in others if row.valid_from - other.valid_from <= WITNESS_WITHIN]
