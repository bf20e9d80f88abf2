"""Three daemons share the venues of one PostgreSQL store, killed 50 times: nothing is lost or doubled, and what they leave
behind is what one undisturbed daemon leaves behind."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.clock import ManualClock
from monitor.daemon.assemble import engine_of
from monitor.episodes import load_episode
from monitor.model.grid import iso
from monitor.pipeline import Pipeline
from monitor.settings.load import load_settings
from monitor.store import engine_state
from monitor.store.database import open_database
from tests.kit.postgres_server import PostgresServer
from tests.scenarios.left_behind import assert_same, left_behind, times_said
from tests.scenarios.shared_stage import Fleet, fleet, newest_logs
from tests.scenarios.stage import HOUR, Stage, staged

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(1800)]

LIVE_FROM = datetime(2025, 1, 18, 16, tzinfo=UTC)
UNTIL = datetime(2025, 1, 19, 12, tzinfo=UTC)
HISTORY = timedelta(days=15)
LAST = datetime(2026, 1, 1, tzinfo=UTC)
"""After anything that a daemon may tell of."""
KILLS = 50
LEASE = "4s"
BOUNDS = {
    "MONITOR_DETECTION__ON": "1.6",
    "MONITOR_DETECTION__WATCH_ON": "1.3",
    "MONITOR_DETECTION__CRITICAL": "3.0",
}
"""At which the reconstruction has rotations to tell of in this range."""


def stepped_history(postgres: PostgresServer, folder: Path) -> str:
    """Name of a database that holds the history, stepped: no life spends its time on that."""
    name = postgres.create()
    episode = load_episode()
    with staged(
        folder,
        episode,
        live_from=LIVE_FROM,
        until=UNTIL,
        speed=1,
        database_url=postgres.url(name),
        history=HISTORY,
    ) as stage:
        settings = load_settings(stage.config, stage.daemon_environ() | BOUNDS)
    database = open_database(postgres.url(name))
    with database.write() as conn:
        engine_state.set_live_from(conn, LIVE_FROM)
    pipeline = Pipeline(
        database,
        engine_of(settings, LIVE_FROM),
        HOUR,
        deadline=settings.engine.deadline,
        clock=ManualClock(LIVE_FROM),
    )
    pipeline.catch_up(LIVE_FROM)
    database.close()
    return name


def lived(folder: Path, url: str, *, daemons: int, speed: float, kills: int) -> tuple[Stage, Fleet]:
    """So many daemons until the range is stepped, killed meanwhile."""
    folder.mkdir()
    with staged(
        folder,
        load_episode(),
        live_from=LIVE_FROM,
        until=UNTIL,
        speed=speed,
        database_url=url,
        history=HISTORY,
    ) as stage:
        stage.environ |= {"MONITOR_DATABASE__LEASE": LEASE, **BOUNDS}
        with fleet(stage, size=daemons, seed=20250119) as found:
            try:
                for _ in range(kills):
                    found.kill_one()
                found.until_done()
                found.end()
            except BaseException:
                print(newest_logs(folder))
                raise
        return stage, found


def test_killed_fifty_times_three_that_share_the_venues_leave_behind_what_one_would(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    history = stepped_history(postgres, tmp_path)
    copy = postgres.create(template=history)
    shared, found = lived(
        tmp_path / "shared", postgres.url(history), daemons=3, speed=1_000, kills=KILLS
    )
    alone, _ = lived(tmp_path / "undisturbed", postgres.url(copy), daemons=1, speed=2_500, kills=0)
    here, there = (left_behind(s.database_url, UNTIL, HOUR) for s in (shared, alone))
    print(f"\nkilled {len(found.kills)}: {dict(Counter(found.kills))}")
    print(f"daemons born {found.born}; what a killed one held was another's after s:")
    print(sorted(round(s, 1) for s in found.takeovers))
    print({name: rows.total() for name, rows in here.items()})
    assert len(found.kills) == KILLS
    assert sum("daemon" in kill for kill in found.kills) >= 5
    assert_same(here, there)
    assert_each_said_once(shared, kills=KILLS)
    assert_each_said_once(alone, kills=0)


def assert_each_said_once(stage: Stage, *, kills: int) -> None:
    """Every notice of the outbox stands in the channel; twice at most where a kill fell into the one window."""
    shown = [message.text for message in stage.messages("alerts")]
    seen = times_said(stage.database_url, LAST, shown)
    doubled = sum(n - 1 for n in seen.values())
    print(f"{iso(UNTIL)}: notices {len(seen)}, messages {len(shown)}, doubled {doubled}")
    assert seen
    assert all(n >= 1 for n in seen.values()), seen
    assert doubled <= kills
    assert len(shown) == sum(seen.values())
