"""Replies and failures told apart by what is to be done next; nothing in their words that nobody may read."""

import base64
import errno
import socket
import ssl

import pytest
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPNotSupported,
    SMTPReadTimeoutError,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from aiosmtplib.errors import SMTPDataError

from monitor.delivery.mail.errors import LONGEST_REPLY, failure
from monitor.delivery.mail.smtp import MailServer

SERVER = MailServer("mx.example.org", user="desk-robot", password="hunter2-and-more")


def to_recipient(code: int, words: str) -> SMTPRecipientsRefused:
    return SMTPRecipientsRefused([SMTPRecipientRefused(code, words, "desk@example.net")])


NEVER = [
    (to_recipient(550, "5.1.1 mailbox unknown"), "recipient"),
    (to_recipient(553, "5.1.3 no such domain"), "recipient"),
    (SMTPRecipientRefused(551, "not local", "desk@example.net"), "recipient"),
    (SMTPNotSupported("SMTPUTF8 is not supported by this server"), "recipient"),
    (SMTPDataError(554, "5.7.1 looks like spam"), "refused"),
    (SMTPSenderRefused(553, "5.7.1 not your address", "m@example.org"), "configuration"),
    (SMTPAuthenticationError(535, "5.7.8 wrong"), "credentials"),
    (SMTPAuthenticationError(534, "5.7.9 a password for programs is needed"), "credentials"),
    (SMTPAuthenticationError(501, "cannot decode"), "credentials"),
    (SMTPSenderRefused(530, "5.7.0 log in first", "m@example.org"), "credentials"),
]
LATER = [
    (to_recipient(450, "4.2.0 greylisted"), "later"),
    (to_recipient(452, "4.5.3 too many"), "later"),
    (SMTPDataError(451, "4.3.0 out of space"), "later"),
    (SMTPSenderRefused(421, "4.7.0 too many connections", "m@example.org"), "later"),
    (SMTPAuthenticationError(454, "4.7.0 try again"), "later"),
    (SMTPResponseException(554, "no service for you"), "server"),
    (SMTPResponseException(-1, "Malformed SMTP response line: <html>"), "server"),
    (SMTPReadTimeoutError("Timed out"), "timeout"),
    (TimeoutError(), "timeout"),
    (SMTPServerDisconnected("Connection lost"), "unreachable"),
    (ConnectionResetError(errno.ECONNRESET, "reset"), "unreachable"),
    (OSError(errno.ENETUNREACH, "no route"), "unreachable"),
    (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "tls"),
]
TOO_BIG = [
    SMTPSenderRefused(552, "5.3.4 Error: message size exceeds", "m@example.org"),
    SMTPDataError(552, "too big"),
    SMTPDataError(554, "5.3.4 Message too big for system"),
    SMTPDataError(550, "5.2.3 message length exceeds the limit"),
]


@pytest.mark.parametrize(("error", "kind"), NEVER)
def test_what_will_never_go_this_way_is_permanent(error: Exception, kind: str) -> None:
    failed = failure(error)
    assert (failed.kind, failed.permanent, failed.payload_refused) == (kind, True, False)


@pytest.mark.parametrize(("error", "kind"), LATER)
def test_what_may_go_later_is_tried_again(error: Exception, kind: str) -> None:
    failed = failure(error)
    assert (failed.kind, failed.permanent, failed.payload_refused) == (kind, False, False)


@pytest.mark.parametrize("error", TOO_BIG)
def test_a_mail_that_is_too_big_is_to_be_sent_plainer(error: Exception) -> None:
    failed = failure(error)
    assert (failed.kind, failed.permanent, failed.payload_refused) == ("payload", False, True)


def caused(cause: BaseException) -> Exception:
    """As the library wraps it, the server's name and all."""
    error = SMTPConnectError("Error connecting to mx.example.org on port 587: ...")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (ConnectionRefusedError(111, "refused"), "mail: connection refused"),
        (socket.gaierror(-2, "Name"), "mail: the server's name is not found (DNS)"),
        (OSError(errno.EHOSTUNREACH, "No route"), "mail: no connection (EHOSTUNREACH)"),
        (SMTPServerDisconnected("lost"), "mail: the server hung up"),
    ],
)
def test_the_cause_is_named_and_the_server_is_not(cause: Exception, words: str) -> None:
    failed = failure(caused(cause))
    assert (str(failed), failed.permanent) == (words, False)


def test_a_certificate_for_another_name_is_told_without_the_name() -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "Hostname mismatch, certificate is not valid for 'mx.example.org'."
    failed = failure(caused(error))
    assert str(failed) == "mail: the server's certificate is not trusted (Hostname mismatch)"
    assert failed.kind == "tls"


def test_the_reply_is_told_by_code_and_first_line() -> None:
    assert str(failure(to_recipient(550, "5.1.1 mailbox unknown\nsee our help\n"))) == (
        "mail: 550 5.1.1 mailbox unknown"
    )
    assert str(failure(SMTPDataError(554, ""))) == "mail: 554"


def test_a_long_or_hostile_reply_is_one_short_line() -> None:
    failed = failure(SMTPDataError(554, "no\x07\u202e \x00" + "very " * 500))
    assert len(str(failed)) <= LONGEST_REPLY + len("mail: 554 ")
    assert str(failed).isprintable()


@pytest.mark.parametrize(
    "words",
    [
        "5.1.1 <desk@example.net>: user unknown",
        "5.1.1 desk@example.net unknown",
        "unknown: desk@example.net.",
    ],
)
def test_addresses_in_a_reply_are_left_out(words: str) -> None:
    text = str(failure(to_recipient(550, words)))
    assert "example" not in text
    assert "(address)" in text
    assert "unknown" in text


@pytest.mark.parametrize(
    "quoted",
    [
        "desk-robot",
        "hunter2-and-more",
        base64.b64encode(b"desk-robot").decode(),
        base64.b64encode(b"hunter2-and-more").decode(),
        base64.b64encode(b"\0desk-robot\0hunter2-and-more").decode(),
    ],
)
def test_a_reply_that_quotes_the_login_is_left_out(quoted: str) -> None:
    failed = failure(SMTPAuthenticationError(535, f"5.7.8 {quoted} is wrong"), SERVER.hidden)
    assert str(failed) == "mail: 535 (its text is left out)"


def test_a_servers_entry_does_not_show_its_password() -> None:
    assert "hunter2" not in repr(SERVER)
    assert MailServer("mx.example.org").hidden == ()
