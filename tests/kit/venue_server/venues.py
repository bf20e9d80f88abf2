"""The venues that the server can play, by id."""

from collections.abc import Mapping

from tests.kit.venue_server.binance import Binance
from tests.kit.venue_server.bitstamp import Bitstamp
from tests.kit.venue_server.bybit import Bybit
from tests.kit.venue_server.coinbase import Coinbase
from tests.kit.venue_server.gate import Gate
from tests.kit.venue_server.kraken import Kraken
from tests.kit.venue_server.kucoin import Kucoin
from tests.kit.venue_server.okx import Okx
from tests.kit.venue_server.wire import Venue

VENUES: Mapping[str, type[Venue]] = {
    v.id: v for v in (Binance, Bitstamp, Bybit, Coinbase, Gate, Kraken, Kucoin, Okx)
}

WHOLE = tuple(sorted({*VENUES} - {"bitstamp", "coinbase", "kraken"}))
"""Those that play tickers, books and trades too; of the others markets and candles."""
