"""`monitor notify test` and `replay --notify` through outbox and channel, by people who set things up, well and badly."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.commands.demo import demo_database
from monitor.episodes import load_episode
from tests.integration.commands.stage import Market, small_market
from tests.kit.slack_server import SlackServer
from tests.kit.slack_server.server import TOKEN
from tests.kit.smtp_server import SmtpServer
from tests.scenarios.stage import config_text

PASSWORD = "wJ4h-of-the-mail"
READERS = ["desk@example.com", "fund@example.com"]


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with small_market(tmp_path, hours=24) as made:
        made.monitor("db", "upgrade")
        yield made


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer(max_seconds=200) as server:
        yield server


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[SmtpServer]:
    with SmtpServer(tmp_path, username="monitor", password=PASSWORD) as server:
        yield server


def by_bot(slack: SlackServer, **changes: str) -> dict[str, str]:
    return {
        "MONITOR_ALERTS__SLACK__BOT_TOKEN": TOKEN,
        "MONITOR_ALERTS__SLACK__CHANNEL": "C0ALERTS",
        "MONITOR_ALERTS__SLACK__BASE_URL": slack.api_url,
    } | changes


def by_mail(mail: SmtpServer, password: str = PASSWORD) -> dict[str, str]:
    return {
        "MONITOR_SMTP__HOST": mail.host,
        "MONITOR_SMTP__PORT": str(mail.port),
        "MONITOR_SMTP__USER": "monitor",
        "MONITOR_SMTP__PASSWORD": password,
        "MONITOR_ALERTS__EMAIL__OPERATORS": json.dumps(READERS),
        "SSL_CERT_FILE": str(mail.certificate),
    }


def test_every_way_that_is_set_up_is_tried_and_what_it_answered_is_printed(
    market: Market, slack: SlackServer, mail: SmtpServer
) -> None:
    operator = {"MONITOR_ALERTS__SLACK__OPERATOR_CHANNEL": "C0OPERATOR"}
    done = market.monitor("notify", "test", environ=by_bot(slack) | operator | by_mail(mail))
    said = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in said] == ["slack", "operator", *READERS]
    assert said[0].startswith("slack: delivered (channel C0ALERTS, ts ")
    assert all("delivered (Message-ID <test." in line for line in said[2:])
    for channel in ("alerts", "operator"):
        (message,) = slack.workspace.messages(channel)
        assert message.text.startswith("TEST of the sector rotation monitor")
    assert sorted(m.recipients[0] for m in mail.mails) == READERS
    assert all(m.subject.startswith("TEST") and m.tls for m in mail.mails)
    assert TOKEN not in done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr


def test_one_channel_may_be_tried_alone(
    market: Market, slack: SlackServer, mail: SmtpServer
) -> None:
    market.monitor("notify", "test", "--channel", "email", environ=by_bot(slack) | by_mail(mail))
    assert len(mail.mails) == 2
    assert slack.workspace.messages("alerts") == []


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"MONITOR_ALERTS__SLACK__BOT_TOKEN": "xoxb-wJ4h-wrong"}, "invalid_auth"),
        ({"MONITOR_ALERTS__SLACK__CHANNEL": "C0NOBODY"}, "channel_not_found"),
    ],
)
def test_a_wrong_token_or_channel_is_named_and_not_printed(
    market: Market, slack: SlackServer, environ: dict[str, str], word: str
) -> None:
    done = market.monitor(
        "notify", "test", "--channel", "slack", code=1, environ=by_bot(slack) | environ
    )
    assert f"not delivered: slack: {word}" in done.stdout
    assert "wJ4h" not in done.stdout + done.stderr


def test_a_wrong_password_is_named_and_not_printed(market: Market, mail: SmtpServer) -> None:
    done = market.monitor(
        "notify", "test", "--channel", "email", code=1, environ=by_mail(mail, "wJ4h-wrong")
    )
    assert done.stdout.count("not delivered: mail: 535") == 2
    assert "wJ4h" not in done.stdout + done.stderr


def test_a_reader_who_is_refused_keeps_no_other_from_his_mail(
    market: Market, mail: SmtpServer
) -> None:
    mail.faults.refused[READERS[0]] = "550 5.1.1 mailbox unknown"
    done = market.monitor("notify", "test", "--channel", "email", code=1, environ=by_mail(mail))
    first, second = done.stdout.splitlines()
    assert first.startswith("desk@example.com: not delivered: mail: 550")
    assert second.startswith("fund@example.com: delivered")


def test_readers_of_the_daily_report_get_no_tests(market: Market, mail: SmtpServer) -> None:
    environ = by_mail(mail)
    environ["MONITOR_REPORT__RECIPIENTS"] = environ.pop("MONITOR_ALERTS__EMAIL__OPERATORS")
    done = market.monitor("notify", "test", "--channel", "email", code=1, environ=environ)
    assert "alerts.email.operators" in done.stderr
    assert mail.mails == []


def test_with_nothing_set_up_it_says_what_to_set(market: Market) -> None:
    done = market.monitor("notify", "test", "--channel", "email", code=1)
    assert "no such channel is set up" in done.stderr
    assert "MONITOR_ALERTS__SLACK__WEBHOOK" in done.stderr


def test_replay_tells_what_would_have_been_told_once(tmp_path: Path, slack: SlackServer) -> None:
    episode = load_episode()
    demo_database(episode, tmp_path / "january.db").close()
    config = tmp_path / "january.toml"
    venues = dict.fromkeys(("bybit", "gate", "okx"), "http://127.0.0.1:9")
    url = f"sqlite:///{tmp_path / 'january.db'}"
    config.write_text(config_text(episode, venues, url), encoding="utf-8")
    january = Market(None, config, tmp_path, episode.until)  # type: ignore[arg-type]
    arguments = ("replay", "--since", "2025-01-17", "--until", "2025-01-22", "--notify")
    done = january.monitor(*arguments, environ=by_bot(slack))
    parents = slack.workspace.channel("alerts")
    (into,) = [m for m in parents if "AI agents → Memes" in m.text]
    assert "late by" in into.shown.lower()
    assert into.replies
    assert "delivered" in done.stderr
    before = len(slack.workspace.messages("alerts"))
    january.monitor(*arguments, environ=by_bot(slack))
    assert len(slack.workspace.messages("alerts")) == before
