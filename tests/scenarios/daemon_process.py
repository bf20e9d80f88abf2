"""`monitor run` on a clock that runs fast: only the clock differs from the real thing.

`python -m tests.scenarios.daemon_process --config FILE --start ISO (--origin ISO | --held FILE) --speed X [--whole]
[--stood FILE]`
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog

from monitor.clock import Clock
from monitor.commands.logs import set_up_logs
from monitor.daemon import run_daemon
from monitor.model.grid import parse_iso
from monitor.settings.load import load_settings
from monitor.settings.schema import Settings
from tests.kit.held_clock import HeldClock
from tests.kit.scaled_clock import ScaledClock

PATIENT = timedelta(days=30)
"""Of the fast clock an interval's deadline would pass within a blink: whole intervals alone are stepped by a daemon that is
this patient, so that two runs can be compared bar by bar."""


def settings_of(file: Path, *, whole: bool) -> Settings:
    """As the daemon reads them; ``whole``: an interval waits for all its bars."""
    settings = load_settings(file, dict(os.environ))
    if not whole:
        return settings
    return replace(settings, engine=settings.engine.model_copy(update={"deadline": PATIENT}))


def main(arguments: list[str]) -> int:
    """Until SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.scenarios.daemon_process", description=__doc__
    )
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--start", type=parse_iso, required=True)
    parser.add_argument("--origin", type=parse_iso)
    parser.add_argument("--held", type=Path, help="the clock stands until the file is there")
    parser.add_argument("--speed", type=float, required=True)
    parser.add_argument("--whole", action="store_true", help="step whole intervals alone")
    parser.add_argument(
        "--stood", type=Path, help="holds so many more seconds as have passed while it was stopped"
    )
    options = parser.parse_args(arguments)
    if options.stood:
        count_as_passed(options.stood)
    set_up_logs(level="info", form="json")
    clock: Clock = (
        HeldClock(options.held, options.start, speed=options.speed)
        if options.held
        else ScaledClock(options.start, speed=options.speed, origin=options.origin)
    )

    def read() -> Settings:
        return settings_of(options.config, whole=options.whole)

    async def counted() -> int:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, say_tasks)
        return await run_daemon(read(), clock, reread=read, migrate=True)

    return asyncio.run(counted())


def count_as_passed(file: Path) -> None:
    """From when the file is there, the seconds that it holds have passed by :func:`time.monotonic`, and so in the event
    loop and in whatever counts its timeouts by that. A wait in a thread, which the kernel counts, ends by itself."""
    passed = time.monotonic
    more = 0.0

    def monotonic() -> float:
        nonlocal more
        if not more and file.exists():
            more = float(file.read_text(encoding="ascii"))
        return passed() + more

    time.monotonic = monotonic


def say_tasks() -> None:
    """A line of the log at SIGUSR1: how many tasks the loop has, which nobody sees from outside."""
    structlog.get_logger().info("tasks", count=len(asyncio.all_tasks()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
