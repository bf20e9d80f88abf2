"""Venues asked by a process beside this one, which fetches and reads pages while this one judges and stores others.

Both halves start at once: ours opens the database while the other imports ccxt, which is not needed here at all. What goes
between them is pickled, each value with its length before it; the other process ends with its standard input, so also where
ours is killed.
"""

import asyncio
import contextlib
import itertools
import pickle
import struct
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from subprocess import PIPE, Popen, TimeoutExpired
from types import TracebackType
from typing import Any, Self

from monitor.ingest.exchange.market_table import MarketTable
from monitor.ingest.exchange.plan import ConnectionPlan
from monitor.ingest.venues.recent_trades import RawTrade
from monitor.ingest.venues.rows import RawCandle
from monitor.model.derivatives import DerivativeReading
from monitor.model.errors import MonitorError
from monitor.model.order_book import OrderBook
from monitor.model.universe import Market

END_S = 2.0
"""So long the process is waited for that was told to end."""

_LENGTH = struct.Struct("<Q")
_BUFFER = 1 << 20
_MAIN = "monitor.ingest.exchange.remote_main"


class FetchProcessError(MonitorError):
    """The process that asks the venues ended, or could not be started."""


def framed(value: object) -> bytes:
    """A value as it goes through the pipe."""
    packed = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(packed)) + packed


async def next_value(reader: asyncio.StreamReader) -> Any:
    """The next value; raises IncompleteReadError at the end."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return pickle.loads(await reader.readexactly(length))  # noqa: S301  from our own other half


@contextlib.asynccontextmanager
async def reading(pipe: Any) -> AsyncIterator[asyncio.StreamReader]:
    """A pipe's end as this loop reads it, closed afterwards."""
    reader = asyncio.StreamReader(limit=_BUFFER)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    try:
        yield reader
    finally:
        transport.close()


class FetchProcess:
    """The other process, from its start to the end of the block; asked from one event loop. Raises FetchProcessError."""

    def __init__(self) -> None:
        try:
            # Ctrl-C is for this process alone: what was fetched is stored before the other one ends
            self._process = Popen(  # noqa: S603  our own program
                [sys.executable, "-m", _MAIN],
                stdin=PIPE,
                stdout=PIPE,
                pipesize=_BUFFER,
                process_group=0,
            )
        except OSError as error:
            raise FetchProcessError(
                f"the process that asks the venues could not be started ({error.strerror})"
            ) from error
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._hearing: asyncio.Task[None] | None = None
        self._is_used = False

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._pipe("stdin").close()
        if not self._is_used:  # then it may still be loading
            self._process.kill()
        try:
            self._process.wait(END_S)
        except TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._pipe("stdout").close()

    def connect(self, plans: Sequence[ConnectionPlan]) -> list["RemoteConnection"]:
        """The venues' connections there; once, before anything is asked."""
        self._is_used = True
        self._send(plans)
        return [RemoteConnection(plan, self) for plan in plans]

    async def ask(self, venue: str, method: str, *arguments: object) -> Any:
        """What a method of the venue's connection gave there; raises what it raised."""
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._hear())
        elif self._hearing.done():
            raise await self._ended()
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._send((number, venue, method, arguments))
            return await answer
        except OSError:
            raise await self._ended() from None
        finally:
            del self._waiting[number]

    async def _hear(self) -> None:
        """Hand each answer to who waits for it, until the process ends."""
        async with reading(self._process.stdout) as reader:
            with contextlib.suppress(asyncio.IncompleteReadError):
                while True:
                    self._hand_on(*await next_value(reader))
        error = await self._ended()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error)

    def _hand_on(self, number: int, found: object) -> None:
        answer = self._waiting.get(number)
        if answer is None or answer.done():
            return  # who asked was broken off
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    async def _ended(self) -> FetchProcessError:
        code = await asyncio.to_thread(self._process.wait)
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return FetchProcessError(
            f"the process that asks the venues {how}; what was fetched is stored",
            remedy="give the same command again to go on",
        )

    def _send(self, value: object) -> None:
        pipe = self._pipe("stdin")
        pipe.write(framed(value))
        pipe.flush()

    def _pipe(self, name: str) -> Any:
        return getattr(self._process, name)


class RemoteConnection:
    """One venue's connection in the other process."""

    def __init__(self, plan: ConnectionPlan, process: FetchProcess) -> None:
        self.venue = plan.venue
        self.markets = plan.markets
        self.table: MarketTable | None = None
        self._process = process

    async def load_markets(self, expected_gone: Sequence[str] = ()) -> MarketTable:
        """Load and keep our markets, there and here."""
        self.table = await self._ask("load_markets", expected_gone)
        return self.table

    async def candles(
        self, market: Market, width: Any, since_ms: int, count: int, now_ms: int
    ) -> Sequence[RawCandle]:
        """Raw rows."""
        found: Sequence[RawCandle] = await self._ask(
            "candles", market, width, since_ms, count, now_ms
        )
        return found

    async def order_book(self, market: Market, levels: int) -> OrderBook:
        """A market's book."""
        found: OrderBook = await self._ask("order_book", market, levels)
        return found

    async def recent_trades(self, market: Market, count: int) -> tuple[list[RawTrade], float]:
        """A market's newest trades and its contract's size."""
        found: tuple[list[RawTrade], float] = await self._ask("recent_trades", market, count)
        return found

    async def derivatives(self, market: Market, at: datetime) -> DerivativeReading:
        """A perpetual's funding and open interest."""
        found: DerivativeReading = await self._ask("derivatives", market, at)
        return found

    async def venue_time(self) -> datetime:
        """The venue's clock."""
        found: datetime = await self._ask("venue_time")
        return found

    async def close(self) -> None:
        """Nothing: all connections end with their process."""

    async def _ask(self, method: str, *arguments: object) -> Any:
        return await self._process.ask(self.venue, method, *arguments)
