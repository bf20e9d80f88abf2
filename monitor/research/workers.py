"""Many independent jobs over this machine's cores, or over a Dask cluster by its scheduler's address: the same code.

A job is a module's function of (shared, item); its result must not depend on where it ran. A worker that dies is an
error: a smaller sample is never passed off as the whole.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from monitor.model.errors import MonitorError

PIECES = 4
"""Pieces of work for each process: few enough to send, enough that none waits long for the last."""

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")


class Workers(Protocol):
    """Somewhere to run jobs."""

    def run(
        self, job: Callable[[Shared, Item], Result], shared: Shared, items: Sequence[Item]
    ) -> Iterator[Result]:
        """Results in the order of the items, each as soon as it and those before are there."""
        ...


class WorkersError(MonitorError):
    """The jobs could not all be run."""


class Inline:
    """This process, one after the other."""

    def run(
        self, job: Callable[[Shared, Item], Result], shared: Shared, items: Sequence[Item]
    ) -> Iterator[Result]:
        """See :class:`Workers`."""
        return (job(shared, item) for item in items)


class Processes:
    """Processes of this machine; what is shared is sent along with each of a few pieces of the work."""

    def __init__(self, count: int) -> None:
        self._count = count

    def run(
        self, job: Callable[[Shared, Item], Result], shared: Shared, items: Sequence[Item]
    ) -> Iterator[Result]:
        """See :class:`Workers`."""
        count = min(self._count, len(items))
        if count < 2:
            yield from Inline().run(job, shared, items)
            return
        size = max(1, len(items) // (PIECES * count))
        pieces = [items[i : i + size] for i in range(0, len(items), size)]
        # spawned, not forked: a fork of a process with threads may hang
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            futures = [pool.submit(_piece, job, shared, piece) for piece in pieces]
            try:
                for future in futures:
                    yield from future.result()
            except BrokenProcessPool as error:
                raise WorkersError(
                    f"a worker process died while {len(items)} jobs were running; nothing was counted",
                    remedy="look for a kill by the system (out of memory), or run with fewer processes",
                ) from error
            finally:
                for future in futures:
                    future.cancel()


class Dask:
    """The workers of a Dask cluster. Close it when done."""

    def __init__(self, address: str, *, timeout_s: float = 20.0) -> None:
        try:
            from dask.distributed import Client  # noqa: PLC0415  an extra
        except ImportError as error:
            raise WorkersError(
                "found no dask.distributed, expected it for --dask",
                remedy="install the extra: pip install 'sector-rotation-monitor[dask]'",
            ) from error
        try:
            self._client = Client(address, timeout=timeout_s, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise WorkersError(
                f"found no Dask scheduler at {address}: {error}",
                remedy="start one (dask scheduler) and give its address, such as tcp://10.0.0.5:8786",
            ) from error

    def run(
        self, job: Callable[[Shared, Item], Result], shared: Shared, items: Sequence[Item]
    ) -> Iterator[Result]:
        """See :class:`Workers`."""
        if not self._client.scheduler_info()["workers"]:
            raise WorkersError(
                "the Dask scheduler has no worker", remedy="start one: dask worker ADDRESS"
            )
        held = self._client.scatter(shared, broadcast=True, hash=False)
        futures = [self._client.submit(job, held, item, pure=False) for item in items]
        for i, future in enumerate(futures):
            yield self._result(future, i, len(futures))

    def _result(self, future: Any, number: int, of: int) -> Any:
        from dask.distributed import KilledWorker  # noqa: PLC0415
        from distributed.client import FutureCancelledError  # noqa: PLC0415

        try:
            return future.result()
        except (KilledWorker, FutureCancelledError) as error:
            raise WorkersError(
                f"Dask workers died at job {number + 1} of {of}; nothing was counted",
                remedy="look at the workers' logs (memory is the usual reason), then run again",
            ) from error

    def close(self) -> None:
        """Leave the cluster."""
        self._client.close()


@contextmanager
def workers_of(processes: int, dask: str | None) -> Iterator[Workers]:
    """A Dask cluster where its address is given, else that many processes of this machine."""
    if dask is None:
        yield Processes(processes)
        return
    cluster = Dask(dask)
    try:
        yield cluster
    finally:
        cluster.close()


def _piece(
    job: Callable[[Shared, Item], Result], shared: Shared, items: Sequence[Item]
) -> list[Result]:
    return [job(shared, item) for item in items]


def each(results: Iterable[Result], tell: Callable[[int], None]) -> Iterator[Result]:
    """The results, saying how many are there."""
    for number, result in enumerate(results, start=1):
        tell(number)
        yield result
