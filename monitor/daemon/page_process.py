"""The page in a process of its own: started, watched, started again; whatever happens to it costs the daemon nothing."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from monitor.clock import Clock
from monitor.daemon.faults import Faults
from monitor.model.errors import MonitorError
from monitor.settings.schema import Settings
from monitor.web.daemon_link import LONGEST_LINE, Standing, read_answer

PAUSE = timedelta(seconds=30)
"""Between the end of a page's process and the start of the next."""
TOLD_EVERY_S = 1.0
SILENT_S = 120.0
"""A process that answers nothing for so long hangs; a start on a loaded machine takes a fraction of it."""
GRACE_S = 3.0
"""So long a process is waited for that was told to end."""
_URL = "MONITOR_DATABASE__URL"


class PageProcessError(MonitorError):
    """The page's process ended, or could not be started."""


class PageNotServedError(MonitorError):
    """The page's process could not have its address."""


def page_command(settings: Settings, log_options: Sequence[str] = ()) -> list[str]:
    """The verb that serves the page beside a daemon of these settings."""
    options = ["--config", str(settings.file), *log_options]
    return [sys.executable, "-m", "monitor", *options, "web", "--beside-daemon"]


def page_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """The daemon's own, with the database that it really uses: it may have come from the command line."""
    kept = {key: value for key, value in environ.items() if key != f"{_URL}_FILE"}
    return kept | {_URL: settings.database.url.get_secret_value()}


class PageProcess:
    """Runs from the start of the daemon to its stop. ``standing``: what the page is told of the daemon each second."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        clock: Clock,
        faults: Faults,
        standing: Callable[[], Standing],
        stop: asyncio.Event,
        *,
        silent_s: float = SILENT_S,
    ) -> None:
        self._silent_s = silent_s
        self._command = command
        self._environ = environ
        self._clock = clock
        self._faults = faults
        self._standing = standing
        self._stop = stop

    async def run(self) -> None:
        """Until ``stop``; a page that ends before is told of once and started again after a pause."""
        while not self._stop.is_set():
            try:
                how = await self._once()
            except OSError as error:
                how = f"could not be started ({error.strerror or type(error).__name__})"
            if self._stop.is_set():
                return
            self._faults.broke(
                "page",
                PageProcessError(
                    f"its process {how}; it is started again every {PAUSE.seconds} s",
                    remedy="monitor web",
                ),
            )
            await self._unless_stopped(asyncio.create_task(self._clock.sleep(PAUSE)))

    async def _once(self) -> str:
        """One process from its start to its end: how it ended, in words."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            env=dict(self._environ),
            limit=LONGEST_LINE,
            # Ctrl-C is the daemon's, the page ends with its standard input; of one session with the daemon, since
            # elsewhere the kernel would weigh both sessions alike and the page's lower priority would count for nothing
            process_group=0,
        )
        telling = asyncio.create_task(self._tell(process))
        hears = asyncio.create_task(self._hear(process))
        try:
            await self._unless_stopped(hears)
            silent = hears.done() and not hears.cancelled() and hears.result()
        finally:
            telling.cancel()
            hears.cancel()
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
                    pipe.write(self._standing().line())
            await asyncio.sleep(TOLD_EVERY_S)

    async def _hear(self, process: Process) -> bool:
        """Until the page says no more: True where it was silent for too long, False where its output ended."""
        lines = process.stdout
        if lines is None:
            return False
        try:
            while line := await self._line(lines):
                said = read_answer(line) or {}
                if said.get("page") == "refused":
                    self._faults.broke("page", PageNotServedError(str(said.get("why"))))
                elif said.get("page") == "serving":
                    self._faults.mended("page")
        except TimeoutError:
            return True
        except ValueError:  # a line without an end: not our page
            return False
        return False

    async def _line(self, lines: asyncio.StreamReader) -> bytes:
        """The next, empty at the end; raises TimeoutError where none came for too long."""
        try:
            return await asyncio.wait_for(lines.readline(), self._silent_s)
        except (
            TimeoutError
        ):  # it may have been this process that stood still: then what was said is there already
            return await asyncio.wait_for(lines.readline(), GRACE_S)

    async def _unless_stopped(self, task: "asyncio.Task[Any]") -> None:
        """Until the task has ended or the daemon stops, whichever is first."""
        stopped = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            task.cancel()


async def _end(process: Process) -> None:
    """Told by the end of its input, then killed; it is gone when this returns."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), GRACE_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _ended(process: Process) -> str:
    code = process.returncode
    if code is not None and code < 0:
        return f"was ended by signal {-code}"
    return f"ended with exit code {code}"
