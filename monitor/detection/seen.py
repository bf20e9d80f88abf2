"""What is seen of the watched pairs in one step, in arrays: the rules are held against these."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from monitor.detection.inputs import PairContext
from monitor.detection.score import MOST_FLOW, of_a_drain
from monitor.model.interval import FloatArray, IntArray


class Valued(Protocol):
    """Something whose value can be seen."""

    @property
    def value(self) -> "Callable[[Seen], FloatArray]":
        """Per (horizon, pair) or (horizon, sector)."""
        ...


BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pairs:
    """The ordered pairs that are watched: positions of *from* and *to*, and of each pair's opposite (-1: unwatched)."""

    source: IntArray
    target: IntArray
    opposite: IntArray
    names: tuple[tuple[str, str], ...]

    @cached_property
    def into(self) -> dict[int, IntArray]:
        """By sector the pairs that lead to it."""
        return {int(s): np.flatnonzero(self.target == s) for s in np.unique(self.target)}


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Per (horizon, pair), but ``own``, ``own_z`` and ``sector_coverage`` per (horizon, sector); NaN unknown.

    ``drift``: D, own log return of *to* less *from*. ``own``: own log return, ``own_z`` the same over its usual size.
    ``pressure``: the flow as it counts, by the weight of its grade; 0 where it is unknown.
    """

    drift: FloatArray
    price: FloatArray
    volume: FloatArray
    flow: FloatArray
    pressure: FloatArray
    score: FloatArray
    own: FloatArray
    own_z: FloatArray
    coverage: FloatArray
    sector_coverage: FloatArray

    def at(self, t: int) -> "Features":
        """Of one of many steps."""
        return Features(
            self.drift[t], self.price[t], self.volume[t], self.flow[t], self.pressure[t],
            self.score[t], self.own[t], self.own_z[t], self.coverage[t], self.sector_coverage[t],
        )  # fmt: skip


LAUNCHED_WITHIN_H = 72


@dataclass(frozen=True, eq=False)
class Seen:
    """What conditions are held against, per (horizon, pair) or (horizon, sector), in people's signs; NaN unknown.

    ``returning``: pairs whose opposite was confirmed within the reversal window. ``watched``: so many of the sectors come
    first and are no benchmark. ``ruled_out``: tables of rules, by identity, of which it is known that nothing is through
    their gates.
    """

    features: Features
    pairs: Pairs
    context: PairContext
    horizons_h: tuple[int, ...]
    watched: int
    returning: BoolArray
    ruled_out: Collection[int] = ()
    _values: dict[int, FloatArray] = field(default_factory=dict, init=False)

    def value(self, rule: Valued) -> FloatArray:
        """A rule's value, (horizons, pairs or sectors); worked out once for all who hold it against bounds."""
        if id(rule) not in self._values:
            self._values[id(rule)] = rule.value(self)
        return self._values[id(rule)]

    def at(self, t: int, context: PairContext, ruled_out: Collection[int]) -> "Seen":
        """Of one of many steps, with the values that were worked out for all of them."""
        one = Seen(
            self.features.at(t),
            self.pairs,
            context,
            self.horizons_h,
            self.watched,
            self.returning[t],
            ruled_out,
        )
        one._values.update({rule: values[t] for rule, values in self._values.items()})
        return one

    @cached_property
    def own(self) -> FloatArray:
        """Simple own return of every sector."""
        return np.expm1(self.features.own)

    @cached_property
    def behind(self) -> FloatArray:
        """Simple return of *from* over *to* of a pair: negative where *from* lost."""
        return np.expm1(-self.features.drift)

    @cached_property
    def flow_tells(self) -> BoolArray:
        """Of a pair: whether its flow counts for as much as any may. What takers sold and bought then says where capital went,
        so that less of the trading has to have moved."""
        return np.asarray(self.features.pressure >= MOST_FLOW)

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
            self.part_behind[..., self.pairs.source],
            self.part_ahead[..., self.pairs.target],
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
        """pp of *from* and *to* together that launches in *to* brought within three days."""
        taken = self.context.launch_share_loss(LAUNCHED_WITHIN_H)
        per_pair = taken[self.pairs.source, self.pairs.target]
        return np.broadcast_to(per_pair, self.features.score.shape)

    @cached_property
    def launch_volume_share(self) -> FloatArray:
        """A sector's part of the volume of the window, or since its first launch of three days where that is shorter."""
        return self._since_launch(self.context.volume_share)

    @cached_property
    def launch_volume_share_change(self) -> FloatArray:
        """The same, less its part in the 24 h before; where that is unknown, nothing was there."""
        before = self._since_launch(lambda hours: self.context.volume_share(24, before=hours))
        return self.launch_volume_share - np.nan_to_num(before)

    @cached_property
    def source_trading(self) -> FloatArray:
        """Of a pair: mean of the volume witness out of *from* into all sectors that can be judged, *to* or not; NaN
        without one."""
        out = np.full(self.features.volume.shape, np.nan)
        for sector in range(self.watched):
            mine = np.flatnonzero(self.pairs.source == sector)
            volume = self.features.volume[:, mine]
            known = ~np.isnan(volume)
            with np.errstate(invalid="ignore"):
                mean = np.where(known, volume, 0.0).sum(axis=1) / known.sum(axis=1)
            out[:, mine] = mean[:, None]
        return out

    @cached_property
    def drain_score(self) -> FloatArray:
        """Of a pair: the loss of *from* and the fall of its trading, together."""
        return of_a_drain(self.features.own_z[:, self.pairs.source], self.source_trading)

    def least(self, values: FloatArray) -> FloatArray:
        """Per (horizon, sector) the least of a pair's figure over every other sector as *from*.

        Unknown with fewer than two others, or where the pair with one of them is unknown or not watched.
        """
        out = np.full(self.features.own.shape, np.nan)
        for sector, into in self.pairs.into.items():
            if len(into) == self.watched - 1 >= 2 and sector < self.watched:
                out[..., sector] = values[..., into].min(axis=-1)
        return out

    def _asked(self, ask: Callable[[int, int], float | None]) -> FloatArray:
        out = np.full(self.features.own.shape, np.nan)
        for k, hours in enumerate(self.horizons_h):
            for sector in range(self.watched):
                found = ask(sector, hours)
                out[k, sector] = np.nan if found is None else found
        return out

    def _against(self, pick: np.ufunc) -> FloatArray:
        own = self.features.own[..., : self.watched]
        out = np.full(self.features.own.shape, np.nan)
        for sector in range(self.watched):
            others = np.delete(own, sector, axis=-1)
            if others.shape[-1]:
                furthest = pick.reduce(others, axis=-1)
                out[..., sector] = np.expm1(own[..., sector] - furthest)
        return out

    def _since_launch(self, ask: Callable[[int], FloatArray]) -> FloatArray:
        """What is answered of every sector over the hours of the window that lie after its first launch."""
        out = np.full(self.features.own.shape, np.nan)
        for sector in range(self.watched):
            age = self.context.hours_since_launch(sector, LAUNCHED_WITHIN_H)
            if age is not None:
                for k, horizon in enumerate(self.horizons_h):
                    out[k, sector] = ask(min(horizon, age))[sector]
        return out
