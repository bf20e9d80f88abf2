"""The life of a run: begun, put together, told to go on with another configuration, ended."""

from monitor.daemon.run import run_daemon

__all__ = ["run_daemon"]
