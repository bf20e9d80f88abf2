"""An exchange server on loopback that speaks the wire formats of real venues, for tests.

Unmodified ccxt talks to it through a rewritten base URL. What it serves comes from a :class:`BarBook` and is relative to
a simulated clock; faults are switched on and off by a test, or over HTTP at the control address.
"""

from tests.kit.venue_server.book import BarBook
from tests.kit.venue_server.candles import Candle
from tests.kit.venue_server.faults import Fault, FaultKind
from tests.kit.venue_server.server import VenueServer
from tests.kit.venue_server.venues import VENUES

__all__ = ["VENUES", "BarBook", "Candle", "Fault", "FaultKind", "VenueServer"]
