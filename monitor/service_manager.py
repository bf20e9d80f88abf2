"""Life signs to the service manager: ready, alive after each good poll, stopping (sd_notify's datagrams)."""

import socket
from collections.abc import Mapping

import structlog

log = structlog.get_logger(__name__)


class ServiceManager:
    """Tells systemd, where it listens (``NOTIFY_SOCKET``); silent else. Never raises: a deaf manager costs nothing.

    The watchdog is fed by good polls alone, so that a daemon that lives and sees nothing is restarted too; a standby,
    which has nothing to poll, feeds it each time it has looked for its turn.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # a name that begins with @ is of the abstract kind
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    def ready(self) -> None:
        """The parts run."""
        self._tell("READY=1\nSTATUS=started")

    def good_poll(self, words: str) -> None:
        """``words``: what the last poll brought, for `systemctl status`."""
        self._tell(f"WATCHDOG=1\nSTATUS={words}")

    def standby(self, words: str) -> None:
        """Alive though it polls nobody: another process does. ``words``: which one."""
        self._tell(f"WATCHDOG=1\nSTATUS={words}")

    def stopping(self) -> None:
        """On the way out."""
        self._tell("STOPPING=1")

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
                out.sendto(text.encode(), self._address)
        except OSError as error:
            log.debug("service manager not reached", error=type(error).__name__)
