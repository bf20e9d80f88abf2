"""TradingView's chart export, and any table of candles with a header: time, open, high, low, close, volume.

TradingView names its files "BINANCE_VIRTUALUSDT, 60.csv". Columns of indicators are ignored.
"""

import re
from datetime import timedelta

from monitor.files.file_times import TimeForm
from monitor.files.hints import Hints
from monitor.files.names import market_of, venue_above, width_in
from monitor.files.reading import Reading, places, refuse
from monitor.files.tables import Sheet, is_index
from monitor.model.universe import Universe

NAME = "TradingView or other candles with a header"
_ALIASES = {
    "ts": (
        "ts", "time", "timestamp", "datetime", "open_time", "opentime", "date", "unix", "unix_time", "start", "index",
    ),
    "exchange": ("exchange", "venue"),
    "symbol": ("symbol", "pair", "market"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "base_volume": ("base_volume", "volume", "vol", "v"),
    "quote_volume": ("quote_volume", "quote_asset_volume", "turnover"),
    "taker_buy_quote": ("taker_buy_quote", "taker_buy_quote_volume", "taker_buy_quote_asset_volume"),
}  # fmt: skip
_PRICES = {"open", "high", "low", "close"}
_TITLE = re.compile(r"([A-Za-z0-9]+)_([A-Za-z0-9.]+), (\d+)([SDWM]?)\b")


def recognise(sheet: Sheet, hints: Hints, universe: Universe) -> Reading | None:
    """By names of columns; the index of pandas is the time where no column is."""
    if sheet.headless:
        return None
    found = places(sheet.names, _ALIASES)
    if not found.keys() >= _PRICES:
        return None
    if "ts" not in found:
        index = next((i for i, name in enumerate(sheet.names) if is_index(name)), None)
        if index is None:
            raise refuse(sheet, f"found columns {', '.join(sheet.names)}, expected a time")
        found["ts"] = index
    if "base_volume" not in found:
        raise refuse(sheet, f"found columns {', '.join(sheet.names)}, expected a volume")
    title = _TITLE.match(sheet.title)
    fixed, width = {}, width_in(sheet.title)
    if title is not None and title[4] == "":
        width = int(title[3]) * timedelta(minutes=1)
    if not {"exchange", "symbol"} <= found.keys():
        for name in ("exchange", "symbol"):
            found.pop(name, None)
        exchange = title[1] if title else venue_above(sheet.path, universe)
        pair = title[2].removesuffix(".P") if title else None
        market = market_of(universe, sheet, hints, exchange=exchange, symbol=pair)
        fixed = {"exchange": market.venue, "symbol": market.symbol}
    return Reading(NAME, "bars", found, fixed, TimeForm(naive_utc=hints.utc), width)
