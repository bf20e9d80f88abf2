"""Real five-minute bars of January 2025, each market alone on its venue: next to none of them is held back."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.ingest.validation.recent import RecentBars
from monitor.ingest.validation.suspicion import Answered, peers_of, suspicions
from monitor.model.bars import Bar
from monitor.model.grid import parse_iso
from monitor.model.universe import Market

WIDTH = timedelta(minutes=5)
REAL = Path(__file__).parents[3].parent / "shared" / "data" / "real" / "binance_spot_5m.csv.gz"
FIGURES = ("open", "high", "low", "close", "base_volume")


def real_markets() -> Iterator[tuple[Market, list[Bar]]]:
    """Each market with its bars, ascending."""
    found: dict[str, list[Bar]] = defaultdict(list)
    with gzip.open(REAL, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            values = {name: float(row[name]) for name in FIGURES}
            bar = Bar(
                market_id=f"binance:{row['symbol']}",
                open_time=parse_iso(row["ts"]),
                quote_volume=None,
                taker_buy_quote=None,
                **values,
            )
            found[row["symbol"]].append(bar)
    for symbol, bars in found.items():
        yield Market("binance", symbol, symbol), sorted(bars, key=lambda b: b.open_time)


@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/data/real/binance_spot_5m.csv.gz")
def test_real_markets_are_hardly_ever_held_back() -> None:
    count, held = 0, 0
    for market, bars in real_markets():
        known = RecentBars([market])
        answered = Answered(market, bars, WIDTH)
        count += len(bars)
        held += len(suspicions(answered, known, peers_of(market, known), insisted=False))
    assert count > 90_000
    assert held <= count / 10_000, f"{held} of {count} bars"
