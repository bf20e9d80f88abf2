"""Work that is dropped when an event comes first."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def unless(event: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Its result; None where ``event`` came first. It is cancelled where it has not ended when this returns."""
    task = asyncio.create_task(work)
    came = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({task, came}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        came.cancel()
        task.cancel()
