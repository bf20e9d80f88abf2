"""CryptoDataDownload: Unix, Date, Symbol, Open, High, Low, Close, Volume BASE, Volume QUOTE; newest first, an address above."""

from monitor.files.file_times import TimeForm
from monitor.files.hints import Hints
from monitor.files.names import compact, market_of, width_in
from monitor.files.reading import Reading, places, refuse
from monitor.files.tables import Sheet
from monitor.model.universe import Universe, quote_of

NAME = "CryptoDataDownload"
_ALIASES = {
    "ts": ("unix", "unix_timestamp"),
    "symbol": ("symbol",),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
}


def recognise(sheet: Sheet, hints: Hints, universe: Universe) -> Reading | None:
    """By Unix, Symbol and two volumes that bear currencies."""
    found = places(sheet.names, _ALIASES)
    volumes = {
        name.strip().split()[-1].upper(): i
        for i, name in enumerate(sheet.names)
        if name.strip().lower().startswith("volume ")
    }
    if len(found) < len(_ALIASES) or not volumes or not sheet.sample:
        return None
    pair = str(sheet.sample[0][found.pop("symbol")])
    exchange = sheet.title.partition("_")[0].lower() if "_" in sheet.title else None
    market = market_of(universe, sheet, hints, exchange=exchange, symbol=pair)
    quote = quote_of(market.symbol)
    bases = [currency for currency in volumes if currency != quote]
    if len(bases) != 1 or not compact(pair).startswith(compact(bases[0])):
        raise refuse(sheet, f"found volumes in {', '.join(volumes)}, expected those of {pair}")
    found["base_volume"] = volumes[bases[0]]
    if quote in volumes:
        found["quote_volume"] = volumes[quote]
    fixed = {"exchange": market.venue, "symbol": market.symbol}
    return Reading(NAME, "bars", found, fixed, TimeForm(naive_utc=True), width_in(sheet.title))
