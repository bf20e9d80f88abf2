"""Funding and open interest out of ccxt's unified answers."""

import math
from datetime import datetime
from typing import Any

from monitor.ingest.venues.rows import WrongShapeError
from monitor.model.derivatives import DerivativeReading
from monitor.model.grid import parse_duration


def read_derivatives(
    market_id: str,
    at: datetime,
    funding: Any,
    interest: Any,
    *,
    contract_size: float,
    interval_h: float | None,
) -> DerivativeReading:
    """``interest`` None: the venue serves none by itself. ``interval_h``: where the answer names none. Raises
    WrongShapeError where neither a rate nor an open interest can be read."""
    if not isinstance(funding, dict) or not isinstance(interest, dict | None):
        raise WrongShapeError("found no object, expected a funding rate and an open interest")
    rate = _number(funding.get("fundingRate"))
    usd = (
        None
        if interest is None
        else _usd(interest, _number(funding.get("markPrice")), contract_size)
    )
    if rate is None and usd is None:
        raise WrongShapeError("found neither a funding rate nor an open interest")
    return DerivativeReading(
        market_id, at, rate, _hours(funding.get("interval")) or interval_h, usd
    )


def _usd(interest: dict[str, Any], mark: float | None, contract_size: float) -> float | None:
    """Its value as served, else contracts by their size by the mark price."""
    value, amount = (_number(interest.get(f"openInterest{what}")) for what in ("Value", "Amount"))
    if value is not None or amount is None or mark is None:
        return value
    return amount * contract_size * mark


def _hours(text: Any) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        return parse_duration(text).total_seconds() / 3600
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
