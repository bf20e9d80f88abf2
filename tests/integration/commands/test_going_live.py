"""The verbs, one after another, as a newcomer types them; and the same on a bad day."""

import gzip
import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.store.migrations import head_revision
from tests.integration.commands.stage import PRICES, Market, small_market
from tests.kit.slack_server.server import SlackServer


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with small_market(tmp_path) as found:
        yield found


def test_the_way_of_a_newcomer(market: Market, tmp_path: Path) -> None:
    assert "ok" in market.monitor("config", "check").stdout
    refused = market.monitor("poll", code=2)
    assert "monitor db upgrade" in refused.stderr
    assert f"empty -> {head_revision()}" in market.monitor("db", "upgrade").stdout
    filled = market.monitor("backfill", "--since", "3d").stdout
    assert "new bars" in filled
    again = market.monitor("backfill", "--since", "3d").stdout
    assert again.splitlines()[-1].startswith("0 new bars")
    polled = market.monitor("poll").stdout
    assert "stepped" in polled
    table = market.monitor("sectors").stdout
    assert "Memes" in table
    assert max(len(line) for line in table.splitlines()) <= 100
    data = json.loads(market.monitor("sectors", "--json").stdout)
    assert [sector["id"] for sector in data["sectors"]] == ["ai", "memes", "benchmark"]
    assert sum(sector["share"] for sector in data["sectors"][:2]) == pytest.approx(1.0)
    assert data["sectors"][0]["tokens"][0]["venues"] == ["bybit", "gate"]
    status = json.loads(market.monitor("status", "--json").stdout)
    assert {venue["id"]: venue["state"] for venue in status["venues"]} == {
        "bybit": "up",
        "gate": "up",
    }
    assert status["outbox"] == {"pending": 0, "failed": 0, "oldest_s": None}
    assert all(not token["gaps"] for token in status["tokens"])
    assert "No rotation" in market.monitor("rotations").stdout
    assert market.monitor("replay", "--json").stdout == ""
    why = market.monitor("why-not", "ai", "memes").stdout
    assert "return of Ai relative to Memes" in why
    assert "not met" in why
    noted = market.monitor("annotate", "1h", "a catalyst").stdout
    out = tmp_path / "report.html"
    # of the day of the note, which may be minutes old, with nothing stepped yet
    market.monitor("report", "--date", noted.split()[2], "--out", str(out))
    assert "a catalyst" in out.read_text()
    before = f"{market.now - timedelta(hours=26):%Y-%m-%d}"
    market.monitor("report", "--date", before, "--out", str(out))
    assert "Memes" in out.read_text()
    parquet = tmp_path / "sectors.parquet"
    assert "wrote" in market.monitor("export", "sectors", "--out", str(parquet)).stdout
    assert parquet.read_bytes()[:4] == b"PAR1"
    backup = tmp_path / "copy.db"
    market.monitor("db", "backup", str(backup))
    with sqlite3.connect(backup) as raw:
        assert raw.execute("select count(*) from bar").fetchone()[0] >= 700
    assert head_revision() in market.monitor("db", "current").stdout
    assert "rows older than" in market.monitor("db", "prune").stdout


def test_import_takes_the_sound_rows_and_names_the_others(market: Market, tmp_path: Path) -> None:
    market.monitor("db", "upgrade")
    rows = [
        "ts,exchange,symbol,open,high,low,close,base_volume,quote_volume,taker_buy_quote",
        "2025-01-19T05:00:00Z,bybit,DOGE/USDT,0.36,0.37,0.35,0.36,1000,360,",
        "2025-01-19T06:00:00Z,bybit,DOGE/USDT,0.36,0.30,0.35,0.36,1000,360,",
        "2025-01-19T07:00:00Z,bybit,DOGE/USDT,0.36,0.37,0.35,0.36,1000,360,",
    ]
    file = tmp_path / "bars.csv.gz"
    with gzip.open(file, "wt") as text:
        text.write("\n".join(rows) + "\n")
    done = market.monitor("import", str(file), code=3)
    assert "bars.csv.gz" in done.stderr
    assert "3" in done.stderr  # the line in the file
    with sqlite3.connect(tmp_path / "monitor.db") as raw:
        assert raw.execute("select count(*) from bar").fetchone()[0] == 2


