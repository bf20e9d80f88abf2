"""freqtrade's candles (feather, parquet, json, json.gz) and ccxt's arrays of (ms, open, high, low, close, volume).

The pair and the width stand in the name (VIRTUAL_USDT-1h.feather, VIRTUAL_USDT_USDT-1h-futures.feather), the venue in the
folder above, or in --exchange.
"""

import re

from monitor.files.file_times import TimeForm
from monitor.files.hints import Hints
from monitor.files.names import market_of, venue_above, width_in
from monitor.files.reading import Reading, places, refuse
from monitor.files.tables import Sheet
from monitor.model.universe import Universe

NAME = "freqtrade or ccxt candles"
_FIELDS = ("ts", "open", "high", "low", "close", "base_volume")
_ALIASES = {"ts": ("date",), "base_volume": ("volume",)} | {
    name: (name,) for name in ("open", "high", "low", "close")
}
_TITLE = re.compile(r"([A-Za-z0-9]+)_([A-Za-z0-9]+?)(?:_([A-Za-z0-9]+))?-(\d+\w)(?:-(\w+))?\.")


def recognise(sheet: Sheet, hints: Hints, universe: Universe) -> Reading | None:
    """By arrays of six, or by the six columns and a name such as freqtrade gives."""
    title = _TITLE.match(sheet.title)
    if sheet.headless:
        found = {name: i for i, name in enumerate(_FIELDS)} if len(sheet.names) == 6 else {}
    else:
        found = places(sheet.names, _ALIASES) if title else {}
    if len(found) < len(_FIELDS):
        return None
    pair = None
    if title is not None:
        base, quote, settle, _, kind = title.groups()
        if kind in ("mark", "index", "funding_rate"):
            raise refuse(sheet, f"found {kind} candles, expected traded ones")
        pair = f"{base}/{quote}" + (f":{settle}" if settle else "")
    market = market_of(
        universe, sheet, hints, exchange=venue_above(sheet.path, universe), symbol=pair
    )
    fixed = {"exchange": market.venue, "symbol": market.symbol}
    return Reading(NAME, "bars", found, fixed, TimeForm(naive_utc=True), width_in(sheet.title))
