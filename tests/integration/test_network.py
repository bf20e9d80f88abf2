"""Proxy, NO_PROXY and own certificates with real servers: the same for venues, a vendor and every channel."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import structlog.testing

from monitor.clock import ManualClock
from monitor.delivery.apprise import AppriseServices
from monitor.delivery.channel import Sending
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.slack.api import SlackApi
from monitor.delivery.slack.webhook import SlackWebhook
from monitor.delivery.webhook import SignedWebhook
from monitor.ingest.coingecko import CoinGecko
from monitor.ingest.dune import Dune
from monitor.ingest.errors import VenueDown, VenueUnreachable
from monitor.ingest.exchange.ccxt_client import CcxtClient
from monitor.ingest.exchange.clients import make_clients
from monitor.jobs.heartbeat import Beat, Heartbeat
from monitor.model.errors import ConfigError
from monitor.model.grid import to_ms
from monitor.model.universe import Market, Token, Universe
from monitor.network import USER_AGENT
from tests.integration.delivery.post import notice
from tests.integration.ingest.test_dune import QUERY, result
from tests.kit.bare_network import forget_network
from tests.kit.certificates import server_context
from tests.kit.hook_server import HookServer
from tests.kit.relays import ProxyServer, TlsFront
from tests.kit.venue_server import BarBook, Candle, VenueServer

# Apprise itself imports what Python 3.13 will drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
NOW = datetime(2025, 1, 20, 12, 2, tzinfo=UTC)
CLOCK = ManualClock(NOW)
WIDTH = timedelta(minutes=5)
SECRET = "wJ4h-secret"
HOST = "hooks.rooms.test"
JSON = {"Content-Type": "application/json"}


async def _slack_webhook(base: str) -> None:
    await SlackWebhook(f"{base}/services/{SECRET}").send(notice("a"), Sending(NOW))


async def _slack_bot(base: str) -> None:
    api = SlackApi(SECRET, base_url=f"{base}/api/", timeout=timedelta(seconds=30))
    try:
        await api.ask("auth.test")
    finally:
        await api.close()


async def _slack_upload(base: str) -> None:
    api = SlackApi(SECRET, base_url=f"{base}/api/", timeout=timedelta(seconds=30))
    try:
        await api.upload(f"{base}/upload/{SECRET}", b"picture")
    finally:
        await api.close()


async def _signed_webhook(base: str) -> None:
    await SignedWebhook(f"{base}/in?token={SECRET}", SECRET).send(notice("a"), Sending(NOW))


async def _vendor(base: str) -> None:
    vendor = CoinGecko(CLOCK, plan="demo", key=SECRET, base_url=f"{base}/api/v3", attempts=1)
    try:
        await vendor.read([Token("virtual", "Virtual", coingecko_id="virtual-protocol")])
    finally:
        await vendor.close()


async def _dune(base: str) -> None:
    dune = Dune(CLOCK, [QUERY], key=SECRET, base_url=base, attempts=1)
    try:
        await dune.read()
    finally:
        await dune.close()


async def _heartbeat(base: str) -> None:
    """One beat, which never raises: what it logs in place of that is raised here."""
    heartbeat, stop = Heartbeat(f"{base}/ping/{SECRET}", signals=True), asyncio.Event()
    with structlog.testing.capture_logs() as logs:
        running = asyncio.create_task(heartbeat.run(stop))
        heartbeat.say(Beat.SUCCESS)
        await asyncio.sleep(0)
        stop.set()  # what was said before goes out
        await running
    if logs:
        raise DeliveryFailed("unreachable", str(logs))


async def _apprise(base: str) -> None:
    package = pytest.importorskip("apprise", reason="the extra apprise is not installed")
    url = base.replace("http", "json", 1)
    services = AppriseServices(package, [f"{url}/{SECRET}"], asyncio.Lock())
    await services.send(notice("a"), Sending(NOW))


CALLS: dict[str, tuple[Callable[[str], Awaitable[None]], tuple[int, dict[str, str], str]]] = {
    "slack webhook": (_slack_webhook, (200, {}, "ok")),
    "slack bot": (_slack_bot, (200, JSON, '{"ok": true}')),
    "slack upload": (_slack_upload, (200, {}, "OK")),
    "signed webhook": (_signed_webhook, (200, {}, "")),
    "vendor": (_vendor, (200, JSON, "[]")),
    "dune": (_dune, (200, JSON, json.dumps(result({"day": "2025-01-02", "volume_usd": 1.0})))),
    "heartbeat": (_heartbeat, (200, {}, "OK")),
    "apprise": (_apprise, (200, {}, "")),
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_network(monkeypatch)


@pytest.fixture
def hook() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    return tmp_path / "ca.pem"


@pytest.fixture
def tls(hook: HookServer, tmp_path: Path, authority: Path) -> Iterator[TlsFront]:
    with TlsFront(urlsplit(hook.url).port or 0, server_context(tmp_path, authority)) as front:
        yield front


@pytest.fixture
def proxy(tls: TlsFront, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProxyServer]:
    with ProxyServer(tls.port) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        monkeypatch.setenv("HTTP_PROXY", server.url)
        yield server


@pytest.mark.parametrize("call", CALLS)
async def test_all_go_over_the_proxy_and_believe_the_networks_own_authority(
    call: str,
    hook: HookServer,
    proxy: ProxyServer,
    authority: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask, hook.usual = CALLS[call]
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    await ask(f"https://{HOST}")
    assert set(proxy.asked) == {f"{HOST}:443"}
    assert SECRET not in "".join(proxy.heads)
    assert hook.hooks
    if call != "slack upload":  # its session is Slack's client's
        assert all(got.headers["User-Agent"].startswith(USER_AGENT) for got in hook.hooks)


@pytest.mark.parametrize("call", CALLS)
async def test_nothing_goes_to_a_proxy_that_no_proxy_excludes(
    call: str, hook: HookServer, proxy: ProxyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, hook.usual = CALLS[call]
    monkeypatch.setenv("NO_PROXY", "rooms.test")
    for scheme in ("https", "http"):
        with pytest.raises((DeliveryFailed, VenueDown)) as caught:  # nobody knows that name
            await ask(f"{scheme}://{HOST}")
        assert SECRET not in str(caught.value)
    assert proxy.heads == []
    assert hook.hooks == []


@pytest.mark.parametrize("call", CALLS)
async def test_without_the_authority_nobody_believes_it(
    call: str, hook: HookServer, tls: TlsFront
) -> None:
    ask, hook.usual = CALLS[call]
    with pytest.raises((DeliveryFailed, VenueDown)):
        await ask(tls.url)
    assert hook.hooks == []


@pytest.mark.parametrize("call", CALLS)
async def test_the_authority_of_the_environment_is_believed(
    call: str, hook: HookServer, tls: TlsFront, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, hook.usual = CALLS[call]
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    await ask(tls.url)
    assert hook.hooks


async def test_the_pro_plan_is_asked_at_its_own_host(
    hook: HookServer, proxy: ProxyServer, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    hook.usual = CALLS["vendor"][1]
    vendor = CoinGecko(CLOCK, plan="pro", key=SECRET, attempts=1)
    try:
        await vendor.read([Token("virtual", "Virtual", coingecko_id="virtual-protocol")])
    finally:
        await vendor.close()
    assert proxy.asked == ["pro-api.coingecko.com:443"]
    (got,) = hook.hooks
    assert got.path == "/api/v3/coins/markets"
    assert got.headers["x-cg-pro-api-key"] == SECRET


# Venues, by the real ccxt


MARKET = Market("bybit", "VIRTUAL/USDT", "virtual")


@pytest.fixture
def venue() -> Iterator[VenueServer]:
    book = BarBook(WIDTH)
    opens = [NOW.replace(minute=0) - i * WIDTH for i in range(12, 0, -1)]
    bars = [Candle(to_ms(at), 3.0, 3.1, 2.9, 3.05, 1000.0, 3000.0, 1500.0) for at in opens]
    book.put(MARKET.venue, MARKET.symbol, bars)
    with VenueServer(book, CLOCK) as server:
        yield server


async def asked(base: str) -> int:
    """Candles that came."""
    client = CcxtClient(MARKET.venue, [MARKET], CLOCK, base_url=base, timeout=timedelta(seconds=60))
    try:
        await client.load_markets()
        since = to_ms(NOW - timedelta(hours=1))
        return len(await client.candles(MARKET, WIDTH, since, 12, to_ms(NOW)))
    finally:
        await client.close()


async def test_a_venue_is_asked_over_the_proxy(
    venue: VenueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ProxyServer(urlsplit(venue.url("bybit")).port or 0) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert await asked("http://venue.rooms.test") > 0
        assert set(proxy.asked) == {"venue.rooms.test"}
        assert all(f"User-Agent: {USER_AGENT}" in head for head in proxy.heads)
        proxy.heads.clear()
        monkeypatch.setenv("NO_PROXY", "rooms.test")
        with pytest.raises(VenueUnreachable):
            await asked("http://venue.rooms.test")
        assert proxy.heads == []
        monkeypatch.delenv("NO_PROXY")
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        proxy.refuses = 407
        with pytest.raises(VenueUnreachable, match="proxy answers HTTP 407") as caught:
            await asked("https://venue.rooms.test")
        assert caught.value.remedy == "HTTPS_PROXY, or NO_PROXY for what is asked straight"
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(VenueUnreachable, match="the proxy does not answer") as caught:
        await asked("http://venue.rooms.test")
    assert caught.value.remedy is not None


async def test_a_venue_behind_the_networks_own_authority(
    venue: VenueServer, tmp_path: Path, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = server_context(tmp_path, authority)
    with TlsFront(urlsplit(venue.url("bybit")).port or 0, context) as front:
        with pytest.raises(VenueUnreachable, match="certificate that is not trusted") as caught:
            await asked(front.url)
        assert str(caught.value.remedy).startswith("SSL_CERT_FILE")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert await asked(front.url) > 0


def test_a_way_that_cannot_be_used_is_said_before_anybody_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"socks5://joe:{SECRET}@proxy.example:1080")
    with pytest.raises(ConfigError, match="HTTPS_PROXY is of the scheme 'socks5'") as caught:
        make_clients(Universe((), ()), CLOCK, {})
    assert SECRET not in str(caught.value)
