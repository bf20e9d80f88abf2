"""Our own tables of bars and supplies, as `export` writes them; extra columns are ignored, volumes may be absent."""

from monitor.files.file_times import TimeForm
from monitor.files.hints import Hints
from monitor.files.reading import BAR_COLUMNS, SUPPLY_COLUMNS, Reading, refuse
from monitor.files.tables import Sheet
from monitor.model.universe import Universe

NAME = "our own"
_OPTIONAL = {"quote_volume", "taker_buy_quote"}
_SUPPLY_KEY = {"ts", "token", "source"}


def recognise(sheet: Sheet, hints: Hints, universe: Universe) -> Reading | None:
    """Bars, or supplies, by their columns."""
    del universe
    names = [str(name).strip() for name in sheet.names]
    times = TimeForm(naive_utc=hints.utc, offsets=False)
    fixed = {
        key: value
        for key, value in (("exchange", hints.exchange), ("symbol", hints.symbol))
        if value is not None and key not in names
    }
    bars = {name: names.index(name) for name in BAR_COLUMNS if name in names}
    if set(BAR_COLUMNS) - _OPTIONAL <= set(bars) | set(fixed):
        return Reading(NAME, "bars", bars, fixed, times)
    supplies = {name: names.index(name) for name in SUPPLY_COLUMNS if name in names}
    if _SUPPLY_KEY | {"circulating_supply"} <= set(supplies) or (
        _SUPPLY_KEY | {"price_usd", "market_cap_usd"} <= set(supplies)
    ):
        return Reading(NAME, "supplies", supplies, {}, times)
    missing = [c for c in BAR_COLUMNS if c not in names and c not in _OPTIONAL]
    if missing == ["ts"]:
        return None  # its time goes by another name: any table of candles
    if len(set(names) & set(BAR_COLUMNS)) >= 8:
        expected = ", ".join(missing)
        raise refuse(sheet, f"found columns {', '.join(names)}, expected {expected} beside them")
    return None
