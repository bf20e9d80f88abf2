"""What `monitor doctor` proposes to write for markets that are gone, and for coins of ours that are listed on a further venue."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.settings.load import load_settings
from monitor.store import bars
from monitor.store.database import open_database
from tests.integration.commands.stage import HOUR, Market, candles, small_market
from tests.kit.venue_server.candles import Candle


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with small_market(tmp_path) as found:
        found.monitor("db", "upgrade")
        yield found


def doctor(market: Market, *, code: int) -> dict[str, list[dict[str, Any]]]:
    """Findings in order -> the lines that they propose, read as TOML."""
    said = market.monitor("doctor", code=code, environ=CHANNEL).stdout
    assert max(map(len, said.splitlines())) <= 80
    found: dict[str, list[dict[str, Any]]] = {}
    for line in re.sub(r"\n {29}", " ", said).splitlines():
        if line.startswith("    "):
            found[next(reversed(found))].append(tomllib.loads(f"line = {line.strip()}")["line"])
        else:
            found[line] = []
    return found


CHANNEL = {"MONITOR_ALERTS__SLACK__WEBHOOK": "https://hooks.slack.com/services/T0/B0/secretX"}


def about(
    found: dict[str, list[dict[str, Any]]], what: str
) -> list[tuple[str, list[dict[str, Any]]]]:
    return [(line, lines) for line, lines in found.items() if line.startswith(what)]


def unname(market: Market, venue: str, symbol: str) -> None:
    """Take a market out of the configuration."""
    text = market.config.read_text(encoding="utf-8")
    line = f'{{venue = "{venue}", symbol = "{symbol}"}}'
    assert line in text
    changed = text.replace(f", {line}", "").replace(f"{line}, ", "")
    market.config.write_text(changed, encoding="utf-8")


def dearer(token: str, market: Market, times: float) -> list[Candle]:
    """Another coin of the same name."""
    return [
        replace(
            c,
            open=c.open * times,
            high=c.high * times,
            low=c.low * times,
            close=c.close * times,
            base_volume=c.base_volume / times,
        )
        for c in candles(token, market.now, 96)
    ]


def newest_close(market: Market, market_id: str) -> datetime:
    database = open_database(f"sqlite:///{market.folder / 'monitor.db'}")
    try:
        with database.read() as conn:
            return bars.last_bar_times(conn, HOUR)[market_id] + HOUR
    finally:
        database.close()


def test_a_delisted_market_is_proposed_with_the_end_of_its_last_bar(market: Market) -> None:
    market.monitor("poll")
    market.server.faults.add("vanished", "gate", symbol="ARC/USDT")
    ((line, lines),) = about(doctor(market, code=3), "venue gate")
    assert "WRONG gate ARC/USDT: is not listed there" in line
    assert line.endswith("mend: tokens.ARC.markets, its line with an end if it is delisted")
    ended = newest_close(market, "gate:ARC/USDT")
    assert lines == [{"venue": "gate", "symbol": "ARC/USDT", "to": ended}]
    # what is proposed is what the configuration reads, and ends the finding
    text = market.config.read_text(encoding="utf-8")
    whole = '{venue = "gate", symbol = "ARC/USDT"}'
    to = f", to = {ended.isoformat().replace('+00:00', 'Z')}}}"
    market.config.write_text(text.replace(whole, whole[:-1] + to), encoding="utf-8")
    settings = load_settings(market.config, {})
    (arc,) = [m for m in settings.universe.markets if m.id == "gate:ARC/USDT"]
    assert arc.listed_to == ended
    ((line, lines),) = about(doctor(market, code=0), "venue gate")
    assert line.endswith("ok    answers; symbols are known")


def test_a_market_that_trades_in_another_quote_now_is_proposed_after_the_old_one(
    market: Market,
) -> None:
    market.monitor("poll")
    market.server.faults.add("vanished", "gate", symbol="ARC/USDT")
    market.server.book.put("gate", "ARC/USDC", list(candles("ARC", market.now, 96)))
    ((line, lines),) = about(doctor(market, code=3), "venue gate")
    assert re.search(r"; ARC/USDC is listed, its price agrees within 0\.\d %;", line)
    assert line.endswith("mend: tokens.ARC.markets, both lines if it trades as ARC/USDC now")
    ended = newest_close(market, "gate:ARC/USDT")
    assert lines == [
        {"venue": "gate", "symbol": "ARC/USDT", "to": ended},
        {"venue": "gate", "symbol": "ARC/USDC", "from": ended},
    ]


def test_a_market_under_a_name_like_ours_is_proposed_by_its_price_alone(market: Market) -> None:
    market.server.faults.add("vanished", "gate", symbol="VIRTUAL/USDT")
    market.server.book.put("gate", "VIRTUALS/USDT", dearer("VIRTUAL", market, 2.0))
    market.server.book.put("gate", "VIRTUAL1/USDT", list(candles("VIRTUAL", market.now, 96)))
    ((line, lines),) = about(doctor(market, code=3), "venue gate")
    assert "VIRTUALS/USDT: a coin costs" in line
    assert "more than 25 % apart, another coin" in line
    assert "VIRTUAL1/USDT is listed, its price agrees within" in line
    assert [entry["symbol"] for entry in lines] == ["VIRTUAL/USDT", "VIRTUAL1/USDT"]


def test_a_coin_on_a_further_venue_is_a_hint_where_its_price_agrees(market: Market) -> None:
    unname(market, "gate", "PEPE/USDT")
    unname(market, "gate", "DOGE/USDT")
    market.server.book.put("gate", "DOGE/USDT", dearer("DOGE", market, 3.0))
    ((line, lines),) = about(doctor(market, code=0), "further market")
    assert re.match(
        r"further market +ok    gate lists PEPE/USDT, its price agrees within 0\.\d %;"
        r" to read it too, add to tokens\.PEPE\.markets:",
        line,
    )
    assert lines == [{"venue": "gate", "symbol": "PEPE/USDT"}]


def test_a_coin_without_a_price_of_ours_is_said_to_be_one(market: Market) -> None:
    unname(market, "gate", "PEPE/USDT")
    market.server.faults.add("empty_list", "bybit", endpoint="candles", symbol="PEPE/USDT")
    ((line, lines),) = about(doctor(market, code=0), "further market")
    assert "gate lists PEPE/USDT, no price to tell whether it is the same coin;" in line
    assert lines == [{"venue": "gate", "symbol": "PEPE/USDT"}]


def test_no_market_is_proposed_on_a_venue_that_has_one_of_the_coin(market: Market) -> None:
    market.server.book.put("gate", "PEPE/USDC", list(candles("PEPE", market.now, 96)))
    assert not about(doctor(market, code=0), "further market")
