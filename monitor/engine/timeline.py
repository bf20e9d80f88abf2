"""Who is a member when, as arrays in the layout's order."""

from bisect import bisect_right
from datetime import datetime

import numpy as np

from monitor.model.interval import IntArray, Layout
from monitor.model.universe import BEGINNING, END, Redenomination, Universe


class Timeline:
    """Memberships and redenominations of a universe over time."""

    def __init__(self, universe: Universe, layout: Layout) -> None:
        self._position = {token: i for i, token in enumerate(layout.tokens)}
        turns = {BEGINNING}
        for sector in universe.sectors:
            for member in sector.members:
                turns |= {member.since, member.until}
        self._turns = sorted(turns)
        self._sectors = [self._at(universe, layout, moment) for moment in self._turns]
        self.redenominations = tuple(sorted(universe.redenominations, key=lambda r: (r.at, r.old)))

    def sectors(self, moment: datetime) -> IntArray:
        """(tokens,) position of each token's sector in the bar that opens at ``moment``, -1 where it has none."""
        return self._sectors[bisect_right(self._turns, moment) - 1]

    def effective(self, since: datetime, moment: datetime) -> list[tuple[int, int, Redenomination]]:
        """(old, new, redenomination) of those whose time lies in ``(since, moment]``, in order of time."""
        return [
            (self._position[r.old], self._position[r.new], r)
            for r in self.redenominations
            if since < r.at <= moment
        ]

    def next_redenomination(self, since: datetime) -> datetime:
        """When the first one after ``since`` takes effect, or the end of all time."""
        return min((r.at for r in self.redenominations if r.at > since), default=END)

    def _at(self, universe: Universe, layout: Layout, moment: datetime) -> IntArray:
        row = np.full(len(layout.tokens), -1, dtype=np.int64)
        for place, sector_id in enumerate(layout.sectors):
            for member in universe.sector(sector_id).members:
                if member.since <= moment < member.until and member.token in self._position:
                    row[self._position[member.token]] = place
        return row
