"""Whole daemons that share one store, born fast and killed at any moment.

`python -m tests.scenarios.shared_process --config FILE --start ISO --origin ISO --speed X`: loads the program once, then
forks a daemon for each line of standard input, which names its log, and prints its process id. A daemon has nothing but
what the database holds; only the imports are shared.
"""

import argparse
import asyncio
import os
import signal
import sys
from importlib import import_module
from pathlib import Path

from monitor.commands.logs import set_up_logs
from monitor.daemon import run_daemon
from monitor.model.grid import parse_iso
from monitor.settings.schema import Settings
from tests.kit.scaled_clock import ScaledClock
from tests.scenarios.daemon_process import settings_of

LONGEST_LIFE_S = 600
HEAVY = ("ccxt.async_support", "monitor.daemon.run", "monitor.ingest.poller", "psycopg")


def main(arguments: list[str]) -> int:
    """Until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios.shared_process")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--start", type=parse_iso, required=True)
    parser.add_argument("--origin", type=parse_iso, required=True)
    parser.add_argument("--speed", type=float, required=True)
    options = parser.parse_args(arguments)
    for heavy in HEAVY:
        import_module(heavy)
    clock = ScaledClock(options.start, speed=options.speed, origin=options.origin)

    def read() -> Settings:
        return settings_of(options.config, whole=True)

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who has ended is gone, without a wait
    print("ready", flush=True)
    for line in sys.stdin:
        life = os.fork()
        if life == 0:
            _live_and_end(Path(line.strip()), clock, read)
        print(life, flush=True)
    return 0


def _live_and_end(log: Path, clock: ScaledClock, read: "object") -> None:
    """Of a child: it never returns into the parent's loop."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.alarm(LONGEST_LIFE_S)
    with log.open("wb") as out:
        for stream in (1, 2):
            os.dup2(out.fileno(), stream)
    code = 1
    try:
        set_up_logs(level="info", form="json")
        assert callable(read)
        code = asyncio.run(run_daemon(read(), clock, reread=read))
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
