"""Connections of one configuration are gone when the next has taken over."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.clock import ManualClock
from monitor.daemon.assemble import assemble, begin
from monitor.service_manager import ServiceManager
from monitor.settings.load import load_settings
from monitor.store.database import Database
from tests.integration.commands.stage import config_text
from tests.integration.daemon.desk import START
from tests.kit.vendor_server import VendorServer

NOWHERE = {"bybit": "http://127.0.0.1:9", "gate": "http://127.0.0.1:9"}
RELOADS = 20


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer(keeps_alive=True) as server:
        yield server


def sockets() -> int:
    """Those of this process that are open."""
    count = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            count += str(descriptor.readlink()).startswith("socket:")
        except FileNotFoundError:  # of the listing itself
            continue
    return count


async def test_reloads_leave_no_connection_to_a_vendor_behind(
    database: Database, vendor: VendorServer, tmp_path: Path
) -> None:
    vendor.answers["/feed.xml"] = "<rss version='2.0'><channel><title>x</title></channel></rss>"
    vendor.answers["/coins/markets"] = []
    vendor.answers["/tickers"] = []
    file = tmp_path / "monitor.toml"
    tokens = "".join(
        f'[tokens.{name}.identity]\ncoingecko = "{name.lower()}"\n'
        for name in ("VIRTUAL", "DOGE", "BTC")
    )
    file.write_text(
        config_text(NOWHERE, tmp_path).replace(
            "[tokens.DOGE]", '[tokens.DOGE]\ncoinpaprika = "doge-dogecoin"'
        )
        + tokens
        + f'[sources.coingecko]\nenabled = true\nbase_url = "{vendor.url}"\n'
        + f'[sources.coinpaprika]\nenabled = true\nbase_url = "{vendor.url}"\n'
        + f'[feeds.news]\nurl = "{vendor.url}/feed.xml"\n'
    )
    settings, clock = load_settings(file, {}), ManualClock(START)
    found = []
    for _ in range(RELOADS):
        parts = assemble(
            settings,
            clock,
            database,
            asyncio.Event(),
            begin(settings, clock, database),
            ServiceManager({}),
        )
        for job in ("supplies", "headlines"):
            await parts.jobs[job].work()
        assert len(parts.sources) >= 3
        await parts.close()
        found.append(sockets())
    assert len(vendor.asked) >= 2 * RELOADS
    assert found[-1] <= found[1], found
