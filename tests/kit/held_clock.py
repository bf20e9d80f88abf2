"""A fast clock that stands still until it is let go: a day begins when all that takes part in it is up."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from monitor.clock import LiveClock
from monitor.model.grid import parse_iso
from tests.kit.scaled_clock import ScaledClock

LOOK_S = 3.0
"""How often a program whose clock stands is rung: none can say when it will be let go."""


class HeldClock:
    """At ``start`` until the file says since when it runs; then ``speed`` times as fast as the machine's.

    Every process that is given the same file, and has the same machine's clock, has the same time.
    """

    def __init__(self, file: Path, start: datetime, *, speed: float) -> None:
        self._file = file
        self._start = start
        self._speed = speed
        self._machine = LiveClock()
        self._running: ScaledClock | None = None
        self._read_at: int | None = None

    def let_go(self) -> None:
        """It runs from now on."""
        self._write(self._machine.now())

    def put_off(self, origin: datetime) -> None:
        """Let it have begun at another time of the machine's: for one whose machine's clock is set, so that not all of
        that, times ``speed``, passes here."""
        self._write(origin)

    @property
    def origin(self) -> datetime:
        """Of the machine's clock when it was let go."""
        return parse_iso(self._file.read_text(encoding="utf-8"))

    def now(self) -> datetime:
        """Aware UTC time."""
        clock = self._clock()
        return clock.now() if clock else self._start

    def wall_time(self, moment: datetime) -> datetime:
        """When the machine's clock will be there; where it stands, as if it were let go now, and not at once."""
        clock = self._clock()
        if clock:
            return clock.wall_time(moment)
        ahead = moment - self._start
        wait = max(_LOOK, ahead / self._speed) if ahead > timedelta(0) else timedelta(0)
        return self._machine.now() + wait

    async def sleep(self, length: timedelta) -> None:
        """Wait for that length of this clock's time; a moment where it stands."""
        clock = self._clock()
        await (clock.sleep(length) if clock else asyncio.sleep(LOOK_S))

    def _write(self, origin: datetime) -> None:
        unfinished = self._file.with_suffix(".new")
        unfinished.write_text(origin.isoformat(), encoding="utf-8")
        unfinished.rename(self._file)

    def _clock(self) -> ScaledClock | None:
        try:
            written_at = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if written_at != self._read_at:
            self._running = ScaledClock(self._start, speed=self._speed, origin=self.origin)
            self._read_at = written_at
        return self._running


_LOOK = timedelta(seconds=LOOK_S)
