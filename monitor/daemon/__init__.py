"""The daemon: scheduler, signals, and the wiring of everything."""

from monitor.daemon.run import run_daemon

__all__ = ["run_daemon"]
