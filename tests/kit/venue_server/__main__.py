"""The server in a process of its own: prints one line of JSON with its addresses, then serves until it is stopped.

`python -m tests.kit.venue_server --bars bars.csv.gz --start 2025-01-17T00:00:00Z --speed 3600 --origin 2026-01-01T12:00:00Z`
"""

import argparse
import json
import sys
from pathlib import Path

from monitor.clock import Clock, LiveClock
from monitor.model.grid import parse_iso
from tests.kit.scaled_clock import ScaledClock
from tests.kit.venue_server.book import BarBook
from tests.kit.venue_server.server import VenueServer


def main(arguments: list[str]) -> int:
    """Serve; 0 when it was stopped or its time was over."""
    parser = argparse.ArgumentParser(prog="python -m tests.kit.venue_server", description=__doc__)
    parser.add_argument("--bars", type=Path, action="append", required=True, help="CSV(.gz)")
    parser.add_argument("--port", type=int, default=0, help="control; venues on the next ones")
    parser.add_argument("--venue", action="append", help="default: every venue of the file")
    parser.add_argument("--start", type=parse_iso, help="simulated time at the origin")
    parser.add_argument("--origin", type=parse_iso, help="machine time of the start")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--padding", type=int, default=0, help="dummy markets a venue")
    parser.add_argument("--list-from-first-bar", action="store_true")
    parser.add_argument("--max-seconds", type=float, default=900.0)
    parser.add_argument("--max-requests", type=int, default=2_000_000)
    options = parser.parse_args(arguments)
    clock: Clock = LiveClock()
    if options.start is not None:
        origin = options.origin or clock.now()
        clock = ScaledClock(options.start, speed=options.speed, origin=origin)
    book = BarBook.load(*options.bars, list_from_first_bar=options.list_from_first_bar)
    server = VenueServer(
        book,
        clock,
        venues=options.venue,
        port=options.port,
        padding=options.padding,
        max_requests=options.max_requests,
        max_seconds=options.max_seconds,
    )
    with server:
        print(
            json.dumps({"control": server.control_url, "venues": dict(server.base_urls)}),
            flush=True,
        )
        server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
