"""The formats that people have, with figures made here: each goes in to the stated values, or is refused with why."""

import gzip
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from monitor.clock import ManualClock
from monitor.files.importing import Hints, ImportReport, Manner, import_files
from monitor.model.universe import Market, Sector, Token, Universe
from monitor.store import supplies
from monitor.store.database import Database
from tests.integration.ingest.conftest import WIDTH, stored

NOW = datetime(2025, 2, 1, tzinfo=UTC)
S = 1_737_331_200  # 20 January 2025, 00:00 UTC
BINANCE, KRAKEN = "binance:VIRTUAL/USDT", "kraken:VIRTUAL/USD"
UNIVERSE = Universe(
    (Sector("all", "All", ()),),
    (
        Token(
            "VIRTUAL",
            "Virtuals",
            (
                Market("binance", "VIRTUAL/USDT", "VIRTUAL"),
                Market("kraken", "VIRTUAL/USD", "VIRTUAL"),
            ),
            coingecko_id="virtual-protocol",
        ),
    ),
)
KLINE = "3,3.1,2.9,3.05,100,{close},303,9,60,180,0"


def take(
    database: Database,
    *files: Path,
    hints: Hints | None = None,
    how: Manner | None = None,
    universe: Universe = UNIVERSE,
) -> ImportReport:
    """Import them."""
    clock = ManualClock(NOW)
    return import_files(
        files, database, universe, WIDTH, clock, hints=hints or Hints(), how=how or Manner()
    )


def text_file(folder: Path, name: str, *lines: str, encoding: str = "utf-8") -> Path:
    """A file of those lines."""
    file = folder / name
    file.write_text("\n".join(lines) + "\n", encoding=encoding)
    return file


def klines(unit: int) -> list[str]:
    """Two of Binance's rows, times in parts of a second."""
    return [
        f"{(S + 300 * i) * unit},{KLINE.format(close=(S + 300 * i + 300) * unit - 1)}"
        for i in (0, 1)
    ]


@pytest.mark.parametrize("unit", [1_000, 1_000_000])
@pytest.mark.parametrize("packed", [False, True])
def test_binance_klines(sqlite: Database, tmp_path: Path, unit: int, packed: bool) -> None:
    file = text_file(tmp_path, "VIRTUALUSDT-5m-2025-01.csv", *klines(unit))
    if packed:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.write(file, file.name)
        file = tmp_path / "x.zip"
    assert take(sqlite, file).new == 2
    first, second = stored(sqlite, BINANCE)
    assert (first.open_time.hour, second.open_time.minute) == (0, 5)
    assert (first.high, first.base_volume, first.quote_volume, first.taker_buy_quote) == (
        3.1,
        100,
        303,
        180,
    )


def test_binance_futures_klines_with_a_header(sqlite: Database, tmp_path: Path) -> None:
    head = (
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
        "taker_buy_volume,taker_buy_quote_volume,ignore"
    )
    file = text_file(tmp_path, "VIRTUALUSDT-5m-2025-01.csv", head, *klines(1000))
    perpetual = "VIRTUAL/USDT:USDT"
    (token,) = UNIVERSE.tokens
    both = replace(token, markets=(*token.markets, Market("binance", perpetual, "VIRTUAL")))
    universe = replace(UNIVERSE, tokens=(both,))
    doubtful = take(sqlite, file, universe=universe)
    assert f"may be {BINANCE} or binance:{perpetual}" in doubtful.details[0]
    assert "say which by --symbol" in doubtful.details[0]
    taken = take(sqlite, file, universe=universe, hints=Hints(symbol=perpetual))
    assert (taken.rows, taken.new, taken.refused) == (2, 2, 0)
    bars = stored(sqlite, f"binance:{perpetual}")
    assert [b.open_time.timestamp() for b in bars] == [S, S + 300]
    assert {(b.close, b.base_volume, b.quote_volume, b.taker_buy_quote) for b in bars} == {
        (3.05, 100, 303, 180)
    }
    assert stored(sqlite, BINANCE) == []


