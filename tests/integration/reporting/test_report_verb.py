"""`monitor report` as it is typed: to a file, to a mail server, and on a bad day."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from monitor.clock import LiveClock
from monitor.store.database import open_database
from monitor.store.migrations import upgrade
from tests.integration.commands.stage import Market
from tests.integration.reporting.stage import config_text, hours, put_steps
from tests.kit.smtp_server import SmtpServer, free_port

DESK = ("desk@example.org", "fund@example.org")
ONE = timedelta(days=1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmtpServer]:
    with SmtpServer(tmp_path, security="plain") as found:
        yield found


@pytest.fixture
def market(tmp_path: Path, server: SmtpServer) -> Market:
    """Stepped every hour of yesterday and of the day before; the clock is the machine's."""
    smtp = f'host = "{server.host}"\nport = {server.port}\nsecurity = "none"'
    config = tmp_path / "monitor.toml"
    config.write_text(
        f'[database]\nurl = "sqlite:///{tmp_path / "monitor.db"}"\n'
        + config_text(recipients=DESK, smtp=smtp),
        encoding="utf-8",
    )
    now = LiveClock().now()
    midnight = datetime.combine(now.date(), time(), tzinfo=UTC)
    database = open_database(f"sqlite:///{tmp_path / 'monitor.db'}")
    upgrade(database)
    put_steps(database, hours(midnight - 2 * ONE, midnight))
    database.close()
    return Market(server=None, config=config, folder=tmp_path, now=now)  # type: ignore[arg-type]


def day(market: Market, shift: int) -> str:
    return f"{market.now + shift * ONE:%Y-%m-%d}"


def test_a_day_becomes_one_file_that_needs_nothing_else(market: Market, tmp_path: Path) -> None:
    out = tmp_path / "day.html"
    assert market.monitor("report", "--out", str(out)).stdout == f"wrote {out}\n"
    html = out.read_text(encoding="utf-8")
    assert html.count('src="data:image/png;base64,') == 4
    assert not re.search(r'(src|href)="(?!data:image/png|https?://[^"]*rotation=)', html)
    yesterday = market.now - ONE
    assert f"Sector rotations, {yesterday.day} {yesterday:%B %Y}" in html


def test_a_day_that_has_not_begun_is_refused_in_words(market: Market, tmp_path: Path) -> None:
    out = tmp_path / "day.html"
    refused = market.monitor("report", "--date", day(market, 2), "--out", str(out), code=2).stderr
    told = " ".join(refused.replace("│", " ").split())
    assert f"found {day(market, 2)}, expected a day that has begun (today is" in told
    assert not out.exists()
    for wrong in ("yesterday", "0001-01-01", "2025-13-01"):
        assert "expected a da" in market.monitor("report", "--date", wrong, code=2).stderr


def test_a_day_without_data_makes_a_file_that_says_why(market: Market, tmp_path: Path) -> None:
    out = tmp_path / "day.html"
    done = market.monitor("report", "--date", "2020-02-03", "--out", str(out), code=3)
    assert "2020-02-03: no data: the record begins" in done.stderr
    assert "No data for 3 February 2020: the record begins" in out.read_text().replace(
        "\u00a0", " "
    )


def test_a_file_that_cannot_be_written_is_said(market: Market) -> None:
    done = market.monitor("report", "--out", "/nowhere/at/all/day.html", code=1)
    assert "/nowhere/at/all/day.html cannot be written: No such file or directory" in done.stderr


def test_it_is_mailed_once_for_each_date_and_recipient(market: Market, server: SmtpServer) -> None:
    done = market.monitor("report", "--send")
    assert done.stdout.splitlines() == [f"{to}: delivered" for to in DESK]
    assert sorted(mail.recipients for mail in server.mails) == [(to,) for to in DESK]
    mail = server.mails[0]
    assert mail.subject.startswith("[rotation] ")
    assert mail.part("text/plain").startswith("[rotation] ")
    assert "To change or stop this mail" in mail.part("text/plain")
    again = market.monitor("report", "--send").stdout.splitlines()
    assert all(": already sent on " in line for line in again)
    assert len(again) == len(server.mails) == 2
    assert market.monitor("report", "--send", "--date", day(market, -2)).stdout.count("delivered")
    assert len(server.mails) == 4


def test_one_refused_recipient_hinders_no_other_and_is_tried_again_when_asked(
    market: Market, server: SmtpServer
) -> None:
    server.faults.refused[DESK[0]] = "550 5.1.1 mailbox unknown"
    done = market.monitor("report", "--send", code=3).stdout.splitlines()
    assert re.fullmatch(rf"{DESK[0]}: not delivered: mail: .*550.*", done[0])
    assert done[1] == f"{DESK[1]}: delivered"
    server.faults.refused.clear()
    again = market.monitor("report", "--send").stdout.splitlines()
    assert again[0] == f"{DESK[0]}: delivered"
    assert again[1].startswith(f"{DESK[1]}: already sent on ")
    assert len(server.mails) == 2


def test_a_day_that_is_not_over_is_not_mailed(market: Market, server: SmtpServer) -> None:
    refused = market.monitor("report", "--send", "--date", day(market, 0), code=2).stderr
    assert "expected a day that is over" in " ".join(refused.replace("│", " ").split())
    assert not server.mails


def test_without_recipients_it_says_what_to_set(market: Market) -> None:
    market.config.write_text(
        market.config.read_text().replace(f"recipients = {list(DESK)}", "recipients = []")
    )
    done = market.monitor("report", "--send", code=1)
    assert "the report has no recipients" in done.stderr
    assert "next: set recipients" in done.stderr


def test_a_server_that_is_away_is_said_and_the_mail_waits(
    market: Market, server: SmtpServer
) -> None:
    text = market.config.read_text().replace(f"port = {server.port}", f"port = {free_port()}")
    market.config.write_text(text)
    done = market.monitor("report", "--send", code=1).stdout.splitlines()
    # a server that is away is asked once, not once a reader
    first, second = done
    assert re.fullmatch(r"\S+: not delivered: mail: .+", first)
    assert re.fullmatch(r"\S+: not delivered: still waiting; monitor run sends it", second)
    status = market.monitor("status", "--json").stdout
    assert '"pending": 2' in status
