"""Perpetuals of a venue that is read for spot markets alone are refused before anything runs."""

from monitor.ingest.venues.registry import unasked
from monitor.model.universe import Market


def test_a_perpetual_of_a_spot_venue_is_refused_with_what_to_do() -> None:
    asked = [
        Market(v, "BTC/USDT:USDT", "BTC") for v in ("kraken", "kucoin", "coinbase", "bitstamp")
    ]
    asked.append(Market("kraken", "BTC/USDT", "BTC"))
    assert unasked(asked) == [
        f"tokens.BTC: found the perpetual 'BTC/USDT:USDT' of {venue}, expected a spot market: perpetuals of that venue "
        "are not read, name another venue's"
        for venue in ("kraken", "coinbase")
    ]
