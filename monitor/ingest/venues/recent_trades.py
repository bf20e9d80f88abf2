"""Recent trades out of ccxt's unified answer, nothing judged yet."""

from typing import Any, NamedTuple

from monitor.ingest.venues.rows import WrongShapeError, number


class RawTrade(NamedTuple):
    """One trade as served: ``id`` where the venue names one, numbers or None; ``fault`` says why it is no trade."""

    id: str | None
    symbol: str | None
    time_ms: float | None
    price: float | None
    amount: float | None
    side: str | None
    fault: str | None = None


def read_trades(payload: Any) -> list[RawTrade]:
    """As served; raises WrongShapeError."""
    if not isinstance(payload, list):
        raise WrongShapeError(f"found a {type(payload).__name__}, expected a list of trades")
    return [_trade(row) for row in payload]


def _trade(row: Any) -> RawTrade:
    if not isinstance(row, dict):
        fault = f"found a {type(row).__name__}, expected a trade"
        return RawTrade(None, None, None, None, None, None, fault)
    found, symbol, side = row.get("id"), row.get("symbol"), row.get("side")
    return RawTrade(
        str(found) if isinstance(found, str | int) and found != "" else None,
        symbol if isinstance(symbol, str) else None,
        number(row.get("timestamp")),
        number(row.get("price")),
        number(row.get("amount")),
        side if isinstance(side, str) else None,
    )
