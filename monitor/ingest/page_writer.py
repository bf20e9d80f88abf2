"""Judged pages into the store in the order in which they came, several in a transaction.

Who puts a page goes on at once, unless many wait: pages are stored while the next ones are asked for and judged.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.clock import Clock
from monitor.ingest.bar_writer import write_pages
from monitor.ingest.validation.acceptance import Verdict
from monitor.model.bars import Refusal
from monitor.store.bars import SaveResult
from monitor.store.database import Database

AT_ONCE = 16
"""Pages of one transaction, fewer where somebody waits for them: a daemon beside it waits some hundredths of a second."""

MOST_WAITING = 32
"""Pages in memory before who puts one more has to wait: about 2 MB of a thousand bars each."""


@dataclass(frozen=True, slots=True)
class _Page:
    verdict: Verdict
    refusals: Sequence[Refusal]
    stored: asyncio.Future[None]


class PageWriter:
    """The one way into the store of a backfill, belonging to one event loop. ``saved``: market id -> what became of its bars so
    far.
    """

    def __init__(self, database: Database, clock: Clock, width: timedelta) -> None:
        self.saved: dict[str, SaveResult] = {}
        self._database = database
        self._clock = clock
        self._width = width
        self._waiting: list[_Page] = []
        self._newest: asyncio.Future[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._asked = 0  # how many wait for all that was put

    async def put(self, verdict: Verdict, refusals: Sequence[Refusal]) -> None:
        """Have a page stored after all that were put before; raises the store's failure where an earlier one met it."""
        if len(self._waiting) >= MOST_WAITING or (self._newest and self._newest.done()):
            await self.stored()
        self._newest = asyncio.get_running_loop().create_future()
        self._waiting.append(_Page(verdict, refusals, self._newest))
        if len(self._waiting) >= AT_ONCE:
            self._start()

    async def stored(self) -> None:
        """Wait until all that was put before the call is in the store; raises the store's failure."""
        if self._newest is None:
            return
        self._asked += 1
        try:
            self._start()
            await asyncio.shield(self._newest)
        finally:
            self._asked -= 1

    async def settle(self) -> None:
        """Wait until nothing is left to store, be it that the store failed."""
        self._asked += 1
        self._start()
        if self._writing is not None:
            await asyncio.wait([self._writing])
        self._asked -= 1

    def _start(self) -> None:
        if self._waiting and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while len(self._waiting) >= (1 if self._asked else AT_ONCE):
            pages, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                saved = await asyncio.to_thread(
                    write_pages,
                    self._database,
                    self._clock,
                    self._width,
                    verdicts=[page.verdict for page in pages],
                    refusals=[refusal for page in pages for refusal in page.refusals],
                )
            except Exception as error:  # noqa: BLE001  raised where somebody waits for a page
                for page in (*pages, *self._waiting):
                    page.stored.set_exception(error)
                    page.stored.exception()  # one who waits is enough
                self._waiting.clear()
                return
            for market_id, found in saved.items():
                before = self.saved.get(market_id, SaveResult(0, 0, 0))
                self.saved[market_id] = before + found
            for page in pages:
                page.stored.set_result(None)
