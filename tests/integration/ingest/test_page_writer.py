"""Pages put one after another: all of them stored, told apart by market, and the store's failure met by whoever waits."""

from datetime import timedelta

import numpy as np
import pytest

from monitor.ingest.answers import MarketAnswer
from monitor.ingest.page_writer import AT_ONCE, MOST_WAITING, PageWriter
from monitor.ingest.validation.acceptance import Verdict
from monitor.model.bar_columns import BarColumns, BarSeries
from monitor.model.bars import Coverage
from monitor.model.errors import SchemaError
from monitor.model.universe import Market
from monitor.store import bars
from monitor.store.bars import SaveResult
from monitor.store.database import Database
from monitor.store.types import to_us
from tests.integration.ingest.conftest import FIRST, WIDTH, Hall, stored

PAGE = 10


def page(market: Market, number: int, *, close: float = 2.0) -> Verdict:
    """The market's so manieth page of ten bars, all believed."""
    since = FIRST + number * PAGE * WIDTH
    opens = to_us(since) + np.arange(PAGE) * (WIDTH // timedelta(microseconds=1))
    figures = np.full((7, PAGE), close)
    figures[6] = np.nan
    series = BarSeries(BarColumns([market.id], np.zeros(PAGE, dtype=np.int64), opens, figures))
    spoken = [Coverage(market.id, WIDTH, since, since + PAGE * WIDTH)]
    return Verdict(MarketAnswer(market, series, coverage=spoken), series)


async def test_more_pages_than_may_wait_are_all_stored_and_counted_by_market(
    hall: Hall, sqlite: Database
) -> None:
    writer, markets = PageWriter(sqlite, hall.clock, WIDTH), hall.universe.markets[:2]
    pages = AT_ONCE + MOST_WAITING
    for number in range(pages):
        for market in markets:
            await writer.put(page(market, number), [])
    await writer.stored()
    count = pages * PAGE
    assert writer.saved == {market.id: SaveResult(count, 0, 0) for market in markets}
    for market in markets:
        assert [bar.open_time for bar in stored(sqlite, market.id)] == [
            FIRST + n * WIDTH for n in range(count)
        ]
        with sqlite.read() as conn:
            end = FIRST + count * WIDTH
            assert bars.missing_ranges(conn, market.id, WIDTH, FIRST, end) == []


async def test_what_was_known_is_told_from_what_is_new(hall: Hall, sqlite: Database) -> None:
    market = hall.universe.markets[0]
    for close in (2.0, 2.0, 3.0):
        writer = PageWriter(sqlite, hall.clock, WIDTH)
        await writer.put(page(market, 0, close=close), [])
        await writer.settle()
    assert writer.saved == {market.id: SaveResult(0, PAGE, 0)}
    assert {bar.close for bar in stored(sqlite, market.id)} == {3.0}


async def test_the_stores_failure_is_met_by_who_waits_and_by_who_puts_more(
    hall: Hall, sqlite: Database
) -> None:
    writer, market = PageWriter(sqlite, hall.clock, WIDTH), hall.universe.markets[0]
    with sqlite.write() as conn:
        conn.exec_driver_sql("ALTER TABLE bar RENAME TO bar_elsewhere")
    await writer.put(page(market, 0), [])
    with pytest.raises(SchemaError):
        await writer.stored()
    with pytest.raises(SchemaError):
        await writer.put(page(market, 1), [])
    await writer.settle()
    assert writer.saved == {}
