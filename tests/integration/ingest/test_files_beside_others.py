"""A file is believed as a venue is: beside what other venues said, what its market last cost, and what is usual there."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.clock import ManualClock
from monitor.files.importing import ImportReport, Manner, import_files
from monitor.files.reading import BAR_COLUMNS
from monitor.model.bars import Bar
from monitor.model.grid import iso
from monitor.model.universe import Market, Sector, Token, Universe
from monitor.store.bars import save_bars
from monitor.store.database import Database
from tests.integration.ingest.conftest import WIDTH, stored

NOW = datetime(2025, 2, 1, tzinfo=UTC)
FIRST = datetime(2025, 1, 20, tzinfo=UTC)
BINANCE, GATE = Market("binance", "ARC/USDT", "arc"), Market("gate", "ARC/USDT", "arc")
PERPETUAL = Market("okx", "1000ARC/USDT:USDT", "arc", multiplier=1000.0)
UNIVERSE = Universe((Sector("all", "All", ()),), (Token("arc", "Arc", (BINANCE, GATE, PERPETUAL)),))


def walk(market: Market, first: int, last: int) -> list[Bar]:
    """Bars by number from :data:`FIRST` on, of one coin that all venues trade alike."""

    def price(i: int) -> float:
        return 0.3 * market.multiplier * (1 + 0.01 * math.sin(i / 9) + 0.003 * math.sin(i / 1.7))

    found = []
    for i in range(first, last):
        start, end = price(i), price(i + 1)
        size = 1000 / market.multiplier * (2 + math.sin(i * 1.3 + len(market.venue)))
        high, low = max(start, end) * 1.001, min(start, end) * 0.999
        quote = size * (start + end) / 2
        at = FIRST + i * WIDTH
        found.append(Bar(market.id, at, start, high, low, end, size, quote, quote / 2))
    return found


def times(bar: Bar, factor: float) -> Bar:
    """The bar with every price off by a factor."""
    prices = (bar.open * factor, bar.high * factor, bar.low * factor, bar.close * factor)
    quote = (bar.quote_volume or 0.0) * factor
    return Bar(bar.market_id, bar.open_time, *prices, bar.base_volume, quote, quote / 2)


def file_of(folder: Path, *bars: Bar) -> Path:
    """A table of our own."""
    lines = [",".join(BAR_COLUMNS)]
    for bar in bars:
        venue, _, symbol = bar.market_id.partition(":")
        figures = (bar.open, bar.high, bar.low, bar.close)
        volumes = (bar.base_volume, bar.quote_volume, bar.taker_buy_quote)
        lines.append(",".join([iso(bar.open_time), venue, symbol, *map(repr, figures + volumes)]))
    file = folder / "bars.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def take(database: Database, file: Path, how: Manner | None = None) -> ImportReport:
    """Import it."""
    return import_files([file], database, UNIVERSE, WIDTH, ManualClock(NOW), how=how or Manner())


def put(database: Database, *bars: Bar) -> None:
    """Known already."""
    with database.write() as conn:
        save_bars(conn, bars, width=WIDTH, received_at=NOW)


def test_closes_off_those_of_other_venues_are_held_with_the_difference(
    sqlite: Database, tmp_path: Path
) -> None:
    put(sqlite, *walk(GATE, 0, 100))
    file = file_of(tmp_path, *(times(bar, 3.0) for bar in walk(BINANCE, 0, 200)))
    checked = take(sqlite, file, Manner(check=True))
    report = take(sqlite, file)
    assert checked.words() == report.words()
    assert (report.new, report.held) == (0, 200)
    assert (
        "closes are 3 times other venues' (+200.0%, 100 bars compared); held, --replace"
        in (report.words()[0])
    )
    assert not stored(sqlite, BINANCE.id)
    insisted = take(sqlite, file, Manner(replace=True))
    assert (insisted.new, insisted.held) == (200, 0)


@pytest.mark.parametrize("factor", [1.08, 0.92])
def test_a_lasting_difference_of_a_currency_is_one_too(
    sqlite: Database, tmp_path: Path, factor: float
) -> None:
    put(sqlite, *walk(GATE, 0, 100))
    report = take(sqlite, file_of(tmp_path, *(times(bar, factor) for bar in walk(BINANCE, 0, 100))))
    assert (report.new, report.held) == (0, 100)


def test_a_price_is_compared_by_the_coin_and_not_by_the_unit(
    sqlite: Database, tmp_path: Path
) -> None:
    put(sqlite, *walk(GATE, 0, 100))
    report = take(sqlite, file_of(tmp_path, *walk(PERPETUAL, 0, 150)))
    assert (report.new, report.refused) == (150, 0)


@pytest.mark.parametrize("hours", [0, 20])
def test_what_goes_on_from_a_known_bar_at_another_price_is_held(
    sqlite: Database, tmp_path: Path, hours: int
) -> None:
    """Nobody else knows the coin; right after the last known bar, and most of a day later."""
    put(sqlite, *walk(BINANCE, 0, 60))
    begin = 60 + hours * 12
    file = file_of(tmp_path, *(times(bar, 3.0) for bar in walk(BINANCE, begin, begin + 100)))
    report = take(sqlite, file)
    assert (report.new, report.held) == (0, 100)
    assert "times the nearest known price of a coin" in report.words()[0]
    again = take(sqlite, file_of(tmp_path, *walk(BINANCE, begin, begin + 100)))
    assert (again.new, again.held) == (100, 0)


def test_a_file_that_leaves_the_price_half_way_is_held_from_there_on(
    sqlite: Database, tmp_path: Path
) -> None:
    bars = walk(BINANCE, 0, 100) + [times(bar, 1.3) for bar in walk(BINANCE, 100, 200)]
    report = take(sqlite, file_of(tmp_path, *bars))
    assert (report.new, report.held) == (100, 100)
    assert [bar.open_time for bar in stored(sqlite, BINANCE.id)] == [
        bar.open_time for bar in bars[:100]
    ]


def test_two_markets_of_one_coin_that_disagree_in_a_file_are_both_held(
    sqlite: Database, tmp_path: Path
) -> None:
    bars = walk(GATE, 0, 50) + [times(bar, 2.0) for bar in walk(BINANCE, 0, 50)]
    report = take(sqlite, file_of(tmp_path, *sorted(bars, key=lambda bar: bar.open_time)))
    assert (report.new, report.held) == (0, 100)
    assert "two venues disagree" in report.words()[0]


def test_known_bars_under_the_times_of_their_neighbours_are_held(
    sqlite: Database, tmp_path: Path
) -> None:
    put(sqlite, *walk(BINANCE, 0, 100))
    moved = [replace(bar, open_time=bar.open_time + WIDTH) for bar in walk(BINANCE, 0, 150)]
    report = take(sqlite, file_of(tmp_path, *moved))
    assert (report.new, report.revised, report.held) == (0, 0, 150)
    assert any("are known as those of +5 min" in line for line in report.words())


def test_flat_bars_without_volume_while_others_trade_are_held_and_the_rest_goes_in(
    sqlite: Database, tmp_path: Path
) -> None:
    put(sqlite, *walk(GATE, 0, 150))
    bars = walk(BINANCE, 0, 150)
    last = bars[99].close
    for i in range(100, 110):
        bars[i] = Bar(BINANCE.id, bars[i].open_time, last, last, last, last, 0.0, 0.0, 0.0)
    report = take(sqlite, file_of(tmp_path, *bars))
    assert (report.new, report.held) == (140, 10)
    assert "a flat bar at" in report.words()[0]


@pytest.mark.parametrize("others_known", [True, False])
def test_a_volume_out_of_all_proportion_is_held_where_others_can_tell(
    sqlite: Database, tmp_path: Path, others_known: bool
) -> None:
    bars = walk(BINANCE, 0, 150)
    if others_known:
        put(sqlite, *walk(GATE, 0, 150))
    bars[120] = replace(
        bars[120],
        base_volume=bars[120].base_volume * 1000,
        quote_volume=(bars[120].quote_volume or 0.0) * 1000,
    )
    report = take(sqlite, file_of(tmp_path, *bars))
    assert report.held == (1 if others_known else 0)


def test_the_last_bar_of_a_file_may_move_far(sqlite: Database, tmp_path: Path) -> None:
    """Only what follows could tell, and nothing does."""
    bars = walk(BINANCE, 0, 100)
    close = bars[-1].close * 1.15
    bars[-1] = replace(bars[-1], close=close, high=close)
    report = take(sqlite, file_of(tmp_path, *bars))
    assert (report.new, report.held) == (100, 0)


def test_a_file_newest_first_is_judged_as_one_oldest_first(
    sqlite: Database, tmp_path: Path
) -> None:
    put(sqlite, *walk(BINANCE, 0, 10))
    report = take(sqlite, file_of(tmp_path, *reversed(walk(BINANCE, 10, 200))))
    assert (report.new, report.held) == (190, 0)


def test_a_price_months_after_the_last_known_one_is_believed(
    sqlite: Database, tmp_path: Path
) -> None:
    early = [replace(bar, open_time=bar.open_time - timedelta(days=60)) for bar in walk(GATE, 0, 5)]
    put(sqlite, *early)
    report = take(sqlite, file_of(tmp_path, *(times(bar, 4.0) for bar in walk(BINANCE, 0, 50))))
    assert (report.new, report.held) == (50, 0)
