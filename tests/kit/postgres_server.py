"""A throw-away PostgreSQL server on a Unix socket, started by the tests that need one."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.kit.waiting import PATIENCE_S

_SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=60",
    "shared_buffers=64MB",
    "max_wal_size=1GB",
)


def find_binaries() -> Path | None:
    """Directory of `initdb` and `postgres`: on the path, else where Debian puts them; None without them."""
    on_path = shutil.which("initdb")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").is_file() and (place / "postgres").is_file():
            return place
    return None


class PostgresServer:
    """Runs from :meth:`start` to :meth:`stop`, but for a :meth:`pause`, and no longer than this process."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self.home = Path(tempfile.mkdtemp(prefix="monitor-pg-", dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count()

    def start(self) -> None:
        """Make a cluster and wait until it answers; raises RuntimeError with its log where it does not."""
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")
        data = self.home / "data"
        initdb = [
            str(self._binaries / "initdb"),
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
        ]
        initdb += ["--encoding=UTF8", "--locale=C", f"--pgdata={data}"]
        made = subprocess.run(
            [*self.as_postgres(), *initdb], capture_output=True, text=True, check=False, cwd="/"
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr}")
        self.resume()

    def resume(self) -> None:
        """Serve the cluster that was made, and wait until it answers; raises RuntimeError with its log where it does not."""
        data, log = self.home / "data", self.home / "log"
        options = [part for setting in _SETTINGS for part in ("-c", setting)]
        command = [
            str(self._binaries / "postgres"),
            "-D",
            str(data),
            "-k",
            str(self.home),
            *options,
        ]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*self.as_postgres(), *command], stdout=output, stderr=output, cwd="/"
            )
        self._wait(log)

    def pause(self) -> None:
        """End the server and the connections to it; the cluster stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
            try:
                self._process.wait(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def stop(self) -> None:
        """End the server and remove its files."""
        self.pause()
        shutil.rmtree(self.home, ignore_errors=True)

    def url(self, database: str) -> str:
        """The URL of a database of this server."""
        return f"postgresql://postgres@/{database}?host={self.home}"

    def create(self, template: str | None = None) -> str:
        """Make a fresh database, a copy of ``template`` where given; returns its name."""
        name = f"db{next(self._names)}"
        copied = f" TEMPLATE {template}" if template else ""
        self._run(f"CREATE DATABASE {name}{copied}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database and end its connections."""
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def as_postgres(self) -> list[str]:
        """What comes before a command: the server refuses to run as root; it also ends when this process is killed."""
        prefix = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
        if os.geteuid() != 0:
            return prefix
        if prefix:
            return [*prefix, "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        return ["runuser", "-u", "postgres", "--"]

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError(f"the server ended: {log.read_text()}")
            try:
                self._run("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"the server did not answer within {PATIENCE_S} s: {log.read_text()}")


@contextmanager
def started_or_skipped() -> Iterator[PostgresServer]:
    """A running server of its own, stopped at the end; skips the test where none is installed."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's initdb and postgres are not installed (Debian: postgresql)")
    server = PostgresServer(binaries)
    try:
        server.start()
        yield server
    finally:
        server.stop()