def test_cryptodatadownload_newest_first(sqlite: Database, tmp_path: Path) -> None:
    head = "Unix,Date,Symbol,Open,High,Low,Close,Volume VIRTUAL,Volume USDT,tradecount"
    rows = [f"{S + 300 * i},x,VIRTUALUSDT,3,3.1,2.9,3.05,100,303,9" for i in (1, 0)]
    file = text_file(
        tmp_path, "Binance_VIRTUALUSDT_5m.csv", "https://www.CryptoDataDownload.com", head, *rows
    )
    assert take(sqlite, file).new == 2
    assert stored(sqlite, BINANCE)[0].quote_volume == 303


@pytest.mark.parametrize("form", ["feather", "parquet", "json", "json.gz", "objects"])
def test_freqtrade_and_ccxt(sqlite: Database, tmp_path: Path, form: str) -> None:
    rows = [[(S + 300 * i) * 1000, 3.0, 3.1, 2.9, 3.05, 100.0] for i in range(3)]
    names = ["date", "open", "high", "low", "close", "volume"]
    file = tmp_path / f"VIRTUAL_USDT-5m.{'json' if form == 'objects' else form}"
    if form in ("feather", "parquet"):
        times = pa.array([r[0] for r in rows], pa.timestamp("ms", "UTC"))
        columns = {n: [r[i] for r in rows] for i, n in enumerate(names)}
        write = feather.write_feather if form == "feather" else parquet.write_table
        write(pa.table(columns | {"date": times}), str(file))
    else:
        content = [dict(zip(names, r, strict=True)) for r in rows] if form == "objects" else rows
        data = json.dumps(content).encode()
        file.write_bytes(gzip.compress(data) if form == "json.gz" else data)
    assert take(sqlite, file).new == 3
    assert [b.close for b in stored(sqlite, BINANCE)] == [3.05] * 3


def test_tradingview_and_kraken(sqlite: Database, tmp_path: Path) -> None:
    view = text_file(
        tmp_path,
        "BINANCE_VIRTUALUSDT, 5.csv",
        "time,open,high,low,close,Volume,MA",
        f"{S},3,3.1,2.9,3.05,100,1",
    )
    kraken = text_file(
        tmp_path, "VIRTUALUSD_5.csv", f"{S},3,3.1,2.9,3.05,100,7", f"{S + 300},3,3.1,2.9,3.05,100,7"
    )
    report = take(sqlite, view, kraken)
    assert report.new == 3
    assert any("say nothing here: MA" in line for line in report.words())
    assert len(stored(sqlite, KRAKEN)) == 2


def test_coingecko_and_coinmarketcap(sqlite: Database, tmp_path: Path) -> None:
    gecko = text_file(
        tmp_path,
        "virtual-protocol-usd-max.csv",
        "snapped_at,price,market_cap,total_volume",
        "2025-01-17 00:00:00 UTC,3.0,3000,5",
    )
    chart = tmp_path / "market_chart.json"
    chart.write_text(
        json.dumps(
            {"prices": [[S * 1000, 2.0]], "market_caps": [[S * 1000, 2400.0]], "total_volumes": []}
        )
    )
    refused = take(sqlite, gecko, chart)
    assert (refused.new, refused.refused) == (1, 1)
    assert "--symbol VIRTUAL" in refused.details[0]
    listed = text_file(
        tmp_path,
        "cmc_20250105.csv",
        "Rank,Name,Symbol,Market Cap,Price,Circulating Supply",
        "1,V,VIRTUAL,1,1,1250",
    )
    assert take(sqlite, chart, listed, hints=Hints(symbol="VIRTUAL")).new == 2
    with sqlite.read() as conn:
        found = [
            (s.units, s.valid_from.day, s.valid_from.hour) for s in supplies.read_supplies(conn)
        ]
    assert found == [(1250, 5, 23), (1000, 17, 0), (1200, 20, 0)]


