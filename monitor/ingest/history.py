"""What is known of one market while its history is walked forward: since when it trades, and its last accepted bars."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.ingest.answers import MarketAnswer
from monitor.ingest.exchange.venue import FetchedBars
from monitor.ingest.validation.acceptance import (
    SAME_TIME,
    PriceBoard,
    Verdict,
    accept_at_once,
    judge_together,
)
from monitor.ingest.validation.calm import is_calm
from monitor.ingest.validation.holding import hold_back
from monitor.ingest.validation.plausibility import SILENCE, Known
from monitor.ingest.validation.recent import KEPT, RecentBars
from monitor.ingest.validation.suspicion import LATE_TRADE, REASONS
from monitor.model.bar_columns import BarColumns, BarSeries
from monitor.model.bars import Coverage
from monitor.model.universe import Market, Universe
from monitor.store import bars, quarantine
from monitor.store.database import Database


@dataclass(slots=True)
class MarketHistory:
    """Carried from page to page of one market."""

    market: Market
    width: timedelta
    trading_since: datetime | None = None
    _known: Known | None = None
    _before: BarColumns = field(default_factory=lambda: BarColumns.of(()))
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
            believed = [bar for bar, _received in before][-KEPT:]
        self._before = BarColumns.of(believed)
        for bar in believed[-1:]:
            self._known = Known(bar.open_time, bar.close)
        if self._known is not None and self.trading_since is None:
            self.trading_since = self._known.open_time

    def answered(self, page: FetchedBars, since: datetime) -> MarketAnswer:
        """A page that was asked from ``since`` on, with all that it speaks for; each page once, in order."""
        spoken = self._spoken(page, since)
        return MarketAnswer(
            self.market, page.closed, list(page.refusals), spoken, list(page.forming)
        )

    def judge_alone(self, answer: MarketAnswer, now: datetime) -> Verdict | None:
        """What is believed of a page against which nothing can be said whatever the store holds; None of another."""
        verdict = accept_at_once(answer, self._known)
        if verdict is None or not self._is_beyond_doubt(verdict, now):
            return None
        self._note(verdict)
        return verdict

    def judge(
        self, database: Database, universe: Universe, answer: MarketAnswer, now: datetime
    ) -> Verdict:
        """What is believed of a page beside what the store holds of other venues."""
        verdict = accept_at_once(answer, self._known)
        if verdict is None:
            board = self._board(database, universe, answer.bars[-1].open_time)
            (verdict,) = judge_together([answer], board, {})
        if not self._is_beyond_doubt(verdict, now):
            verdict = self._held_back(database, universe, verdict, now)
        self._note(verdict)
        return verdict

    def _note(self, verdict: Verdict) -> None:
        if verdict.bars:
            believed, newest = verdict.bars, slice(-KEPT, None)
            if isinstance(believed, BarSeries):
                mine = believed.columns.chosen(newest)
            else:
                mine = BarColumns.of(believed[newest])
            self._before = BarColumns.joined([self._before, mine]).chosen(newest)
            last = believed[-1]
            self._known = Known(last.open_time, last.close)

    def _is_beyond_doubt(self, verdict: Verdict, now: datetime) -> bool:
        """Whether nothing of it can wait for a confirmation."""
        if any(now - item.until < LATE_TRADE for item in verdict.answer.coverage):
            return False
        return not verdict.bars or self._is_calm(verdict)

    def _held_back(
        self, database: Database, universe: Universe, verdict: Verdict, now: datetime
    ) -> Verdict:
        """The verdict less what waits for a confirmation; others are looked up only where their word may count."""
        young = any(now - item.until < LATE_TRADE for item in verdict.answer.coverage)
        alone = RecentBars([self.market], kept=KEPT + len(verdict.bars))
        alone.note(self._before.bars())
        looked = hold_back(verdict, alone, (), width=self.width, now=now)
        spoken = verdict.answer.coverage
        quiet = any(bar.base_volume == 0 for bar in verdict.bars)
        if looked is verdict and not quiet and not young:
            return verdict
        first = min([item.since for item in spoken] + [bar.open_time for bar in verdict.bars[:1]])
        until = max(
            [item.until for item in spoken]
            + [bar.open_time + self.width for bar in verdict.bars[-1:]]
        )
        beside = RecentBars(universe.markets, kept=KEPT + len(verdict.bars))
        beside.note(self._before.bars())
        with database.read() as conn:
            wanted = witnesses(conn, universe, self.market, self.width, (first, until))
            found = bars.read_bars(
                conn, width=self.width, since=first, until=until, market_ids=wanted
            )
            beside.note(bar for bar, _received in found)
            since = quarantine.first_refused(conn, self.market.id, REASONS, first, until)
        return hold_back(verdict, beside, (), width=self.width, now=now, held_since=since)

    def _is_calm(self, verdict: Verdict) -> bool:
        """Whether nothing can be said against a page's bars, which saves a look at each of them."""
        bars, before = verdict.bars, self._before
        if not isinstance(bars, BarSeries) or not bars or verdict.answer.refusals:
            return False
        if len(before) and before.opens[-1] >= bars.columns.opens[0]:
            return False
        return is_calm(before, bars.columns, self.width)

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


def witnesses(
    conn: Connection,
    universe: Universe,
    market: Market,
    width: timedelta,
    span: tuple[datetime, datetime],
) -> list[str]:
    """Markets that tell of one's bars in a span: the coin's others, and one of another venue that traded."""
    others = [m.id for m in universe.token(market.token).markets if m.id != market.id]
    trading = bars.markets_with_bars(conn, width, *span, traded=True)
    elsewhere = (m.id for m in universe.markets if m.venue != market.venue and m.id in trading)
    return sorted({*others, *list(elsewhere)[:1]})
