"""Kraken's OHLCVT files: Unix seconds, open, high, low, close, volume, trades, without a header; named XBTUSD_60.csv."""

import re
from datetime import timedelta

from monitor.files.hints import Hints
from monitor.files.names import market_of
from monitor.files.reading import Reading
from monitor.files.tables import Sheet
from monitor.model.universe import Universe

NAME = "Kraken OHLCVT"
_FIELDS = ("ts", "open", "high", "low", "close", "base_volume")
_TITLE = re.compile(r"([A-Za-z0-9]+)_(\d+)\.csv")


def recognise(sheet: Sheet, hints: Hints, universe: Universe) -> Reading | None:
    """By seven columns without a header."""
    if not sheet.headless or len(sheet.names) != 7:
        return None
    title = _TITLE.fullmatch(sheet.title)
    exchange = "kraken" if title else None
    market = market_of(
        universe, sheet, hints, exchange=exchange, symbol=title[1] if title else None
    )
    fixed = {"exchange": market.venue, "symbol": market.symbol}
    found = {name: i for i, name in enumerate(_FIELDS)}
    width = int(title[2]) * timedelta(minutes=1) if title else None
    return Reading(NAME, "bars", found, fixed, width=width)
