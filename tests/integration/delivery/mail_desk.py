"""A mail channel in front of a real SMTP server, and a scripted one for what a real one would not do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from monitor.content.mail import Inline, Mail
from monitor.delivery.channel import Sending
from monitor.delivery.mail.smtp import EmailChannel, MailServer
from monitor.model.notice import Notice, NoticeKind
from tests.kit.smtp_server import SmtpServer
from tests.kit.waiting import PATIENCE_S

NOW = datetime(2025, 1, 20, 7, 0, tzinfo=UTC)
SENDER = "monitor@example.org"
USER, PASSWORD = "desk-robot", "hunter2-and-more"
HOW = Sending(NOW)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


def notice(key: str = "n", recipient: str = "desk@example.net", **changes: Any) -> Notice:
    """A rotation's notice by mail, knowable now."""
    standing: dict[str, Any] = {
        "channel": "email",
        "kind": NoticeKind.ROTATION,
        "text": f"preview of {key}",
        "event_at": NOW,
        "due_at": NOW,
        "thread": "rot-1",
        "recipient": recipient,
    }
    return Notice(dedup_key=key, **(standing | changes))


def compose(notice: Notice, now: datetime) -> Mail:
    """A short letter with a picture of some ten kilobytes."""
    return Mail(
        subject=notice.text,
        text=f"{notice.text}, told at {now:%H:%M} UTC: AI agents → Memes\n",
        html=f'<style>p{{color:#111}}</style><p>{notice.text}</p><img src="cid:rotation" alt="x">',
        pictures=(Inline("rotation", PNG, "x"),),
    )


def entry(
    server: SmtpServer,
    security: Literal["starttls", "tls", "none"] = "starttls",
    *,
    login: tuple[str, str] | None = None,
    timeout: float = 60.0,
) -> MailServer:
    """How the channel is to reach it."""
    user, password = login or (None, None)
    return MailServer(
        server.host, server.port, security, user, password, timedelta(seconds=timeout)
    )


def channel_to(
    server: SmtpServer,
    security: Literal["starttls", "tls", "none"] = "starttls",
    *,
    login: tuple[str, str] | None = None,
    timeout: float = 60.0,
    unsubscribe: str | None = None,
) -> EmailChannel:
    """Trusts the server's certificate."""
    return EmailChannel(
        entry(server, security, login=login, timeout=timeout),
        SENDER,
        compose,
        unsubscribe=unsubscribe,
        tls_context=None if security == "none" else server.client_context(),
    )


class ScriptedServer:
    """Says the lines of its script, one for each line it hears after the first; ``heard`` holds what it heard."""

    def __init__(self, script: Sequence[str]) -> None:
        self.heard: list[str] = []
        self.port = 0
        self._script = list(script)
        self._clients: set[asyncio.Task[None]] = set()

    async def listen(self) -> asyncio.Server:
        """On a free port of the loopback address."""
        listening = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = listening.sockets[0].getsockname()[1]
        return listening

    async def farewell(self) -> None:
        """Every client is done with; one that stays is cut off."""
        if self._clients:
            _, staying = await asyncio.wait(self._clients, timeout=PATIENCE_S)
            for client in staying:
                client.cancel()

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(asyncio.create_task(self._talk(reader, writer)))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            for line in self._script:
                writer.write(line.encode() + b"\r\n")
                await writer.drain()
                self.heard.append((await reader.readline()).decode().strip())
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def scripted(*script: str) -> AsyncIterator[ScriptedServer]:
    """Listens while the block runs."""
    server = ScriptedServer(script)
    listening = await server.listen()
    try:
        yield server
    finally:
        await server.farewell()
        listening.close()


def scripted_channel(
    server: ScriptedServer, *, login: tuple[str, str] | None = None, security: str = "none"
) -> EmailChannel:
    """To a scripted server, which knows no TLS."""
    user, password = login or (None, None)
    found: Literal["starttls", "none"] = "starttls" if security == "starttls" else "none"
    reached = MailServer("127.0.0.1", server.port, found, user, password, timedelta(seconds=5))
    return EmailChannel(reached, SENDER, compose)
