"""History from files alone: venues that nobody asks, and verbs that need no poll before them."""

import csv
import importlib
import json
import math
import pkgutil
import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from monitor.commands import files
from monitor.commands.context import Context
from monitor.files import csv_blocks, formats, import_bars
from monitor.files.described import DESCRIBED
from tests.integration.commands.stage import PRICES, ROOT, TOKENS, Market, candles

END = datetime(2025, 2, 1, tzinfo=UTC)
ESTIMATED = "{} without quote volume (estimated as base volume x typical price)"
BAR_HEADER = "ts,exchange,symbol,open,high,low,close,base_volume,quote_volume,taker_buy_quote"


def config_text(folder: Path, *, venue: str = "my-files", table: str = "polled = false") -> str:
    """The five tokens of the small market on one venue that is known from files."""
    lines = [f'[engine]\ninterval = "1h"\n[database]\nurl = "sqlite:///{folder / "m.db"}"']
    lines.append(f"[web]\nenabled = false\n[venues.{venue}]\n{table}")
    for sector, members in TOKENS.items():
        names = ", ".join(f'"{token}"' for token in members)
        lines.append(f'[[sectors]]\nid = "{sector}"\nname = "{sector.title()}"\ntokens = [{names}]')
        lines.append(f"benchmark = {str(sector == 'benchmark').lower()}")
    for token in PRICES:
        lines.append(f'[tokens.{token}]\nname = "{token}"')
        lines.append(f'markets = [{{venue = "{venue}", symbol = "{token}/USDT"}}]')
        lines.append('supplies = [{from = 2020-01-01, circulating = 1000000, source = "test"}]')
    return "\n".join(lines) + "\n"


def bar_file(folder: Path, *, hours: int = 120, blank: bool = True, name: str = "bars.csv") -> Path:
    """Hours of every token up to END."""
    file = folder / name
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(BAR_HEADER.split(","))
        for token in PRICES:
            for candle in list(candles(token, END, hours))[:hours]:
                at = datetime.fromtimestamp(candle.open_ms / 1000, UTC)
                prices = (candle.open, candle.high, candle.low, candle.close)
                typical = (candle.high + candle.low + candle.close) / 3
                quote = "" if blank else candle.base_volume * typical
                row = (f"{at:%Y-%m-%dT%H:%M:%SZ}", "my-files", f"{token}/USDT")
                writer.writerow([*row, *prices, candle.base_volume, quote, ""])
    return file


def files_market(folder: Path, *, text: str | None = None) -> Market:
    """No server: whoever asks a venue fails."""
    config = folder / "monitor.toml"
    config.write_text(text or config_text(folder))
    market = Market(server=None, config=config, folder=folder, now=END)  # type: ignore[arg-type]
    market.monitor("db", "upgrade")
    return market


def test_a_replay_of_files_needs_no_venue_and_no_poll(tmp_path: Path) -> None:
    market = files_market(tmp_path)
    told = market.monitor("import", str(bar_file(tmp_path))).stdout
    assert "600 new" in told
    with sqlite3.connect(tmp_path / "m.db") as raw:
        assert raw.execute("select count(*) from supply").fetchone()[0] == 5
        raw.execute("delete from supply")
    market.monitor("replay")
    with sqlite3.connect(tmp_path / "m.db") as raw:
        assert raw.execute("select count(*) from supply").fetchone()[0] == 5
    status = market.monitor("status").stdout
    assert "silent" not in status, "a file says nothing of today"
    assert "never seen" not in status
    assert "rates      USDT counted as 1 dollar: no market watches the rate" in status
    doctor = market.monitor("doctor", code=(0, 1, 3)).stdout
    assert "known from files only" in doctor


def test_a_venue_known_from_files_cannot_be_backfilled(tmp_path: Path) -> None:
    market = files_market(tmp_path)
    done = market.monitor("backfill", "--since", "2d", "--venue", "my-files", code=2)
    assert "my-files" in done.stderr


@pytest.mark.parametrize(
    ("venue", "table", "words"),
    [
        ("my-files", "", "or polled = false if it is known from files only"),
        ('"my files"', "polled = false", "expected a name without spaces and colons"),
    ],
)
def test_a_venue_name_is_free_where_nobody_asks_it(
    tmp_path: Path, venue: str, table: str, words: str
) -> None:
    text = config_text(tmp_path, venue=venue, table=table)
    text = text.replace('venue = ""my files""', 'venue = "my files"')
    config = tmp_path / "monitor.toml"
    config.write_text(text)
    market = Market(server=None, config=config, folder=tmp_path, now=END)  # type: ignore[arg-type]
    assert words in market.monitor("config", "check", code=2).stderr


