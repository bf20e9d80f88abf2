"""Waiting for a state. How long a test is patient bounds a hang; it claims nothing about the machine's speed."""

import asyncio
import time
from collections.abc import Callable

PATIENCE_S = 600.0


def eventually(holds: Callable[[], bool], *, what: str) -> None:
    """Wait until it holds; fails with ``what`` when patience is over."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE_S:.0f} s: {what}")
        time.sleep(0.05)


async def soon(holds: Callable[[], bool], *, what: str) -> None:
    """The same for a test that runs in the event loop."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE_S:.0f} s: {what}")
        await asyncio.sleep(0.01)
