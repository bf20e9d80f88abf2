"""Whatever ``config check`` calls ok starts: each odd configuration is refused with file, key, found and expected, or runs."""

import asyncio
import contextlib
import gc
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from monitor.clock import ManualClock
from monitor.commands.config import app
from monitor.commands.context import Context
from monitor.daemon.assemble import assemble, begin
from monitor.jobs.trigger import GridTrigger
from monitor.service_manager import ServiceManager
from monitor.settings.load import load_settings
from monitor.settings.schema import Settings
from monitor.store.database import open_database
from monitor.store.tables import bar
from tests.integration.commands.stage import ROOT, small_market
from tests.integration.daemon.odd_settings import Tried, each_key, several_keys
from tests.integration.ingest.conftest import candle
from tests.kit.venue_server import BarBook, VenueServer
from tests.kit.waiting import eventually

WIDTH = timedelta(minutes=5)
NOW = datetime(2025, 1, 20, 12, 2, tzinfo=UTC)
PRICES = {"VIRTUAL": 3.0, "ARC": 0.4, "DOGE": 0.35}
TRIED = int(os.environ.get("MONITOR_CONFIGS", "40"))
"""Configurations with one odd key, drawn from all of them, and as many with several; more by the variable."""
PATIENCE_S = 300.0
SECRET = "wJ4hSecret"
UNHEARD = r"\b(venues\.|markets|engine\.interval|schedule\.(settle|poll_timeout)|migrated_to|engine\.deadline)"
"""Keys that say whom to ask, what for and for how long: an odd one may well get no answer."""
LONGEST_TURN = timedelta(hours=2)
"""Of the simulated clock: one turn of the poll ends by then, whatever it waits for."""


TOTALS: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    gc.collect()
    gc.freeze()  # each client that is made collects garbage, and need not walk through all imports for it
    yield
    gc.unfreeze()
    print(f"\nconfigurations: {dict(TOTALS)}")


@pytest.fixture(scope="module")
def server() -> Iterator[VenueServer]:
    clock = ManualClock(NOW)
    book = BarBook(WIDTH)
    first = datetime(2025, 1, 20, 9, tzinfo=UTC)
    for venue in ("bybit", "gate"):
        for coin, price in PRICES.items():
            book.put(venue, f"{coin}/USDT", [candle(first + i * WIDTH, price) for i in range(40)])
    with VenueServer(book, clock) as running:
        yield running


def checked(folder: Path, tried: Tried) -> Settings | None:
    """The settings where ``config check`` says ok; None where it refuses, which it must do in the words of a fault."""
    file = folder / "monitor.toml"
    file.write_text(tried.text, encoding="utf-8")
    context = Context(config_path=file, environ=tried.environ)
    result = CliRunner().invoke(app, ["check", "--json"], obj=context)
    assert result.exit_code in (0, 2), (tried.name, result.exception)
    answer = json.loads(result.stdout)
    if answer["ok"]:
        return load_settings(file, tried.environ)
    assert answer["problems"], tried.name
    for problem in answer["problems"]:
        assert re.match(
            rf"({re.escape(str(file))}|environment): .*(found|expected) ", problem, re.DOTALL
        ), (tried.name, problem)
        assert "letmein" not in problem
    return None


async def start(settings: Settings, template: Path, folder: Path) -> int:
    """Assemble the daemon and let every job do its first work; the bars stored. Raises what ends or fails one of them."""
    file = folder / "monitor.db"
    shutil.copy(template, file)
    database = open_database(f"sqlite:///{file}")
    clock, over = ManualClock(NOW), asyncio.Event()
    beginning = begin(settings, clock, database)
    parts = assemble(settings, clock, database, over, beginning, ServiceManager({}))
    background = [asyncio.create_task(work()) for work in parts.background.values()]
    try:
        for name, job in parts.jobs.items():
            asked = clock.now()
            GridTrigger(clock, job.every, job.offset).get_next_fire_time(None, asked)
            await job.work()
            assert clock.now() - asked <= LONGEST_TURN, f"{name} waits until {clock.now()}"
        over.set()
        await asyncio.gather(*background)
        with database.read() as conn:
            return conn.scalar(select(func.count()).select_from(bar)) or 0
    finally:
        over.set()
        for task in background:
            task.cancel()
        await parts.close()
        database.close()
        file.unlink()


async def outcome(tried: Tried, template: Path, folder: Path) -> None:
    """Refused in words, or started; with bars, unless what is odd is where they come from."""
    settings = await asyncio.to_thread(checked, folder, tried)
    TOTALS["started" if settings else "refused"] += 1
    if settings is None:
        return
    try:
        stored = await asyncio.wait_for(start(settings, template, folder), PATIENCE_S)
    except Exception as error:
        error.add_note(f"called ok and does not start: {tried.name}")
        raise
    TOTALS["bars stored"] += stored
    assert stored or re.search(UNHEARD, tried.name), f"no bar: {tried.name}"


