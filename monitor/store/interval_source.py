"""Stored history as the engine's input: one value for each interval of the grid, gaps included.

Read in stretches of time as arrays (intervals x markets), so the cost depends on the range asked for and not on what
else is stored. ``as_known`` shows each interval only what had been received when it was stepped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, select

from monitor.model.bars import Slot, typical_price
from monitor.model.grid import opens_between
from monitor.model.interval import (
    FloatArray,
    IntArray,
    IntervalInput,
    Layout,
    SlotArray,
    TradesRead,
)
from monitor.model.universe import BEGINNING, END, Universe
from monitor.store import markets
from monitor.store.interval_supplies import supplies_at
from monitor.store.knowledge import IN_TIME
from monitor.store.sql import microseconds
from monitor.store.tables import bar, bar_superseded, coverage, step, trade_sum
from monitor.store.types import to_us

CHUNK_CELLS = 120_000
"""Cells (intervals x markets) in memory at a time unless ``chunk`` says otherwise."""

_FIGURES = ("close", "high", "low", "base_volume", "quote_volume", "taker_buy_quote")


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """The intervals of a stretch: opens and the time of knowledge of each, in microseconds.

    ``column`` maps a market's stored number to its place in the layout.
    """

    opens: list[datetime]
    width: timedelta
    open_us: IntArray
    known_us: IntArray | None  # None: all that is stored counts
    column: dict[int, int]

    @property
    def width_s(self) -> int:
        return self.width // timedelta(seconds=1)

    @property
    def until(self) -> datetime:
        return self.opens[-1] + self.width

    def rows_of(self, open_us: FloatArray) -> IntArray:
        """Place of each open in the grid."""
        width_us = self.width // timedelta(microseconds=1)
        places: IntArray = (open_us.astype(np.int64) - self.open_us[0]) // width_us
        return places


def read_intervals(
    conn: Connection,
    universe: Universe,
    *,
    width: timedelta,
    since: datetime,
    until: datetime,
    as_known: bool = False,
    chunk: int | None = None,
) -> Iterator[IntervalInput]:
    """Every interval that lies wholly in ``[since, until)``, ascending, without holes.

    Slots: TRADED where there is a bar with volume, QUIET where there is one without, or an answer spoke for the
    interval and gave none (volume is then 0, the price NaN), UNLISTED outside the market's life, UNSEEN else. The
    supply is the latest believed circulating figure valid at the open. A bar without quote volume gets base volume
    times typical price; the store keeps the blank, which says that the figure is an estimate. What was read of trades stands
    beside the bars as it was read; the engine judges whether it is enough.

    ``as_known``: only what was received up to the time at which the interval was stepped, or up to 90 s after its
    close where it never was; of a bar the version that was known then. ``chunk``: intervals read at a time.
    """
    layout = Layout.of(universe)
    size = chunk or max(1, CHUNK_CELLS // max(1, len(layout.markets)))
    numbers = markets.numbers(conn)
    column = {numbers[m]: i for i, m in enumerate(layout.markets) if m in numbers}
    listed = np.array(
        [[_us(m.listed_from), _us(m.listed_to)] for m in universe.markets], dtype=np.int64
    ).reshape(-1, 2)
    opens = list(opens_between(since, until, width))
    for begin in range(0, len(opens), size):
        grid = _grid(conn, opens[begin : begin + size], width, column, as_known=as_known)
        yield from _intervals(conn, layout, grid, listed)


def _us(moment: datetime) -> int:
    if moment in (BEGINNING, END):
        return np.iinfo(np.int64).min if moment == BEGINNING else np.iinfo(np.int64).max
    return to_us(moment)


def _grid(
    conn: Connection,
    opens: list[datetime],
    width: timedelta,
    column: dict[int, int],
    *,
    as_known: bool,
) -> _Grid:
    width_us = width // timedelta(microseconds=1)
    open_us = to_us(opens[0]) + width_us * np.arange(len(opens), dtype=np.int64)
    grid = _Grid(opens, width, open_us, None, column)
    if not as_known:
        return grid
    known_us = open_us + width_us + IN_TIME // timedelta(microseconds=1)
    stepped = _numbers(
        conn,
        select(microseconds(conn, step.c.close_time), microseconds(conn, step.c.stepped_at)).where(
            step.c.close_time > opens[0],
            step.c.close_time <= grid.until,
            step.c.width_s == grid.width_s,
        ),
    )
    known_us[grid.rows_of(stepped[0] - width_us)] = stepped[1].astype(np.int64)
    return _Grid(opens, width, open_us, known_us, column)


def _intervals(
    conn: Connection, layout: Layout, grid: _Grid, listed: IntArray
) -> Iterator[IntervalInput]:
    figures, slot = _cells(conn, grid, len(layout.markets))
    outside = (grid.open_us[:, None] < listed[:, 0]) | (grid.open_us[:, None] >= listed[:, 1])
    slot[outside] = Slot.UNLISTED
    for values in figures.values():
        values[outside] = np.nan
    trades = _trades(conn, grid, len(layout.markets))
    units, age_h = supplies_at(conn, layout.tokens, grid.open_us, grid.known_us)
    for i, open_time in enumerate(grid.opens):
        yield IntervalInput(
            open_time=open_time,
            width=grid.width,
            close=figures["close"][i],
            high=figures["high"][i],
            low=figures["low"][i],
            quote_volume=figures["quote_volume"][i],
            taker_buy_quote=figures["taker_buy_quote"][i],
            slot=slot[i],
            supply=units[i],
            supply_age_h=age_h[i],
            trades=trades.get(i),
        )


def _cells(conn: Connection, grid: _Grid, width: int) -> tuple[dict[str, FloatArray], SlotArray]:
    """Figures and slots of the stretch, before the markets' lives are looked at."""
    shape = (len(grid.opens), width)
    figures: dict[str, FloatArray] = {name: np.full(shape, np.nan) for name in _FIGURES}
    slot: SlotArray = np.full(shape, Slot.UNSEEN, dtype=np.int8)
    if not grid.column:
        return figures, slot
    _mark_coverage(conn, grid, slot)
    for table in (bar_superseded, bar) if grid.known_us is not None else (bar,):
        _fill_bars(conn, grid, table, figures, slot)
    quiet = slot == Slot.QUIET
    figures["quote_volume"][quiet] = 0.0
    figures["taker_buy_quote"][quiet] = 0.0
    return figures, slot


