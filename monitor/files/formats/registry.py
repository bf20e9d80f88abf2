"""All formats, in the order in which they are tried; a new one is a module and a row here."""

from monitor.files.formats import (
    binance,
    coingecko,
    coinmarketcap,
    cryptodatadownload,
    freqtrade,
    kraken,
    own,
    tradingview,
)
from monitor.files.hints import Hints
from monitor.files.reading import BAR_COLUMNS, SUPPLY_COLUMNS, Reading, refuse
from monitor.files.tables import Sheet
from monitor.model.universe import Universe

_FORMATS = (
    own.recognise,
    binance.recognise,
    cryptodatadownload.recognise,
    kraken.recognise,
    coingecko.recognise,
    coinmarketcap.recognise,
    freqtrade.recognise,
    tradingview.recognise,
)


def understand(sheet: Sheet, hints: Hints, universe: Universe) -> Reading:
    """How the file is read; raises FileRefusedError with its columns where no format fits."""
    for recognise in _FORMATS:
        reading = recognise(sheet, hints, universe)
        if reading is not None:
            return reading
    names = tuple(str(name) for name in sheet.names)
    nearest = max((BAR_COLUMNS, SUPPLY_COLUMNS), key=lambda c: len(set(c) & set(names)))
    missing = ", ".join(c for c in nearest if c not in names)
    found = f"{len(names)} columns without a header" if sheet.headless else ", ".join(names)
    raise refuse(
        sheet, f"found columns {found or '(none)'}, expected {', '.join(nearest)} (missing: {missing})",
        "monitor import --help names every format and its columns",
    )  # fmt: skip
