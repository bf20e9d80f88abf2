"""CoinMarketCap: the history of a coin (timeClose, close, marketCap, circulatingSupply), and a day's list of all coins
(Name, Symbol, Price, Market Cap, Circulating Supply) with the day in the file's name. Both give supplies."""

import re

from monitor.files.file_times import TimeForm
from monitor.files.hints import Hints
from monitor.files.names import token_of
from monitor.files.reading import Reading, places, refuse
from monitor.files.tables import Sheet
from monitor.model.universe import Universe

NAME = "CoinMarketCap"
_HISTORY = {
    "ts": ("timeclose", "timestamp"),
    "price_usd": ("close",),
    "market_cap_usd": ("marketcap", "market_cap"),
    "circulating_supply": ("circulatingsupply", "circulating_supply"),
    "volume_24h_usd": ("volume",),
}
_LIST = {
    "token": ("symbol",),
    "price_usd": ("price", "price_usd", "price_(usd)"),
    "market_cap_usd": ("market_cap", "marketcap", "market_cap_usd", "market_cap_(usd)"),
    "circulating_supply": ("circulating_supply", "circulatingsupply"),
    "volume_24h_usd": ("volume_(24h)", "volume_24h", "volume(24h)"),
}
_DAY = re.compile(r"(20\d\d)-?(\d\d)-?(\d\d)")
_COIN = re.compile(r"(.+?)_\d")


def recognise(sheet: Sheet, hints: Hints, universe: Universe) -> Reading | None:
    """By market cap and circulating supply under their names there."""
    history = places(sheet.names, _HISTORY)
    if {"ts", "price_usd", "market_cap_usd"} <= history.keys():
        coin = _COIN.match(sheet.title)
        names = [coin[1]] if coin else [sheet.title.rpartition(".")[0]]
        fixed = {"token": token_of(universe, sheet, hints, names), "source": "coinmarketcap file"}
        return Reading(NAME, "supplies", history, fixed, TimeForm(naive_utc=True))
    listed = places(sheet.names, _LIST)
    if not {"token", "circulating_supply"} <= listed.keys():
        return None
    day = _DAY.search(sheet.title)
    if day is None:
        raise refuse(
            sheet, "found a list of coins without its day", "put the day into the name: cmc_20250105.csv"
        )  # fmt: skip
    closing = f"{day[1]}-{day[2]}-{day[3]}T23:59:59Z"
    fixed = {"ts": closing, "source": "coinmarketcap list"}
    return Reading(NAME, "supplies", listed, fixed)
