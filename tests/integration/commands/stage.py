"""A small live market on a local exchange, and the console script run against it."""

import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from monitor.clock import LiveClock
from monitor.model.grid import floor_time, to_ms
from tests.kit.venue_server.book import BarBook
from tests.kit.venue_server.candles import Candle
from tests.kit.venue_server.server import VenueServer
from tests.kit.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parent.parent.parent.parent
HOUR = timedelta(hours=1)
TOKENS = {"ai": ("VIRTUAL", "ARC"), "memes": ("DOGE", "PEPE"), "benchmark": ("BTC",)}
PRICES = {"VIRTUAL": 3.0, "ARC": 0.4, "DOGE": 0.35, "PEPE": 0.00002, "BTC": 100_000.0}


@dataclass(frozen=True)
class Market:
    """The server, the configuration that points at it, and where the database lies."""

    server: VenueServer
    config: Path
    folder: Path
    now: datetime

    def monitor(
        self,
        *arguments: str,
        code: int | tuple[int, ...] = 0,
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a verb; its exit code must be ``code``."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
        done = subprocess.run(
            [sys.executable, "-m", "monitor", "--config", str(self.config), *arguments],
            cwd=ROOT,
            env=clean | dict(environ or {}),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode in ((code,) if isinstance(code, int) else code), (
            f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        assert "Traceback" not in done.stderr
        return done


def candles(token: str, now: datetime, hours: int) -> Iterator[Candle]:
    """A quiet wave around the token's price, up to and with the forming hour."""
    first = floor_time(now, HOUR) - hours * HOUR
    for k in range(hours + 2):
        o, c = (PRICES[token] * (1 + 0.01 * math.sin(x / 5)) for x in (k, k + 1))
        volume = 1_000_000.0 * (1 + 0.2 * math.cos(k / 7))
        base = volume / ((o + c) / 2)
        yield Candle(
            to_ms(first + k * HOUR),
            o,
            max(o, c) * 1.001,
            min(o, c) * 0.999,
            c,
            base,
            volume,
            volume * 0.5,
        )


@contextmanager
def small_market(folder: Path, *, hours: int = 96, max_seconds: int = 200) -> Iterator[Market]:
    """Five tokens on bybit and gate with ``hours`` of history up to now."""
    now = LiveClock().now()
    book = BarBook(HOUR)
    for members in TOKENS.values():
        for token in members:
            for venue in ("bybit", "gate"):
                book.put(venue, f"{token}/USDT", list(candles(token, now, hours)))
    with VenueServer(
        book, LiveClock(), venues=["bybit", "gate"], max_seconds=max_seconds
    ) as server:
        config = folder / "monitor.toml"
        config.write_text(config_text(dict(server.base_urls), folder))
        yield Market(server, config, folder, now)


def config_text(urls: dict[str, str], folder: Path) -> str:
    """The small market's configuration."""
    lines = [
        "[engine]",
        'interval = "1h"',
        "[database]",
        f'url = "sqlite:///{folder / "monitor.db"}"',
    ]
    for sector, members in TOKENS.items():
        names = ", ".join(f'"{token}"' for token in members)
        lines += [
            "[[sectors]]",
            f'id = "{sector}"',
            f'name = "{sector.title()}"',
            f"tokens = [{names}]",
        ]
        lines.append(f"benchmark = {str(sector == 'benchmark').lower()}")
    for venue, url in urls.items():
        lines += [f"[venues.{venue}]", f'base_url = "{url}"', "rate_limit_ms = 1"]
    for token in PRICES:
        lines += [f"[tokens.{token}]", f'name = "{token}"']
        lines.append(
            "markets = ["
            + ", ".join(
                f'{{venue = "{venue}", symbol = "{token}/USDT"}}' for venue in ("bybit", "gate")
            )
            + "]"
        )
        lines.append('supplies = [{from = 2020-01-01, circulating = 1000000, source = "test"}]')
    return "\n".join(lines) + "\n"
