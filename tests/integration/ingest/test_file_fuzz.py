"""Whatever a file holds, it is taken in or refused with why: nothing else comes out, and no bar goes in that is unsound."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from monitor.model.grid import floor_time
from monitor.store.database import Database
from tests.integration.ingest.conftest import WIDTH, stored
from tests.integration.ingest.test_file_formats import BINANCE, KRAKEN, NOW, S, klines, take

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
BOUNDED = settings(
    max_examples=RUNS,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    yield
    print(f"\nfiles tried: {RUN_COUNT}")


def tried(database: Database, file: Path, kind: str, content: bytes) -> None:
    RUN_COUNT[kind] += 1
    file.write_bytes(content)
    report = take(database, file)
    assert report.files == 1
    assert report.words()
    for market in (BINANCE, KRAKEN):
        for bar in stored(database, market):
            assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
            assert bar.open_time == floor_time(bar.open_time, WIDTH)
            assert bar.open_time + WIDTH <= NOW
            for amount in (bar.high, bar.base_volume, bar.quote_volume, bar.taker_buy_quote):
                assert amount is None or (math.isfinite(amount) and amount >= 0)


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
        st.tuples(st.integers(0, 1), st.integers(0, 11), ODD | st.text(max_size=8)),
        min_size=1,
        max_size=4,
    )
)
@BOUNDED
def test_any_cells(sqlite: Database, tmp_path: Path, changes: list[tuple[int, int, str]]) -> None:
    rows = [line.split(",") for line in klines(1000)]
    for row, column, cell in changes:
        rows[row][column % len(rows[row])] = cell
    content = "\n".join(",".join(row) for row in rows).encode("utf-8", "replace")
    tried(sqlite, tmp_path / NAMES[0], "cells", content)


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
    tried(sqlite, tmp_path / NAMES[1], "json", content.encode())
