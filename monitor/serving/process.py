"""The page in a process of its own: started, watched, started again; whatever happens to it costs the daemon nothing."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from socket import socket

import structlog

from monitor.clock import Clock, monotonic
from monitor.jobs.faults import Faults
from monitor.model.errors import MonitorError
from monitor.settings.schema import Settings
from monitor.settings.tables import Tables
from monitor.unless import unless
from monitor.web.daemon_link import LONGEST_LINE, Standing, read_answer
from monitor.web.listener import PageNotServedError, listen

log = structlog.get_logger(__name__)

PAUSE = timedelta(seconds=30)
"""Between the end of a page's process and the start of the next."""
TOLD_EVERY_S = 1.0
SILENT_S = 120.0
"""A process that answers nothing for so long hangs; a start on a loaded machine takes a fraction of it."""
STARVED = 0.5
"""A silent process that waited for a core for this part of the time does not hang: its priority is low on purpose."""
MOST_SPELLS = 10
"""So many times :data:`SILENT_S` in a row are the end of that."""
GRACE_S = 3.0
"""So long after this process stood still itself, what the page had said is waited for."""
END_S = 2.0
"""So long a process is waited for that was told to end."""
_URL = "MONITOR_DATABASE__URL"


class PageProcessError(MonitorError):
    """The page's process ended, or could not be started."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page's process is started with. ``command``: the socket's number is put behind it; ``tables``: what it reads."""

    command: tuple[str, ...]
    environ: Mapping[str, str]
    host: str
    port: int
    tables: Tables | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it is served."""
        return self.host, self.port


def wanted_of(
    settings: Settings, environ: Mapping[str, str], log_options: Sequence[str] = ()
) -> Wanted:
    """The verb that serves the page beside a daemon of these settings.

    With the database that the daemon really uses: it may have come from the command line.
    """
    options = ["--config", str(settings.file), *log_options]
    kept = {key: value for key, value in environ.items() if key != f"{_URL}_FILE"}
    return Wanted(
        (sys.executable, "-m", "monitor", *options, "web", "--beside-daemon"),
        kept | {_URL: settings.database.url.get_secret_value()},
        settings.web.host,
        settings.web.port,
        settings.tables,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told of the page, and what the page is told of the daemon each second."""

    faults: Faults
    standing: Callable[[], Standing]


