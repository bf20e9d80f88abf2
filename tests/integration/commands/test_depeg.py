"""A stablecoin that loses its peg for two days: what is quoted in it rises in that coin, and not in dollars."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitor.alerting.policy import is_at_least
from monitor.alerting.retold import retold
from monitor.bootstrap import enricher_of
from monitor.content.alert import alert_text
from monitor.content.alert.facts import AlertFacts
from monitor.content.alert.footer import context_parts
from monitor.model.rotation import MARKET, Severity
from monitor.settings.load import load_settings
from monitor.store import rotations, steps
from monitor.store.database import open_database
from tests.integration.commands.stage import Market
from tests.kit.rotations import opened

START = datetime(2023, 2, 20, tzinfo=UTC)
HOURS = 24 * 24
FALL = 24 * 19
PRICES = {"FET": 0.4, "AGIX": 0.45, "DOGE": 0.07, "SHIB": 1.1e-5, "BTC": 22_000.0}
IN_USDC = ("FET", "AGIX")
VOLUMES = {"FET": 2e6, "AGIX": 1.5e6, "DOGE": 6e6, "SHIB": 4e6, "BTC": 5e7, "USDC": 1e7}


def dollars_of_a_usdc(hour: int) -> float:
    """A dollar; 0.87 half a day after the fall; a dollar again after two and a half days."""
    since = hour - FALL
    if since < 0:
        return 1.0
    return 1.0 - 0.13 * since / 12 if since <= 12 else min(1.0, 0.87 + 0.13 * (since - 12) / 48)


def write_bars(file: Path) -> None:
    rng = np.random.default_rng(1)
    price = dict(PRICES)
    lines = ["ts,exchange,symbol,open,high,low,close,base_volume,quote_volume"]
    for hour in range(HOURS):
        rate, market = dollars_of_a_usdc(hour), rng.normal(0.0, 0.005)
        at = f"{START + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}"
        for name in (*PRICES, "USDC"):
            volume = VOLUMES[name] * math.exp(rng.normal(0.0, 0.3))
            venue, quote, last = "binance", "USDT", rate
            if name != "USDC":
                price[name] *= math.exp(market + rng.normal(0.0, 0.005 * (name != "BTC")))
                last = price[name]
            if name in IN_USDC:
                venue, quote, last, volume = "coinbase", "USDC", last / rate, volume / rate
            lines.append(
                f"{at},{venue},{name}/{quote},{last:.10g},{last * 1.002:.10g},{last * 0.998:.10g},"
                f"{last:.10g},{volume / last:.10g},{volume:.10g}"
            )
    file.write_text("\n".join(lines) + "\n")


def market_of(folder: Path, *, watched: bool) -> Market:
    names = [*PRICES, *(["USDC"] if watched else [])]
    tokens = "".join(
        f'[tokens.{name}]\nname = "{name}"\n'
        f'markets = [{{venue="{"coinbase" if name in IN_USDC else "binance"}",'
        f' symbol="{name}/{"USDC" if name in IN_USDC else "USDT"}"}}]\n'
        f'supplies = [{{from=2022-01-01, circulating=1_000_000_000, source="test"}}]\n'
        for name in names
    )
    config = folder / "monitor.toml"
    config.write_text(
        f"""
