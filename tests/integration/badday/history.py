"""What a day begins with: fifteen days before it, stored and stepped, so that no day spends its time on that."""

import fcntl
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from monitor.clock import ManualClock
from monitor.daemon.assemble import engine_of
from monitor.pipeline import Pipeline
from monitor.settings.load import load_settings
from monitor.store import engine_state
from monitor.store.database import open_database
from tests.integration.badday.day import BOUNDS, LIVE_FROM, january
from tests.scenarios.stage import HOUR, config_text, store_history

HISTORY = timedelta(days=15)


def stepped_history(url: str, config: Path) -> None:
    """Into a database that is empty."""
    episode = january()
    store_history(url, episode, LIVE_FROM, HISTORY)
    venues = dict.fromkeys(("bybit", "gate", "okx"), "http://127.0.0.1:9")
    config.write_text(config_text(episode, venues, url), encoding="utf-8")
    settings = load_settings(config, BOUNDS)
    database = open_database(url)
    with database.write() as conn:
        engine_state.set_live_from(conn, LIVE_FROM)
    engine = engine_of(settings, LIVE_FROM)
    clock = ManualClock(LIVE_FROM)
    deadline = settings.engine.deadline
    Pipeline(database, engine, HOUR, deadline=deadline, clock=clock).catch_up(LIVE_FROM)
    database.close()


def file_copy(template: Path, folder: Path) -> str:
    """URL of a copy in the folder, which is on the disk when this returns: one that breaks loses what is not."""
    file = folder / "monitor.db"
    shutil.copy(template, file)
    for place in (file, folder):
        number = os.open(place, os.O_RDONLY)
        os.fsync(number)
        os.close(number)
    return f"sqlite:///{file}"


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """The folder, filled by the first of the test processes that asks for it; others wait for it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder
