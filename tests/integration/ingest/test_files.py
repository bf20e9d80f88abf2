"""Files in and out: what is wrong is kept out with file, line and reason, the rest goes in."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitor.clock import ManualClock
from monitor.files.export import export_file
from monitor.files.importing import ImportReport, import_files
from monitor.files.reading import BAR_COLUMNS
from monitor.model.errors import MonitorError
from monitor.model.universe import Market, Sector, Token, Universe
from monitor.store import bars, supplies
from monitor.store.database import Database
from tests.integration.ingest.conftest import WIDTH, stored

NOW = datetime(2025, 2, 1, tzinfo=UTC)
HEADER = ",".join(BAR_COLUMNS)
UNIVERSE = Universe(
    (Sector("all", "All", ()),),
    (Token("virtual", "Virtual", (Market("gate", "VIRTUAL/USDT", "virtual"),)),),
)


def line(
    minute: int, *, tail: str = "gate,VIRTUAL/USDT,10,11,9.5,10.5,100,1050,600", day: int = 20
) -> str:
    """A sound row, at that minute of the day."""
    return f"2025-01-{day:02d}T{minute // 60:02d}:{minute % 60:02d}:00Z,{tail}"


def take(database: Database, *files: Path) -> ImportReport:
    """Import them."""
    return import_files(files, database, UNIVERSE, WIDTH, ManualClock(NOW))


def csv_of(folder: Path, *lines: str, name: str = "bars.csv") -> Path:
    """A file of those lines."""
    file = folder / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_bars_come_back_as_they_went_in(database: Database, tmp_path: Path) -> None:
    blank = line(5, tail="gate,VIRTUAL/USDT,10,11,9.5,10.5,100,,")
    file = csv_of(tmp_path, "\ufeff" + HEADER, line(0), blank, line(10))
    report = take(database, file)
    assert (report.rows, report.new, report.refused) == (3, 3, 0)
    first, second, _ = stored(database, "gate:VIRTUAL/USDT")
    assert (first.open, first.high, first.low, first.close) == (10.0, 11.0, 9.5, 10.5)
    assert (first.base_volume, first.quote_volume, first.taker_buy_quote) == (100.0, 1050.0, 600.0)
    assert (second.quote_volume, second.taker_buy_quote) == (None, None)
    again = take(database, file)
    assert (again.new, again.unchanged) == (0, 3)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (
            line(5, tail="gate,VIRTUAL/USDT,10,11,9.5,x,100,1050,600"),
            "close: found 'x', expected a number",
        ),
        (line(5, tail="gate,VIRTUAL/USDT,10,11,9.5,,100,1050,600"), "close: found ''"),
        (line(5, tail="gate,VIRTUAL/USDT,10,11,9.5,nan,100,1050,600"), "expected finite numbers"),
        (line(5, tail="gate,VIRTUAL/USDT,0,11,9.5,10,100,1050,600"), "expected above 0"),
        (
            line(5, tail="gate,VIRTUAL/USDT,10,10.2,9.5,10.5,100,1050,600"),
            "low <= open, close <= high",
        ),
        (
            line(5, tail="gate,VIRTUAL/USDT,1000,1100,950,1050,100,105000,6"),
            "far off the bars around it",
        ),
        (line(5, tail="gate,VIRTUAL/USDT,10,11,9.5"), "found 6 cells, expected 10"),
        (
            line(5, tail="gate,VIRTUALS/USDT,10,11,9.5,10.5,100,1050,600"),
            "nearest: gate:VIRTUAL/USDT",
        ),
        ("2025-01-20T00:05:00,gate,VIRTUAL/USDT,10,11,9.5,10.5,100,1050,600", "found local time"),
        ("2025-01-20T01:05:00+01:00,gate,VIRTUAL/USDT,10,11,9.5,10.5,100,1050,600", "off UTC"),
        ("2025-02-01T00:00:00Z,gate,VIRTUAL/USDT,10,11,9.5,10.5,100,1050,600", "is not over yet"),
        ("soon,gate,VIRTUAL/USDT,10,11,9.5,10.5,100,1050,600", "expected ISO 8601"),
    ],
)
def test_a_broken_row_is_kept_out_with_its_line_and_reason_and_the_rest_goes_in(
    sqlite: Database, tmp_path: Path, bad: str, words: str
) -> None:
    good = [line(m) for m in (10, 15, 20)]
    file = csv_of(tmp_path, HEADER, line(0), bad, *good)
    report = take(sqlite, file)
    assert (report.new, report.refused) == (4, 1)
    assert report.details[0].startswith(f"{file}:3: ")
    assert words in report.details[0]
    assert any(w.startswith("refused ") for w in report.words())
    assert report.words()[-1].startswith("1 file, ")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["day,coin,score"], "expected ts, exchange, symbol"),
        ([HEADER.replace("close,", "")], "expected close"),
        ([""], "found columns (none)"),
    ],
)
def test_a_wrong_header_refuses_the_whole_file_and_not_the_next_one(
    sqlite: Database, tmp_path: Path, lines: list[str], words: str
) -> None:
    wrong = csv_of(tmp_path, *lines, line(0), name="wrong.csv")
    report = take(sqlite, wrong, csv_of(tmp_path, HEADER, line(0)))
    assert (report.files, report.new, report.refused) == (2, 1, 1)
    assert words in report.details[0]


def test_hourly_bars_among_five_minute_bars_are_refused(sqlite: Database, tmp_path: Path) -> None:
    hours = [line(60 * h) for h in range(2, 12)]
    report = take(sqlite, csv_of(tmp_path, HEADER, line(0), line(5), line(10), *hours))
    assert (report.new, report.refused) == (0, 13)
    assert "found bars 1h apart, expected bars of 5m" in report.details[0]


def test_one_bar_told_twice_alike_goes_in_and_told_differently_does_not(
    sqlite: Database, tmp_path: Path
) -> None:
    other = line(5, tail="gate,VIRTUAL/USDT,10,11,9.5,10.6,100,1050,600")
    report = take(sqlite, csv_of(tmp_path, HEADER, line(0), line(0), line(5), other, line(10)))
    assert [b.open_time.minute for b in stored(sqlite, "gate:VIRTUAL/USDT")] == [0, 10]
    assert report.refused == 2
    assert "found 2 different rows" in report.details[0]


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08garbage", b"PAR1", b"\xff\xfe\x00", b""])
@pytest.mark.parametrize("suffix", [".csv.gz", ".parquet", ".csv"])
def test_a_file_that_is_not_what_it_says_is_refused(
    sqlite: Database, tmp_path: Path, content: bytes, suffix: str
) -> None:
    file = tmp_path / f"x{suffix}"
    file.write_bytes(content)
    report = take(sqlite, file, tmp_path / "missing.csv", tmp_path / "x.xlsx")
    assert (report.refused, report.stored) == (3, 0)
    assert "x.xlsx: cannot be read" in report.details[2]


def test_a_compressed_file_that_ends_early_keeps_nothing_wrong(
    sqlite: Database, tmp_path: Path
) -> None:
    whole = gzip.compress("\n".join([HEADER, *(line(5 * i) for i in range(200))]).encode())
    file = tmp_path / "bars.csv.gz"
    file.write_bytes(whole[: len(whole) // 2])
    report = take(sqlite, file)
    assert report.refused == 1
    assert "bars.csv.gz" in report.details[0]


def test_parquet_with_real_times_is_read(sqlite: Database, tmp_path: Path) -> None:
    times = [datetime(2025, 1, 20, 0, m, tzinfo=UTC) for m in (0, 5)]
    columns = {
        name: [v] * 2
        for name, v in zip(
            BAR_COLUMNS[3:], (10.0, 11.0, 9.5, 10.5, 100.0, 1050.0, None), strict=True
        )
    }
    table = pa.table(
        {"ts": times, "exchange": ["gate"] * 2, "symbol": ["VIRTUAL/USDT"] * 2, **columns}
    )
    file = tmp_path / "bars.parquet"
    pq.write_table(table, file)
    assert take(sqlite, file).new == 2
    naive = table.set_column(0, "ts", pa.array([t.replace(tzinfo=None) for t in times]))
    pq.write_table(naive, file)
    assert "found local time" in take(sqlite, file).details[0]


def test_supplies_take_the_figure_or_what_cap_and_price_imply(
    database: Database, tmp_path: Path
) -> None:
    file = csv_of(
        tmp_path,
        "ts,token,source,price_usd,market_cap_usd,circulating_supply,volume_24h_usd",
        "2025-01-20,virtual,lists,,,650000000,",
        "2025-01-21,virtual,lists,2.5,1625000000,0,",
        "2025-01-22,virtual,lists,,,,5",
        "2025-01-22,other,lists,,,1,",
        "2025-01-22T00:00:00,virtual,lists,,,1,",
        "2025-01-22,virtual,lists,,,-1,",
        "2025-01-22,virtual,,,,1,",
    )
    report = take(database, file)
    assert (report.new, report.without_supply, report.refused) == (2, 1, 4)
    with database.read() as conn:
        found = supplies.read_supplies(conn)
    assert [(s.valid_from.day, s.units) for s in found] == [(20, 650e6), (21, 650e6)]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_exported_bars_can_be_imported_elsewhere(
    sqlite: Database, database: Database, tmp_path: Path, suffix: str
) -> None:
    take(sqlite, csv_of(tmp_path, HEADER, *(line(5 * i) for i in range(12))))
    out = tmp_path / f"out{suffix}"
    since = datetime(2025, 1, 20, 0, 10, tzinfo=UTC)
    assert export_file("bars", out, sqlite, width=WIDTH, since=since) == 10
    assert take(database, out).new == 10
    assert stored(database, "gate:VIRTUAL/USDT") == stored(sqlite, "gate:VIRTUAL/USDT")[2:]


def test_an_export_says_its_units_and_knows_its_formats(sqlite: Database, tmp_path: Path) -> None:
    out = tmp_path / "x.json"
    assert export_file("sectors", out, sqlite, width=WIDTH) == 0
    assert json.loads(out.read_text()) == []
    with pytest.raises(MonitorError, match=r"expected \.csv"):
        export_file("bars", tmp_path / "x.xlsx", sqlite, width=WIDTH)
    with pytest.raises(MonitorError, match="cannot be written"):
        export_file("bars", tmp_path / "no" / "x.csv", sqlite, width=WIDTH)
    assert (
        sorted(p.name for p in tmp_path.iterdir() if "x.xlsx" in p.name or ".part" in p.name) == []
    )


def test_an_import_covers_its_own_bars_only(sqlite: Database, tmp_path: Path) -> None:
    take(sqlite, csv_of(tmp_path, HEADER, line(0), line(5), line(20)))
    start = datetime(2025, 1, 20, tzinfo=UTC)
    with sqlite.read() as conn:
        missing = bars.missing_ranges(
            conn, "gate:VIRTUAL/USDT", WIDTH, start, start + timedelta(minutes=30)
        )
    assert [((a - start).seconds // 60, (b - start).seconds // 60) for a, b in missing] == [
        (10, 20),
        (25, 30),
    ]
