"""What is known of one market while its history is walked forward: since when it trades, and its last accepted bar."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.ingest.answers import MarketAnswer
from monitor.ingest.exchange.venue import FetchedBars
from monitor.ingest.validation.acceptance import (
    SAME_TIME,
    PriceBoard,
    Verdict,
    accept_at_once,
    judge_together,
)
from monitor.ingest.validation.plausibility import SILENCE, Known
from monitor.model.bars import Coverage
from monitor.model.universe import Market, Universe
from monitor.store import bars
from monitor.store.database import Database


@dataclass(slots=True)
class MarketHistory:
    """Carried from page to page of one market."""

    market: Market
    width: timedelta
    trading_since: datetime | None = None
    _known: Known | None = None
    _empty_since: datetime | None = None

    def begin(self, database: Database, start: datetime) -> None:
        """Look up the bar before a hole that begins at ``start``."""
        self._empty_since = None
        with database.read() as conn:
            before = bars.read_bars(
                conn,
                width=self.width,
                since=start - SILENCE,
                until=start,
                market_ids=[self.market.id],
            )
            for bar, _received in before:
                self._known = Known(bar.open_time, bar.close)
        if self._known is not None and self.trading_since is None:
            self.trading_since = self._known.open_time

    def judge(
        self, database: Database, universe: Universe, page: FetchedBars, since: datetime
    ) -> Verdict:
        """What is believed of a page that was asked from ``since`` on."""
        answer = MarketAnswer(self.market, list(page.closed), coverage=self._spoken(page, since))
        verdict = accept_at_once(answer, self._known)
        if verdict is None:
            board = self._board(database, universe, answer.bars[-1].open_time)
            (verdict,) = judge_together([answer], board, {})
        if verdict.bars:
            last = verdict.bars[-1]
            self._known = Known(last.open_time, last.close)
        return verdict

    def _spoken(self, page: FetchedBars, since: datetime) -> list[Coverage]:
        """The page's coverage; the first bar tells that the empty pages before it were before the listing."""
        spoken = list(page.spoke_for)
        if not page.closed:
            if self._empty_since is None:
                self._empty_since = since
            return spoken
        first = page.closed[0].open_time
        if self.trading_since is None and self._empty_since is not None:
            spoken.append(Coverage(self.market.id, self.width, self._empty_since, first))
        self._empty_since = None
        self.trading_since = self.trading_since or first
        return spoken

    def _board(self, database: Database, universe: Universe, near: datetime) -> PriceBoard:
        """Prices of the coin's other markets at that time, and this market's own last bar."""
        others = {m.id for m in universe.token(self.market.token).markets} - {self.market.id}
        known = {} if self._known is None else {self.market.id: self._known}
        with database.read() as conn:
            stored = bars.read_bars(
                conn,
                width=self.width,
                since=near - SAME_TIME,
                until=near + self.width,
                market_ids=sorted(others),
            )
            for bar, _received in stored:
                known[bar.market_id] = Known(bar.open_time, bar.close)
        return PriceBoard(universe.markets, known)
