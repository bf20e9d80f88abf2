"""What is wrong with the daemon's jobs: each has a fault of its own, told once when it breaks and once when it is well."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from monitor.alerting.operator_notice import operator_notice
from monitor.alerting.operators import Operators
from monitor.clock import Clock
from monitor.delivery.channel import ChannelSender, Sending
from monitor.jobs.job import Work
from monitor.model.errors import MonitorError
from monitor.model.notice import Channel, Notice
from monitor.shortages import shortage
from monitor.store import outbox
from monitor.store.database import Database

log = structlog.get_logger(__name__)


class Faults:
    """The state of each job, in memory. Used from the event loop; the store is written to in a thread of its own.

    ``wake``: called when something was enqueued; ``failed``: at each failure, told or not. ``stop``: from then on
    nothing is told, since an end is no fault.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        operators: Operators,
        channels: Mapping[Channel, ChannelSender],
        *,
        wake: Callable[[], None],
        failed: Callable[[], None],
        stop: asyncio.Event,
    ) -> None:
        self._database = database
        self._clock = clock
        self._operators = operators
        self._channels = channels
        self._wake = wake
        self._failed = failed
        self._stop = stop
        self._standing: dict[str, str] = {}
        # job -> what it was told for: others that fail of the same are not told
        self._told_for: dict[str, str] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._in_order = asyncio.Lock()

    @property
    def standing(self) -> str | None:
        """Every fault that stands, in words; None where all is well."""
        return "; ".join(self._standing.values()) or None

    def stands(self, job: str) -> bool:
        """Whether this job's last run failed."""
        return job in self._standing

    @property
    def state(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """(job -> its fault that stands, in words; job -> what it was told for)."""
        return self._standing, self._told_for

    def watched(self, job: str, work: Work) -> Work:
        """The work, with its failure told and its success taken as the end of its own fault."""

        async def run() -> None:
            try:
                await work()
            except asyncio.CancelledError:
                if not self._stop.is_set():
                    raise
            except Exception as error:  # noqa: BLE001  one job's failure stops no other
                self.broke(job, error)
            else:
                self.mended(job)

        return run

    def broke(self, job: str, error: Exception) -> None:
        """Log it; tell it unless this job's fault stands already, or another's that has the same cause."""
        self._failed()
        ours = isinstance(error, MonitorError)
        words = str(error) if ours else shortage(error) or type(error).__name__
        cause = error.cause if isinstance(error, MonitorError) else words
        text = f"{job} failed: {words}"
        log.error("job failed", job=job, error=text, exc_info=None if ours else error)
        if self._stop.is_set() or job in self._told_for:
            return
        self._standing[job] = text
        if not ours or cause not in self._told_for.values():
            self._told_for[job] = cause
            self._tell(job, f"{text}. Polling goes on; nothing was lost.")

    def mended(self, job: str) -> None:
        """Tell that this job is well again, where its fault stands."""
        if job not in self._standing or self._stop.is_set():
            return
        text = self._standing.pop(job)
        if self._told_for.pop(job, None) is not None:
            self._tell(job, f"well again after: {text}", well=True)

    def inherit(self, before: "Faults") -> None:
        """Take over what stands: it was told, and is told once more when it is well."""
        standing, told = before.state
        self._standing.update(standing)
        self._told_for.update(told)

    async def close(self) -> None:
        """Wait for what is being told."""
        await asyncio.gather(*self._telling, return_exceptions=True)

    def _tell(self, job: str, text: str, *, well: bool = False) -> None:
        notice = operator_notice(f"job {job}", text, self._clock.now(), well=well)
        task = asyncio.get_running_loop().create_task(self._told(notice))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _told(self, notice: Notice) -> None:
        """Through the outbox; where the store takes nothing, straight to every channel that still works."""
        async with self._in_order:
            try:
                await asyncio.to_thread(self._enqueue, self._operators.told(notice))
                self._wake()
            except Exception:  # noqa: BLE001  the store takes nothing, or the machine has no room for a thread
                await asyncio.gather(
                    *map(self._send, self._operators.told_on_every_way(notice)),
                    return_exceptions=True,
                )

    def _enqueue(self, notices: list[Notice]) -> None:
        with self._database.write() as conn:
            outbox.enqueue(conn, notices)

    async def _send(self, notice: Notice) -> None:
        how = Sending(self._clock.now(), plain=True)
        try:
            await self._channels[notice.channel].send(notice, how)
        except Exception as error:  # noqa: BLE001  the failure was logged already; the channel is down as well
            log.warning("operator not reached", error=type(error).__name__)
