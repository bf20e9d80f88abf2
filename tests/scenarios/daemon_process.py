"""`monitor run` on a clock that runs fast: only the clock differs from the real thing.

`python -m tests.scenarios.daemon_process --config FILE --start ISO --origin ISO --speed X`
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from monitor.clock import ScaledClock
from monitor.commands.logs import set_up_logs
from monitor.daemon import run_daemon
from monitor.model.grid import parse_iso
from monitor.settings.load import load_settings
from monitor.settings.schema import Settings


def main(arguments: list[str]) -> int:
    """Until SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.scenarios.daemon_process", description=__doc__
    )
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--start", type=parse_iso, required=True)
    parser.add_argument("--origin", type=parse_iso, required=True)
    parser.add_argument("--speed", type=float, required=True)
    options = parser.parse_args(arguments)
    set_up_logs(level="info", form="json")
    clock = ScaledClock(options.start, speed=options.speed, origin=options.origin)

    def read() -> Settings:
        return load_settings(options.config, dict(os.environ))

    return asyncio.run(run_daemon(read(), clock, reread=read, migrate=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
