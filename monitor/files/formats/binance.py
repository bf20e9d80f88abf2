"""Klines of data.binance.vision: twelve columns, with a header or none, times in ms or us, often in a zip.

A table with such columns holds taker volume, so net flow of grade A. Spot and perpetual files look alike: where both
are configured, --symbol must say which.
"""

from monitor.files.file_times import TimeForm
from monitor.files.hints import Hints
from monitor.files.names import market_of, width_in
from monitor.files.reading import Reading, places
from monitor.files.tables import Sheet
from monitor.model.universe import Universe

NAME = "Binance klines"
_PLACES = {
    "ts": 0, "open": 1, "high": 2, "low": 3, "close": 4, "base_volume": 5, "quote_volume": 7, "taker_buy_quote": 10,
}  # fmt: skip
_ALIASES = {
    "ts": ("open_time",),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "base_volume": ("volume",),
    "quote_volume": ("quote_volume", "quote_asset_volume", "quote_av"),
    "taker_buy_quote": (
        "taker_buy_quote_volume",
        "taker_buy_quote_asset_volume",
        "tb_quote_av",
        "taker_buy_quote_vol",
    ),
}


def recognise(sheet: Sheet, hints: Hints, universe: Universe) -> Reading | None:
    """By twelve columns without a header, or by their names."""
    if sheet.headless:
        found = _PLACES if len(sheet.names) in (11, 12) else {}
    else:
        found = places(sheet.names, _ALIASES)
    if len(found) < len(_PLACES):
        return None
    pair = sheet.title.partition("-")[0]
    market = market_of(universe, sheet, hints, exchange=_venue(hints, universe), symbol=pair)
    fixed = {"exchange": market.venue, "symbol": market.symbol}
    return Reading(NAME, "bars", found, fixed, TimeForm(naive_utc=True), width_in(sheet.title))


def _venue(hints: Hints, universe: Universe) -> str | None:
    """Binance, or the venue of a configuration that calls it by another name, such as binance-spot."""
    venues = {m.venue for m in universe.markets if m.venue.startswith("binance")}
    return hints.exchange or (
        "binance" if "binance" in venues or len(venues) != 1 else venues.pop()
    )
