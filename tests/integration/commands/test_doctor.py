"""What `monitor doctor` says of the database, the network and Slack, within a terminal's width."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.commands.stage import Market, small_market
from tests.kit.slack_server import SlackServer


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with small_market(tmp_path) as found:
        found.monitor("db", "upgrade")
        yield found


def findings(market: Market, *options: str, environ: dict[str, str] | None = None) -> list[str]:
    """One text each; no line is wider than 80 columns, and nothing is said of what it left open."""
    done = market.monitor(*options, "doctor", code=(0, 3), environ=environ or {})
    said = done.stdout
    assert max(map(len, said.splitlines())) <= 80
    assert "Unclosed" not in done.stderr
    assert "release all resources" not in done.stderr
    return re.sub(r"\n {29}", " ", said).splitlines()


def about(found: list[str], what: str) -> list[str]:
    return [line for line in found if line.startswith(what)]


def test_slacks_token_is_asked_who_it_is(market: Market) -> None:
    with SlackServer(max_seconds=300) as slack:
        environ = {
            "MONITOR_ALERTS__SLACK__BOT_TOKEN": slack.token,
            "MONITOR_ALERTS__SLACK__CHANNEL": "C0ALERTS",
            "MONITOR_ALERTS__SLACK__BASE_URL": slack.api_url,
        }
        assert about(findings(market, environ=environ), "slack token") == [
            "slack token            ok    is monitor in Test"
        ]
        wrong = environ | {"MONITOR_ALERTS__SLACK__BOT_TOKEN": "xoxb-wrong"}
        (line,) = about(findings(market, environ=wrong), "slack token")
        assert "WRONG slack: invalid_auth" in line
        assert line.endswith("mend: MONITOR_ALERTS__SLACK__BOT_TOKEN")
        assert "xoxb" not in line
        assert not slack.workspace.messages("alerts")


def test_a_webhook_of_another_form_is_said(market: Market) -> None:
    environ = {"MONITOR_ALERTS__SLACK__WEBHOOK": "https://hooks.slack.com/services/T0/B0/secretX"}
    assert not about(findings(market, environ=environ), "slack webhook")
    environ = {"MONITOR_ALERTS__SLACK__WEBHOOK": "https://hooks.slack.com/secretX"}
    (line,) = about(findings(market, environ=environ), "slack webhook")
    assert "not of the form" in line
    assert "secretX" not in line


def test_a_perpetual_that_is_not_read_is_said(market: Market) -> None:
    text = market.config.read_text(encoding="utf-8")
    unread = 'markets = [{venue = "kraken", symbol = "ARC/USDT:USDT"}, '
    text = (
        text.replace("markets = [", unread, 1)
        + '[venues.kraken]\nbase_url = "http://127.0.0.1:9"\n'
    )
    market.config.write_text(text, encoding="utf-8")
    (line,) = about(findings(market), "markets")
    assert "WRONG" in line
    assert "of kraken, expected a spot market" in line


def test_a_machine_without_a_network_says_so_once(market: Market) -> None:
    environ = {f"MONITOR_VENUES__{v}__BASE_URL": "http://127.0.0.1:9" for v in ("BYBIT", "GATE")}
    found = findings(market, environ=environ)
    assert not about(found, "venue")
    (line,) = about(found, "network")
    assert "WRONG none of 2 venues can be reached from here" in line
    one = findings(market, environ={"MONITOR_VENUES__GATE__BASE_URL": "http://127.0.0.1:9"})
    assert not about(one, "network")
    assert "is unreachable" in about(one, "venue gate")[0]


def test_a_venue_that_has_another_time_is_said(market: Market) -> None:
    assert not about(findings(market), "venue gate clock")
    market.server.faults.add("clock_off", "gate", seconds=600)
    found = findings(market)
    (line,) = about(found, "venue gate clock")
    assert "WRONG" in line
    assert "ahead of ours" in line
    assert line.endswith("mend: this machine's clock")
    assert not about(found, "venue bybit clock")


def test_a_proxy_and_certificates_that_cannot_be_read_are_said(market: Market) -> None:
    environ = {
        "HTTPS_PROXY": "http://joe:wJ4h@proxy.example:3128",
        "NO_PROXY": "127.0.0.1",
        "SSL_CERT_FILE": "/nowhere/ca.pem",
    }
    found = findings(market, environ=environ)
    assert about(found, "proxy") == [
        "proxy                  ok    HTTPS_PROXY leads over proxy.example; NO_PROXY spares 127.0.0.1"
    ]
    assert "WRONG SSL_CERT_FILE names /nowhere/ca.pem, which cannot be read" in str(found)
    assert "wJ4h" not in str(found)


def test_a_file_that_no_one_can_read_beside_the_writer_is_wrong(
    market: Market, tmp_path: Path
) -> None:
    url = f"sqlite:///file:{tmp_path / 'nfs.db'}?vfs=unix-dotfile&uri=true"
    market.monitor("--db", url, "db", "upgrade")
    line = about(findings(market, "--db", url), "database")[1]
    assert "WRONG WAL is not available here (a network mount?)" in line
    assert about(findings(market), "room")[0].startswith("room                   ok ")