def _trades(conn: Connection, grid: _Grid, width: int) -> dict[int, TradesRead]:
    """What was read of trades, by the interval's place in the grid; nothing of intervals without."""
    of = trade_sum.c
    columns = [of.market, microseconds(conn, of.open_time), of.buy_quote, of.sell_quote]
    if grid.known_us is not None:
        columns.append(microseconds(conn, of.received_at))
    found = _numbers(
        conn,
        select(*columns).where(
            of.market.in_(grid.column),
            of.width_s == grid.width_s,
            of.open_time >= grid.opens[0],
            of.open_time < grid.until,
        ),
    )
    if not found.shape[1]:
        return {}
    if grid.known_us is not None:
        found = found[:, found[-1] <= grid.known_us[grid.rows_of(found[1])]]
    rows, places = grid.rows_of(found[1]), _places(grid.column, found[0])
    read: dict[int, TradesRead] = {}
    for row in np.unique(rows).tolist():
        here = rows == row
        quote, bought = np.full(width, np.nan), np.full(width, np.nan)
        quote[places[here]] = found[2][here] + found[3][here]
        bought[places[here]] = found[2][here]
        read[row] = TradesRead(quote, bought)
    return read


def _mark_coverage(conn: Connection, grid: _Grid, slot: SlotArray) -> None:
    rows = conn.execute(
        select(coverage.c.market, coverage.c.since, coverage.c.until, coverage.c.known_at).where(
            coverage.c.market.in_(grid.column),
            coverage.c.width_s == grid.width_s,
            coverage.c.since < grid.until,
            coverage.c.until > grid.opens[0],
        )
    )
    for number, since, until, known_at in rows:
        begin, end = np.searchsorted(grid.open_us, (to_us(since), to_us(until)))
        cells = slot[begin:end, grid.column[number]]
        if known_at is None or grid.known_us is None:
            cells[:] = Slot.QUIET
        else:
            cells[grid.known_us[begin:end] >= to_us(known_at)] = Slot.QUIET


def _fill_bars(
    conn: Connection, grid: _Grid, table: Any, figures: dict[str, FloatArray], slot: SlotArray
) -> None:
    """Write the table's bars into the cells; of several versions the last received that was known then."""
    columns = [table.c.market, microseconds(conn, table.c.open_time)]
    columns += [table.c[name] for name in _FIGURES]
    if grid.known_us is not None:
        columns.append(microseconds(conn, table.c.received_at))
    statement = select(*columns).where(
        table.c.market.in_(grid.column),
        table.c.width_s == grid.width_s,
        table.c.open_time >= grid.opens[0],
        table.c.open_time < grid.until,
    )
    if table is bar_superseded:
        statement = statement.order_by(table.c.received_at)
    found = _numbers(conn, statement)
    if not found.shape[1]:
        return
    if grid.known_us is not None:
        found = found[:, found[-1] <= grid.known_us[grid.rows_of(found[1])]]
    where = (grid.rows_of(found[1]), _places(grid.column, found[0]))
    for name, values in zip(_FIGURES, found[2:], strict=False):
        figures[name][where] = values
    high, low, close, base, quote = (
        found[2 + _FIGURES.index(name)]
        for name in ("high", "low", "close", "base_volume", "quote_volume")
    )
    figures["quote_volume"][where] = np.where(
        np.isnan(quote), base * typical_price(high, low, close), quote
    )
    slot[where] = np.where((base > 0) | (quote > 0), Slot.TRADED, Slot.QUIET)


def _places(column: dict[int, int], numbers: FloatArray) -> IntArray:
    place = np.zeros(max(column) + 1, dtype=np.int64)
    for number, i in column.items():
        place[number] = i
    return place[numbers.astype(np.int64)]


def _numbers(conn: Connection, statement: Select[Any]) -> FloatArray:
    """A query's columns as float64 arrays, NaN for NULL; microseconds stay exact below 2**53."""
    rows = conn.execute(statement).all()
    columns = [*zip(*rows, strict=True)] if rows else [()] * len(statement.selected_columns)
    return np.array([np.array(column, dtype=np.float64) for column in columns])
