"""January 2025 as far as the 20th, stepped and stored once; each test gets a copy."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.commands.demo import demo_database, run_episode
from monitor.episodes import load_episode
from monitor.settings.load import load_settings
from monitor.settings.schema import Settings
from tests.scenarios.stage import config_text

UNTIL = datetime(2025, 1, 20, 12, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m\x07"


@dataclass(frozen=True)
class Stored:
    """``rotation``: the id of one of it."""

    file: Path
    config: Path
    rotation: str

    @property
    def url(self) -> str:
        return f"sqlite:///{self.file}"

    @property
    def settings(self) -> Settings:
        return load_settings(self.config, {"MONITOR_DATABASE__URL": self.url})

    @property
    def options(self) -> list[str]:
        """Of the console script."""
        return ["--config", str(self.config), "--db", self.url]


@pytest.fixture(scope="session")
def january(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    folder = tmp_path_factory.mktemp("surfaces")
    whole = load_episode()
    bars = tuple(bar for bar in whole.bars if bar.open_time < UNTIL)
    episode = replace(whole, until=UNTIL, bars=bars)
    database = demo_database(episode, folder / "january.db")
    changes = run_episode(episode, database)
    database.close()
    config = folder / "monitor.toml"
    venues = dict.fromkeys(("bybit", "gate", "okx"), "http://127.0.0.1:9")
    config.write_text(config_text(episode, venues, "sqlite:///elsewhere.db"), encoding="utf-8")
    rotation = next(c.rotation.id for c in changes if c.rotation.confirmed_at is not None)
    return Stored(folder / "january.db", config, rotation)


@pytest.fixture
def copied(january: Stored, tmp_path: Path) -> Callable[[], Stored]:
    """Makes a copy."""

    def copy() -> Stored:
        file = tmp_path / "copy.db"
        shutil.copy(january.file, file)
        return replace(january, file=file)

    return copy
