"""`monitor run` through January 2025 with a bot token and a mail server: threads, pictures, scorecards, daily mail."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.episodes import load_episode
from tests.kit.slack_server.workspace import Message
from tests.kit.smtp_server import Mail, SmtpServer
from tests.scenarios.stage import Stage, staged
from tests.scenarios.test_january import run_to_the_end

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(1800)]

LIVE_FROM = datetime(2025, 1, 17, tzinfo=UTC)
UNTIL = datetime(2025, 1, 21, 12, tzinfo=UTC)
USER, PASSWORD = "monitor", "wJ4h-of-the-mail"
READERS = ("desk@example.com", "fund@example.com")


def environ_of(server: SmtpServer) -> dict[str, str]:
    """As an operator sets it; the test's certificate is trusted the way OpenSSL is told to."""
    readers = json.dumps(list(READERS))
    return {
        "MONITOR_SMTP__HOST": server.host,
        "MONITOR_SMTP__PORT": str(server.port),
        "MONITOR_SMTP__USER": USER,
        "MONITOR_SMTP__PASSWORD": PASSWORD,
        "SSL_CERT_FILE": str(server.certificate),
        "MONITOR_REPORT__RECIPIENTS": readers,
        "MONITOR_REPORT__SENDER": "monitor@example.com",
        "MONITOR_ALERTS__EMAIL__RECIPIENTS": json.dumps([READERS[0]]),
        # what is proved is the telling of a whole life: bounds at which the reconstruction has one
        "MONITOR_DETECTION__ON": "2.5",
        "MONITOR_DETECTION__CRITICAL": "3.7",
    }


def run(stage: Stage, server: SmtpServer) -> None:
    stage.environ |= environ_of(server)
    process = stage.start_daemon()
    try:
        run_to_the_end(stage, process)
    finally:
        process.kill()
        process.wait()


def test_january_by_bot_and_by_mail(tmp_path: Path) -> None:
    episode = load_episode()
    with (
        SmtpServer(tmp_path, username=USER, password=PASSWORD) as server,
        staged(tmp_path, episode, live_from=LIVE_FROM, until=UNTIL, speed=5_000, bot=True) as stage,
    ):
        run(stage, server)
        rotations = [json.loads(line) for line in stage.monitor("rotations", "--json").splitlines()]
        parents = stage.messages("alerts")
        assert_the_channel(parents, rotations)
        assert_the_reports(server.mails)
        assert_the_critical_mails(server.mails)
        logs = "".join(log.read_text() for log in stage.logs)
        assert PASSWORD not in logs
        assert stage.environ["MONITOR_ALERTS__SLACK__BOT_TOKEN"] not in logs


def assert_the_channel(parents: list[Message], rotations: list[dict[str, object]]) -> None:
    """The rotation into memes has one parent with its picture, its turns and its scorecard in the thread."""
    (into,) = [
        r
        for r in rotations
        if (r["from_sector"], r["to_sector"]) == ("ai-agents", "memes") and r["confirmed_at"]
    ]
    (parent,) = [m for m in parents if str(into["id"]) in m.shown and "AI agents → Memes" in m.text]
    kinds = [block["type"] for block in parent.blocks]
    assert "header" in kinds[:2], "at most how late it is stands before it"
    assert "image" in kinds, "the picture stands inside the alert"
    assert parent.edits >= 2, "with its picture, and with each turn"
    assert "Now" in parent.shown
    told = [reply.text + reply.shown for reply in parent.replies]
    assert any("CRITICAL" in text for text in told)
    assert any("scorecard" in text for text in told)
    assert [r for r in parent.replies if r.broadcast], "critical is broadcast"
    print(f"parents {len(parents)}, replies {sum(len(p.replies) for p in parents)}")


def assert_the_reports(mails: list[Mail]) -> None:
    """One a day and reader, from the day on which the daemon first looked; each with its four pictures."""
    reports = [m for m in mails if m.subject.startswith("[rotation]")]
    days = ("17 Jan 2025", "18 Jan 2025", "19 Jan 2025", "20 Jan 2025")
    counted = Counter(
        (day, m.recipients[0]) for m in reports for day in days if f"{day}:" in m.subject
    )
    assert counted == {(day, reader): 1 for day in days for reader in READERS}
    (turn,) = [m for m in reports if "18 Jan 2025:" in m.subject and m.recipients == (READERS[1],)]
    assert "AI agents → Memes" in turn.subject
    for words in ("TO QUOTE", "SECTORS", "ROTATIONS", "SCORECARD", "DATA"):
        assert words in turn.part("text/plain")
    pictures = [p for p in turn.message.walk() if p.get_content_type() == "image/png"]
    assert len(pictures) == 4
    assert len(turn.part("text/html").encode()) < 100_000
    assert all(m.tls and m.user == USER for m in reports)


def assert_the_critical_mails(mails: list[Mail]) -> None:
    """One conversation: the first critical mail, and each turn after it."""
    alerts = [
        m for m in mails if re.match(r"(late by [^:]+: )?(CRITICAL|FADED|REVERSED)", m.subject)
    ]
    assert alerts
    assert {m.recipients for m in alerts} == {(READERS[0],)}
    ids = [str(m.message["Message-ID"]) for m in alerts]
    assert len(set(ids)) == len(ids)
    first, *later = alerts
    assert first.message["In-Reply-To"] is None
    for mail in later:
        assert str(mail.message["References"]).split()[0] == ids[0]
