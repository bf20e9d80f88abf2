"""What is seen of the watched pairs in one step, in arrays: the rules are held against these."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from monitor.detection.inputs import PairContext
from monitor.model.interval import FloatArray, IntArray


class Valued(Protocol):
    """Something whose value can be seen."""

    @property
    def value(self) -> "Callable[[Seen], FloatArray]":
        """Per (horizon, pair) or (horizon, sector)."""
        ...


BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The ordered pairs that are watched: positions of *from* and *to*, and of each pair's opposite (-1: unwatched)."""

    source: IntArray
    target: IntArray
    opposite: IntArray
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Per (horizon, pair), but ``own``, ``own_z`` and ``sector_coverage`` per (horizon, sector); NaN unknown.

    ``drift``: D, own log return of *to* less *from*. ``own``: own log return, ``own_z`` the same over its usual size.
    """

    drift: FloatArray
    price: FloatArray
    volume: FloatArray
    flow: FloatArray
    score: FloatArray
    own: FloatArray
    own_z: FloatArray
    coverage: FloatArray
    sector_coverage: FloatArray


LAUNCHED_WITHIN_H = 72


@dataclass(frozen=True, eq=False)
class Seen:
    """What conditions are held against, per (horizon, pair) or (horizon, sector), in people's signs; NaN unknown.

    ``returning``: pairs whose opposite was confirmed within the reversal window. ``watched``: so many of the sectors come
    first and are no benchmark.
    """

    features: Features
    pairs: Pairs
    context: PairContext
    horizons_h: tuple[int, ...]
    watched: int
    returning: BoolArray
    _values: dict[int, FloatArray] = field(default_factory=dict, init=False)

    def value(self, rule: Valued) -> FloatArray:
        """A rule's value, (horizons, pairs or sectors); worked out once for all who hold it against bounds."""
        if id(rule) not in self._values:
            self._values[id(rule)] = rule.value(self)
        return self._values[id(rule)]

    @cached_property
    def own(self) -> FloatArray:
        """Simple own return of every sector."""
        return np.expm1(self.features.own)

    @cached_property
    def behind(self) -> FloatArray:
        """Simple return of *from* over *to* of a pair: negative where *from* lost."""
        return np.expm1(-self.features.drift)

    @cached_property
    def part_behind(self) -> FloatArray:
        """Part of a sector's members that fell behind the market."""
        return self._asked(self.context.breadth_from)

    @cached_property
    def part_ahead(self) -> FloatArray:
        """Part of a sector's members that ran ahead of the market."""
        return self._asked(self.context.breadth_to)

    @cached_property
    def part_on_the_way(self) -> FloatArray:
        """Of a pair: mean of the parts of *from* behind and of *to* ahead of the market; of *from* alone where nobody in
        *to* can be judged, as in a sector of launches."""
        behind, ahead = (
            self.part_behind[:, self.pairs.source],
            self.part_ahead[:, self.pairs.target],
        )
        return np.where(np.isnan(ahead), behind, 0.5 * (behind + ahead))

    @cached_property
    def behind_others(self) -> FloatArray:
        """Simple own return of a sector over that of the one that lost most of the others."""
        return self._against(np.fmin)

    @cached_property
    def ahead_of_others(self) -> FloatArray:
        """Simple own return of a sector over that of the one that gained most of the others."""
        return self._against(np.fmax)

    @cached_property
    def launch_share_loss(self) -> FloatArray:
        """pp of a sector's share that launches elsewhere took within three days."""
        lost = [
            self.context.launch_share_loss(sector, LAUNCHED_WITHIN_H)
            for sector in range(self.watched)
        ]
        out = np.full(self.features.own.shape, np.nan)
        out[:, : self.watched] = lost
        return out

    @cached_property
    def volume_share(self) -> FloatArray:
        """A sector's part of the volume of the window."""
        return np.stack([self._shares(hours, 0) for hours in self.horizons_h])

    @cached_property
    def volume_share_change(self) -> FloatArray:
        """The same, less its part in the 24 h before the window; where that is unknown, nothing was there."""
        before = np.stack([self._shares(24, hours) for hours in self.horizons_h])
        return self.volume_share - np.nan_to_num(before)

    def least(self, values: FloatArray) -> FloatArray:
        """Per (horizon, sector) the least of a pair's figure over every other sector as *from*.

        Unknown with fewer than two others, or where the pair with one of them is unknown or not watched.
        """
        out = np.full(self.features.own.shape, np.nan)
        for sector in range(self.watched):
            into = np.flatnonzero(self.pairs.target == sector)
            if len(into) == self.watched - 1 >= 2:
                out[:, sector] = values[:, into].min(axis=1)
        return out

    def _asked(self, ask: Callable[[int, int], float | None]) -> FloatArray:
        out = np.full(self.features.own.shape, np.nan)
        for k, hours in enumerate(self.horizons_h):
            for sector in range(self.watched):
                found = ask(sector, hours)
                out[k, sector] = np.nan if found is None else found
        return out

    def _against(self, pick: np.ufunc) -> FloatArray:
        own = self.features.own[:, : self.watched]
        out = np.full(self.features.own.shape, np.nan)
        for sector in range(self.watched):
            others = np.delete(own, sector, axis=1)
            if others.shape[1]:
                furthest = pick.reduce(others, axis=1)
                out[:, sector] = np.expm1(own[:, sector] - furthest)
        return out

    def _shares(self, hours: int, before: int) -> FloatArray:
        out = np.full(self.features.own.shape[1], np.nan)
        out[: self.watched] = self.context.volume_share(hours, before=before)[: self.watched]
        return out