def rotating_file(folder: Path, *, blank: bool = True) -> Path:
    """Twenty days to END of which the last but one turns: AI falls, memes rise and are traded thrice as much."""
    rng = random.Random(1)
    price = dict(PRICES)
    hours = 20 * 24
    file = folder / "rotating.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(BAR_HEADER.split(","))
        for hour in range(hours):
            at = END - timedelta(hours=hours - hour)
            moves = dict.fromkeys(TOKENS, rng.gauss(0, 0.004))
            turns = hours - 36 <= hour < hours - 24
            if turns:
                moves["ai"] -= 0.012
                moves["memes"] += 0.008
            for sector, members in TOKENS.items():
                for token in members:
                    own = 0.0 if sector == "benchmark" else rng.gauss(0, 0.004)
                    first = price[token]
                    last = price[token] = first * math.exp(moves[sector] + own)
                    high, low = max(first, last) * 1.001, min(first, last) * 0.999
                    much = 3 if turns and sector == "memes" else 1
                    base = much * 1e6 * math.exp(rng.gauss(0, 0.2)) / first
                    typical = (high + low + last) / 3
                    quote = "" if blank else base * typical
                    row = (f"{at:%Y-%m-%dT%H:%M:%SZ}", "my-files", f"{token}/USDT")
                    writer.writerow([*row, first, high, low, last, base, quote, ""])
    return file


def test_blank_quote_volume_counts_as_a_venues_without_it(tmp_path: Path) -> None:
    """Base volume times typical price: the same rotations whether the file gives that figure or leaves it blank."""
    told = []
    for name, blank in (("blank", True), ("given", False)):
        folder = tmp_path / name
        folder.mkdir()
        market = files_market(folder)
        said = market.monitor("import", str(rotating_file(folder, blank=blank))).stdout
        assert (ESTIMATED.format("2,400") in said) is blank
        told.append(market.monitor("replay", "--json", "--changes").stdout)
    assert told[0] == told[1]
    turns = [json.loads(line) for line in told[0].splitlines()]
    assert {(t["from_sector"], t["to_sector"]) for t in turns} == {("ai", "memes")}
    assert {"open", "confirmed"} <= {t["status"] for t in turns}
    assert turns[0]["evidence"]["volume_witness"] > 1, "the estimate is a witness"


def test_a_rotation_of_imported_history_is_explained(tmp_path: Path) -> None:
    market = files_market(tmp_path)
    market.monitor("import", str(rotating_file(tmp_path)))
    market.monitor("replay", "--store")
    (found,) = map(json.loads, market.monitor("rotations", "--json").stdout.splitlines())
    told = market.monitor("explain", found["id"]).stdout
    for words in (
        "Ai → Memes",
        "2 of 2 Ai behind the market",
        "inputs: 4 h to ",
        "recomputed from stored inputs: same result",
    ):
        assert words in told


def test_files_after_one_with_a_bad_row_go_in_all_the_same(tmp_path: Path) -> None:
    market = files_market(tmp_path)
    files = [tmp_path / f"{name}.csv" for name in "abc"]
    rows = (
        ("2025-01-01T00:00:00Z,DOGE,cmc,1000000",),
        ("2025-01-04T00:00:00Z,DOGE,cmc,1000001", "2025-01-04T00:00:00Z,DOGE,cmc,900000"),
        ("2025-01-09T00:00:00Z,PEPE,cmc,1000002",),
    )
    for file, lines in zip(files, rows, strict=True):
        file.write_text("\n".join(["ts,token,source,circulating_supply", *lines]) + "\n")
    done = market.monitor("import", *map(str, files), code=3)
    assert done.stderr.splitlines() == [
        f"refused {files[1]}:{line}: DOGE 2025-01-04T00:00:00Z of cmc:"
        f" found {units} beside other figures of that time, expected one"
        for line, units in ((2, "1e+06"), (3, "900000"))
    ]
    assert "3 files, 4 rows: 2 new" in done.stdout
    with sqlite3.connect(tmp_path / "m.db") as raw:
        kept = raw.execute("select token, units from supply where source = 'cmc' order by token")
        assert kept.fetchall() == [("DOGE", 1_000_000.0), ("PEPE", 1_000_002.0)]


