"""Rows of candles on their way to the wire, and what may be wrong with them."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.kit.venue_server.candles import Candle
from tests.kit.venue_server.faults import Fault, FaultKind


@dataclass(slots=True)
class Row:
    """A candle whose values may already be spoilt: numbers, None or text. ``time`` is in the venue's own unit."""

    time: Any
    open: Any
    high: Any
    low: Any
    close: Any
    base: Any
    quote: Any
    taker_base: Any
    taker_quote: Any
    trades: int
    closed: bool


PRICES = ("open", "high", "low", "close")
QUOTES = ("quote", "taker_quote")
VOLUMES = ("base", "taker_base", *QUOTES)


def rows_of(candles: Iterable[Candle], unit_ms: int) -> list[Row]:
    """Rows of good candles."""
    return [
        Row(
            c.open_ms // unit_ms,
            c.open,
            c.high,
            c.low,
            c.close,
            c.base_volume,
            c.quote_volume,
            c.taker_buy_base,
            c.taker_buy_quote,
            c.trades,
            c.closed,
        )
        for c in candles
    ]


@dataclass(frozen=True, slots=True)
class Scene:
    """What spoiling needs to know: the venue's unit of time, its clock, and the width of the bars."""

    unit_ms: int
    now_ms: int
    width_ms: int


def spoil(rows: list[Row], faults: Sequence[Fault], scene: Scene) -> list[Row]:
    """Apply the faults that change values or leave rows out; ascending in, ascending out."""
    for fault in faults:
        change = _ROW_FAULTS.get(fault.kind)
        if change is not None:
            rows = change(rows, fault, scene)
        elif fault.kind in _VALUE_FAULTS:
            names, changed = _VALUE_FAULTS[fault.kind]
            for row in _targets(_since(rows, fault, scene), fault.rows):
                for name in names:
                    setattr(row, name, changed(getattr(row, name)))
    return rows


def _gapped(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    return [row for number, row in enumerate(rows) if number % 3 != 1]


def _without_forming(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    return [row for row in rows if row.closed]


def _none(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    return []


def _in_wrong_unit(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    for row in rows:
        row.time = row.time // 1000 if scene.unit_ms == 1 else row.time * 1000
    return rows


def _off_grid(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    for row in rows:
        row.time += 7_000 // scene.unit_ms
    return rows


def _doubled(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    return [copy for row in rows for copy in (row, replace(row))]


def _provisional(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    since_close = scene.now_ms - int(fault.seconds * 1000)
    for row in rows:
        if row.closed and row.time * scene.unit_ms + scene.width_ms > since_close:
            _unsettle(row)
    return rows


def _unsettle(row: Row) -> None:
    row.close = row.close + (row.high - row.close) / 2
    for name in VOLUMES:
        setattr(row, name, getattr(row, name) * 0.9)


def _since(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    return [row for row in rows if row.time * scene.unit_ms >= fault.since_ms]


def _frozen(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    late = _since(rows, fault, scene)
    if not late:
        return rows
    before = [row for row in rows if row.time < late[0].time]
    stands = before[-1].close if before else late[0].open
    for row in late:
        row.open = row.high = row.low = row.close = stands
        row.base = row.quote = row.taker_base = row.taker_quote = 0.0
    return rows


def _volume_times(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    for row in _since(rows, fault, scene):
        for name in VOLUMES:
            setattr(row, name, getattr(row, name) * fault.factor)
    return rows


def _close_times(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    for row in _since(rows, fault, scene):
        row.close *= fault.factor
        row.high, row.low = max(row.high, row.close), min(row.low, row.close)
    return rows


def _price_times(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    for row in _since(rows, fault, scene):
        for name in PRICES:
            setattr(row, name, getattr(row, name) * fault.factor)
        row.quote, row.taker_quote = row.quote * fault.factor, row.taker_quote * fault.factor
    return rows


def _misaligned(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    for row in _since(rows, fault, scene):
        row.time += int(fault.factor) * scene.width_ms // scene.unit_ms
    return rows


def _broken_range(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    for row in _targets(_since(rows, fault, scene), fault.rows):
        row.high, row.low = row.low, row.high
    return rows


def _conflicting(rows: list[Row], fault: Fault, scene: Scene) -> list[Row]:
    last = _targets(rows, "last")
    if not last:
        return rows
    other = replace(last[0], close=last[0].low, open=last[0].high)
    return [copy for row in rows for copy in ((row, other) if row is last[0] else (row,))]


_VALUE_FAULTS: dict[FaultKind, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    FaultKind.NAN: (PRICES, lambda _: "NaN"),
    FaultKind.NULL: (PRICES, lambda _: None),
    FaultKind.NULL_VOLUME: (VOLUMES, lambda _: None),
    FaultKind.NULL_QUOTE: (QUOTES, lambda _: None),
    FaultKind.NOT_A_NUMBER: (PRICES, lambda _: "n/a"),
    FaultKind.ZERO: (PRICES, lambda _: 0.0),
    FaultKind.NEGATIVE: (PRICES, lambda value: -value),
    FaultKind.TIMES_100: (PRICES, lambda value: value * 100),
}


_ROW_FAULTS: dict[FaultKind, Callable[[list[Row], Fault, Scene], list[Row]]] = {
    FaultKind.GAPPED: _gapped,
    FaultKind.NO_FORMING: _without_forming,
    FaultKind.EMPTY_LIST: _none,
    FaultKind.SECONDS: _in_wrong_unit,
    FaultKind.UNALIGNED: _off_grid,
    FaultKind.PROVISIONAL: _provisional,
    FaultKind.DUPLICATED: _doubled,
    FaultKind.CONFLICTING: _conflicting,
    FaultKind.FROZEN: _frozen,
    FaultKind.VOLUME_TIMES: _volume_times,
    FaultKind.CLOSE_TIMES: _close_times,
    FaultKind.PRICE_TIMES: _price_times,
    FaultKind.MISALIGNED: _misaligned,
    FaultKind.BROKEN_RANGE: _broken_range,
}


def _targets(rows: list[Row], which: str) -> list[Row]:
    if which == "all":
        return rows
    return [row for row in rows if row.closed][-1:]


def disorder(wire_rows: list[Any], faults: Sequence[Fault]) -> list[Any]:
    """Apply the faults of order and type to rows that are already in the venue's form and order."""
    wire_rows = list(wire_rows)
    for fault in faults:
        if fault.kind is FaultKind.REVERSED:
            wire_rows.reverse()
        elif fault.kind is FaultKind.SHUFFLED:
            wire_rows = random.Random(len(wire_rows)).sample(wire_rows, len(wire_rows))
        elif fault.kind is FaultKind.OTHER_TYPES:
            wire_rows = [_other_type(row) for row in wire_rows]
    return wire_rows


def _other_type(value: Any) -> Any:
    if isinstance(value, list):
        return [_other_type(item) for item in value]
    if isinstance(value, dict):
        return {key: _other_type(item) for key, item in value.items()}
    if isinstance(value, str):
        try:
            return float(value) if "." in value else int(value)
        except ValueError:
            return value
    return value if isinstance(value, bool) or value is None else str(value)
