"""A venue with weeks of bars whose answers are made once and kept, so that a benchmark measures who asks and not who answers.

`python -m tests.benchmarks.history_server --venue bybit --tokens 20 --days 30` prints its address and serves until it is stopped.
"""

import argparse
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from subprocess import PIPE, Popen
from typing import Any

from aiohttp import web

from monitor.clock import LiveClock
from monitor.model.grid import to_ms
from tests.kit.venue_server.book import BarBook
from tests.kit.venue_server.candles import Candle
from tests.kit.venue_server.server import VenueServer
from tests.kit.venue_server.wire import Venue
from tests.kit.waiting import PATIENCE_S

SINCE = datetime(2025, 1, 1, tzinfo=UTC)
WIDTH = timedelta(minutes=5)


def token_of(number: int) -> str:
    """Its token's id; its market is that in USDT."""
    return f"TOK{number:02d}"


def history(venue: str, tokens: int, days: int) -> BarBook:
    """Waves that differ by token, from :data:`SINCE` on."""
    book, count = BarBook(WIDTH), timedelta(days=days) // WIDTH
    for number in range(tokens):
        prices = [
            _tick(
                (1 + number)
                * math.exp(0.03 * math.sin(i / (150 + number)) + 0.002 * math.sin(i * 1.7))
            )
            for i in range(count + 1)
        ]
        candles = [_candle(SINCE + i * WIDTH, prices[i], prices[i + 1]) for i in range(count)]
        book.put(venue, f"{token_of(number)}/USDT", candles)
    return book


def _candle(at: datetime, start: float, end: float) -> Candle:
    base = round(50_000.0 * (2.0 + math.sin(to_ms(at) / 7.7e6)), 2)
    high, low = _tick(max(start, end) * 1.001), _tick(min(start, end) * 0.999)
    quote = round(base * (start + end) / 2, 4)
    return Candle(to_ms(at), start, high, low, end, base, quote, quote / 2, trades=400)


def _tick(price: float) -> float:
    """Venues quote prices of five digits or so, not of sixteen."""
    return float(f"{price:.5g}")


class RememberingServer(VenueServer):
    """Repeats what it said to the same question; its bars are all closed."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._said: dict[str, tuple[bytes, str]] = {}

    async def _answer(self, venue: Venue, request: web.Request) -> web.StreamResponse:
        said = self._said.get(request.path_qs)
        if said is None:
            made = await super()._answer(venue, request)
            if not isinstance(made, web.Response) or not isinstance(made.body, bytes):
                return made
            said = self._said[request.path_qs] = (made.body, made.content_type)
        return web.Response(body=said[0], content_type=said[1])


@contextmanager
def serving(venue: str, tokens: int, days: int, *, seconds: int = 3000) -> Iterator[str]:
    """The address of such a server in a process of its own."""
    options = {"venue": venue, "tokens": tokens, "days": days, "max-seconds": seconds}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    process = Popen([sys.executable, "-m", __name__, *words], stdout=PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def main(arguments: list[str]) -> int:
    """Serve; 0 when it was stopped or its time was over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venue", required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--max-seconds", type=float, required=True)
    options = parser.parse_args(arguments)
    book = history(options.venue, options.tokens, options.days)
    seconds = options.max_seconds
    server = RememberingServer(
        book, LiveClock(), venues=[options.venue], padding=500, max_seconds=seconds
    )
    with server:
        print(server.url(options.venue), flush=True)
        server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
