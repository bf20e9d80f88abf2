"""What a mail server's refusal or silence means, by what is to be done next."""

import errno
import re
import socket
import ssl
from collections.abc import Iterator, Sequence

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from aiosmtplib.errors import SMTPDataError

from monitor.content.wording.safe_text import one_line
from monitor.delivery.errors import DeliveryFailed

LONGEST_REPLY = 120
TOO_BIG = 552
_CREDENTIALS = frozenset({530, 534, 535, 538})
_ABOUT = {
    SMTPAuthenticationError: "credentials",
    SMTPRecipientRefused: "recipient",
    SMTPSenderRefused: "configuration",
    SMTPDataError: "refused",
}
_SIZE = re.compile(r"^5\.(3\.4|2\.3)\b")
"""Enhanced codes of a mail that is too big, whatever the code before them."""
_ADDRESS = re.compile(r"<?\S+@\S+")


def failure(error: Exception, hidden: Sequence[str] = ()) -> DeliveryFailed:
    """``hidden``: texts that must not be repeated though the server may quote them."""
    if isinstance(error, SMTPRecipientsRefused):
        return failure(error.recipients[0], hidden)
    if isinstance(error, SMTPResponseException):
        return _refusal(error, hidden)
    if isinstance(error, SMTPNotSupported):
        return DeliveryFailed(
            "recipient", "mail: the server takes no address outside of ASCII", permanent=True
        )
    return _unreached(error)


def _refusal(error: SMTPResponseException, hidden: Sequence[str]) -> DeliveryFailed:
    """A reply code was given."""
    text = f"mail: {error.code} {_reply(error.message, hidden)}".rstrip()
    if not 400 <= error.code < 600:
        return DeliveryFailed("server", "mail: the server's answer is not SMTP")
    if error.code < 500:
        return DeliveryFailed("later", text)
    if error.code == TOO_BIG or _SIZE.match(error.message):
        return DeliveryFailed("payload", text, payload_refused=True)
    kind = _never(error)
    return DeliveryFailed(kind, text, permanent=kind != "server")


def _never(error: SMTPResponseException) -> str:
    """What a reply of 500 and above is about; ``server``: it would not talk at all, which is no verdict on a mail."""
    if error.code in _CREDENTIALS:
        return "credentials"
    return next((kind for refused, kind in _ABOUT.items() if isinstance(error, refused)), "server")


def _unreached(error: Exception) -> DeliveryFailed:
    """No reply: it may go later, and an operator may mend it meanwhile."""
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLError):
            return DeliveryFailed("tls", f"mail: {_unsafe(cause)}")
        if isinstance(cause, socket.gaierror):
            return DeliveryFailed("unreachable", "mail: the server's name is not found (DNS)")
    if isinstance(error, TimeoutError):
        return DeliveryFailed("timeout", "mail: no answer in time")
    return DeliveryFailed("unreachable", f"mail: {_broken(error)}")


def _unsafe(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.partition(",")[0]  # a host's name follows
        return f"the server's certificate is not trusted ({one_line(why, LONGEST_REPLY)})"
    return f"TLS failed ({getattr(error, 'reason', None) or type(error).__name__})"


def _broken(error: Exception) -> str:
    causes = list(_chain(error))
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "connection refused"
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno]
    if numbers:
        return f"no connection ({errno.errorcode.get(numbers[-1], numbers[-1])})"
    if isinstance(error, ConnectionError):
        return "the server hung up"
    return f"no answer ({type(error).__name__})"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what caused it."""
    while error is not None:
        yield error
        error = error.__cause__


def _reply(message: str, hidden: Sequence[str]) -> str:
    """The reply's first line without addresses; nothing at all where it quotes what must not be repeated."""
    if any(secret and secret in message for secret in hidden):
        return "(its text is left out)"
    first = next(iter(message.strip().splitlines()), "")
    return one_line(_ADDRESS.sub("(address)", first), LONGEST_REPLY)
