"""Bars side by side as arrays: what a file of a million of them is worked on in, without a million objects."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import overload

import numpy as np
from numpy.typing import NDArray

from monitor.model.bars import Bar
from monitor.model.grid import EPOCH

PRICES = ("open", "high", "low", "close")
BAR_FIGURES = (*PRICES, "base_volume", "quote_volume", "taker_buy_quote")

_US = timedelta(microseconds=1)
_REQUIRED = 5
"""The figures that every bar has; the others may be unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class BarColumns:
    """``markets``: distinct ids, ``codes`` each bar's place among them. ``opens``: microseconds since the epoch.
    ``figures``: rows of :data:`BAR_FIGURES`, NaN where a volume is unknown.
    """

    markets: Sequence[str]
    codes: NDArray[np.int64]
    opens: NDArray[np.int64]
    figures: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.opens)

    @classmethod
    def of(cls, bars: Sequence[Bar]) -> "BarColumns":
        """The same bars, in their order."""
        places: dict[str, int] = {}
        codes = [places.setdefault(bar.market_id, len(places)) for bar in bars]
        moments = {moment: (moment - EPOCH) // _US for moment in {bar.open_time for bar in bars}}
        figures = [
            (
                bar.open, bar.high, bar.low, bar.close, bar.base_volume,
                np.nan if bar.quote_volume is None else bar.quote_volume,
                np.nan if bar.taker_buy_quote is None else bar.taker_buy_quote,
            )
            for bar in bars
        ]  # fmt: skip
        return cls(
            list(places),
            np.array(codes, dtype=np.int64),
            np.array([moments[bar.open_time] for bar in bars], dtype=np.int64),
            np.array(figures, dtype=np.float64).reshape(len(bars), len(BAR_FIGURES)).T,
        )

    @classmethod
    def joined(cls, parts: Sequence["BarColumns"]) -> "BarColumns":
        """One after another."""
        if len(parts) == 1:
            return parts[0]
        places: dict[str, int] = {}
        codes = []
        for part in parts:
            ours = [places.setdefault(market_id, len(places)) for market_id in part.markets]
            codes.append(np.array(ours, dtype=np.int64)[part.codes])
        return cls(
            list(places),
            np.concatenate(codes) if codes else np.empty(0, np.int64),
            np.concatenate([part.opens for part in parts]) if parts else np.empty(0, np.int64),
            np.concatenate([part.figures for part in parts], axis=1)
            if parts
            else np.empty((len(BAR_FIGURES), 0)),
        )

    def chosen(self, which: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "BarColumns":
        """Those of a mask, or of places in the order of the places; of a slice without copying them."""
        return BarColumns(
            self.markets, self.codes[which], self.opens[which], self.figures[:, which]
        )

    def by_market(self) -> dict[str, NDArray[np.int64]]:
        """market_id -> places of its bars, ascending by open time; of markets that have any."""
        order = np.lexsort((self.opens, self.codes))
        codes = self.codes[order]
        found: dict[str, NDArray[np.int64]] = {}
        for code, market_id in enumerate(self.markets):
            first, end = np.searchsorted(codes, [code, code + 1])
            if first < end:
                found[market_id] = order[first:end]
        return found

    def moments(self) -> Mapping[int, datetime]:
        """Each distinct open time, by its microseconds."""
        return {us: EPOCH + us * _US for us in set(self.opens.tolist())}

    def lists(self) -> list[Sequence[float | None]]:
        """The figures as lists, None for the unknown."""
        known: list[Sequence[float | None]] = [*self.figures[:_REQUIRED].tolist()]
        return known + [_or_none(row) for row in self.figures[_REQUIRED:]]

    def bars(self) -> list[Bar]:
        """As objects, in their order."""
        moments = self.moments()
        rows = zip(self.codes.tolist(), self.opens.tolist(), *self.lists(), strict=True)
        return [Bar(self.markets[code], moments[us], *figures) for code, us, *figures in rows]


class BarSeries(Sequence[Bar]):
    """Bars of one market, ascending, as a sequence over ``columns``: an object is made of a bar that is asked for."""

    def __init__(self, columns: BarColumns) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns)

    @overload
    def __getitem__(self, place: int) -> Bar: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Bar]: ...

    def __getitem__(self, place: int | slice) -> Bar | Sequence[Bar]:
        """One bar, or those of a slice as objects."""
        if isinstance(place, slice):
            return self.columns.chosen(place).bars()
        ours = self.columns
        moment = EPOCH + int(ours.opens[place]) * _US
        figures = ours.figures[:, place].tolist()
        volumes = [None if math.isnan(f) else f for f in figures[_REQUIRED:]]
        return Bar(ours.markets[ours.codes[place]], moment, *figures[:_REQUIRED], *volumes)

    def __iter__(self) -> Iterator[Bar]:
        return iter(self.columns.bars())

    def missing(self, since: datetime, until: datetime, width: timedelta) -> list[datetime]:
        """Opens of the grid in ``[since, until)`` at which none of them opens, ascending."""
        first, end = (since - EPOCH) // _US, (until - EPOCH) // _US
        grid = np.arange(first, end, width // _US)
        absent = np.setdiff1d(grid, self.columns.opens, assume_unique=True)
        return [EPOCH + us * _US for us in absent.tolist()]


def _or_none(figures: NDArray[np.float64]) -> Sequence[float | None]:
    unknown = np.isnan(figures)
    found: list[float | None] = figures.tolist()
    if unknown.any():
        for place in np.flatnonzero(unknown).tolist():
            found[place] = None
    return found