def test_a_check_shows_what_was_understood_and_stores_nothing(tmp_path: Path) -> None:
    market = files_market(tmp_path)
    bars, supplies = tmp_path / "DOGE_USDT-1h.csv", tmp_path / "doge-usd-max.csv"
    bars.write_text(
        "date;open;high;low;close;volume;rsi\n"
        "2025-01-20 00:00:00;0,36;0,37;0,35;0,36;1000;55\n"
        "2025-01-20 01:00:00;0,36;0,37;0,35;x;1000;55\n"
    )
    supplies.write_text(
        "snapped_at,price,market_cap,total_volume\n2025-01-20 00:00:00 UTC,0.36,360000,5\n"
    )
    done = market.monitor("import", "--check", str(bars), str(supplies), code=3)
    assert done.stdout.splitlines() == [
        f"{bars}",
        "  format   freqtrade or ccxt candles (CSV, semicolons, decimal ','), bars",
        "  columns  ts = date, base_volume = volume, open = open, high = high, low = low, close = close",
        "  given    exchange = my-files, symbol = DOGE/USDT",
        "  width    1h, by its name",
        "  ignored  rsi",
        f"{supplies}",
        "  format   CoinGecko (CSV), supplies",
        "  columns  ts = snapped_at, price_usd = price, market_cap_usd = market_cap, volume_24h_usd = total_volume",
        "  given    token = DOGE, source = coingecko file",
        f"{bars}: columns that say nothing here: rsi",
        f"2 files, 3 rows: 2 new, 0 revised, 0 known already, 1 refused, {ESTIMATED.format(1)}",
        "checked: nothing was stored",
    ]
    assert done.stderr.splitlines() == [f"refused {bars}:3: close: found 'x', expected a number"]
    with sqlite3.connect(tmp_path / "m.db") as raw:
        assert raw.execute("select count(*) from bar").fetchone()[0] == 0
        sources = {row[0] for row in raw.execute("select source from supply")}
    assert "coingecko file" not in sources


def test_the_width_of_a_file_is_said_by_the_interval_option(tmp_path: Path) -> None:
    market = files_market(tmp_path)
    file = tmp_path / "one.csv"
    file.write_text(
        "time,open,high,low,close,volume\n2025-01-20T00:00:00Z,0.36,0.37,0.35,0.36,1000\n"
    )
    verb = ("import", str(file), "--symbol", "DOGE/USDT", "--interval")
    daily = market.monitor(*verb, "1d", code=1).stderr
    assert "found bars of 1d by --interval, expected bars of 1h (engine.interval)" in daily
    assert "1 new" in market.monitor(*verb, "1h").stdout
    assert "--interval" in market.monitor(*verb, "soon", code=2).stderr


