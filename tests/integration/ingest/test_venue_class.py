"""Of ccxt what our venues need, and all of it for whoever asks for all of it."""

import json
import subprocess
import sys

PROGRAM = """
import json, sys
from monitor.ingest.exchange.venue_class import venue_class
classes = {venue: venue_class(venue) for venue in ("binance", "bybit", "gate", "kucoin", "okx", "binanceus")}
lean = sum(name.startswith("ccxt.async_support.") for name in sys.modules)
bare = [name for name in ("ccxt", "ccxt.async_support") if name in sys.modules]
import ccxt
import ccxt.async_support as whole
from ccxt.base.errors import BadSymbol
same = all(getattr(whole, venue) is found for venue, found in classes.items())
caught = issubclass(whole.BadSymbol, ccxt.BadSymbol) and whole.BadSymbol is BadSymbol
print(json.dumps([lean, bare, same, caught, len(ccxt.exchanges), venue_class("kraken") is whole.kraken]))
"""


def test_the_venues_classes_come_alone_and_are_those_of_the_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    lean, bare, same, caught, known, whole = json.loads(done.stdout)
    assert lean < 40
    assert bare == []
    assert same
    assert caught
    assert known > 100
    assert whole
