"""Recent trades as a venue serves them, each believed or refused with the reason."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.ingest.venues.recent_trades import RawTrade
from monitor.model.bars import Refusal
from monitor.model.grid import to_ms
from monitor.model.trades import Trade
from monitor.model.universe import Market

EARLIEST_MS = to_ms(datetime(2009, 1, 3, tzinfo=UTC))
"""No coin was traded before: such a time is in another unit."""
LARGEST_OFFSET = 0.5
"""Of a trade's price from the token's last one: beyond it another coin is traded, or in another unit."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the trades of one answer are held to. ``latest``: no trade can be later; ``price``: of the token's last step in the
    quote currency, None where it is unknown; ``contract_size``: coins in one contract."""

    market: Market
    latest: datetime
    price: float | None
    contract_size: float


def check_trades(rows: Sequence[RawTrade], expected: Expected) -> tuple[list[Trade], list[Refusal]]:
    """(Good ones ascending by time, what was refused). A trade without an id is told from others of its millisecond by its
    figures and its place among equal ones."""
    good: list[Trade] = []
    refusals: list[Refusal] = []
    alike: Counter[str] = Counter()
    for row in rows:
        fault = _fault(row, expected)
        if fault is not None:
            reason, detail = fault
            market = expected.market
            refusals.append(
                Refusal(market.venue, market.id, None, reason, f"{market.id}: a trade: {detail}")
            )
            continue
        good.append(_trade(row, alike, expected.contract_size))
    return sorted(good, key=lambda trade: trade.time_ms), refusals


def _trade(row: RawTrade, alike: Counter[str], contract_size: float) -> Trade:
    time_ms, price, amount = int(row.time_ms or 0), row.price or 0.0, row.amount or 0.0
    key = row.id
    if key is None:
        figures = f"{row.side} {price!r} {amount!r}"
        place = f"{time_ms} {figures}"
        alike[place] += 1
        key = f"{figures} {alike[place]}"
    return Trade(key, time_ms, price * amount * contract_size, row.side == "buy")


def _fault(row: RawTrade, expected: Expected) -> tuple[str, str] | None:
    """(reason, what was found and expected); None where nothing is wrong."""
    if row.fault is not None:
        return "trade_shape", row.fault
    if row.symbol is not None and row.symbol != expected.market.symbol:
        return "trade_of_other_market", f"found {row.symbol!r}"
    for what, value in (("price", row.price), ("amount", row.amount)):
        if value is None or not math.isfinite(value) or value <= 0:
            return "trade_not_positive", f"found the {what} {value}, expected a positive number"
    if not math.isfinite((row.price or 0.0) * (row.amount or 0.0) * expected.contract_size):
        return "trade_not_positive", f"found {row.amount:.6g} at {row.price:.6g}, worth no number"
    if row.side not in ("buy", "sell"):
        return "trade_without_side", f"found the side {row.side!r}, expected buy or sell"
    return _time_fault(row.time_ms, expected) or _price_fault(row.price, expected)


def _time_fault(time_ms: float | None, expected: Expected) -> tuple[str, str] | None:
    if time_ms is not None and EARLIEST_MS <= time_ms <= to_ms(expected.latest):
        return None
    found = "no time" if time_ms is None else f"the time {time_ms:.0f} ms"
    return "trade_off_time", f"found {found}, expected up to {expected.latest:%Y-%m-%d %H:%M:%S}"


def _price_fault(price: float | None, expected: Expected) -> tuple[str, str] | None:
    if price is None or expected.price is None:
        return None
    if abs(price / expected.price - 1) <= LARGEST_OFFSET:
        return None
    return "trade_off_price", f"found the price {price:.6g}, the last one is {expected.price:.6g}"
