"""The machine's clock as the daemon sees it: libfaketime before the C library moves it by what a file says."""

import signal
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.badday.day import HOUR_S, Day

LIBRARY = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
needs_faketime = pytest.mark.skipif(
    not LIBRARY, reason="libfaketime is not installed (Debian: faketime)"
)
_LOOK_S = 1
"""How often the library reads its file: it would at each look at the clock."""


class MachineClock:
    """Of a daemon that is started with :attr:`environ`, and of its page. It passes seconds by the kernel's count, which
    goes on as it is."""

    def __init__(self, folder: Path, *, zone: str = "UTC") -> None:
        self._folder = folder
        self._by = folder / "machine-set-by"
        self._by.write_text("+0")
        self.environ: Mapping[str, str] = {
            "LD_PRELOAD": str(LIBRARY[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._by),
            "FAKETIME_CACHE_DURATION": str(_LOOK_S),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "TZ": zone,
        }

    def is_set(self, day: Day, by_s: float, *, market_h: float = 0.0) -> None:
        """It shows another time from now on, and the market's clock, which runs fast, one that is wrong by so many hours.

        The daemon is stopped while both are written, and sees them at once.
        """
        day.process.send_signal(signal.SIGSTOP)
        self._written(day, by_s, market_h)
        time.sleep(2 * _LOOK_S)
        day.process.send_signal(signal.SIGCONT)

    def is_set_to(self, day: Day, moment: datetime) -> None:
        """It shows that, and the market's clock what is right."""
        self.is_set(day, (moment - datetime.now(UTC)).total_seconds())  # noqa: TID251  the machine's

    def passed(self, day: Day, seconds: float) -> None:
        """So much more has passed while the daemon is stopped, by both counts, and nothing more at the market."""
        self._written(day, seconds, 0.0)
        unfinished = self._folder / "stood.new"
        unfinished.write_text(str(seconds), encoding="ascii")
        unfinished.rename(self._folder / "stood")

    def _written(self, day: Day, by_s: float, market_h: float) -> None:
        self._by.write_text(f"{by_s:+.3f}")
        day.own_clock.put_off(day.clock.origin + timedelta(seconds=by_s - market_h * HOUR_S))
