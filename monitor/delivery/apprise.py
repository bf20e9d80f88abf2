"""Any service that Apprise knows (Telegram, Discord, ntfy, Matrix, Teams, ...), by its URLs; text alone.

Apprise is the extra ``apprise`` of this package and imported where a URL is set. It says that a service did not take
a message, and why only in its log, which quotes addresses: the log is read here and shown to nobody.
"""

import asyncio
import logging
from types import ModuleType
from typing import Any

from monitor.delivery.channel import ChannelSender, Receipt, Sending
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.text_form import text_of
from monitor.delivery.ways import Tools, Way, both_ways
from monitor.model.errors import MonitorError
from monitor.model.grid import iso
from monitor.model.notice import Act, Notice
from monitor.network import APPRISE_TIMEOUT, USER_AGENT, trusted_path
from monitor.settings.schema import Settings

TITLE = 250
REMEMBERED = 256
"""Notices that some services took and some did not."""
_NO_ANSWER = "Connection error"
"""Apprise's words where no answer came; with one of the next it was not even reached."""
_NOT_REACHED = ("NewConnectionError", "NameResolutionError", "ConnectTimeout", "SSLError")


def ways(settings: Settings) -> list[Way]:
    """To readers and to operators; none without a URL. Raises MonitorError for a URL that Apprise cannot read."""
    urls = [url.get_secret_value() for url in settings.alerts.apprise.urls]
    if not urls:
        return []
    package = _imported()
    for number, url in enumerate(urls, start=1):
        if package.Apprise.instantiate(url) is None:
            raise MonitorError(
                f"alerts.apprise.urls: found in URL {number} of {len(urls)} what Apprise cannot read,"
                " expected one as in its list of services, such as ntfy://topic"
            )
    turn = asyncio.Lock()  # the log that is read is one for all

    def opened(_: Tools) -> ChannelSender:
        return AppriseServices(package, urls, turn)

    return both_ways("apprise", settings, opened)


class AppriseServices:
    """Sends to each URL; what one of them did not take is sent to that one alone again, while the process lives."""

    def __init__(self, package: ModuleType, urls: list[str], turn: asyncio.Lock) -> None:
        self._package = package
        self._services = [_service(package, url) for url in urls]
        self._turn = turn
        self._taken: dict[str, set[int]] = {}

    async def send(self, notice: Notice, how: Sending) -> Receipt:
        """To all that have not taken it; raises DeliveryFailed. Edits and pictures are left out."""
        if notice.act in (Act.EDIT, Act.PICTURE):
            return {"left_out": "a text cannot be edited"}
        while len(self._taken) > REMEMBERED:
            self._taken.pop(next(iter(self._taken)))
        taken = self._taken.setdefault(notice.dedup_key, set())
        logs: dict[int, str] = {}
        for number, service in enumerate(self._services, start=1):
            if number not in taken:
                log = await self._sent(service, notice, how)
                if log is None:
                    taken.add(number)
                else:
                    logs[number] = log
        if logs:
            raise self._failed(logs)
        del self._taken[notice.dedup_key]
        return {"at": iso(how.now), "services": len(self._services)}

    async def close(self) -> None:
        """Nothing is kept between calls."""

    async def _sent(self, service: Any, notice: Notice, how: Sending) -> str | None:
        """None where it was taken, else what Apprise logged."""
        title, text = notice.text[:TITLE], text_of(notice, how)
        body = text.removeprefix(title).lstrip("\n") or text
        async with self._turn:
            with self._package.LogCapture(level=logging.DEBUG) as log:
                try:
                    async with asyncio.timeout(APPRISE_TIMEOUT.total_seconds()):
                        done = await service.async_notify(
                            body=body, title=title, body_format=self._package.NotifyFormat.TEXT
                        )
                except TimeoutError:
                    return _NO_ANSWER
                return None if done else str(log.getvalue())

    def _failed(self, logs: dict[int, str]) -> DeliveryFailed:
        lost = any(
            _NO_ANSWER in log and not any(word in log for word in _NOT_REACHED)
            for log in logs.values()
        )
        which = ", ".join(map(str, logs))
        text = f"apprise: URL {which} of {len(self._services)} did not take it"
        kind = "unreachable" if all(_NO_ANSWER in log for log in logs.values()) else "refused"
        return DeliveryFailed(kind, text, may_have_arrived=lost)


def _imported() -> ModuleType:
    try:
        import apprise  # noqa: PLC0415  an extra, and heavy
    except ImportError:
        raise MonitorError(
            "alerts.apprise.urls needs the extra: pip install 'sector-rotation-monitor[apprise]'"
        ) from None
    logger = logging.getLogger("apprise")
    logger.propagate = False  # its lines quote addresses
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    module: ModuleType = apprise
    return module


def _service(package: ModuleType, url: str) -> Any:
    """One URL; a text that is too long for it is split, unless the URL says otherwise.

    Its library reads the environment's proxy itself, and not whose certificates are believed.
    """
    service = package.Apprise.instantiate(url, asset=package.AppriseAsset(app_id=USER_AGENT))
    if service.verify_certificate:
        service.verify_certificate = trusted_path() or True
    if "overflow=" not in url:
        service.overflow_mode = package.OverflowMode.SPLIT
    return service
