"""PgBouncer in transaction mode in front of the tests' PostgreSQL server: few connections, handed out by the transaction."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tests.kit.postgres_server import PostgresServer
from tests.kit.waiting import PATIENCE_S

SERVER_CONNECTIONS = 3


def find_pgbouncer() -> str | None:
    """The program; None where it is not installed."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class PgBouncer:
    """Runs from :meth:`start` to :meth:`stop`, and no longer than this process."""

    def __init__(self, program: str, server: PostgresServer) -> None:
        self._program = program
        self._server = server
        self._home = Path(tempfile.mkdtemp(prefix="monitor-pgb-", dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until it answers; raises RuntimeError with its log where it does not."""
        settings = self._home / "pgbouncer.ini"
        log = self._home / "log"
        settings.write_text(
            "[databases]\n"
            f"* = host={self._server.home} user=postgres\n"
            "[pgbouncer]\n"
            "listen_addr =\n"
            f"unix_socket_dir = {self._home}\n"
            "auth_type = any\n"
            "pool_mode = transaction\n"
            f"default_pool_size = {SERVER_CONNECTIONS}\n"
            "max_client_conn = 100\n",
            encoding="utf-8",
        )
        if os.geteuid() == 0:
            shutil.chown(self._home, "postgres", "postgres")
        command = [*self._server.as_postgres(), self._program, str(settings)]
        with log.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, cwd="/")
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                psycopg.connect(self.url("postgres"), prepare_threshold=None).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PgBouncer does not answer: {log.read_text()}") from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """End it and remove its files."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=PATIENCE_S)
        shutil.rmtree(self._home, ignore_errors=True)

    def url(self, database: str) -> str:
        """The URL of a database of the server, through PgBouncer."""
        return f"postgresql://postgres@/{database}?host={self._home}&port=6432"
