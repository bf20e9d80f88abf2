"""CoinGecko: the CSV of a coin's page (snapped_at, price, market_cap, total_volume) and the JSON of market_chart.

Each row gives a supply: market cap over price. The coin is in the name of the CSV (virtual-protocol-usd-max.csv), else in --symbol.
"""

from monitor.files.file_times import TimeForm
from monitor.files.hints import Hints
from monitor.files.names import token_of
from monitor.files.reading import Reading, places
from monitor.files.tables import Sheet
from monitor.model.universe import Universe

NAME = "CoinGecko"
_ALIASES = {
    "ts": ("snapped_at", "time"),
    "price_usd": ("price", "prices"),
    "market_cap_usd": ("market_cap", "market_caps"),
    "volume_24h_usd": ("total_volume", "total_volumes"),
}


def recognise(sheet: Sheet, hints: Hints, universe: Universe) -> Reading | None:
    """By time, price and market cap."""
    found = places(sheet.names, _ALIASES)
    if not {"ts", "price_usd", "market_cap_usd"} <= found.keys():
        return None
    coin = sheet.title.rpartition(".")[0].removesuffix("-max").removesuffix("-usd")
    fixed = {"token": token_of(universe, sheet, hints, [coin]), "source": "coingecko file"}
    return Reading(NAME, "supplies", found, fixed, TimeForm(naive_utc=True))