def test_coinmarketcaps_history_of_a_coin(sqlite: Database, tmp_path: Path) -> None:
    head = "timeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;circulatingSupply;timestamp"
    rows = [
        f'"2025-01-{d}T00:00:00.000Z";"2025-01-{d}T23:59:59.999Z";"2025-01-{d}T09:00:00.000Z";'
        f'"2025-01-{d}T17:00:00.000Z";"2781";2;2.2;1.9;2.1;5000;2100;{units};"2025-01-{d}T23:59:59.999Z"'
        for d, units in ((21, "1010"), (20, ""))
    ]
    file = text_file(tmp_path, "Virtuals_20.1.2025-21.1.2025_historical_data.csv", head, *rows)
    report = take(sqlite, file)
    assert (report.rows, report.new, report.refused) == (2, 2, 0)
    with sqlite.read() as conn:
        found = sorted((s.valid_from, s.units, s.source) for s in supplies.read_supplies(conn))
    end = datetime(2025, 1, 20, 23, 59, 59, 999_000, tzinfo=UTC)
    assert found == [
        (end, pytest.approx(1000), "coinmarketcap file"),
        (end + timedelta(days=1), 1010, "coinmarketcap file"),
    ]


@pytest.mark.parametrize("name", ["time", None])
@pytest.mark.parametrize("width", ["s", "ns"])
@pytest.mark.parametrize("our_own", [False, True])
def test_a_parquet_of_pandas_with_the_time_as_index(
    sqlite: Database, tmp_path: Path, name: str | None, width: Literal["s", "ns"], our_own: bool
) -> None:
    index = pd.date_range("2025-01-20", periods=3, freq="5min", tz="UTC", unit=width, name=name)
    columns: dict[str, object] = {
        "open": 3.0,
        "high": 3.1,
        "low": 2.9,
        "close": 3.05,
        "volume": [100.0, 90.0, 80.0],
    }
    if our_own:
        columns["base_volume"] = columns.pop("volume")
        columns |= {"exchange": "binance", "symbol": "VIRTUAL/USDT", "quote_volume": float("nan")}
    file = tmp_path / "candles.parquet"
    pd.DataFrame(columns, index=index).to_parquet(file)
    hints = Hints() if our_own else Hints("binance", "VIRTUAL/USDT")
    report = take(sqlite, file, hints=hints)
    assert (report.new, report.refused, report.notes) == (3, 0, [])
    assert [(b.open_time, b.base_volume, b.quote_volume) for b in stored(sqlite, BINANCE)] == [
        (datetime(2025, 1, 20, 0, m, tzinfo=UTC), volume, None)
        for m, volume in ((0, 100), (5, 90), (10, 80))
    ]


def test_the_width_that_a_file_does_not_say_is_said_by_the_user(
    sqlite: Database, tmp_path: Path
) -> None:
    file = text_file(
        tmp_path, "one.csv", "time,open,high,low,close,volume", f"{S},3,3.1,2.9,3.05,100"
    )
    hour = Hints("binance", "VIRTUAL/USDT", timedelta(hours=1))
    refused = take(sqlite, file, hints=hour)
    assert refused.new == 0
    assert "found bars of 1h by --interval, expected bars of 5m" in refused.details[0]
    assert take(sqlite, file, hints=replace(hour, interval=WIDTH)).new == 1
    named = text_file(tmp_path, "VIRTUALUSDT-1d-2025-01.csv", *klines(1000))
    assert "found bars of 1d by its name" in take(sqlite, named).details[0]
    assert take(sqlite, named, hints=Hints(interval=WIDTH)).new == 1


@pytest.mark.parametrize(
    ("encoding", "lines"),
    [
        ("utf-8-sig", ["ts;exchange;symbol;open;high;low;close;base_volume", "2025-01-20T00:00:00Z;binance;VIRTUAL/USDT;3;3,1;2,9;3,05;1.000,5"]),
        ("utf-8", [",ts,exchange,symbol,open,high,low,close,base_volume,extra", '0,2025-01-20T00:00:00Z,binance,VIRTUAL/USDT,3,3.1,2.9,3.05,"1,000.5",x']),
        ("utf-16", ["ts\texchange\tsymbol\topen\thigh\tlow\tclose\tbase_volume", "2025-01-20T00:00:00Z\tbinance\tVIRTUAL/USDT\t3\t3.1\t2.9\t3.05\t1000.5"]),
    ],
)  # fmt: skip
def test_spreadsheets(sqlite: Database, tmp_path: Path, encoding: str, lines: list[str]) -> None:
    assert take(sqlite, text_file(tmp_path, "x.csv", *lines, encoding=encoding)).new == 1
    (bar,) = stored(sqlite, BINANCE)
    assert (bar.high, bar.base_volume, bar.quote_volume) == (3.1, 1000.5, None)


