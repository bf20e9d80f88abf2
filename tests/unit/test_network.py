"""Which way an address is asked, by the environment."""

import pytest

from monitor.network import MAIL_TIMEOUT, VENUE_TIMEOUT, network_faults, proxy_for
from monitor.settings.tables import SmtpTable, VenueTable
from tests.kit.bare_network import forget_network

PROXY = "http://joe:wJ4h@proxy.example:3128"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_network(monkeypatch)


@pytest.mark.parametrize(
    ("spared", "url", "straight"),
    [
        ("", "https://api.binance.com/x", False),
        ("binance.com", "https://api.binance.com/x", True),
        (".binance.com", "https://api.binance.com/x", True),
        ("*.binance.com", "https://api.binance.com/x", True),
        ("binance.com", "https://notbinance.com/x", False),
        ("API.Binance.com.", "https://api.binance.com./x", True),
        ("other, api.binance.com", "https://api.binance.com/x", True),
        ("binance.com:8443", "https://api.binance.com/x", False),
        ("binance.com:443", "https://api.binance.com/x", True),
        ("*", "https://hooks.slack.com/x", True),
        ("10.0.0.0/8", "https://10.1.2.3/x", True),
        ("10.0.0.0/8", "https://11.1.2.3/x", False),
        ("10.1.2.3", "https://10.1.2.3:8443/x", True),
        ("fd00::/8", "https://[fd00::7]/x", True),
        ("0.1", "https://10.0.0.1/x", False),
        ("", "https://127.0.0.1:9/x", True),
        ("", "https://localhost:9/x", True),
        ("", "https://[::1]:9/x", True),
    ],
)
def test_what_no_proxy_spares_is_asked_straight(
    monkeypatch: pytest.MonkeyPatch, spared: str, url: str, straight: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", spared)
    assert proxy_for(url) == (None if straight else PROXY)


def test_each_scheme_has_its_own_and_all_serves_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    assert proxy_for("https://a.example/") == "http://proxy.example:3128"
    assert proxy_for("http://a.example/") is None
    monkeypatch.setenv("ALL_PROXY", "http://all.example:1")
    assert proxy_for("http://a.example/") == "http://all.example:1"
    assert proxy_for("https://a.example/") == "http://proxy.example:3128"


@pytest.mark.parametrize(
    "address", ["socks5://joe:wJ4h@proxy.example:1080", "http://joe:wJ4h@:1", "http://p:wJ4h"]
)
def test_a_proxy_that_cannot_be_used_is_never_gone_around(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(ValueError, match="expected http://host:port") as caught:
        proxy_for("https://a.example/")
    assert "wJ4h" not in str(caught.value)
    ((name, text),) = network_faults()
    assert name == "HTTPS_PROXY"
    assert "wJ4h" not in text


def test_certificates_that_are_none_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    assert "cannot be read" in dict(network_faults())["SSL_CERT_FILE"]
    file.write_text("no certificate")
    assert "holds no certificate" in dict(network_faults())["SSL_CERT_FILE"]


def test_the_settings_wait_as_long_as_the_way_out_does() -> None:
    """Twice in the code, since loading the way out would cost each verb a tenth of a second."""
    assert VenueTable().timeout == VENUE_TIMEOUT
    assert SmtpTable().timeout == MAIL_TIMEOUT
