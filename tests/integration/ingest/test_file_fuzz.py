"""Whatever a file holds, it is taken in or refused with why: nothing else comes out, and no bar goes in that is unsound.

Every row is accounted for: stored, held or refused, and what is kept out is named by file and reason. Rows that nothing was
done to go in as they are, whatever stands beside them.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.files.importing import Hints, ImportReport
from monitor.model.grid import floor_time
from monitor.store.database import Database
from tests.integration.ingest.conftest import WIDTH, stored
from tests.integration.ingest.test_file_formats import BINANCE, KLINE, KRAKEN, NOW, S, take
from tests.kit.fuzzed import bounded

RUNS = 200
NAMES = [
    f"VIRTUALUSDT-5m-2025-01.{ending}"
    for ending in ("csv", "json", "zip", "feather", "parquet", "gz")
]
ODD = st.sampled_from([
    "", "nan", "inf", "-inf", "-1", "0", "1e308", "1e400", "9" * 40, "3,1", "0x10", "null", "None", '"', "\x00", "١", "1_000", "+3",
    "2025-01-20", "1970-01-01T00:00:00Z", "9999-12-31", str(S), str(S * 1000 + 1), str(-S * 1000), "[" * 2000, "\ufeff3", " 3 ",
])  # fmt: skip
RUN_COUNT = {"bytes": 0, "cells": 0, "json": 0}
BOUNDED = bounded(RUNS)


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    yield
    print(f"\nfiles tried: {RUN_COUNT}")


def tried(
    database: Database, file: Path, kind: str, content: bytes, hints: Hints | None = None
) -> ImportReport:
    RUN_COUNT[kind] += 1
    file.write_bytes(content)
    report = take(database, file, hints=hints)
    assert report.files == 1
    assert report.words()
    kept_out = report.refused + report.held
    if report.rows:
        RUN_COUNT[f"{kind}, rows read"] = RUN_COUNT.get(f"{kind}, rows read", 0) + report.rows
        assert report.rows == report.stored + kept_out
    assert bool(report.details) == bool(kept_out)
    assert all(detail.startswith(str(file)) for detail in report.details), report.details
    for market in (BINANCE, KRAKEN):
        for bar in stored(database, market):
            assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
            assert bar.open_time == floor_time(bar.open_time, WIDTH)
            assert bar.open_time + WIDTH <= NOW
            for amount in (bar.high, bar.base_volume, bar.quote_volume, bar.taker_buy_quote):
                assert amount is None or (math.isfinite(amount) and amount >= 0)
    return report


@given(name=st.sampled_from(NAMES), content=st.binary(max_size=200))
@example(name=NAMES[1], content=b"[" * 100_000)
@example(name=NAMES[1], content=b"[[" + b"9" * 5000 + b",1,1,1,1,1]]")
@example(name=NAMES[1], content=b'{"prices": [[[1], 2]]}')
@example(name=NAMES[1], content=b'{"prices": [[1, [2]], [null, 3]]}')
@BOUNDED
def test_any_bytes(sqlite: Database, tmp_path: Path, name: str, content: bytes) -> None:
    tried(sqlite, tmp_path / name, "bytes", content)


@given(
    changes=st.lists(
        st.tuples(
            st.sampled_from([0, 1, 1, 2, 2, 3, 3]), st.integers(0, 11), ODD | st.text(max_size=8)
        ),
        min_size=1,
        max_size=4,
    )
)
@example(changes=[(1, 0, "9999-12-31")])
@example(changes=[(2, 0, str(2**32 * 1000)), (3, 0, str(-S * 1000))])
@BOUNDED
def test_any_cells(sqlite: Database, tmp_path: Path, changes: list[tuple[int, int, str]]) -> None:
    begin = S + RUN_COUNT["cells"] * 1500  # times of its own, so that no run sees another's bars
    opens = [begin + 300 * i for i in range(4)]
    rows = [f"{at * 1000},{KLINE.format(close=(at + 300) * 1000 - 1)}".split(",") for at in opens]
    for row, column, cell in changes:
        rows[row][column % len(rows[row])] = cell
    content = "\n".join(",".join(row) for row in rows).encode("utf-8", "replace")
    report = tried(sqlite, tmp_path / NAMES[0], "cells", content)
    by_open = {bar.open_time: bar for bar in stored(sqlite, BINANCE)}
    for at in {opens[i] for i in set(range(4)) - {row for row, _, _ in changes}}:
        bar = by_open.get(datetime.fromtimestamp(at, UTC))
        if bar is None:
            assert report.refused + report.held
            continue
        RUN_COUNT["untouched rows in"] = RUN_COUNT.get("untouched rows in", 0) + 1
        assert (bar.open, bar.high, bar.low, bar.close) == (3.0, 3.1, 2.9, 3.05)
        assert (bar.base_volume, bar.quote_volume) == (100.0, 303.0)


@given(
    cells=st.lists(
        st.sampled_from(
            ["3.0", "-3", "null", '"x"', "[]", "{}", "true", "NaN", "Infinity", "1e999", "9" * 400]
        ),
        min_size=6,
        max_size=6,
    )
)
@BOUNDED
def test_any_json_figures(sqlite: Database, tmp_path: Path, cells: list[str]) -> None:
    content = f"[[{S * 1000},3,3.1,2.9,3.05,100],[{S * 1000 + 300_000},{','.join(cells[1:])}]]"
    hints = Hints(exchange="binance", symbol="VIRTUAL/USDT")
    tried(sqlite, tmp_path / NAMES[1], "json", content.encode(), hints)
