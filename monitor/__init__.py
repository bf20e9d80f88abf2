"""Watches sectors of the crypto market and tells when capital rotates from one into another."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.frames import Monitor

__version__ = "0.1.0"


def open(url: "str | None" = None, config: "Path | str | None" = None) -> "Monitor":  # noqa: A001  monitor.open
    """The stored figures as pandas frames: the database at ``url``, or the configured one, for reading alone.

    ``config`` as `monitor --config`. Imports pandas; nothing else in the package does.
    """
    from monitor.frames import open_monitor  # noqa: PLC0415  `import monitor` stays light

    return open_monitor(url, config)
