"""A bar on standard error for work that takes more than a moment."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from monitor.clock import monotonic
from monitor.commands.context import console

SHOWN_AFTER_S = 0.5
EVERY_S = 0.2


@contextmanager
def progress_bar(
    what: str, unit: str, *, plain: bool = False
) -> Iterator[Callable[[int, int], None]]:
    """Call what it gives with (done, in all), as often as wanted. Draws nothing for short work.

    Where it is no terminal nothing is said either, or with ``plain`` a line for each quarter.
    """
    if not sys.stderr.isatty():
        yield _by_quarters(what, unit) if plain else lambda _done, _all: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    begun = drawn = monotonic()
    bar = Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    )
    task = bar.add_task(what, total=None)

    def draw(done: int, total: int) -> None:
        nonlocal drawn
        now = monotonic()
        if now - begun < SHOWN_AFTER_S or now - drawn < EVERY_S:
            return
        drawn = now
        bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield draw
    finally:
        bar.stop()


def _by_quarters(what: str, unit: str) -> Callable[[int, int], None]:
    told = 0

    def say(done: int, total: int) -> None:
        nonlocal told
        quarter = 4 * done // total if total else 4
        if quarter > told:
            told = quarter
            print(f"{what}: {done} of {total} {unit}", file=sys.stderr, flush=True)

    return say
