"""The process that asks the venues for another one (:mod:`monitor.ingest.exchange.remote`), until its standard input ends."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp  # noqa: F401  takes its time while the other half reads its settings

from monitor.clock import LiveClock
from monitor.ingest.exchange.ccxt_client import CcxtClient, connect_all
from monitor.ingest.exchange.remote import framed, next_value, reading
from monitor.model.errors import MonitorError
from monitor.process import spare_the_program


async def serve(answer: Callable[[bytes], object]) -> None:
    """Answer until nobody asks any more; a failure that is no venue's ends it."""
    async with reading(sys.stdin.buffer) as asked, asyncio.TaskGroup() as group:
        plans = await _next_or_end(asked)
        connections = {made.venue: made for made in connect_all(plans, LiveClock())}
        spare_the_program()
        while True:
            group.create_task(_answer(connections, await _next_or_end(asked), answer))


async def _next_or_end(asked: asyncio.StreamReader) -> Any:
    """What is asked next; at the end nobody waits for anything, and the system closes what is open."""
    try:
        return await next_value(asked)
    except asyncio.IncompleteReadError:
        os._exit(0)


async def _answer(
    connections: Mapping[str, CcxtClient],
    question: tuple[int, str, str, tuple[Any, ...]],
    answer: Callable[[bytes], object],
) -> None:
    number, venue, method, arguments = question
    found: object
    try:
        found = await getattr(connections[venue], method)(*arguments)
    except MonitorError as error:
        found = error
    try:
        answer(framed((number, found)))
    except BrokenPipeError:
        os._exit(0)


def main() -> None:
    """Whatever else is printed goes to standard error."""
    out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with os.fdopen(out, "wb") as pipe:

        def answer(framed_value: bytes) -> None:
            pipe.write(framed_value)
            pipe.flush()

        asyncio.run(serve(answer))


if __name__ == "__main__":
    main()
