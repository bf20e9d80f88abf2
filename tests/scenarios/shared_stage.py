"""Several daemons on one PostgreSQL store: started, watched by what the store says of them, killed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from monitor.model.grid import iso
from monitor.store import outbox
from monitor.store.database import Database, open_database
from monitor.store.roles import DAEMON, running_with_venues
from tests.kit.waiting import PATIENCE_S, eventually
from tests.scenarios.stage import ROOT, Stage

IDLE = 0.2
"""So often anybody is killed, else one that steps or polls."""


@dataclass
class Fleet:
    """Daemons by process id, ``size`` of them at once. ``takeovers``: how long after each kill what the killed one held was another's, in seconds;
    ``kills``: what the killed ones were."""

    stage: Stage
    process: "subprocess.Popen[bytes]"
    database: Database
    dice: random.Random
    size: int = 3
    lives: list[int] = field(default_factory=list)
    kills: list[str] = field(default_factory=list)
    takeovers: list[float] = field(default_factory=list)
    born: int = 0

    def fill(self) -> None:
        """Start as many as are missing; one that lost its turn has ended by itself."""
        self.lives = [pid for pid in self.lives if _is_alive(pid)]
        while len(self.lives) < self.size:
            self.born += 1
            log = self.stage.folder / f"fleet-{self.born}.log"
            self.stage.logs.append(log)
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            self.process.stdin.write(f"{log}\n".encode())
            self.process.stdin.flush()
            self.lives.append(int(self.process.stdout.readline()))

    def roles(self) -> dict[str, int]:
        """What is held -> by which process: the daemon's role, and each venue."""
        held: dict[str, int] = {}
        with self.database.read() as conn:
            for role, process, venues in running_with_venues(self.database, conn):
                held |= dict.fromkeys(venues or (), process.pid)
                if role == DAEMON:
                    held[DAEMON] = process.pid
        return held

    def kill_one(self) -> None:
        """At any moment, whatever it holds; then the next is started."""
        self.fill()
        time.sleep(self.dice.uniform(0.0, 1.0))
        at_work = sorted(set(self.roles().values()) & set(self.lives))
        idle = self.dice.random() < IDLE or not at_work
        victim = self.dice.choice(self.lives if idle else at_work)
        held = {what for what, pid in self.roles().items() if pid == victim}
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        killed_at = time.monotonic()
        eventually(lambda: not _is_alive(victim), what="it is gone")
        self.kills.append("+".join(sorted(held)) or "nothing")
        self.fill()
        if (
            held and len(self.kills) % 5 == 0
        ):  # each time would leave no kill in the middle of a takeover
            alive = set(self.lives)
            eventually(
                lambda: all(self.roles().get(what) in alive for what in held), what="taken over"
            )
            self.takeovers.append(time.monotonic() - killed_at)

    def until_done(self) -> None:
        """Undisturbed from now on, until the range is stepped and nothing waits to be sent."""

        def is_done() -> bool:
            self.fill()
            last = self.stage.last_step()
            return last is not None and last >= self.stage.until and not self._waiting()

        eventually(is_done, what="everything stepped and sent")

    def end(self) -> None:
        """SIGTERM to all; each ends."""
        for pid in self.lives:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        eventually(lambda: not any(map(_is_alive, self.lives)), what="all have ended")

    def _waiting(self) -> int:
        with self.database.read() as conn:
            return outbox.pending_stats(conn, self.stage.now()).pending


@contextmanager
def fleet(stage: Stage, *, size: int, seed: int) -> Iterator[Fleet]:
    """Nothing alive yet."""
    command = [sys.executable, "-m", "tests.scenarios.shared_process"]
    command += ["--config", str(stage.config), "--start", iso(stage.live_from)]
    command += ["--origin", iso(stage.origin), "--speed", str(stage.speed)]
    log = stage.folder / "fleet.log"
    stage.logs.append(log)
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=stage.daemon_environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    database = open_database(stage.database_url)
    found = Fleet(stage, process, database, random.Random(seed), size)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n", log.read_text()
        yield found
    finally:
        for pid in found.lives:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        database.close()
        process.kill()
        process.wait(timeout=PATIENCE_S)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def newest_logs(folder: Path) -> str:
    """Ends of the logs, for a failure."""
    logs = sorted(folder.glob("fleet-*.log"), key=lambda file: file.stat().st_mtime)[-4:]
    return "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in logs)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
