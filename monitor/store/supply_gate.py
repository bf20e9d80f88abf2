"""Which supply figures are believed (METHOD 3): a typo must not move a market cap.

A figure that differs by more than 30 % from the one in force is ignored and the old one kept, unless the operator
dated it in the configuration or another source gave nearly the same within the 48 hours before. The judgement looks
back only, so it is the same whether it is made live or over a whole history.
"""

from collections.abc import Iterable
from datetime import timedelta

from monitor.model.universe import Supply

LARGEST_CHANGE = 0.30
AGREEMENT = 0.05
WITNESS_WITHIN = timedelta(hours=48)
CIRCULATING = "circulating"


def is_believed(row: Supply, in_force: Supply | None, others: Iterable[Supply]) -> bool:
    """Whether ``row`` replaces ``in_force`` (None: there is none yet).

    ``others`` are rows of the same token and basis, believed or not.
    """
    if in_force is None or row.dated_by_operator:
        return True
    if abs(row.units - in_force.units) <= LARGEST_CHANGE * in_force.units:
        return True
    return any(_bears_out(other, row) for other in others)


def _bears_out(other: Supply, row: Supply) -> bool:
    lag = row.valid_from - other.valid_from
    return (
        other.source != row.source
        and timedelta(0) <= lag <= WITNESS_WITHIN
        and abs(other.units - row.units) <= AGREEMENT * row.units
    )