class PageProcess:
    """Runs until :meth:`end`. ``told`` may be replaced meanwhile; ``before``: goes on until this one serves, where the
    address is the same, at the same socket; else it is ended first."""

    def __init__(
        self,
        wanted: Wanted,
        clock: Clock,
        told: Told,
        *,
        silent_s: float = SILENT_S,
        before: "PageProcess | None" = None,
    ) -> None:
        self.wanted = wanted
        self.told = told
        self._clock = clock
        self._silent_s = silent_s
        self._before = before
        self.listener: socket | None = None
        self._over = asyncio.Event()
        self.gone = asyncio.Event()
        self._process: Process | None = None

    def end(self) -> None:
        """It, and whoever waits to be relieved by it."""
        self._over.set()
        self._relieve()

    def kill(self) -> None:
        """The process that runs now; from any thread."""
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    async def run(self) -> None:
        """Until the end; a page that ends before is told of once and started again after a pause."""
        try:
            await self._take_over()
            while not self._over.is_set():
                how = await self._attempt()
                if self._over.is_set():
                    return
                if isinstance(how, str):
                    how = PageProcessError(
                        f"its process {how}; it is started again every {PAUSE.seconds} s",
                        remedy="monitor web",
                    )
                self.told.faults.broke("page", how)
                if self._before is None:  # nobody is to wait where nobody answers
                    self._leave_address()
                await unless(self._over, self._clock.sleep(PAUSE))
        finally:
            self._relieve()
            self._leave_address()
            self.gone.set()

    async def _take_over(self) -> None:
        before = self._before
        if before is None:
            return
        if before.wanted.address == self.wanted.address and before.listener is not None:
            self.listener = before.listener.dup()
        else:
            self._relieve()
            await before.gone.wait()

    def _relieve(self) -> None:
        before, self._before = self._before, None
        if before is not None:
            before.end()

    def _leave_address(self) -> None:
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.close()

    async def _attempt(self) -> str | Exception:
        """One process from its start to its end: how it ended, in words, or why there was none."""
        try:
            if self.listener is None:
                self.listener = await asyncio.to_thread(listen, *self.wanted.address)
            return await self._once(self.listener)
        except PageNotServedError as error:
            return error
        except OSError as error:
            return f"could not be started ({error.strerror or type(error).__name__})"

    async def _once(self, listener: socket) -> str:
        process = await asyncio.create_subprocess_exec(
            *self.wanted.command,
            str(listener.fileno()),
            stdin=PIPE,
            stdout=PIPE,
            env=dict(self.wanted.environ),
            limit=LONGEST_LINE,
            pass_fds=[listener.fileno()],
            # Ctrl-C is the daemon's, the page ends with its standard input; of one session with the daemon, since
            # elsewhere the kernel would weigh both sessions alike and the page's lower priority would count for nothing
            process_group=0,
        )
        self._process = process
        telling = asyncio.create_task(self._tell(process))
        try:
            silent = await unless(self._over, self._hear(process))
        finally:
            telling.cancel()
            await _end(process)
        return (
            f"answered nothing for {self._silent_s:g} s and was ended"
            if silent
            else _ended(process)
        )

    async def _tell(self, process: Process) -> None:
        """The daemon's standing each second, as long as the page reads: nothing heaps up for one that does not."""
        pipe = process.stdin
        while pipe is not None and not pipe.is_closing():
            if pipe.transport.get_write_buffer_size() == 0:
                with contextlib.suppress(OSError):
                    pipe.write(self.told.standing().line())
            await asyncio.sleep(TOLD_EVERY_S)

    async def _hear(self, process: Process) -> bool:
        """Until the page says no more: True where it was silent for too long, False where its output ended."""
        lines = process.stdout
        if lines is None:
            return False
        try:
            while line := await self._next(lines, process.pid):
                said = read_answer(line) or {}
                if said.get("page") == "serving":
                    self._relieve()
                    self.told.faults.mended("page")
        except TimeoutError:
            return True
        except ValueError:  # a line without an end: not our page
            return False
        return False

    async def _next(self, lines: asyncio.StreamReader, pid: int) -> bytes:
        """The next line, empty at the end; raises TimeoutError where it hangs."""
        for _ in range(MOST_SPELLS - 1):
            before, since = spent_of(pid), monotonic()
            try:
                return await self._line(lines)
            except TimeoutError:
                if not is_starved(pid, before, monotonic() - since):
                    raise
                log.warning("page is silent: it waits for a core", pid=pid)
        return await self._line(lines)

    async def _line(self, lines: asyncio.StreamReader) -> bytes:
        """The next, empty at the end; raises TimeoutError where none came for too long."""
        try:
            return await asyncio.wait_for(lines.readline(), self._silent_s)
        except (
            TimeoutError
        ):  # it may have been this process that stood still: then what was said is there already
            return await asyncio.wait_for(lines.readline(), GRACE_S)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a process's main thread: on a core, and ready to run without one; a wait is booked when it ends."""

    ran: float
    waited: float


def spent_of(pid: int) -> Spent:
    """Noughts where the system does not tell."""
    try:
        ran, waited = Path(f"/proc/{pid}/schedstat").read_text().split()[:2]
        return Spent(int(ran) / 1e9, int(waited) / 1e9)
    except (OSError, ValueError):
        return Spent(0.0, 0.0)


def is_starved(pid: int, before: Spent, elapsed_s: float) -> bool:
    """Whether it could have run for most of the time since ``before`` and did not. One that gets no core at all has not yet
    booked its waiting: it is ready to run now, and hardly ran."""
    now = spent_of(pid)
    if now.waited - before.waited >= STARVED * elapsed_s:
        return True
    return _is_ready(pid) and now.ran - before.ran < (1.0 - STARVED) * elapsed_s


def _is_ready(pid: int) -> bool:
    """Whether it runs or waits for a core, and for nothing else."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "R"
    except (OSError, IndexError):
        return False


async def _end(process: Process) -> None:
    """Told by the end of its input, then killed; it is gone when this returns."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), END_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _ended(process: Process) -> str:
    code = process.returncode
    if code is not None and code < 0:
        return f"was ended by signal {-code}"
    return f"ended with exit code {code}"
