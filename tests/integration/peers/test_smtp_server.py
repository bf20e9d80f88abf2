"""The test mail server, driven by the standard library's client: what it takes, refuses and keeps."""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.kit.smtp_server import SmtpServer

TO = ["desk@example.org", "ops@example.org"]


def letter() -> EmailMessage:
    """A mail with a text and an HTML part."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "monitor@example.org", ", ".join(TO), "Rotation ü"
    mail.set_content("Memes gained seven points.")
    mail.add_alternative("<p>Memes gained seven points.</p>", subtype="html")
    return mail


Start = Callable[..., SmtpServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers and ends them."""
    running: list[SmtpServer] = []

    def start_one(**options: object) -> SmtpServer:
        server = SmtpServer(tmp_path, **options)  # type: ignore[arg-type]
        server.start()
        running.append(server)
        return server

    yield start_one
    for server in running:
        server.stop()


def deliver(
    server: SmtpServer,
    *,
    tls: bool = True,
    login: tuple[str, str] | None = None,
    timeout: float = 60,
) -> dict[str, tuple[int, bytes]]:
    """Send the letter; gives the recipients that were refused."""
    with smtplib.SMTP(server.host, server.port, timeout=timeout) as client:
        if tls:
            client.starttls(context=server.client_context())
        if login is not None:
            client.login(*login)
        return client.send_message(letter(), to_addrs=TO)


def test_a_mail_over_starttls_is_kept_with_its_parts_and_envelope(start: Start) -> None:
    server = start(username="monitor", password="right")
    assert deliver(server, login=("monitor", "right")) == {}
    [mail] = server.mails
    assert (mail.sender, mail.recipients) == ("monitor@example.org", tuple(TO))
    assert (mail.subject, mail.tls, mail.user) == ("Rotation ü", True, "monitor")
    assert mail.part("text/plain") == "Memes gained seven points.\n"
    assert "<p>Memes" in mail.part("text/html")


def test_without_starttls_nothing_is_taken(start: Start) -> None:
    server = start()
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        deliver(server, tls=False)
    assert caught.value.smtp_code == 530
    assert server.mails == []


def test_a_certificate_that_is_not_trusted_stops_the_client(start: Start) -> None:
    server = start()
    with (
        smtplib.SMTP(server.host, server.port, timeout=60) as client,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        client.starttls(context=ssl.create_default_context())


def test_a_wrong_password_is_refused_with_535(start: Start) -> None:
    server = start(username="monitor", password="right")
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        deliver(server, login=("monitor", "wrong"))
    assert caught.value.smtp_code == 535
    assert server.logins[-1] == ("monitor", False)
    assert server.mails == []


def test_no_login_where_one_is_demanded_is_refused(start: Start) -> None:
    server = start(username="monitor", password="right")
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        deliver(server)
    assert caught.value.smtp_code == 530


def test_tls_from_the_first_byte(start: Start) -> None:
    server = start(security="tls")
    with smtplib.SMTP_SSL(
        server.host, server.port, context=server.client_context(), timeout=60
    ) as client:
        client.send_message(letter())
    assert server.mails[0].tls


def test_one_recipient_is_refused_while_the_other_gets_it(start: Start) -> None:
    server = start()
    server.faults.refused["ops@example.org"] = "550 5.1.1 No such user"
    assert deliver(server) == {"ops@example.org": (550, b"5.1.1 No such user")}
    assert server.mails[0].recipients == ("desk@example.org",)


def test_greylisting_ends_after_the_counted_refusals(start: Start) -> None:
    server = start()
    server.faults.greylisted = 2
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        deliver(server)
    assert {code for code, _ in caught.value.recipients.values()} == {451}
    assert deliver(server) == {}
    assert len(server.mails) == 1


def test_a_mail_that_is_too_big_is_refused_with_552(start: Start) -> None:
    server = start(max_bytes=200)
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        deliver(server)
    assert caught.value.smtp_code == 552
    assert server.mails == []


def test_a_scripted_reply_takes_the_place_of_accepting_once(start: Start) -> None:
    server = start()
    server.faults.data_replies = ["554 5.7.1 Looks like spam"]
    with pytest.raises(smtplib.SMTPDataError) as caught:
        deliver(server)
    assert caught.value.smtp_code == 554
    assert deliver(server) == {}


@pytest.mark.parametrize(("fault", "kept"), [("stall_s", 0), ("stall_after_s", 1)])
def test_a_stall_times_out_before_or_after_the_mail_was_taken(
    fault: str, kept: int, start: Start
) -> None:
    server = start()
    setattr(server.faults, fault, 120.0)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        deliver(server, timeout=3)
    assert len(server.mails) == kept


def test_a_connection_may_drop_after_the_mail_was_taken(start: Start) -> None:
    server = start()
    server.faults.drop_after = 1
    with pytest.raises((smtplib.SMTPServerDisconnected, ssl.SSLError, ConnectionError)):
        deliver(server)
    assert len(server.mails) == 1
