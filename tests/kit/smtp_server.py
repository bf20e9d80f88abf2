"""A real SMTP server on loopback for tests: STARTTLS or TLS, login, refusals, greylisting, stalls; it keeps the mail."""

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.kit.certificates import server_context
from tests.kit.served import Served

_LONGEST_STALL_S = 60.0


@dataclass(frozen=True)
class Mail:
    """A mail that was accepted: its envelope, the parsed message, whether it came over TLS and who had logged in."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    raw: bytes
    tls: bool
    user: str | None

    @property
    def subject(self) -> str:
        """The Subject header."""
        return str(self.message["Subject"])

    def part(self, kind: str) -> str:
        """Text of the first part of that type, such as ``text/html``, lines ended by LF; raises KeyError where there is none."""
        for part in self.message.walk():
            if part.get_content_type() == kind:
                return str(part.get_content()).replace("\r\n", "\n")
        raise KeyError(kind)


@dataclass
class SmtpFaults:
    """What goes wrong; may be changed while the server runs.

    ``refused``: reply for a recipient. ``greylisted``: that many more messages get 451 at RCPT. ``data_replies``: replies
    in place of accepting, one for each message. ``stall_s``: wait before the message is accepted, ``stall_after_s``:
    accept it, then wait before the reply. ``drop_after``: accept that many more messages, then hang up without a reply.
    ``login_reply``: in place of 535 to a login that is wrong, and to one that is right. ``stall_quit_s``: wait before
    the farewell.
    """

    refused: dict[str, str] = field(default_factory=dict)
    greylisted: int = 0
    data_replies: list[str] = field(default_factory=list)
    stall_s: float = 0.0
    stall_after_s: float = 0.0
    drop_after: int = 0
    login_reply: str | None = None
    stall_quit_s: float = 0.0


class SmtpServer(Served):
    """Use it as a context manager. ``security``: ``starttls`` (demanded), ``tls`` (from the first byte) or ``plain``.

    With ``username`` a login is demanded. ``max_bytes`` refuses bigger mail with 552. ``folder`` gets the certificate,
    which clients must trust: :attr:`certificate`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        security: str = "starttls",
        username: str | None = None,
        password: str = "",
        max_bytes: int = 33_554_432,
    ) -> None:
        self.faults = SmtpFaults()
        self.mails: list[Mail] = []
        self.logins: list[tuple[str, bool]] = []  # (user, right)
        self.host = "127.0.0.1"
        self.port = 0
        self.certificate = folder / "smtp-cert.pem"
        self._context: ssl.SSLContext | None = None
        if security != "plain":
            self._context = server_context(folder, self.certificate)
        self._security = security
        self._username, self._password = username, password
        self._max_bytes = max_bytes
        self._controller: Any = None
        self._stopping: asyncio.Event | None = None

    def client_context(self) -> ssl.SSLContext:
        """A context that trusts this server's certificate and nothing else."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def start(self) -> None:
        """Listen on a free port, which is picked first: aiosmtpd cannot take port 0."""
        for attempt in range(3):
            self.port = free_port()
            self._controller = self._make_controller()
            try:
                self._controller.start()
            except OSError:
                if attempt == 2:
                    raise
            else:
                return

    def stop(self) -> None:
        """End stalls, then the server."""
        if self._stopping is not None:
            self._controller.loop.call_soon_threadsafe(self._stopping.set)
        self._controller.stop()

    def _make_controller(self) -> Any:
        options: dict[str, Any] = {
            "hostname": self.host,
            "port": self.port,
            "data_size_limit": self._max_bytes,
            "ident": "test mail server",
        }
        if self._security == "starttls":
            options |= {"tls_context": self._context, "require_starttls": True}
        elif self._security == "tls":
            options |= {"ssl_context": self._context}
        if self._username is not None:
            options |= {
                "authenticator": self._authenticate,
                "auth_required": True,
                "auth_require_tls": self._security == "starttls",
            }
        return Controller(self, **options)

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, login: Any
    ) -> AuthResult:
        right = (
            isinstance(login, LoginPassword)
            and login.login == (self._username or "").encode()
            and login.password == self._password.encode()
        )
        user = login.login.decode(errors="replace")
        self.logins.append((user, right))
        if self.faults.login_reply is not None:
            return AuthResult(success=False, handled=False, message=self.faults.login_reply)
        return AuthResult(success=right, handled=False, auth_data=user)

    async def handle_RCPT(  # noqa: N802  aiosmtpd finds its hooks by name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """aiosmtpd's hook: takes a recipient or refuses it."""
        if self.faults.greylisted > 0:
            self.faults.greylisted -= 1
            return "451 4.7.1 Greylisted, try again later"
        reply = self.faults.refused.get(address)
        if reply is not None:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """aiosmtpd's hook: takes the message, or does what the faults say."""
        await self._pause(self.faults.stall_s)
        if self.faults.data_replies:
            return self.faults.data_replies.pop(0)
        raw: bytes = envelope.original_content
        self.mails.append(
            Mail(
                sender=envelope.mail_from,
                recipients=tuple(envelope.rcpt_tos),
                message=message_from_bytes(raw, policy=policy.default),
                raw=raw,
                tls=session.ssl is not None or self._security == "tls",
                user=session.auth_data if self._username is not None else None,
            )
        )
        if self.faults.drop_after > 0:
            self.faults.drop_after -= 1
            server.transport.abort()
        await self._pause(self.faults.stall_after_s)
        return "250 2.0.0 Accepted"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """aiosmtpd's hook: says goodbye."""
        await self._pause(self.faults.stall_quit_s)
        return "221 2.0.0 Bye"

    async def _pause(self, seconds: float) -> None:
        if not seconds:
            return
        if self._stopping is None:
            self._stopping = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), min(seconds, _LONGEST_STALL_S))


def free_port() -> int:
    """A port of the loopback address that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
