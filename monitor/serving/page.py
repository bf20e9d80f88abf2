"""The page of a run: its process outlives the configurations of the run where it can, and is relieved where it cannot."""

import asyncio
import os
from collections.abc import Callable, Sequence

from monitor.clock import Clock
from monitor.jobs.faults import Faults
from monitor.serving.process import SILENT_S, PageProcess, Told, Wanted, wanted_of
from monitor.settings.schema import Settings
from monitor.web.daemon_link import Standing


class Page:
    """Between the start of a run and :meth:`close`; used from the event loop. ``stop``: of the run.

    A process that was started with the same goes on under a new configuration. Where something changed, another takes
    connections at the same socket, and the one before ends when that serves: nobody who asks meanwhile finds no page.
    """

    def __init__(
        self,
        clock: Clock,
        stop: asyncio.Event,
        log_options: Sequence[str] = (),
        *,
        silent_s: float = SILENT_S,
    ) -> None:
        self._clock = clock
        self._stop = stop
        self._log_options = log_options
        self._silent_s = silent_s
        self._newest: PageProcess | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._processes: list[PageProcess] = []

    async def beside(
        self,
        settings: Settings,
        faults: Faults,
        standing: Callable[[], Standing],
        over: asyncio.Event,
    ) -> None:
        """Serve it as these settings say until ``over``; after that it is served on unless the run ends."""
        wanted = wanted_of(settings, os.environ, self._log_options)
        self.take(wanted if settings.web.enabled else None, Told(faults, standing))
        await over.wait()
        if self._stop.is_set():
            await self.close()

    def take(self, wanted: Wanted | None, told: Told) -> None:
        """From now on a process of this kind serves the page, or none."""
        newest = self._newest
        if newest is not None and newest.wanted == wanted:
            newest.told = told
            return
        self._newest = None
        if wanted is not None:
            self._newest = PageProcess(
                wanted, self._clock, told, silent_s=self._silent_s, before=newest
            )
            self._processes = [*(p for p in self._processes if not p.gone.is_set()), self._newest]
            task = asyncio.create_task(self._newest.run(), name="page")
            self._running.add(task)
            task.add_done_callback(self._ended)
        elif newest is not None:
            newest.end()

    async def close(self) -> None:
        """End every process; they are gone when this returns."""
        if self._newest is not None:
            self._newest.end()
            self._newest = None
        await asyncio.gather(*self._running, return_exceptions=True)

    def kill(self) -> None:
        """Every process at once, from any thread: one that is stopped never reads that its input ended."""
        for process in self._processes:
            process.kill()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception) and self._newest is not None:
            self._newest.told.faults.broke("page", error)
            self._newest = None
