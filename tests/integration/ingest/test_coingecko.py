"""Supplies from a CoinGecko-shaped server: unknown figures, leaps, refusals, and a key that never shows."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.alerting.operators import Operators
from monitor.clock import ManualClock
from monitor.ingest.coingecko import CoinGecko
from monitor.ingest.errors import BadVenueData, VenueBusy, VenueDown, VenueError, VenueForbidden
from monitor.ingest.reference_prices import ReferencePrices
from monitor.ingest.supplies_job import read_supplies_into
from monitor.jobs.supplies import supplies_read, supply_sources
from monitor.model.universe import Sector, Token, Universe
from monitor.settings.load import load_settings
from monitor.settings.shipped import shipped_folder
from monitor.settings.tables import SourceTable
from monitor.store import supplies
from monitor.store.database import Database

NOW = datetime(2025, 1, 20, tzinfo=UTC)
KEY = "CG-verysecret"
TOKENS = (
    Token("virtual", "Virtual", coingecko_id="virtual-protocol"),
    Token("trump", "Trump", coingecko_id="official-trump"),
    Token("arc", "Arc"),
)


class Server:
    """Answers `coins/markets` with what a test sets, and remembers what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: Any = []
        self.asked: list[tuple[str, dict[str, list[str]], dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                outer.asked.append((url.path, parse_qs(url.query), dict(self.headers.items())))
                body = outer.body if isinstance(outer.body, str) else json.dumps(outer.body)
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *args: object) -> None:
                """Silent."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/api/v3"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def coin(coin_id: str, circulating: Any, price: Any = 2.5, total: Any = None) -> dict[str, Any]:
    """One entry of the answer."""
    return {
        "id": coin_id,
        "current_price": price,
        "circulating_supply": circulating,
        "total_supply": total,
    }


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def source(server: Server) -> CoinGecko:
    return CoinGecko(ManualClock(NOW), plan="demo", key=KEY, base_url=server.url, attempts=2)


async def test_one_call_asks_for_all_coins_with_the_key_in_its_header(server: Server) -> None:
    server.body = [coin("virtual-protocol", 650e6, total=1e9), coin("ours-not", 1.0)]
    gecko = source(server)
    reading = await gecko.read(TOKENS)
    await gecko.close()
    ((path, query, headers),) = server.asked
    assert path == "/api/v3/coins/markets"
    assert query["ids"] == ["official-trump,virtual-protocol"]
    assert {k.lower(): v for k, v in headers.items()}["x-cg-demo-api-key"] == KEY
    assert {(s.token, s.basis, s.units) for s in reading.supplies} == {
        ("virtual", "circulating", 650e6),
        ("virtual", "total", 1e9),
    }
    assert reading.prices == {"virtual": 2.5}
    assert reading.unknown_ids == ("official-trump",)


@pytest.mark.parametrize(
    ("plan", "header", "other"),
    [
        ("pro", "x-cg-pro-api-key", "x-cg-demo-api-key"),
        ("demo", "x-cg-demo-api-key", "x-cg-pro-api-key"),
    ],
)
async def test_each_plan_has_its_own_header(
    server: Server, plan: str, header: str, other: str
) -> None:
    server.body = [coin("virtual-protocol", 650e6)]
    settings = load_settings(shipped_folder() / "monitor.toml", {})
    table = SourceTable(enabled=True, plan=plan, api_key=KEY, base_url=server.url)  # type: ignore[arg-type]
    (asked,) = supply_sources(replace(settings, sources={"coingecko": table}), ManualClock(NOW))
    reading = await asked.source.read(TOKENS)
    await asked.source.close()
    assert [s.units for s in reading.supplies] == [650e6]
    ((_, _, headers),) = server.asked
    sent = {name.lower(): value for name, value in headers.items()}
    assert sent[header] == KEY
    assert other not in sent


@pytest.mark.parametrize("unknown", [0, None, "n/a", True, -5, float("nan")])
async def test_zero_and_nothing_mean_unknown(server: Server, unknown: Any) -> None:
    server.body = [coin("virtual-protocol", unknown, price=unknown)]
    gecko = source(server)
    reading = await gecko.read(TOKENS)
    await gecko.close()
    assert (reading.supplies, dict(reading.prices)) == ((), {})


async def test_a_leap_of_supply_waits_for_a_second_reading(server: Server) -> None:
    gecko = source(server)
    believed = []
    for units in (100.0, 119.0, 160.0, 119.0, 160.0, 162.0):
        server.body = [coin("virtual-protocol", units)]
        reading = await gecko.read(TOKENS)
        believed.append([s.units for s in reading.supplies])
        assert bool(reading.refusals) is not bool(reading.supplies)
    await gecko.close()
    # 160 is 34 % above 119 and alone; the second time 162 bears it out.
    assert believed == [[100.0], [119.0], [], [119.0], [], [162.0]]


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (429, {}, "slow down", VenueBusy),
        (401, {}, {"status": {"error_code": 10002, "error_message": "no key"}}, VenueForbidden),
        (400, {}, {"status": {"error_code": 10011, "error_message": "demo key"}}, VenueForbidden),
        (403, {}, "<html>1020</html>", VenueForbidden),
        (503, {}, "<html>down</html>", VenueDown),
        (404, {}, {"error": "coin not found"}, VenueError),
        (200, {}, "<html>hello</html>", BadVenueData),
        (200, {}, {"coins": []}, BadVenueData),
    ],
)
async def test_refusals_are_told_apart_and_never_show_the_key(
    server: Server, status: int, headers: dict[str, str], body: Any, expected: type[VenueError]
) -> None:
    server.status, server.headers, server.body = status, headers, body
    gecko = source(server)
    with pytest.raises(VenueError) as caught:
        await gecko.read(TOKENS)
    await gecko.close()
    assert type(caught.value) is expected
    assert KEY not in str(caught.value)
    assert server.url not in str(caught.value)
    if expected is VenueBusy:
        assert caught.value.wait_s == 60.0


async def test_a_server_that_is_not_there_is_down() -> None:
    gecko = CoinGecko(ManualClock(NOW), base_url="http://127.0.0.1:9", attempts=1)
    with pytest.raises(VenueDown):
        await gecko.read(TOKENS)
    await gecko.close()


async def test_a_reading_is_stored_with_its_knowledge_time(
    server: Server, database: Database
) -> None:
    server.body = [coin("virtual-protocol", 650e6)]
    universe = Universe((Sector("all", "All", ()),), TOKENS)
    gecko = source(server)
    stored = await read_supplies_into(gecko, database, universe, ManualClock(NOW))
    await gecko.close()
    assert (stored.saved.new, stored.refused, stored.disbelieved) == (1, (), ())
    with database.read() as conn:
        (row,) = supplies.read_supplies(conn)
    assert (row.token, row.units, row.source) == ("virtual", 650e6, "coingecko")
    assert row.received_at == row.valid_from == NOW


async def test_a_reading_tells_coins_apart_for_an_hour(server: Server, database: Database) -> None:
    server.body = [{"id": "virtual-protocol", "current_price": 3.25}]
    clock = ManualClock(NOW)
    references = ReferencePrices(clock)
    settings = load_settings(shipped_folder() / "monitor.toml", {})
    on = replace(settings, sources={"coingecko": SourceTable(enabled=True, base_url=server.url)})
    asked = supply_sources(on, clock)
    work = supplies_read(asked, database, on, clock, references, Operators(), wake=lambda: None)
    assert references() == {}
    await work()
    assert references() == {"VIRTUAL": 3.25}
    clock.advance(timedelta(hours=2))
    assert references() == {}, "an old price is no reference"
