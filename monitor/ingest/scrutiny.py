"""What a poll remembers of every market to judge its answers by, and what it therefore asks again."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from monitor.ingest.answers import Want
from monitor.ingest.known_history import bars_since, recent_bars
from monitor.ingest.rereads import REACH, Rereads
from monitor.ingest.validation.acceptance import Verdict
from monitor.ingest.validation.holding import hold_back
from monitor.ingest.validation.recent import RecentBars
from monitor.model.bars import Refusal
from monitor.model.spans import Span
from monitor.model.universe import Market, Universe
from monitor.store.coverage import spoken_spans
from monitor.store.database import Database

LATELY = 3
"""Intervals before the newest in which another process may still have stored something."""


class Scrutiny:
    """Kept for the life of the process; its memory of bars is read from the store once."""

    def __init__(
        self,
        universe: Universe,
        database: Database,
        width: timedelta,
        references: Callable[[], Mapping[str, float]],
    ) -> None:
        self._universe = universe
        self._database = database
        self._width = width
        self._references = references
        self._recent = RecentBars(universe.markets)
        self._is_read = False
        self._read_until: datetime | None = None
        self._rereads = Rereads(width)
        self._clean: set[str] = set()
        self._held: dict[str, Refusal] = {}

    def forget(self) -> None:
        """What is remembered of bars is read from the store again: somebody else may have written there."""
        self._is_read = False

    def begin(self, newest: datetime | None, *, others_ask: bool = False) -> None:
        """Before a poll: look up what is known; ``newest``: open of the newest stored bar of all; ``others_ask``: whether
        another process stores bars of other venues meanwhile."""
        if not self._is_read:
            self._recent = recent_bars(self._database, self._universe, self._width, newest)
            self._is_read = True
        elif others_ask and newest is not None:
            since = min(newest, self._read_until or newest) - LATELY * self._width
            self._recent.note(bars_since(self._database, self._width, since))
        self._read_until = newest
        self._clean.clear()
        self._held.clear()

    def spoken(self, now: datetime) -> Mapping[str, Sequence[Span]]:
        """Market id -> what is covered of the time in which anything is asked again, ascending."""
        with self._database.read() as conn:
            return spoken_spans(conn, self._width, now - REACH, now)

    def wants(
        self,
        markets: Iterable[Market],
        now: datetime,
        spoken: Mapping[str, Sequence[Span]],
        reach: datetime | None,
    ) -> list[Want]:
        """What of one venue's markets is asked again; ``reach``: the earliest open that the venue still serves."""
        return self._rereads.wants(markets, now, spoken, reach)

    def look(
        self, verdict: Verdict, now: datetime, together: Sequence[Verdict] | None = None
    ) -> Verdict:
        """The verdict less what waits for a confirmation; ``together``: see :func:`hold_back`."""
        market = verdict.answer.market
        return hold_back(
            verdict,
            self._recent,
            together,
            width=self._width,
            now=now,
            held_since=self._rereads.held_since(market.id),
            price=self._references().get(market.token),
        )

    def note(self, verdict: Verdict, now: datetime) -> None:
        """Remember what was stored of an answer, and how its newest bars are."""
        self._recent.note(verdict.bars)
        answer = verdict.answer
        if answer.again:
            if answer.coverage and not answer.refusals and not verdict.refusals:
                self._rereads.answered(answer.market.id, answer.coverage[0].since, now)
            return
        if verdict.refusals:
            self._held[verdict.answer.market.id] = verdict.refusals[-1]
        elif not verdict.answer.refusals:
            self._clean.add(verdict.answer.market.id)

    def end(self, now: datetime, venues: Collection[str]) -> dict[Market, Refusal | None]:
        """After a poll of ``venues``: markets whose newest bars were held back at the poll before too, with the reason of now, and
        markets that are well (None). What only waited for its confirmation is neither, nor who was not heard.
        """
        found: dict[Market, Refusal | None] = {}
        for market in self._universe.markets:
            if market.venue in venues and market.polled and market.listed_at(now - self._width):
                clean, held = market.id in self._clean, market.id in self._held
                stood = self._rereads.held_since(market.id) is not None
                self._rereads.note(market.id, now, clean=clean, held=held)
                if clean or (held and stood):
                    found[market] = self._held.get(market.id)
        return found
