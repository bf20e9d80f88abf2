"""An order book out of ccxt's unified answer; a page or half an answer comes as an empty book, without an error."""

import math
from typing import Any

from monitor.ingest.venues.rows import WrongShapeError
from monitor.model.order_book import Level, OrderBook


def read_book(payload: Any, contract_size: float) -> OrderBook:
    """Both sides best first, amounts in coins (``contract_size``: coins in one contract). Raises WrongShapeError."""
    if not isinstance(payload, dict):
        raise WrongShapeError(f"found a {type(payload).__name__}, expected an order book")
    bids = sorted(_levels(payload.get("bids"), contract_size), reverse=True)
    asks = sorted(_levels(payload.get("asks"), contract_size))
    return OrderBook(tuple(bids), tuple(asks))


def _levels(side: Any, contract_size: float) -> list[Level]:
    if not isinstance(side, list):
        raise WrongShapeError(f"found a {type(side).__name__}, expected a side of an order book")
    return [_level(row, contract_size) for row in side]


def _level(row: Any, contract_size: float) -> Level:
    try:
        price, amount = float(row[0]), float(row[1])
    except (TypeError, ValueError, IndexError, KeyError):
        raise WrongShapeError(f"found {str(row)[:60]}, expected a price and an amount") from None
    if not (math.isfinite(price) and price > 0 and math.isfinite(amount) and amount >= 0):
        raise WrongShapeError(f"found {price:g} and {amount:g}, expected a price and an amount")
    return price, amount * contract_size
