"""Each venue's candle answer into one shape of row, nothing judged yet.

Column orders as of ccxt 4.5.90. Volumes leave here in coins (contracts times contract size) and in the quote currency.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from monitor.ingest.venues.request import MarketFacts
from monitor.model.bars import typical_price


class RawCandle(NamedTuple):
    """One row as served: ``open_ms`` in ms, numbers or None where absent or not a number; ``fault`` says why it is no row."""

    open_ms: float | None
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    base_volume: float | None
    quote_volume: float | None
    taker_buy_quote: float | None
    fault: str | None = None


class WrongShapeError(Exception):
    """The answer as a whole is no list of candles of this market; the text says what was found and expected."""


def number(value: Any) -> float | None:
    """A float (NaN and infinities included) of a JSON number or numeric text; None else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def read_candles(venue: str, facts: MarketFacts, payload: Any) -> list[RawCandle]:
    """Rows of a raw answer, in the order served; raises WrongShapeError where it is no answer to our question."""
    return _READERS[venue](facts, payload)


def estimated(row: RawCandle) -> RawCandle:
    """The row with quote volume as base volume times typical price ``(high + low + close) / 3`` where it has none."""
    parts = (row.high, row.low, row.close, row.base_volume)
    if row.quote_volume is not None or None in parts:
        return row
    high, low, close, base = (float(p) for p in parts if p is not None)
    return row._replace(quote_volume=base * typical_price(high, low, close))


def read_unified(payload: Any) -> list[RawCandle]:
    """Rows of ccxt's unified ``fetch_ohlcv``: six columns, quote volume estimated."""
    return [estimated(row) for row in _columns(_rows(payload), (0, 1, 2, 3, 4, 5, None, None))]


_Places = tuple[int, int, int, int, int, int, int | None, int | None]


def _columns(
    rows: Sequence[Any], places: _Places, *, ms: int = 1, coins: float = 1.0
) -> list[RawCandle]:
    """Rows by column numbers: time, open, high, low, close, base, quote, taker buy quote."""
    needed = max(p for p in places if p is not None) + 1
    candles = []
    for row in rows:
        if not isinstance(row, list) or len(row) < needed:
            candles.append(_broken(row, f"a list of at least {needed} columns"))
            continue
        fields = [None if p is None else number(row[p]) for p in places]
        candles.append(_scaled(fields, ms, coins))
    return candles


def _keyed(
    rows: Sequence[Any],
    keys: tuple[str, str, str, str, str, str, str | None],
    *,
    coins: float = 1.0,
) -> list[RawCandle]:
    """Rows that are objects, by keys: time in seconds, open, high, low, close, base, quote."""
    candles = []
    for row in rows:
        if not isinstance(row, dict):
            candles.append(_broken(row, "an object"))
            continue
        fields = [None if k is None else number(row.get(k)) for k in keys]
        candles.append(_scaled([*fields, None], 1000, coins))
    return candles


def _scaled(fields: Sequence[float | None], ms: int, coins: float) -> RawCandle:
    time, open_, high, low, close, base, quote, taker = fields
    time = None if time is None else time * ms
    base = None if base is None else base * coins
    return RawCandle(time, open_, high, low, close, base, quote, taker)


def _broken(row: Any, expected: str) -> RawCandle:
    fault = f"found {_short(row)}, expected {expected}"
    return RawCandle(None, None, None, None, None, None, None, None, fault)


def _short(value: Any) -> str:
    text = f"{type(value).__name__} {value!r}"
    return text if len(text) <= 60 else text[:59] + "…"


def _rows(payload: Any) -> list[Any]:
    if not isinstance(payload, list):
        raise WrongShapeError(f"found {_short(payload)}, expected a list of candles")
    return payload


def _inside(payload: Any, *path: str) -> Any:
    """The value under a path of keys."""
    value = payload
    for key in path:
        if not isinstance(value, dict) or key not in value:
            raise WrongShapeError(f"found {_short(value)}, expected an object with {key!r}")
        value = value[key]
    return value


def _expect_market(found: Any, expected: str) -> None:
    if found is not None and str(found).lower() != expected.lower():
        raise WrongShapeError(f"found candles of {_short(found)}, expected those of {expected!r}")


def _binance(_facts: MarketFacts, payload: Any) -> list[RawCandle]:
    return _columns(_rows(payload), (0, 1, 2, 3, 4, 5, 7, 10))