async def test_one_odd_key_is_refused_in_words_or_starts(
    server: VenueServer, migrated_sqlite: Path, tmp_path: Path
) -> None:
    every = list(each_key(server.base_urls))
    draw = random.Random(1)
    for tried in draw.sample(every, min(TRIED, len(every))):
        await outcome(tried, migrated_sqlite, tmp_path)


async def test_several_odd_keys_are_refused_in_words_or_start(
    server: VenueServer, migrated_sqlite: Path, tmp_path: Path
) -> None:
    for tried in several_keys(server.base_urls, TRIED, seed=2):
        await outcome(tried, migrated_sqlite, tmp_path)


REFUSED: dict[str, tuple[dict[str, str], tuple[str, str], str]] = {
    "password with @": ({"MONITOR_DATABASE__URL": f"postgresql://joe:{SECRET}@{SECRET}@db/x"}, ("", ""), "MONITOR_DATABASE__URL: found ***, expected each @ of the password to be written as %40"),
    "another kind of database": ({}, ("sqlite:///", "mysql://joe@db/"), "found the kind 'mysql', expected sqlite or postgresql"),
    "key twice": ({}, ('interval = "1h"', 'interval = "1h"\ninterval = "5m"'), "interval"),
    "page's port 0": ({"MONITOR_WEB__PORT": "0"}, ("", ""), "MONITOR_WEB__PORT: found 0, expected greater than 0"),
    "venue without a table": ({}, ("[venues.gate]", "[venues.okx]"), "markets[1].venue: found 'gate', expected a venue that has a table"),
    "no market": ({}, ("markets = [{venue", "markets = [] # [{venue"), "tokens: found no market of any token, expected"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_check_and_run_refuse_the_same_in_the_same_words(tmp_path: Path, what: str) -> None:
    environ, (old, new), words = REFUSED[what]
    with small_market(tmp_path, hours=2) as market:
        text = market.config.read_text()
        market.config.write_text(text.replace(old, new) if old else text)
        said = [
            market.monitor("config", "check", code=2, environ=environ).stderr,
            market.monitor("run", "--migrate", code=(1, 2), environ=environ).stderr,
        ]
    for text in said:
        assert words in text
        assert SECRET not in text
    assert not (tmp_path / "monitor.db").exists()


ODD_BUT_OK: dict[str, tuple[dict[str, str], tuple[str, str]]] = {
    "BOM, no benchmark, one colour for all, a supply to come": ({}, ("from = 2020-01-01", "from = 2099-01-01")),
    "addresses that lead nowhere": (
        {
            "MONITOR_HEARTBEAT__URL": "http://host.invalid/ping",
            "MONITOR_WEB__ENABLED": "true",
            "MONITOR_WEB__HOST": "host.invalid",
            "MONITOR_WEB__TOKEN": "a-token",
            "MONITOR_ALERTS__SLACK__WEBHOOK": "http://127.0.0.1:9/x",
        },
        ("", ""),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ODD_BUT_OK)
def test_what_check_calls_ok_runs_as_a_process(tmp_path: Path, what: str) -> None:
    environ, (old, new) = ODD_BUT_OK[what]
    with small_market(tmp_path, hours=48) as market:
        text = market.config.read_text()
        if old:
            assert text.count(old) > 1
            text = "\ufeff" + text.replace(old, new, 1).replace("benchmark = true", "")
        market.config.write_text(text, encoding="utf-8")
        environ = {"MONITOR_WEB__ENABLED": "false", **environ}
        assert "ok: " in market.monitor("config", "check", environ=environ).stdout
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")} | environ
        command = [sys.executable, "-m", "monitor", "--config", str(market.config), "run"]
        log = tmp_path / "run.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, "--migrate"], cwd=ROOT, env=clean, stdout=out, stderr=out
            )
            try:
                eventually(
                    lambda: process.poll() is not None or stepped(tmp_path / "monitor.db"),
                    what="a step",
                )
                assert process.poll() is None, log.read_text()[-3000:]
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=60) == 0
            finally:
                process.kill()
                process.wait()
    assert "Traceback" not in log.read_text()


def stepped(file: Path) -> bool:
    """Whether the daemon stepped an interval; its schema may not be there yet."""
    if not file.exists():
        return False
    with contextlib.closing(sqlite3.connect(file, timeout=30)) as conn:
        try:
            return bool(conn.execute("SELECT count(*) FROM step").fetchone()[0])
        except sqlite3.OperationalError:
            return False
