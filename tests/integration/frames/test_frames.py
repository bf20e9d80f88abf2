"""The Python API on the bundled episode: frames with times, units and reasons; read only; light until it is asked."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import monitor
from monitor.clock import ManualClock
from monitor.commands.demo import demo_database, run_episode
from monitor.engine import Engine
from monitor.episodes import Episode, load_episode
from monitor.frames import Monitor
from monitor.model.errors import ConfigError, MonitorError, SchemaError
from monitor.model.rotation_json import rotation_to_json
from monitor.store import rotations
from monitor.store.database import Database, open_database
from monitor.store.errors import StoreError

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / "config" / "monitor.toml"


@pytest.fixture(scope="module")
def episode() -> Episode:
    return load_episode()


@pytest.fixture(scope="module")
def stored(episode: Episode, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("frames") / "demo.db"
    database = demo_database(episode, path)
    run_episode(episode, database)
    database.close()
    return path


@pytest.fixture
def database(stored: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{stored}", read_only=True)
    yield opened
    opened.close()


@pytest.fixture
def m(database: Database, episode: Episode) -> Monitor:
    engine = Engine(episode.universe, episode.width)
    return Monitor(database, engine, ManualClock(episode.until))


def test_sectors_have_times_units_and_unknown_as_nan(m: Monitor, episode: Episode) -> None:
    found = m.sectors(since=episode.since, every="1d")
    assert found.index.names == ["at", "sector"]
    at = found.index.get_level_values("at")
    assert str(at.dtype) == "datetime64[us, UTC]"
    assert {moment.hour for moment in at} == {0}
    assert found["return_24h_fraction"].dtype == "float64"
    assert found["members_count"].dtype == "Int64"
    assert found["flow_grade"].dtype == "string"
    assert found.xs("benchmark", level="sector")["share_fraction"].isna().all()
    units = found.attrs["units"]
    assert (units["net_flow_24h_usd"], units["share_fraction"]) == ("USD", "of 1")
    split = [name for name in map(str, found) if name.startswith("share_split_24h_")]
    known = found.dropna(subset=[*split, "share_change_24h_fraction"])
    assert len(known) > 50
    assert (known[split].sum(axis=1) - known["share_change_24h_fraction"]).abs().max() < 1e-9


def test_a_length_before_now_and_a_range_without_bounds(m: Monitor) -> None:
    week, all_of_it = m.sectors("7d"), m.sectors()
    first = week.index.get_level_values("at").min()
    assert first == pd.Timestamp("2025-01-25T00:00Z")
    assert len(all_of_it) > 6 * len(week)


def test_shares_of_a_pair_are_the_sectors_figures(m: Monitor) -> None:
    shares = m.shares(("ai-agents", "memes"), "3d")
    assert list(shares) == ["ai-agents_share_fraction", "memes_share_fraction"]
    assert shares.attrs["units"] == dict.fromkeys(shares, "of 1")
    sectors = m.sectors("3d").xs("memes", level="sector")["share_fraction"]
    assert (shares["memes_share_fraction"] == sectors).all()


def test_flows_are_told_with_their_grade(m: Monitor) -> None:
    flows = m.flows("1d")
    assert {"net_flow_24h_usd", "volume_24h_usd"} <= set(flows)
    assert flows.attrs["units"]["net_flow_24h_usd"] == "USD"


def test_tokens_of_a_sector(m: Monitor) -> None:
    found = m.tokens("1d", sector="ai-agents", every="12h")
    assert set(found["sector"]) == {"ai-agents"}
    assert "VIRTUAL" in found.index.get_level_values("token")
    assert found["price_usd"].gt(0).all()
    assert found.attrs["units"]["age_s"] == "seconds"


def test_bars_of_a_token(m: Monitor) -> None:
    found = m.bars("VIRTUAL", "2025-01-19", "2025-01-20")
    assert found.index.names == ["open_at", "market"]
    assert set(found.index.get_level_values("market")) == {
        "bybit:VIRTUAL/USDT",
        "gate:VIRTUAL/USDT",
    }
    assert len(found) == 48
    assert (found["low_quote"] <= found["high_quote"]).all()
    assert str(found["received_at"].dtype) == "datetime64[us, UTC]"
    assert found["taker_buy_quote"].isna().all()  # the reconstruction does not know it


def test_rotations_are_the_stored_ones_with_outcomes(m: Monitor, database: Database) -> None:
    found = m.rotations()
    with database.read() as conn:
        stored = rotations.list_rotations(conn)
    assert list(found.index) == [r.id for r in stored]
    for rotation in stored:
        row = found.loc[rotation.id]
        assert row["detected_at"] == pd.Timestamp(rotation.detected_at)
        assert pd.isna(row["score"]) if rotation.score is None else row["score"] == rotation.score
        outcome = rotation.outcomes["24h"]
        assert outcome is not None
        assert row["outcome_24h_relative_return_fraction"] == outcome.relative_return
        assert row["outcome_24h_held"] == outcome.held
    assert found.attrs["units"]["share_change_pp"] == "percentage points"
    explained = m.explain(stored[0].id[:8])
    assert explained.attrs["rotation"] == rotation_to_json(stored[0])
    assert list(explained.index) == [c.name for c in stored[0].evidence.conditions]


def test_conditions_of_a_pair(m: Monitor, database: Database) -> None:
    detected = m.rotations()["detected_at"].iloc[0]
    found = m.conditions("ai-agents", "memes", detected - pd.Timedelta(hours=2), detected)
    assert found.index.names == ["at", "condition"]
    assert len(found.index.get_level_values("at").unique()) == 2
    assert found["met"].dtype == "boolean"


def test_a_replay_finds_what_was_stored_and_writes_nothing(m: Monitor, stored: Path) -> None:
    before = stored.read_bytes()
    again, kept = m.replay(), m.rotations()
    assert stored.read_bytes() == before
    pd.testing.assert_frame_equal(
        again.drop(columns=["at_start", "parameters"]),
        kept.drop(columns=["at_start", "parameters"]),
    )


def test_an_empty_answer_says_why(m: Monitor, caplog: pytest.LogCaptureFixture) -> None:
    found = m.sectors("2026-01-01", "2026-01-02")
    assert found.empty
    assert "share_fraction" in found
    assert found.attrs["empty_because"] == (
        "no step closed in this range; steps are stored from 2024-12-01T01:00:00Z to 2025-02-01T00:00:00Z"
    )
    assert "no step closed in this range" in caplog.text
    assert "no rotation that is open" in m.rotations(status="open").attrs["empty_because"]
    assert "no bar of" in m.bars("VIRTUAL", "2026-01-01").attrs["empty_because"]
    assert m.shares(since="2026-01-01").attrs["empty_because"]
    assert m.conditions("ai-agents", "memes", "2026-01-01").attrs["empty_because"]


def test_what_is_not_known_is_said_with_what_is(m: Monitor) -> None:
    asks: tuple[Callable[[], object], ...] = (
        lambda: m.shares(("ai", "memes")),
        lambda: m.tokens(sector="ai"),
        lambda: m.conditions("memes", "ai"),
    )
    for ask in asks:
        with pytest.raises(MonitorError, match="found the sector 'ai', expected one of ai-agents"):
            ask()
    with pytest.raises(MonitorError, match="found the token 'VIRTUALS', expected one of"):
        m.bars("VIRTUALS")
    with pytest.raises(MonitorError, match="found the status 'on', expected one of open"):
        m.rotations(status="on")
    with pytest.raises(MonitorError, match="no rotation has the id"):
        m.explain("rot-nobody")
    with pytest.raises(ValueError, match="without an offset"):
        m.sectors(datetime(2025, 1, 19))  # noqa: DTZ001  what is tested


def test_open_is_read_only_and_says_what_to_run(stored: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none.db"
    with pytest.raises(StoreError, match="there is no such file"):
        monitor.open(f"sqlite:///{missing}", CONFIG)
    assert not missing.exists()
    open_database(f"sqlite:///{tmp_path / 'empty.db'}").close()
    with pytest.raises(SchemaError) as failure:
        monitor.open(f"sqlite:///{tmp_path / 'empty.db'}", CONFIG)
    assert failure.value.remedy == "monitor db upgrade"
    with pytest.raises(ConfigError, match="no such file"):
        monitor.open(f"sqlite:///{stored}", tmp_path / "none.toml")
    with monitor.open(f"sqlite:///{stored}", CONFIG) as opened:
        assert len(opened.sectors("2025-01-31", "2025-02-01"))
        with pytest.raises(StoreError, match="opened for reading alone"), opened._database.write():
            pass


def test_an_input_that_is_missing_is_an_error(tmp_path: Path, episode: Episode) -> None:
    from monitor.store.migrations import upgrade

    database = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    upgrade(database)
    engine = Engine(episode.universe, timedelta(minutes=5))
    m = Monitor(database, engine, ManualClock(datetime(2025, 1, 1, tzinfo=UTC)))
    with pytest.raises(MonitorError, match="no bar of the configured interval is stored"):
        m.replay()
    assert "no interval was stepped yet" in m.tokens("7d").attrs["empty_because"]
    m.close()


def test_the_example_runs_on_the_episode(stored: Path) -> None:
    environ = {
        "MONITOR_DATABASE__URL": f"sqlite:///{stored}",
        "MONITOR_ENGINE__INTERVAL": "1h",
        "MONITOR_ENGINE__CARRY_MAX": "2h",
        "MONITOR_CONFIG": str(CONFIG),
    }
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "config" / "examples" / "rotations.py")],
        env=environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "largest turn in 24 h: " in ran.stdout
    assert "that are 24 h old went on" in ran.stdout


@pytest.mark.parametrize(
    "imports",
    [
        "import monitor",
        "import monitor.daemon.run, monitor.daemon.assemble, monitor.jobs.ringing",
        "import monitor.commands.app, monitor.commands.run, monitor.web.app, monitor.files.export",
    ],
)
def test_pandas_is_imported_by_nothing_else(imports: str) -> None:
    modules = loaded_by(imports)
    assert "pandas" not in modules
    assert not [name for name in modules if name.startswith("monitor.frames")]


def test_what_a_question_on_the_past_does_not_need_is_not_loaded_for_it() -> None:
    modules = loaded_by(
        "import monitor.history, monitor.store.database, monitor.reporting.missing_inputs"
    )
    assert "sqlalchemy.dialects.sqlite" in modules
    assert "sqlalchemy.dialects.postgresql" not in modules
    assert "monitor.content.report" not in modules


def loaded_by(imports: str) -> list[str]:
    """Names of the modules that are there after these imports in a process of their own."""
    code = f"{imports}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=250,
        check=True,
        cwd=ROOT,
    )
    return list(json.loads(ran.stdout))