def test_a_dead_venue_is_degraded_not_fatal(market: Market) -> None:
    market.monitor("db", "upgrade")
    market.server.faults.add("status", "gate", status=503)
    market.monitor("poll", code=3)
    words = market.monitor("status", code=3).stdout
    assert "gate: d" in words  # degraded or down, with its reason
    assert "bybit: up" in words


def test_a_backfill_goes_on_without_a_dead_venue_and_ends_in_part(
    market: Market, tmp_path: Path
) -> None:
    dead = market.config.read_text().replace(market.server.url("gate"), "http://127.0.0.1:9")
    market.config.write_text(dead)
    market.monitor("db", "upgrade")
    done = market.monitor("backfill", "--since", "2d", code=3)
    assert "bybit:DOGE/USDT: 48 bars" in done.stdout
    assert "gate:DOGE/USDT: 0 bars, stopped: gate: is unreachable" in done.stdout
    with sqlite3.connect(tmp_path / "monitor.db") as raw:
        query = "select market_id, count(*) from bar join market on market.id = bar.market group by market_id"
        stored = dict(raw.execute(query).fetchall())
    assert set(stored) == {f"bybit:{token}/USDT" for token in PRICES}
    assert set(stored.values()) == {48}
    alone = market.monitor("backfill", "--since", "2d", "--venue", "gate", code=1)
    assert "0 new bars" in alone.stdout


def test_doctor_names_what_is_wrong_and_what_mends_it(market: Market) -> None:
    said = market.monitor("doctor", code=3).stdout
    assert "monitor db upgrade" in said
    assert "MONITOR_ALERTS__SLACK__WEBHOOK" in said
    assert "venue bybit" in said
    assert "answers" in said
    market.monitor("db", "upgrade")
    with SlackServer(max_seconds=60) as slack:
        hook = {"MONITOR_ALERTS__SLACK__WEBHOOK": slack.webhook_url("alerts")}
        assert "WRONG" not in market.monitor("doctor", environ=hook).stdout


def test_a_test_message_goes_through_the_real_path(market: Market) -> None:
    market.monitor("db", "upgrade")
    nothing = market.monitor("notify", "test", code=1)
    assert "MONITOR_ALERTS__SLACK__WEBHOOK" in nothing.stderr
    with SlackServer(max_seconds=60) as slack:
        hook = {"MONITOR_ALERTS__SLACK__WEBHOOK": slack.webhook_url("alerts")}
        assert (
            "slack: delivered"
            in market.monitor("notify", "test", "--channel", "slack", environ=hook).stdout
        )
        assert [m.text for m in slack.workspace.channel("alerts") if m.text.startswith("TEST")]
        slack.revoke()
        refused = market.monitor("notify", "test", "--channel", "slack", code=1, environ=hook)
        assert "not delivered" in refused.stdout
        assert slack.webhook_url("alerts") not in refused.stdout + refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sectors", "--at", "yesterday"), "expected a time"),
        (("why-not", "ai", "defi"), "expected one of ai, memes"),
        (("backfill", "--since", "1d", "--venue", "okx"), "expected one of bybit, gate"),
        (("report", "--date", "2099-01-01"), "expected a day that has begun"),
        (("rotations", "--status", "gone"), "gone"),
    ],
)
def test_wrong_usage_is_exit_2_with_what_was_expected(
    market: Market, arguments: tuple[str, ...], said: str
) -> None:
    market.monitor("db", "upgrade")
    assert said in market.monitor(*arguments, code=2).stderr


def test_nothing_stored_is_said_with_the_next_command(market: Market) -> None:
    market.monitor("db", "upgrade")
    for verb in ("sectors", "replay"):
        assert "monitor backfill" in market.monitor(verb, code=1).stderr
    assert "no rotation has the id" in market.monitor("explain", "rot-1", code=1).stderr


@pytest.mark.parametrize("verb", [("backfill", "--since", "1d"), ("poll",)])
def test_a_store_that_takes_nothing_is_said_without_a_traceback(
    market: Market, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    market.monitor("db", "upgrade")
    with sqlite3.connect(tmp_path / "monitor.db") as raw:
        raw.execute(
            "create trigger full before insert on bar begin select raise(abort, 'database or disk is full'); end"
        )
    said = market.monitor(*verb, code=1).stderr
    assert "monitor.db" in said