def _bybit(facts: MarketFacts, payload: Any) -> list[RawCandle]:
    result = _inside(payload, "result")
    rows = _rows(_inside(result, "list"))
    _expect_market(result.get("symbol") or None, facts.market_id)
    _expect_market(result.get("category") or None, "spot" if facts.kind == "spot" else "linear")
    return _columns(rows, (0, 1, 2, 3, 4, 5, 6, None))


def _okx(facts: MarketFacts, payload: Any) -> list[RawCandle]:
    base = 5 if facts.kind == "spot" else 6  # swaps count contracts in column 5
    return _columns(_rows(_inside(payload, "data")), (0, 1, 2, 3, 4, base, 7, None))


def _gate(facts: MarketFacts, payload: Any) -> list[RawCandle]:
    if facts.kind == "spot":
        return _columns(_rows(payload), (0, 5, 3, 4, 2, 6, 1, None), ms=1000)
    return _keyed(_rows(payload), ("t", "o", "h", "l", "c", "v", "sum"), coins=facts.contract_size)


def _kucoin(facts: MarketFacts, payload: Any) -> list[RawCandle]:
    rows = _rows(_inside(payload, "data"))
    if facts.kind == "spot":
        return _columns(rows, (0, 1, 3, 4, 2, 5, 6, None), ms=1000)
    swaps = _columns(rows, (0, 1, 2, 3, 4, 5, None, None), coins=facts.contract_size)
    return [estimated(row) for row in swaps]


def _mexc(facts: MarketFacts, payload: Any) -> list[RawCandle]:
    if facts.kind == "spot":
        return _columns(_rows(payload), (0, 1, 2, 3, 4, 5, 7, None))
    data = _inside(payload, "data")
    lists = [
        _rows(_inside(data, key))
        for key in ("time", "open", "high", "low", "close", "vol", "amount")
    ]
    if len({len(column) for column in lists}) != 1:
        found = [len(column) for column in lists]
        raise WrongShapeError(f"found columns of {found} values, expected equal lengths")
    rows = [list(row) for row in zip(*lists, strict=True)]
    places: _Places = (0, 1, 2, 3, 4, 5, 6, None)
    return _columns(rows, places, ms=1000, coins=facts.contract_size)


def _kraken(facts: MarketFacts, payload: Any) -> list[RawCandle]:
    result = _inside(payload, "result")
    rows = _columns(_rows(_inside(result, facts.market_id)), (0, 1, 2, 3, 4, 6, 5, None), ms=1000)
    return [_with_vwap(row) for row in rows]


def _with_vwap(row: RawCandle) -> RawCandle:
    """Kraken serves the volume-weighted price in place of quote volume; 0 in a bar without a trade."""
    vwap, base = row.quote_volume, row.base_volume
    known = vwap is not None and base is not None
    return row._replace(quote_volume=vwap * base if known else None)  # type: ignore[operator]


def _coinbase(_facts: MarketFacts, payload: Any) -> list[RawCandle]:
    keys = ("start", "open", "high", "low", "close", "volume", None)
    return [estimated(row) for row in _keyed(_rows(_inside(payload, "candles")), keys)]


def _bitget(facts: MarketFacts, payload: Any) -> list[RawCandle]:
    quote = 7 if facts.kind == "spot" else 6  # on spot column 6 is in USDT whatever the quote
    return _columns(_rows(_inside(payload, "data")), (0, 1, 2, 3, 4, 5, quote, None))


def _htx(facts: MarketFacts, payload: Any) -> list[RawCandle]:
    rows = _rows(_inside(payload, "data"))
    channel = payload.get("ch")
    if isinstance(channel, str) and len(parts := channel.split(".")) > 1:
        _expect_market(parts[1], facts.market_id)
    quote = "vol" if facts.kind == "spot" else "trade_turnover"
    return _keyed(rows, ("id", "open", "high", "low", "close", "amount", quote))


_READERS: Mapping[str, Callable[[MarketFacts, Any], list[RawCandle]]] = {
    "binance": _binance,
    "bybit": _bybit,
    "okx": _okx,
    "gate": _gate,
    "kucoin": _kucoin,
    "mexc": _mexc,
    "kraken": _kraken,
    "coinbase": _coinbase,
    "bitget": _bitget,
    "htx": _htx,
}
