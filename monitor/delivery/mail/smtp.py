"""Mail by SMTP: one message for each recipient, under an id that stays the same when it is sent once more.

A server that took a mail and whose answer was lost gets it again: SMTP has no key that would let it drop the repeat,
but stores and readers can tell it by its Message-ID.
"""

import asyncio
import base64
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Literal

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException

from monitor.content.mail import Mail
from monitor.delivery.channel import Receipt, Sending
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.mail.errors import failure
from monitor.delivery.mail.message import heading, mail_message, on_the_wire
from monitor.model.notice import Act, Notice
from monitor.network import MAIL_TIMEOUT

Compose = Callable[[Notice, datetime], Mail]
"""The letter of a notice as it is told at that time. Slow (charts): called in a thread."""

WRITTEN_WITHIN = timedelta(seconds=60)
"""A letter with all of its charts takes seconds. With the server's timeout it stays under the outbox's lease."""
FAREWELL_S = 3.0
_ADDRESS = re.compile(r"""[^@\s<>"(),:;\[\]\\]+@[^@\s<>"(),:;\[\]\\]+""")
_WEAK = frozenset({500, 502, 504, 534})
"""Replies to a way of logging in that the server does not know or does not allow; another may do."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. ``security``: ``starttls`` is demanded, not hoped for; ``tls`` is from the first byte.

    ``timeout`` bounds a session as a whole.
    """

    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: timedelta = MAIL_TIMEOUT

    @property
    def hidden(self) -> tuple[str, ...]:
        """What a server's reply may quote and nobody may read, as it travels."""
        user, password = self.user or "", self.password or ""
        if not user and not password:
            return ()
        travelling = (user, password, f"\0{user}\0{password}")
        return (user, password, *(base64.b64encode(t.encode()).decode() for t in travelling if t))


class EmailChannel:
    """Sends each notice to its recipient; the letter is written by ``compose``."""

    def __init__(
        self,
        server: MailServer,
        sender: str,
        compose: Compose,
        *,
        unsubscribe: str | None = None,
        tls_context: ssl.SSLContext | None = None,
        written_within: timedelta = WRITTEN_WITHIN,
    ) -> None:
        self._server = server
        self._sender = sender
        self._compose = compose
        self._unsubscribe = unsubscribe
        self._tls_context = tls_context
        self._written_within_s = written_within.total_seconds()

    async def send(self, notice: Notice, how: Sending) -> Receipt:
        """One mail; raises DeliveryFailed. What edits or adds to an earlier one is left out: a mail cannot be changed."""
        if notice.act in (Act.EDIT, Act.PICTURE):
            return {"left_out": "a mail that was sent stays as it is"}
        if not _ADDRESS.fullmatch(notice.recipient):
            raise DeliveryFailed(
                "recipient", "mail: the recipient's address is not one", permanent=True
            )
        mail = await self._written(notice, how)
        await self._handed_in(mail, notice.recipient)
        return {"message_id": str(mail["Message-ID"])}

    async def close(self) -> None:
        """Nothing is kept between calls."""

    async def _written(self, notice: Notice, how: Sending) -> EmailMessage:
        try:
            async with asyncio.timeout(self._written_within_s):
                return await asyncio.to_thread(self._write, notice, how)
        except TimeoutError:
            raise DeliveryFailed("timeout", "mail: the letter was not written in time") from None

    def _write(self, notice: Notice, how: Sending) -> EmailMessage:
        ids = [str(receipt["message_id"]) for receipt in how.earlier if "message_id" in receipt]
        head = heading(notice, self._sender, how.now, ids, self._unsubscribe)
        return mail_message(self._compose(notice, how.now), head, plain=how.plain)

    async def _handed_in(self, mail: EmailMessage, recipient: str) -> None:
        async with _session(self._server, self._tls_context) as client:
            refused, _ = await client.send_message(
                mail, sender=on_the_wire(self._sender), recipients=[on_the_wire(recipient)]
            )
            for reply in refused.values():  # accepted for nobody, yet no error
                raise SMTPResponseException(reply.code, reply.message)


async def probe(server: MailServer, tls_context: ssl.SSLContext | None = None) -> str:
    """Connect, encrypt, log in, and leave without a mail; says in words what went well. Raises DeliveryFailed."""
    async with _session(server, tls_context) as client:
        await client.noop()
        cipher = client.get_transport_info("cipher")
        safe = f"encrypted ({cipher[1]})" if cipher else "not encrypted"
    return f"answers; {safe}; " + ("logged in" if server.user else "no login")


class _Client(SMTP):
    """Hangs up at once: a server that stalls would keep an orderly farewell of TLS waiting."""

    def close(self) -> None:
        """Nothing of the connection is left after the loop's next turn."""
        transport = self.transport
        super().close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


@contextlib.asynccontextmanager
async def _session(server: MailServer, tls_context: ssl.SSLContext | None) -> AsyncIterator[SMTP]:
    """A client that is connected, encrypted and logged in as the server's entry says; raises DeliveryFailed.

    What goes wrong when saying goodbye no longer matters: the mail was taken.
    """
    seconds = server.timeout.total_seconds()
    client = _Client(
        hostname=server.host,
        port=server.port,
        use_tls=server.security == "tls",
        start_tls=False,  # done below, where a server that does not offer it can be told from one that fails
        tls_context=tls_context,
        timeout=seconds,
    )
    try:
        async with asyncio.timeout(seconds):
            await client.connect()
            await _encrypt(client, server)
            await _log_in(client, server)
            yield client
        with contextlib.suppress(SMTPException, OSError):
            await client.quit(timeout=min(seconds, FAREWELL_S))
    except (SMTPException, OSError) as error:  # a timeout is an OSError
        raise failure(error, server.hidden) from None
    finally:
        client.close()
        await asyncio.sleep(0)


async def _encrypt(client: SMTP, server: MailServer) -> None:
    if server.security != "starttls":
        return
    await client.ehlo()
    if not client.supports_extension("starttls"):
        raise DeliveryFailed("tls", "mail: the server does not offer STARTTLS")
    await client.starttls()


async def _log_in(client: SMTP, server: MailServer) -> None:
    """By the first way that both know. A wrong password is tried once: some servers count, some hang up."""
    if not server.user:
        return
    await client.ehlo()
    ways = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
    offered = [way for way in ways if way in client.server_auth_methods]
    if server.security == "none":
        offered.reverse()  # the one that does not show the password first
    refused: SMTPAuthenticationError | None = None
    for way in offered:
        try:
            await ways[way](server.user, server.password or "")
            return
        except SMTPAuthenticationError as error:
            if error.code not in _WEAK:
                raise
            refused = error
    if refused is not None:
        raise refused
    raise DeliveryFailed(
        "configuration", "mail: the server offers no login that is known here", permanent=True
    )
