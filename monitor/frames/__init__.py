"""The Python API's room: what is stored as pandas frames, for notebooks. Read only; nothing else imports pandas."""

from monitor.frames.opening import open_monitor
from monitor.frames.reader import Monitor

__all__ = ["Monitor", "open_monitor"]