def test_what_has_two_readings_is_refused_with_both(sqlite: Database, tmp_path: Path) -> None:
    head = "ts;exchange;symbol;open;high;low;close;base_volume"
    number = text_file(
        tmp_path, "n.csv", head, "2025-01-20T00:00:00Z;binance;VIRTUAL/USDT;3;3;3;3;1,234"
    )
    report = take(sqlite, number)
    assert "may be 1.234 or 1234" in report.details[0]
    pair = text_file(
        tmp_path, "pair.csv", "time,open,high,low,close,volume", f"{S},3,3.1,2.9,3.05,100"
    )
    assert "does not say which market" in take(sqlite, pair).details[0]
    assert take(sqlite, pair, hints=Hints("binance", "VIRTUAL/USDT")).new == 1
    daily = text_file(tmp_path, "VIRTUALUSDT-1d-2025-01.csv", *klines(1000))
    assert "found bars of 1d by its name" in take(sqlite, daily).details[0]


def test_bars_that_disagree_are_held_and_a_blank_fills_nothing(
    sqlite: Database, tmp_path: Path
) -> None:
    known = text_file(tmp_path, "VIRTUALUSDT-5m-2025-01.csv", *klines(1000))
    take(sqlite, known)
    head = "ts,exchange,symbol,open,high,low,close,base_volume"
    rows = [f"{(S + 300 * i)},binance,VIRTUAL/USDT,{{}},100" for i in (0, 1)]
    same = text_file(tmp_path, "same.csv", head, *(r.format("3,3.1,2.9,3.05") for r in rows))
    assert (take(sqlite, same).unchanged, stored(sqlite, BINANCE)[0].taker_buy_quote) == (2, 180)
    thrice = text_file(tmp_path, "x3.csv", head, *(r.format("9,9.3,8.7,9.15") for r in rows))
    assert take(sqlite, thrice, how=Manner(check=True)).held == 2
    report = take(sqlite, thrice)
    assert (report.held, report.revised, stored(sqlite, BINANCE)[0].close) == (2, 0, 3.05)
    assert "known 3" in report.details[0]
    assert "(+200.00%)" in report.details[0]
    assert "(and 1 more like it)" in report.words()[0]
    assert take(sqlite, thrice, how=Manner(replace=True)).revised == 2
    assert stored(sqlite, BINANCE)[0].close == 9.15


def test_a_supply_that_is_not_believed_is_named_and_counts_as_refused(
    sqlite: Database, tmp_path: Path
) -> None:
    rows = ["2025-01-01T00:00:00Z,VIRTUAL,x,1e9", "2025-01-02T00:00:00Z,VIRTUAL,x,1e12"]
    report = take(sqlite, text_file(tmp_path, "s.csv", "ts,token,source,circulating_supply", *rows))
    assert (report.new, report.refused) == (1, 1)
    (detail,) = report.details
    assert detail.endswith(
        "s.csv:3: VIRTUAL 2025-01-02T00:00:00Z of x: found 1e+12 units, over 30 % from what was known then;"
        " waits for a second source or tokens.VIRTUAL.supplies"
    )


def test_a_supply_told_twice_differently_is_kept_out_and_the_rest_goes_in(
    sqlite: Database, tmp_path: Path
) -> None:
    head = "ts,token,source,circulating_supply"
    rows = [
        f"2025-01-0{d}T00:00:00Z,VIRTUAL,x,{u}" for d, u in ((1, 10), (2, 10), (2, 11), (3, 10))
    ]
    odd = ["2099-01-01T00:00:00Z,VIRTUAL,x,10", "1970-01-01T00:00:00Z,VIRTUAL,x,10"]
    report = take(sqlite, text_file(tmp_path, "s.csv", head, *rows, *odd))
    assert (report.new, report.refused) == (2, 4)
    assert "s.csv:3: " in "".join(report.details)
