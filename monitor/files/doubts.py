"""Bars of a file that are sound and yet unlikely: held as those of a poll are, beside the store and the rest of the file."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.ingest.history import witnesses
from monitor.ingest.validation.calm import is_calm
from monitor.ingest.validation.recent import KEPT, RecentBars
from monitor.ingest.validation.suspicion import Answered, Peers, peers_of, suspicions
from monitor.model.bar_columns import BarColumns
from monitor.model.bars import Bar, Refusal
from monitor.model.universe import Market, Universe
from monitor.store import bars
from monitor.store.types import from_us


class Doubts:
    """Carries the last believed bars of each market from one piece of a file to the next."""

    def __init__(self, universe: Universe, width: timedelta) -> None:
        self._universe = universe
        self._markets = {market.id: market for market in universe.markets}
        self._width = width
        self._before: dict[str, list[Bar]] = {}

    def of(self, conn: Connection, piece: BarColumns) -> dict[tuple[str, datetime], Refusal]:
        """(market, open) -> why that bar is held. A file's bars bear each other out like venues that answer together."""
        recent: RecentBars | None = None
        found: dict[tuple[str, datetime], Refusal] = {}
        for market_id, places in piece.by_market().items():
            first = from_us(int(piece.opens[places[0]]))
            before = self._known_before(conn, market_id, first)
            mine = piece.chosen(places)
            if is_calm(BarColumns.of(before), mine, self._width):
                believed = mine.chosen(slice(-KEPT, None)).bars()
            else:
                if recent is None:
                    recent = RecentBars(self._universe.markets, kept=KEPT + len(piece))
                    recent.note(piece.bars())
                bars = mine.bars()
                held = self._held(conn, self._markets[market_id], bars, before, recent)
                found |= {(market_id, at): refusal for at, refusal in held.items()}
                believed = [bar for bar in bars if bar.open_time not in held]
            self._before[market_id] = [*before, *believed][-KEPT:]
        return found

    def _known_before(self, conn: Connection, market_id: str, first: datetime) -> list[Bar]:
        """The last bars before a piece: of the file, or of the store where the file begins."""
        carried = [b for b in self._before.get(market_id, ()) if b.open_time < first]
        if carried:
            return carried
        since = first - KEPT * self._width
        if market_id not in bars.markets_with_bars(conn, self._width, since, first):
            return []
        rows = bars.read_bars(
            conn, width=self._width, since=since, until=first, market_ids=[market_id]
        )
        return [bar for bar, _received in rows]

    def _held(
        self,
        conn: Connection,
        market: Market,
        mine: Sequence[Bar],
        before: Sequence[Bar],
        recent: RecentBars,
    ) -> Mapping[datetime, Refusal]:
        answered = Answered(market, mine, self._width)
        own = RecentBars([market])
        own.note(before)
        doubts = suspicions(answered, own, peers_of(market, recent), insisted=False)
        if doubts or any(bar.base_volume == 0 for bar in mine):
            # what others say may lift a doubt, or tell that a quiet bar is a frozen one
            span = (mine[0].open_time, mine[-1].open_time + self._width)
            wanted = witnesses(conn, self._universe, market, self._width, span)
            there = bars.markets_with_bars(conn, self._width, *span) & set(wanted)
            if there:
                rows = bars.read_bars(
                    conn, width=self._width, since=span[0], until=span[1], market_ids=sorted(there)
                )
                recent.note(bar for bar, _received in rows)
            doubts = suspicions(answered, own, peers_of(market, recent), insisted=False)
        peers = peers_of(market, recent)
        return {
            doubt.open_time: doubt
            for doubt in doubts
            if doubt.open_time is not None and not _is_excused(doubt, mine[-1], peers)
        }


def _is_excused(doubt: Refusal, last: Bar, peers: Peers) -> bool:
    """Whether the doubt is one of a venue that may yet say better, and none of a record.

    Records lack volumes (real ones of perpetuals do, in one bar of a hundred); a surge has passed, so only other venues can
    speak against it; and of the last bar's move nothing but what follows could tell.
    """
    if doubt.reason == "volume_missing":
        return True
    if doubt.open_time is None or peers.at(doubt.open_time):
        return False
    at_end = doubt.open_time == last.open_time and doubt.reason == "unconfirmed_move"
    return at_end or doubt.reason == "volume_surge"
