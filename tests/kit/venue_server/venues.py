"""The venues that the server can play, by id."""

from collections.abc import Mapping

from tests.kit.venue_server.binance import Binance
from tests.kit.venue_server.bitget import Bitget
from tests.kit.venue_server.bitstamp import Bitstamp
from tests.kit.venue_server.bybit import Bybit
from tests.kit.venue_server.coinbase import Coinbase
from tests.kit.venue_server.gate import Gate
from tests.kit.venue_server.htx import Htx
from tests.kit.venue_server.hyperliquid import Hyperliquid
from tests.kit.venue_server.kraken import Kraken
from tests.kit.venue_server.kucoin import Kucoin
from tests.kit.venue_server.mexc import Mexc
from tests.kit.venue_server.okx import Okx
from tests.kit.venue_server.wire import Venue

VENUES: Mapping[str, type[Venue]] = {
    v.id: v
    for v in (
        Binance,
        Bitget,
        Bitstamp,
        Bybit,
        Coinbase,
        Gate,
        Htx,
        Hyperliquid,
        Kraken,
        Kucoin,
        Mexc,
        Okx,
    )
}

WHOLE = ("binance", "bybit", "gate", "kucoin", "okx")
"""Those that play tickers and trades of spot markets too; of the others markets, candles and books, what perpetuals have, and trades of
those whose trades are read."""