def test_a_large_file_tells_of_its_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_bars, "PIECE", 200)
    monkeypatch.setattr(csv_blocks, "BLOCK", 200)
    market = files_market(tmp_path)
    verbs = typer.Typer()
    files.register(verbs)
    context = Context(config_path=market.config, environ={})
    name = str(bar_file(tmp_path, hours=100))
    done = CliRunner().invoke(verbs, ["import", name], obj=context, catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [f"bars.csv: {rows} rows" for rows in ("200", "400")]
    assert "500 rows: 500 new" in done.stdout


def test_readme_and_help_name_every_format_and_its_columns(tmp_path: Path) -> None:
    market = Market(None, tmp_path / "none.toml", tmp_path, END)  # type: ignore[arg-type]
    told = " ".join(market.monitor("import", "--help").stdout.split())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, columns in DESCRIBED:
        assert f"{name}: {columns}" in told
        assert f"| {name} | {columns} |" in readme
    modules = [
        importlib.import_module(f"{formats.__name__}.{found.name}")
        for found in pkgutil.iter_modules(formats.__path__)
    ]
    read = {module.NAME for module in modules if hasattr(module, "NAME")}
    assert read == {name.partition(",")[0] for name, _ in DESCRIBED}


def test_imported_history_is_stepped_and_every_verb_answers_from_it(tmp_path: Path) -> None:
    market = files_market(tmp_path)
    market.monitor("import", str(bar_file(tmp_path)))
    told = market.monitor("replay", "--store")
    assert "stored 120 steps" in told.stderr
    assert (
        "Sectors at 2025-01-31 12:00"
        in market.monitor("sectors", "--at", "2025-01-31T12:00:00Z").stdout
    )
    assert "conditions met" in market.monitor("why-not", "ai", "memes", "--at", "2025-01-31").stdout
    market.monitor("rotations")
    out = tmp_path / "r.html"
    market.monitor("report", "--date", "2025-01-31", "--out", str(out))
    assert out.stat().st_size > 10_000
    again = market.monitor("replay", "--store", "--until", "2025-01-31")
    assert "stored 96 steps" in again.stderr, "a store that was never live is stepped anew"


def test_a_live_store_keeps_what_was_decided(tmp_path: Path) -> None:
    market = files_market(tmp_path)
    market.monitor("import", str(bar_file(tmp_path)))
    market.monitor("replay", "--store", "--until", "2025-01-31")
    with sqlite3.connect(tmp_path / "m.db") as raw:
        raw.execute("insert into meta values ('live_from', '2025-01-30T00:00:00Z')")
    told = market.monitor("replay", "--store").stderr
    assert "up to 2025-01-31 00:00 UTC stands" in told
    assert "stored 24 steps" in told


def without(text: str, start: str) -> str:
    """The configuration without the lines that begin so."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(start)) + "\n"


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (("sectors",), "monitor replay --store"),
        (("why-not", "ai", "memes"), "no interval has been stepped yet"),
        (("explain", "rot-1"), "no interval has been stepped yet"),
        (("report", "--date", "2025-01-31", "--out", "/dev/null"), "monitor replay --store"),
        (("rotations",), "monitor replay --store"),
        (("export", "rotations", "--out", "/dev/null.csv"), "monitor replay --store"),
    ],
)
def test_a_verb_without_steps_says_so_and_what_makes_them(
    tmp_path: Path, verb: tuple[str, ...], words: str
) -> None:
    market = files_market(tmp_path)
    market.monitor("import", str(bar_file(tmp_path)))
    arguments = [str(tmp_path / "x.csv") if a == "/dev/null.csv" else a for a in verb]
    assert words in market.monitor(*arguments, code=(0, 1, 3)).stderr


def test_without_a_bar_of_our_width_a_verb_says_which_there_are(tmp_path: Path) -> None:
    market = files_market(tmp_path)
    for verb in (("replay",), ("sectors",)):
        assert "no bar of 1h (engine.interval) is stored" in market.monitor(*verb, code=1).stderr
    market.monitor("import", str(bar_file(tmp_path)))
    done = market.monitor("replay", code=1, environ={"MONITOR_ENGINE__INTERVAL": "5m"})
    assert "the store holds bars of 1h" in done.stderr
    past = market.monitor("replay", "--since", "2026-01-01", code=3)
    assert (
        "no bar in this range: the store holds 2025-01-27 00:00 UTC to 2025-01-31 23:00"
        in past.stderr
    )
    assert "Nothing can be judged" in past.stdout


def test_a_replay_that_lacks_an_input_names_it(tmp_path: Path) -> None:
    market = files_market(tmp_path)
    file = bar_file(tmp_path)
    rows = [line.split(",") for line in file.read_text().splitlines()]
    for row in rows[1:]:
        row[7] = "0"
    file.write_text("\n".join(",".join(row) for row in rows if row[2] != "BTC/USDT") + "\n")
    market.monitor("import", str(file))
    told = market.monitor("replay", "--since", "2025-01-31", code=3).stderr
    assert "h of bars" not in told, "four days lie before the range and fill its windows"
    assert "missing: volume unknown for ai, memes" in told
    assert "missing: no benchmark: no bar of BTC in this range" in told
    with_late = (
        (tmp_path / "monitor.toml").read_text().replace("from = 2020-01-01", "from = 2025-03-01")
    )
    (tmp_path / "monitor.toml").write_text(with_late)
    with sqlite3.connect(tmp_path / "m.db") as raw:
        raw.execute("delete from supply")
    blind = market.monitor("replay", "--json", code=3)
    assert "missing: no supply for ARC, DOGE, PEPE, VIRTUAL" in blind.stderr
    assert blind.stdout == ""


def test_a_store_of_one_day_is_said_to_be_too_short(tmp_path: Path) -> None:
    market = files_market(tmp_path)
    market.monitor("import", str(bar_file(tmp_path, hours=24)))
    assert "missing: only 24 h of bars" in market.monitor("replay", code=3).stderr


def test_a_depeg_that_nobody_watches_is_named(tmp_path: Path) -> None:
    text = config_text(tmp_path).replace("VIRTUAL/USDT", "VIRTUAL/USDC")
    market = files_market(tmp_path, text=text)
    assert "USDC counts as 1 dollar" in market.monitor("config", "check").stdout
    file = bar_file(tmp_path)
    file.write_text(file.read_text().replace("VIRTUAL/USDT", "VIRTUAL/USDC"))
    market.monitor("import", str(file))
    assert "USDC, USDT counted as 1 dollar" in market.monitor("replay").stderr
