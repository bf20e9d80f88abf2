"""Funding and open interest out of ccxt's unified answers."""

import math
from datetime import datetime
from typing import Any

from monitor.ingest.venues.rows import WrongShapeError, number
from monitor.model.derivatives import DerivativeReading
from monitor.model.grid import parse_duration


def needs_ticker(funding: Any, interest: Any) -> bool:
    """Whether a price or the open interest itself is still to be asked for: KuCoin, say, counts contracts and names no price."""
    if not isinstance(funding, dict) or not isinstance(interest, dict | None):
        return False  # no answer, which its reader says
    if interest is None:
        return True
    return interest.get("openInterestValue") is None and funding.get("markPrice") is None


def read_derivatives(
    market_id: str,
    at: datetime,
    funding: Any,
    interest: Any,
    *,
    contract_size: float,
    interval_h: float | None,
    ticker: Any = None,
    ticker_interest: str | None = None,
) -> DerivativeReading:
    """``interest`` None: the venue serves none by itself; ``ticker_interest``: the name of the open contracts in its ticker.
    ``ticker``: where the rate names no price. ``interval_h``: where the answer names none. Raises WrongShapeError where
    neither a rate nor an open interest can be read."""
    if not isinstance(funding, dict) or not isinstance(interest, dict | None):
        raise WrongShapeError("found no object, expected a funding rate and an open interest")
    ticker = ticker if isinstance(ticker, dict) else {}
    rate = _number(funding.get("fundingRate"))
    if interest is None and ticker_interest is not None:
        served = ticker.get("info")
        contracts = served.get(ticker_interest) if isinstance(served, dict) else None
        interest = {"openInterestAmount": number(contracts)}
    prices = (funding.get("markPrice"), ticker.get("markPrice"), ticker.get("last"))
    price = next((p for p in map(_number, prices) if p is not None), None)
    usd = None if interest is None else _usd(interest, price, contract_size)
    if rate is None and usd is None:
        raise WrongShapeError("found neither a funding rate nor an open interest")
    return DerivativeReading(
        market_id, at, rate, _hours(funding.get("interval")) or interval_h, usd
    )


def _usd(interest: dict[str, Any], mark: float | None, contract_size: float) -> float | None:
    """Its value as served, else contracts by their size by the mark price, or the last one."""
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
