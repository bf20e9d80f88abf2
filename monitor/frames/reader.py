"""The Python API: questions to a monitor's database, answered as pandas frames."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import pandas as pd

from monitor.clock import Clock
from monitor.engine import Engine
from monitor.frames import columns
from monitor.frames.tables import frame
from monitor.history import steps_of
from monitor.model import step_columns
from monitor.model.errors import MonitorError, shortened
from monitor.model.grid import iso, parse_duration, parse_moment
from monitor.model.rotation import Condition, Rotation, Status
from monitor.model.rotation_columns import rotation_row
from monitor.model.rotation_json import rotation_to_json
from monitor.model.state import SectorState
from monitor.model.universe import BEGINNING, END
from monitor.store import bars, readings, rotations, steps
from monitor.store.database import Database

log = logging.getLogger(__name__)

When = str | datetime | timedelta | None
"""ISO 8601, a date alone, a length before now such as ``"36h"`` or ``"7d"``, an aware time, or no bound."""

_CONDITIONS = {"value": "number", "bound": "number", "met": "flag"}


class Monitor:
    """One database, read only. Times of sectors and tokens are closes of intervals: when the figures became knowable.

    Made by :func:`monitor.open`; use as a context manager, or call :meth:`close`.
    """

    def __init__(self, database: Database, engine: Engine, clock: Clock) -> None:
        self._database = database
        self._engine = engine
        self._universe = engine.universe
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def sectors(
        self, since: When = None, until: When = None, every: str | timedelta | None = None
    ) -> pd.DataFrame:
        """Every figure of every sector; index (at, sector). ``every``: only closes on that grid, such as ``"1h"``."""
        found = self._series(since, until, every)
        rows = [{"at": iso(at), "sector": s.id, **step_columns.sector_row(s)} for at, s in found]
        split = dict.fromkeys(step_columns.SPLIT, "fraction")
        kinds = {"at": "time", "sector": "text", **step_columns.SECTORS, **split}
        return self._frame(rows, kinds, ("at", "sector"), self._no_step)

    def tokens(
        self,
        since: When = None,
        until: When = None,
        sector: str | None = None,
        every: str | timedelta | None = None,
    ) -> pd.DataFrame:
        """Every figure of every token, or of one sector's; index (at, token)."""
        if sector is not None:
            self._check_sectors(sector)
        closes = sorted({at for at, _ in self._series(since, until, every)})
        with self._database.read() as conn:
            found = steps.tokens_at(conn, closes)
        rows = [
            {"at": iso(at), "token": t.id, "sector": t.sector, **step_columns.token_row(t)}
            for at in closes
            for t in found.get(at, ())
            if sector is None or t.sector == sector
        ]
        kinds = {"at": "time", "token": "text", "sector": "text", **step_columns.TOKENS}
        pruned = "the tokens of these steps are no longer kept (schedule.retention.tokens)"
        why = self._no_step if not closes else lambda: pruned
        return self._frame(rows, kinds, ("at", "token"), why)

    def bars(self, token: str, since: When = None, until: When = None) -> pd.DataFrame:
        """Bars of a token's markets; index (open_at, market), prices in the quote currency that the market names."""
        known = [t.id for t in self._universe.tokens]
        if token not in known:
            raise MonitorError(
                f"found the token {shortened(token)!r}, expected one of {', '.join(known)}",
                remedy="name a token of the configuration",
            )
        markets = [market.id for market in self._universe.token(token).markets]
        width = self._engine.width
        begin, end = self._range(since, until)
        with self._database.read() as conn:
            found = list(
                bars.read_bars(conn, width=width, since=begin, until=end, market_ids=markets)
            )
        rows = [
            {"open_at": iso(bar.open_time), "market": bar.market_id, "received_at": iso(received)}
            | columns.bar_row(bar)
            for bar, received in found
        ]
        kinds = {"open_at": "time", "market": "text", **columns.BARS}
        why = f"no bar of {width} is stored there of {', '.join(markets) or 'any market'}"
        return self._frame(rows, kinds, ("open_at", "market"), lambda: why)

    def flows(
        self, since: When = None, until: When = None, every: str | timedelta | None = None
    ) -> pd.DataFrame:
        """Net flow (taker buying less taker selling) and volume of each sector; index (at, sector)."""
        wanted = [name for name in step_columns.SECTORS if name.startswith(("net_flow", "volume_"))]
        return self._only(self.sectors(since, until, every), [*wanted, "flow_grade"])

    def shares(
        self,
        pair: tuple[str, str] | None = None,
        since: When = None,
        until: When = None,
        every: str | timedelta | None = None,
    ) -> pd.DataFrame:
        """Share of the watched cap, a column a sector; index at. ``pair``: these two sectors alone."""
        watched = [s.id for s in self._universe.watched]
        chosen = list(pair) if pair is not None else watched
        self._check_sectors(*chosen)
        found = self.sectors(since, until, every)
        wide = found["share_fraction"].unstack("sector").reindex(columns=chosen)
        wide.columns = pd.Index([f"{name}_share_fraction" for name in chosen])
        wide.attrs = {**found.attrs, "units": dict.fromkeys(wide.columns, "of 1")}
        return wide

    def rotations(
        self, since: When = None, until: When = None, status: str | None = None
    ) -> pd.DataFrame:
        """Rotations by the time of their detection, as they stand now; index id."""
        if status is not None and status not in list(Status):
            raise MonitorError(
                f"found the status {shortened(status)!r}, expected one of {', '.join(Status)}",
                remedy="name one of these, or none for all",
            )
        begin, end = self._range(since, until)
        with self._database.read() as conn:
            found = rotations.list_rotations(
                conn,
                since=begin,
                until=end,
                status=Status(status) if status is not None else None,
            )
        kind = f" that is {status}" if status else ""
        return self._rotations(found, lambda: f"no rotation{kind} was detected in this range")

    def conditions(
        self, from_sector: str, to_sector: str, since: When = None, until: When = None
    ) -> pd.DataFrame:
        """What the detector saw of an ordered pair in each step; index (at, condition)."""
        self._check_sectors(from_sector, to_sector)
        begin, end = self._range(since, until)
        with self._database.read() as conn:
            found = readings.readings(
                conn,
                from_sector=from_sector,
                to_sector=to_sector,
                since=begin or BEGINNING,
                until=end or END,
            )
        rows = [
            {"at": iso(reading.at), "window_h": reading.window_h, "score": reading.score}
            | _condition(condition)
            for reading in found
            for condition in reading.conditions
        ]
        kinds = {"at": "time", "condition": "text", **_CONDITIONS, "score": "number"}
        why = f"{from_sector} to {to_sector} was read in no step of this range (older ones are pruned)"
        return self._frame(rows, kinds | {"window_h": "h"}, ("at", "condition"), lambda: why)

    def explain(self, rotation_id: str) -> pd.DataFrame:
        """Each condition of a rotation against its bound; index condition. ``attrs["rotation"]``: all of its facts.

        Raises MonitorError for an id, or the beginning of one, that names no rotation or several.
        """
        with self._database.read() as conn:
            found = rotations.get_rotation(conn, rotation_id)
        if found is None:
            raise MonitorError(
                f"no rotation has the id {shortened(rotation_id)!r}", remedy="m.rotations()"
            )
        rows = [_condition(condition) for condition in found.evidence.conditions]
        kinds = {"condition": "text", **_CONDITIONS}
        made = self._frame(rows, kinds, ("condition",), lambda: "no condition was stored with it")
        made.attrs["rotation"] = rotation_to_json(found)
        return made

    def replay(
        self, since: When = None, until: When = None, *, as_known: bool = False
    ) -> pd.DataFrame:
        """Rotations that the configured engine finds in what is stored, detected at or after ``since``; index id.

        ``as_known``: shows it at each step only what had been received by then. Raises MonitorError without a bar.
        """
        (start, end), last = self._range(since, until), {}
        for moved in steps_of(
            self._database, self._engine, since=start, until=end, as_known=as_known
        ):
            for change in moved.changes:
                if start is None or change.rotation.detected_at >= start:
                    last[change.rotation.id] = change.rotation
        found = sorted(last.values(), key=lambda r: (r.detected_at, r.id))
        return self._rotations(found, lambda: "the engine finds no rotation in this range")

    def _rotations(self, found: Sequence[Rotation], why: Callable[[], str]) -> pd.DataFrame:
        return self._frame(
            [rotation_row(rotation) for rotation in found], columns.rotation_kinds(), ("id",), why
        )

    def _series(
        self, since: When, until: When, every: str | timedelta | None
    ) -> list[tuple[datetime, SectorState]]:
        """By the grid only between the first step and the last: a range without a bound has a bounded grid."""
        first, last = self._range(since, until)
        begin, end = first or BEGINNING, last or END
        step = parse_duration(every) if isinstance(every, str) else every
        with self._database.read() as conn:
            span = steps.span(conn)
            if span is None:
                return []
            begin, end = max(begin, span[0]), min(end, span[1] + timedelta(microseconds=1))
            return steps.sector_series(conn, begin, end, every=step)

    def _no_step(self) -> str:
        with self._database.read() as conn:
            span = steps.span(conn)
        if span is None:
            return "no interval was stepped yet: monitor backfill --since 30d, then monitor run"
        return (
            f"no step closed in this range; steps are stored from {iso(span[0])} to {iso(span[1])}"
        )

    def _range(self, since: When, until: When) -> tuple[datetime | None, datetime | None]:
        begin, end = self._time(since), self._time(until)
        if begin is not None and end is not None and begin >= end:
            raise ValueError(f"found {iso(begin)} to {iso(end)}, expected since < until")
        return begin, end

    def _time(self, when: When) -> datetime | None:
        if isinstance(when, str):
            return parse_moment(when, self._clock.now())
        if isinstance(when, timedelta):
            return self._clock.now() - when
        if when is not None and when.tzinfo is None:
            raise ValueError(f"found {when} without an offset, expected an aware time")
        return when.astimezone(UTC) if when is not None else None

    def _check_sectors(self, *names: str) -> None:
        known = [s.id for s in self._universe.sectors]
        for name in names:
            if name not in known:
                raise MonitorError(
                    f"found the sector {shortened(name)!r}, expected one of {', '.join(known)}",
                    remedy="name a sector of the configuration",
                )

    def _only(self, found: pd.DataFrame, names: list[str]) -> pd.DataFrame:
        made = found[names]
        made.attrs = found.attrs | {
            "units": {n: unit for n, unit in found.attrs["units"].items() if n in names}
        }
        return made

    def _frame(
        self,
        rows: list[dict[str, object]],
        kinds: dict[str, str],
        index: tuple[str, ...],
        why: Callable[[], str],
    ) -> pd.DataFrame:
        reason = "" if rows else why()
        if reason:
            log.warning("an empty answer: %s", reason)
        return frame(rows, kinds, index, empty_because=reason)


def _condition(condition: Condition) -> dict[str, object]:
    return {
        "condition": condition.name,
        "value": condition.value,
        "bound": condition.bound,
        "met": condition.met,
    }
