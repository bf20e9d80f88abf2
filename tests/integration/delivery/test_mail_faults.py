"""What a mail server may do to us: refusals, silence, broken TLS; each told apart, none telling the password."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.content.mail import Mail
from monitor.delivery.channel import Sending
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.mail.smtp import EmailChannel, MailServer, probe
from monitor.model.notice import Notice
from tests.integration.delivery.mail_desk import (
    HOW,
    PASSWORD,
    SENDER,
    USER,
    channel_to,
    compose,
    entry,
    notice,
    scripted,
    scripted_channel,
)
from tests.kit.smtp_server import SmtpServer, free_port
from tests.kit.waiting import PATIENCE_S

LOGIN = (USER, PASSWORD)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmtpServer]:
    """STARTTLS and a login are demanded."""
    with SmtpServer(tmp_path, username=USER, password=PASSWORD) as running:
        yield running


async def refused(channel: EmailChannel, how: Sending = HOW) -> DeliveryFailed:
    """Why the notice did not go; no password, user or recipient in it."""
    with pytest.raises(DeliveryFailed) as caught:
        await channel.send(notice(), how)
    error = caught.value
    for said in (str(error), repr(error), repr(error.__cause__)):
        assert not any(secret in said for secret in (PASSWORD, USER, "desk@example.net"))
    return error


async def test_a_wrong_password_is_tried_once_and_tells_the_operator(server: SmtpServer) -> None:
    error = await refused(channel_to(server, login=(USER, "wrong")))
    assert (error.kind, error.permanent) == ("credentials", True)
    assert str(error) == "mail: 535 5.7.8 Authentication credentials invalid"
    assert server.logins == [(USER, False)]


async def test_no_login_where_one_is_demanded_is_a_matter_of_credentials(
    server: SmtpServer,
) -> None:
    error = await refused(channel_to(server))
    assert (error.kind, error.permanent) == ("credentials", True)
    assert str(error).startswith("mail: 530 ")


async def test_a_login_service_in_trouble_is_tried_later(server: SmtpServer) -> None:
    server.faults.login_reply = "454 4.7.0 Temporary authentication failure"
    error = await refused(channel_to(server, login=LOGIN))
    assert (error.kind, error.permanent) == ("later", False)


async def test_a_server_that_quotes_the_login_is_not_quoted(server: SmtpServer) -> None:
    server.faults.login_reply = f"535 5.7.8 {USER} with {PASSWORD}: no"
    assert str(await refused(channel_to(server, login=LOGIN))) == "mail: 535 (its text is left out)"


async def test_a_greylisted_mail_goes_on_a_later_try_under_the_same_id(server: SmtpServer) -> None:
    server.faults.greylisted = 2
    channel = channel_to(server, login=LOGIN)
    for _ in range(2):
        error = await refused(channel)
        assert (error.kind, error.permanent, error.retry_after) == ("later", False, None)
    assert str(error) == "mail: 451 4.7.1 Greylisted, try again later"
    receipt = await channel.send(notice(), HOW)
    assert [mail.message["Message-ID"] for mail in server.mails] == [receipt["message_id"]]


async def test_a_mail_that_is_too_big_goes_as_its_text_alone(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, max_bytes=4_000) as server:
        channel = channel_to(server)
        error = await refused(channel)
        assert (error.kind, error.payload_refused) == ("payload", True)
        assert server.mails == []
        await channel.send(notice(), replace(HOW, plain=True))
        (mail,) = server.mails
        assert mail.message.get_content_type() == "text/plain"
        assert mail.part("text/plain").startswith("preview of n")


@pytest.mark.parametrize(
    ("reply", "kind", "permanent", "plainer"),
    [
        ("554 5.7.1 Looks like spam", "refused", True, False),
        ("552 5.3.4 Too big", "payload", False, True),
        ("451 4.3.0 Out of space", "later", False, False),
    ],
)
async def test_a_refusal_after_the_data_is_told_apart(
    reply: str, kind: str, permanent: bool, plainer: bool, server: SmtpServer
) -> None:
    server.faults.data_replies = [reply]
    error = await refused(channel_to(server, login=LOGIN))
    assert (error.kind, error.permanent, error.payload_refused) == (kind, permanent, plainer)
    assert str(error) == f"mail: {reply}"


@pytest.mark.parametrize(("fault", "taken"), [("stall_s", 0), ("stall_after_s", 1)])
async def test_a_stall_ends_by_the_timeout_and_the_repeat_has_the_same_id(
    fault: str, taken: int, server: SmtpServer
) -> None:
    setattr(server.faults, fault, 30.0)
    error = await refused(channel_to(server, login=LOGIN, timeout=4.0))
    assert (error.kind, error.permanent) == ("timeout", False)
    assert len(server.mails) == taken
    setattr(server.faults, fault, 0.0)
    receipt = await channel_to(server, login=LOGIN).send(notice(), replace(HOW, attempt=2))
    assert {mail.message["Message-ID"] for mail in server.mails} == {receipt["message_id"]}
    assert len(server.mails) == taken + 1


async def test_a_connection_that_drops_after_the_mail_was_taken_repeats_the_same_id(
    server: SmtpServer,
) -> None:
    server.faults.drop_after = 1
    channel = channel_to(server, login=LOGIN)
    error = await refused(channel)
    assert (error.kind, error.permanent) == ("unreachable", False)
    receipt = await channel.send(notice(), replace(HOW, attempt=2))
    ids = [mail.message["Message-ID"] for mail in server.mails]
    assert ids == [receipt["message_id"]] * 2


async def test_a_farewell_that_does_not_come_leaves_the_mail_delivered(server: SmtpServer) -> None:
    server.faults.stall_quit_s = 30.0
    receipt = await channel_to(server, login=LOGIN, timeout=4.0).send(notice(), HOW)
    assert [mail.message["Message-ID"] for mail in server.mails] == [receipt["message_id"]]


async def test_a_certificate_that_is_not_trusted_ends_before_the_login(server: SmtpServer) -> None:
    channel = EmailChannel(entry(server, login=LOGIN), SENDER, compose)
    error = await refused(channel)
    assert (error.kind, error.permanent) == ("tls", False)
    assert str(error) == "mail: the server's certificate is not trusted (self-signed certificate)"
    assert server.logins == []


async def test_a_certificate_that_is_not_trusted_ends_tls_too(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, security="tls") as server:
        error = await refused(EmailChannel(entry(server, "tls"), SENDER, compose))
        assert error.kind == "tls"
        assert server.mails == []


async def test_a_server_without_starttls_gets_neither_password_nor_mail(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, security="plain") as server:
        error = await refused(EmailChannel(entry(server, login=LOGIN), SENDER, compose))
        assert (error.kind, error.permanent) == ("tls", False)
        assert str(error) == "mail: the server does not offer STARTTLS"
        assert (server.logins, server.mails) == ([], [])


async def test_tls_at_a_port_that_speaks_plainly_is_a_matter_of_tls(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, security="plain") as server:
        error = await refused(EmailChannel(entry(server, "tls"), SENDER, compose))
        assert (error.kind, error.permanent) == ("tls", False)


async def test_nobody_listening_is_told_and_tried_again() -> None:
    channel = EmailChannel(MailServer("127.0.0.1", free_port()), SENDER, compose)
    error = await refused(channel)
    assert (str(error), error.permanent) == ("mail: connection refused", False)


async def test_a_name_that_is_not_found_is_told_without_the_name() -> None:
    channel = EmailChannel(MailServer("no-such-host.invalid"), SENDER, compose)
    error = await refused(channel)
    assert (str(error), error.permanent) == ("mail: the server's name is not found (DNS)", False)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (["<html>400 Bad Request</html>"], "mail: the server's answer is not SMTP"),
        (["554 5.7.1 no service for your address"], "mail: 554 5.7.1 no service for your address"),
        (["421 4.3.2 shutting down"], "mail: 421 4.3.2 shutting down"),
        ([], "mail: the server hung up"),
        (["220 ready"], "mail: the server hung up"),
    ],
)
async def test_a_server_that_will_not_talk_is_tried_again(script: list[str], words: str) -> None:
    async with scripted(*script) as server:
        error = await refused(scripted_channel(server))
    assert (str(error), error.permanent) == (words, False)


@pytest.mark.parametrize("offer", ["250 hello", "250-hello\r\n250 AUTH GSSAPI"])
async def test_a_server_without_a_known_login_is_a_matter_of_configuration(offer: str) -> None:
    async with scripted("220 ready", offer) as server:
        error = await refused(scripted_channel(server, login=LOGIN))
    assert (error.kind, error.permanent) == ("configuration", True)
    assert not any("AUTH" in line for line in server.heard)


async def test_a_way_to_log_in_that_is_too_weak_is_followed_by_the_next() -> None:
    script = ("220 ready", "250-hello\r\n250 AUTH LOGIN PLAIN", "504 5.5.4 not LOGIN", "535 no")
    async with scripted(*script) as server:
        error = await refused(scripted_channel(server, login=LOGIN))
    assert (error.kind, str(error)) == ("credentials", "mail: 535 no")
    ways = [line.split()[1] for line in server.heard if line.startswith("AUTH")]
    assert ways == ["LOGIN", "PLAIN"]


async def test_an_address_outside_of_ascii_is_refused_where_the_server_cannot_take_it() -> None:
    async with scripted("220 ready", "250 hello", "221 bye") as server:
        with pytest.raises(DeliveryFailed, match="outside of ASCII") as caught:
            await scripted_channel(server).send(notice(recipient="büro@example.net"), HOW)
    assert (caught.value.kind, caught.value.permanent) == ("recipient", True)


async def test_a_domain_of_other_letters_goes_in_its_ascii_form_to_any_server() -> None:
    script = ("220 ready", "250 hello", "250 ok", "250 ok", "354 go", "250 ok", "221 bye")
    async with scripted(*script) as server:
        await scripted_channel(server).send(notice(recipient="desk@exämple.de"), HOW)
    asked = [line for line in server.heard if line.startswith("RCPT")]
    assert asked == ["RCPT TO:<desk@xn--exmple-cua.de>"]


async def test_a_letter_that_is_never_finished_is_given_up_for_now(server: SmtpServer) -> None:
    done = threading.Event()

    def slowly(told: Notice, now: datetime) -> Mail:
        done.wait(PATIENCE_S)
        return compose(told, now)

    channel = EmailChannel(
        entry(server, login=LOGIN), SENDER, slowly, written_within=timedelta(seconds=0.2)
    )
    error = await refused(channel)
    done.set()
    assert (error.kind, error.permanent) == ("timeout", False)
    assert server.mails == []


async def test_writing_a_letter_stops_nothing_else(server: SmtpServer) -> None:
    turned = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait_for_the_loop(told: Notice, now: datetime) -> Mail:
        asyncio.run_coroutine_threadsafe(turn(), loop).result(5)
        return compose(told, now)

    async def turn() -> None:
        turned.set()

    channel = EmailChannel(
        entry(server, login=LOGIN), SENDER, wait_for_the_loop, tls_context=server.client_context()
    )
    await channel.send(notice(), HOW)
    assert turned.is_set()
    assert len(server.mails) == 1


async def test_a_probe_tells_what_is_wrong(server: SmtpServer) -> None:
    with pytest.raises(DeliveryFailed, match="535") as caught:
        await probe(entry(server, login=(USER, "wrong")), server.client_context())
    assert caught.value.kind == "credentials"
