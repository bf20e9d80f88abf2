"""A sign of life to an address outside: whoever watches it hears of the silence of a machine that can tell nobody.

The signals are those of Healthchecks and of what speaks its language: the address itself for success, ``/start`` and
``/fail`` under it, with the reasons as the body. Any other address gets the successes alone.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum

import httpx
import structlog

from monitor.jobs.job import Work
from monitor.network import HEARTBEAT_TIMEOUT, http_client
from monitor.settings.tables import HeartbeatTable

log = structlog.get_logger(__name__)


class Beat(StrEnum):
    """What is said; the value is the end of the address."""

    START = "/start"
    SUCCESS = ""
    FAIL = "/fail"


class Heartbeat:
    """Says the latest beat, one at a time; a beat that was overtaken before it went is left out. Never raises.

    ``url``: a secret, in no text.
    """

    def __init__(self, url: str, *, signals: bool, timeout: timedelta = HEARTBEAT_TIMEOUT) -> None:
        self._url = url.rstrip("/")
        self._signals = signals
        self._timeout = timeout
        self._next: tuple[Beat, str] | None = None
        self._due = asyncio.Event()
        self._heard = True

    def say(self, beat: Beat, words: str = "") -> None:
        """Put it on its way and come back at once."""
        if beat is Beat.SUCCESS or self._signals:
            self._next = (beat, words)
            self._due.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                due = asyncio.create_task(self._due.wait())
                await asyncio.wait((due, stopped), return_when=asyncio.FIRST_COMPLETED)
                due.cancel()
                self._due.clear()
                told, self._next = self._next, None
                if told is not None:
                    self._note(await self._sent(*told))
        finally:
            stopped.cancel()

    async def _sent(self, beat: Beat, words: str) -> str:
        """What went wrong; empty where it was heard."""
        try:
            async with (
                asyncio.timeout(self._timeout.total_seconds()),
                http_client(self._url, timeout=self._timeout) as client,
                client.stream("POST", f"{self._url}{beat.value}", content=words.encode()) as answer,
            ):
                return "" if answer.is_success else f"HTTP {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return type(error).__name__

    def _note(self, wrong: str) -> None:
        """Once when it is not heard any more, once when it is again."""
        if wrong and self._heard:
            log.warning("heartbeat not heard", error=wrong)
        elif not wrong and not self._heard:
            log.info("heartbeat heard again")
        self._heard = not wrong


def heartbeat_of(table: HeartbeatTable) -> Heartbeat | None:
    """As it is set up; None where no address is."""
    if table.url is None:
        return None
    return Heartbeat(table.url.get_secret_value(), signals=table.signals)


def beating(
    heartbeat: Heartbeat,
    work: Work,
    wrong: Callable[[], Sequence[str]],
    *,
    heard: Callable[[], bool],
) -> Work:
    """The poll with its beats around it. ``wrong``: why the daemon is not ready, asked for in a thread; ``heard``: whether
    the poll was a good one. A poll that heard nobody while the daemon is still ready says nothing: the watcher's own
    patience decides.
    """

    async def run() -> None:
        heartbeat.say(Beat.START)
        try:
            await work()
            reasons = await asyncio.to_thread(wrong)
        except Exception as error:
            heartbeat.say(Beat.FAIL, type(error).__name__)
            raise
        if reasons:
            heartbeat.say(Beat.FAIL, "\n".join(reasons))
        elif heard():
            heartbeat.say(Beat.SUCCESS)

    return run
