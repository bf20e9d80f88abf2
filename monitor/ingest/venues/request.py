"""The candle request of each venue: which implicit method of ccxt, with which parameters.

Asking through the implicit methods keeps ccxt's limiter and error handling, gives the columns that its unified call drops,
and asks for exactly the bars we name: nothing here depends on the machine's own clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from monitor.ingest.venues.capabilities import Kind

Call = tuple[str, dict[str, Any]]

_OKX_RECENT_BARS = 1_430  # the candles endpoint holds 1,440; older bars are on history-candles
_BITGET_RECENT = timedelta(days=29)  # the shortest of its recent windows is 30 days
_BITGET_RECENT_BY_HOURS = {1: timedelta(days=59), 4: timedelta(days=239), 24: timedelta(days=1439)}


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """What a request needs of a market: the venue's id, its kind, the settle currency and the contract's size."""

    symbol: str
    market_id: str
    kind: Kind
    settle: str
    contract_size: float


@dataclass(frozen=True, slots=True)
class CandleQuestion:
    """``count`` bars from ``since_ms`` on; ``interval`` is the venue's own word for the width."""

    market: MarketFacts
    interval: str
    width: timedelta
    since_ms: int
    count: int
    now_ms: int

    @property
    def width_ms(self) -> int:
        """The width in milliseconds."""
        return self.width // timedelta(milliseconds=1)

    @property
    def last_ms(self) -> int:
        """Open of the last bar asked for."""
        return self.since_ms + (self.count - 1) * self.width_ms

    @property
    def end_ms(self) -> int:
        """Close of the last bar asked for."""
        return self.since_ms + self.count * self.width_ms


def _binance(q: CandleQuestion) -> Call:
    method = "public_get_klines" if q.market.kind == "spot" else "fapipublic_get_klines"
    return method, {
        "symbol": q.market.market_id,
        "interval": q.interval,
        "startTime": q.since_ms,
        "limit": q.count,
    }


def _bybit(q: CandleQuestion) -> Call:
    return "public_get_v5_market_kline", {
        "category": "spot" if q.market.kind == "spot" else "linear",
        "symbol": q.market.market_id,
        "interval": q.interval,
        "start": q.since_ms,
        "end": q.end_ms - 1,
        "limit": q.count,
    }


def _okx(q: CandleQuestion) -> Call:
    old = q.since_ms < q.now_ms - _OKX_RECENT_BARS * q.width_ms
    method = "public_get_market_history_candles" if old else "public_get_market_candles"
    # Days and longer would begin at 16:00 UTC without the suffix.
    bar = q.interval + "utc" if q.width >= timedelta(hours=6) else q.interval
    return method, {
        "instId": q.market.market_id,
        "bar": bar,
        "before": q.since_ms - 1,
        "after": q.end_ms,
        "limit": q.count,
    }


def _gate(q: CandleQuestion) -> Call:
    span = {
        "interval": q.interval,
        "from": q.since_ms // 1000,
        "to": min(q.last_ms, q.now_ms) // 1000,
    }
    if q.market.kind == "spot":
        return "public_spot_get_candlesticks", {"currency_pair": q.market.market_id, **span}
    settle = q.market.settle.lower()
    return "public_futures_get_settle_candlesticks", {
        "settle": settle,
        "contract": q.market.market_id,
        **span,
    }


def _kucoin(q: CandleQuestion) -> Call:
    if q.market.kind == "spot":
        return "public_get_market_candles", {
            "symbol": q.market.market_id,
            "type": q.interval,
            "startAt": q.since_ms // 1000,
            "endAt": q.end_ms // 1000,
        }
    return "futurespublic_get_kline_query", {
        "symbol": q.market.market_id,
        "granularity": q.width_ms // 60_000,
        "from": q.since_ms,
        "to": q.last_ms,
    }


def _mexc(q: CandleQuestion) -> Call:
    if q.market.kind == "spot":
        return "spot_public_get_klines", {
            "symbol": q.market.market_id,
            "interval": q.interval,
            "startTime": q.since_ms,
            "endTime": q.end_ms,
            "limit": q.count,
        }
    return "contract_public_get_kline_symbol", {
        "symbol": q.market.market_id,
        "interval": q.interval,
        "start": q.since_ms // 1000,
        "end": q.last_ms // 1000,
    }


def _kraken(q: CandleQuestion) -> Call:
    return "public_get_ohlc", {
        "pair": q.market.market_id,
        "interval": int(q.interval),
        "since": (q.since_ms - q.width_ms) // 1000,  # the bound itself is left out
    }


def _coinbase(q: CandleQuestion) -> Call:
    return "v3_public_get_brokerage_market_products_product_id_candles", {
        "product_id": q.market.market_id,
        "granularity": q.interval,
        "start": str(q.since_ms // 1000),
        "end": str(q.end_ms // 1000),
    }


def _bitget(q: CandleQuestion) -> Call:
    hours = int(q.width / timedelta(hours=1))
    recent = max(
        [span for least, span in _BITGET_RECENT_BY_HOURS.items() if hours >= least],
        default=_BITGET_RECENT,
    )
    old = q.since_ms < q.now_ms - recent // timedelta(milliseconds=1)
    span = {
        "symbol": q.market.market_id,
        "granularity": q.interval,
        "startTime": q.since_ms,
        "endTime": q.end_ms,
        "limit": q.count,
    }
    if q.market.kind == "spot":
        name = "history_candles" if old else "candles"
        return f"public_spot_get_v2_spot_market_{name}", span
    name = "history_candles" if old else "candles"
    return f"public_mix_get_v2_mix_market_{name}", span | {
        "productType": f"{q.market.settle}-FUTURES"
    }


def _htx(q: CandleQuestion) -> Call:
    span = {"period": q.interval, "from": q.since_ms // 1000, "to": q.last_ms // 1000}
    if q.market.kind == "spot":
        return "spot_public_get_market_history_candles", {
            "symbol": q.market.market_id,
            "size": q.count,
            **span,
        }
    return "contract_public_get_linear_swap_ex_market_history_kline", {
        "contract_code": q.market.market_id,
        **span,
    }


_BUILDERS: Mapping[str, Callable[[CandleQuestion], Call]] = {
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


def candle_call(venue: str, question: CandleQuestion) -> Call:
    """Name of the implicit method and its parameters; raises KeyError for a venue whose wire we do not read."""
    return _BUILDERS[venue](question)