[engine]
interval = "1h"
[database]
url = "sqlite:///{folder / "depeg.db"}"
[web]
enabled = false
[[sectors]]
id = "ai"
name = "AI"
tokens = ["FET", "AGIX"]
[[sectors]]
id = "memes"
name = "Memes"
tokens = ["DOGE", "SHIB"]
[[sectors]]
id = "benchmark"
name = "Market"
benchmark = true
tokens = ["BTC"]
[venues.binance]
[venues.coinbase]
{tokens}"""
    )
    market = Market(server=None, config=config, folder=folder, now=None)  # type: ignore[arg-type]
    file = folder / "bars.csv"
    write_bars(file)
    market.monitor("db", "upgrade")
    market.monitor("import", str(file), code=0 if watched else (0, 3))
    return market


def at_the_low(market: Market) -> tuple[float, list[str]]:
    """(return of AI in the 24 h that end when a USDC is cheapest, rates that count as one dollar then)."""
    market.monitor("replay", "--store")
    at = f"{START + timedelta(hours=FALL + 13):%Y-%m-%dT%H:%M:%SZ}"
    found = json.loads(market.monitor("sectors", "--at", at, "--json").stdout)
    gain = float(next(s["return_24h"] for s in found["sectors"] if s["id"] == "ai"))
    return gain, found["assumed_rates"]


def test_a_watched_stablecoin_that_loses_its_peg_flags_nothing(tmp_path: Path) -> None:
    market = market_of(tmp_path, watched=True)
    told = market.monitor("replay", "--changes", "--json")
    assert told.stdout == ""
    assert "USDC" not in told.stderr
    gain, assumed = at_the_low(market)
    assert abs(gain) < 0.08
    assert assumed == ["USDT"]


@pytest.mark.parametrize("verb", [("config", "check"), ("replay",)])
def test_an_unwatched_one_is_named_by_the_verbs(tmp_path: Path, verb: tuple[str, ...]) -> None:
    done = market_of(tmp_path, watched=False).monitor(*verb)
    assert "USDC" in done.stdout + done.stderr
    assert "1 dollar" in done.stdout + done.stderr


def test_an_unwatched_one_shows_a_gain_that_nobody_made_and_confirms_nothing(
    tmp_path: Path,
) -> None:
    market = market_of(tmp_path, watched=False)
    changes = market.monitor("replay", "--changes", "--json").stdout.splitlines()
    assert not [c for c in map(json.loads, changes) if c["reason"] == "confirmed"]
    gain, assumed = at_the_low(market)
    assert gain > 0.10
    assert assumed == ["USDC", "USDT"]


@pytest.mark.parametrize(
    ("watched", "said"),
    [(False, ("USDC", "USDT")), (True, ("USDT",))],
    ids=["unwatched", "watched"],
)
def test_what_is_told_of_a_rotation_says_which_quotes_are_taken_for_a_dollar(
    tmp_path: Path, watched: bool, said: tuple[str, ...]
) -> None:
    market = market_of(tmp_path, watched=watched)
    market.monitor("replay", "--store")
    settings = load_settings(market.config, {})
    told = opened(from_sector="ai", to_sector=MARKET)
    database = open_database(settings.database.url.get_secret_value())
    with database.read() as conn:
        picture = steps.step_at(conn, START + timedelta(hours=FALL + 13))
        assert picture is not None
        around = enricher_of(settings).facts(conn, told, picture)
    database.close()
    assert around.assumed == said
    assert f"{' and '.join(said)} taken for 1 dollar" in context_parts(told, around)


def test_what_an_unwatched_one_raises_is_a_watch_below_what_is_told_and_its_message_says_why_to_doubt_it(
    tmp_path: Path,
) -> None:
    """What the coin loses and wins back looks like a sector's own move, which no rate tells apart: it counts as a dollar, marked."""
    market = market_of(tmp_path, watched=False)
    market.monitor("replay", "--store")
    settings = load_settings(market.config, {})
    database = open_database(settings.database.url.get_secret_value())
    with database.read() as conn:
        found = rotations.list_rotations(conn)
        messages = [alert_text(retold(conn, each, enricher_of(settings))) for each in found]
    database.close()
    assert [(each.pair, each.severity) for each in found] == [(("ai", MARKET), Severity.WATCH)]
    assert not is_at_least(Severity.WATCH, Severity(settings.alerts.minimum_severity))
    for message in messages:
        assert "USDC and USDT taken for 1 dollar" in " ".join(message.split())


def test_one_quote_alone_is_no_reason_to_doubt_a_rotation() -> None:
    parts = context_parts(opened(), AlertFacts())
    assert not [part for part in parts if "dollar" in part]
