"""History from files alone: venues that nobody asks, and verbs that need no poll before them."""

import csv
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.commands.stage import HOUR, PRICES, TOKENS, Market, candles

END = datetime(2025, 2, 1, tzinfo=UTC)
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
            for candle in list(candles(token, END - 2 * HOUR, hours))[:hours]:
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


def test_blank_quote_volume_counts_as_a_venues_without_it(tmp_path: Path) -> None:
    """Base volume times typical price: the same history whether the file gives that figure or leaves it blank."""
    told = []
    for name, blank in (("blank", True), ("given", False)):
        folder = tmp_path / name
        folder.mkdir()
        market = files_market(folder)
        market.monitor("import", str(bar_file(folder, blank=blank)))
        told.append(market.monitor("replay", "--json", "--changes").stdout)
    assert told[0] == told[1]
