"""What `monitor doctor` says of the mail server."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.commands.stage import Market, small_market
from tests.kit.smtp_server import SmtpServer


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with small_market(tmp_path) as found:
        yield found


def mail_line(market: Market, environ: dict[str, str]) -> str:
    """The one line of the mail server; nothing of the password anywhere."""
    done = market.monitor("doctor", code=(0, 3), environ=environ)
    assert environ["MONITOR_SMTP__PASSWORD"] not in done.stdout + done.stderr
    said = re.sub(r"\n {29}", " ", done.stdout)
    (line,) = [line for line in said.splitlines() if line.startswith("mail server")]
    return line


def test_doctor_logs_in_to_the_mail_server_and_names_what_mends_it(
    market: Market, tmp_path: Path
) -> None:
    with SmtpServer(tmp_path, username="robot", password="hunter2") as server:
        environ = {
            "MONITOR_SMTP__HOST": server.host,
            "MONITOR_SMTP__PORT": str(server.port),
            "MONITOR_SMTP__USER": "robot",
            "MONITOR_SMTP__PASSWORD": "hunter2",
            "SSL_CERT_FILE": str(server.certificate),
        }
        well = mail_line(market, environ)
        assert " ok " in well
        assert well.endswith("; logged in")
        wrong = mail_line(market, environ | {"MONITOR_SMTP__PASSWORD": "hunter3"})
        assert "WRONG" in wrong
        assert "mail: 535" in wrong
        assert wrong.endswith("mend: smtp.user, MONITOR_SMTP__PASSWORD")
        distrusted = mail_line(market, environ | {"SSL_CERT_FILE": ""})
        assert "the server's certificate is not trusted" in distrusted
        assert server.mails == []
    gone = mail_line(market, environ)
    assert "mail: connection refused; mend: smtp.host, smtp.port" in gone


def test_a_port_that_speaks_tls_from_the_first_byte_greets_nobody_and_the_key_is_named(
    market: Market, tmp_path: Path
) -> None:
    with SmtpServer(tmp_path, security="tls") as server:
        environ = {
            "MONITOR_SMTP__HOST": server.host,
            "MONITOR_SMTP__PORT": str(server.port),
            "MONITOR_SMTP__USER": "robot",
            "MONITOR_SMTP__PASSWORD": "hunter2",
            "MONITOR_SMTP__TIMEOUT": "2s",
            "SSL_CERT_FILE": str(server.certificate),
        }
        line = mail_line(market, environ)
    assert "mail: no answer in time" in line
    assert 'smtp.security = "tls"' in line
