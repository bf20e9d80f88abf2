"""Believed bars into the store: bars, what the answers spoke for and refusals in one transaction."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.clock import Clock
from monitor.ingest.validation.acceptance import Verdict
from monitor.ingest.validation.plausibility import Known
from monitor.model.bar_columns import BarColumns, BarSeries
from monitor.model.bars import Coverage, Refusal
from monitor.model.spans import left_open, runs
from monitor.store import bars, quarantine
from monitor.store.bars import SaveResult
from monitor.store.database import Database
from monitor.store.knowledge import issue_time


class RefusalMemory:
    """Forgets nothing recent: the last closed bars are read again at each poll, and one broken bar counts once."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._seen: OrderedDict[tuple[str, str | None, datetime | None, str], None] = OrderedDict()

    def fresh(self, refusals: Iterable[Refusal]) -> list[Refusal]:
        """Those not met before; one without a time of its own is always new."""
        found = []
        for refusal in refusals:
            key = (refusal.venue, refusal.market_id, refusal.open_time, refusal.reason)
            if refusal.open_time is not None and key in self._seen:
                continue
            self._seen[key] = None
            found.append(refusal)
        while len(self._seen) > self._size:
            self._seen.popitem(last=False)
        return found


def newest_bars(database: Database, width: timedelta) -> dict[str, Known]:
    """market_id -> its newest accepted bar."""
    with database.read() as conn:
        opens = bars.last_bar_times(conn, width)
        closes = bars.last_accepted_closes(conn, width)
    return {market: Known(opens[market], close) for market, close in closes.items()}


def believed_coverage(verdict: Verdict) -> list[Coverage]:
    """What an answer may speak for: not for bars that were refused afterwards, by level or as another coin's."""
    refused = sorted({r.open_time for r in verdict.refusals if r.open_time is not None})
    if refused and not verdict.bars:
        return []
    return [
        Coverage(item.market_id, item.width, *part)
        for item in verdict.answer.coverage
        for part in left_open((item.since, item.until), runs(refused, item.width))
    ]


def _save(
    conn: Connection, verdicts: Sequence[Verdict], width: timedelta, at: datetime
) -> SaveResult:
    """Bars that came side by side are stored so."""
    pages = [v.bars.columns for v in verdicts if isinstance(v.bars, BarSeries)]
    rest = [bar for v in verdicts if not isinstance(v.bars, BarSeries) for bar in v.bars]
    page = BarColumns.joined(pages)
    saved = bars.save_columns(conn, page, width=width, received_at=at)
    return saved + bars.save_bars(conn, rest, width=width, received_at=at)


def _save_beside(
    conn: Connection, verdicts: Sequence[Verdict], refusals: Sequence[Refusal], at: datetime
) -> None:
    """What the answers spoke for, and what was refused."""
    spoken = [item for verdict in verdicts for item in believed_coverage(verdict)]
    bars.save_coverage(conn, spoken, fetched_at=at)
    quarantine.add_refusals(conn, refusals, at)


def write_verdicts(
    database: Database,
    clock: Clock,
    width: timedelta,
    *,
    verdicts: Sequence[Verdict],
    refusals: Sequence[Refusal],
    check: Callable[[Connection], None] = lambda _: None,
) -> SaveResult:
    """Store what is believed and count what is not; all or nothing, and nothing where ``check`` raises in the same
    transaction."""
    with database.write() as conn:
        check(conn)
        at = issue_time(conn, clock.now())
        saved = _save(conn, verdicts, width, at)
        _save_beside(conn, verdicts, refusals, at)
    return saved


def write_pages(
    database: Database,
    clock: Clock,
    width: timedelta,
    *,
    verdicts: Sequence[Verdict],
    refusals: Sequence[Refusal],
) -> dict[str, SaveResult]:
    """The same of pages of several markets' histories, told apart: market id -> what became of its bars. Pages of one market
    do not overlap.
    """
    pages: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        pages.setdefault(verdict.answer.market.id, []).append(verdict)
    with database.write() as conn:
        at = issue_time(conn, clock.now())
        saved = {market_id: _save(conn, some, width, at) for market_id, some in pages.items()}
        _save_beside(conn, verdicts, refusals, at)
    return saved
