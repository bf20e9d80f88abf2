"""Three daemons share the venues of one PostgreSQL store, killed 50 times: nothing is lost or doubled, and what they leave
behind is what one undisturbed daemon leaves behind."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from monitor.clock import ManualClock
from monitor.daemon.assemble import engine_of
from monitor.episodes import load_episode
from monitor.model.grid import iso
from monitor.pipeline import Pipeline
from monitor.settings.load import load_settings
from monitor.store import engine_state
from monitor.store.database import open_database
from tests.kit.postgres_server import PostgresServer
from tests.scenarios.shared_stage import Fleet, fleet, newest_logs
from tests.scenarios.stage import HOUR, Stage, staged

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(1800)]

LIVE_FROM = datetime(2025, 1, 18, 16, tzinfo=UTC)
UNTIL = datetime(2025, 1, 19, 12, tzinfo=UTC)
HISTORY = timedelta(days=15)
KILLS = 50
LEASE = "4s"
BOUNDS = {
    "MONITOR_DETECTION__ON": "1.6",
    "MONITOR_DETECTION__WATCH_ON": "1.3",
    "MONITOR_DETECTION__CRITICAL": "3.0",
}
"""At which the reconstruction has rotations to tell of in this range."""

KEPT = {
    "bars": "SELECT m.market_id, b.open_time, b.open, b.high, b.low, b.close, b.base_volume, b.quote_volume"
    " FROM bar b JOIN market m ON m.id = b.market WHERE b.open_time + interval '1 hour' <= :until",
    "steps": "SELECT close_time, width_s FROM step WHERE close_time <= :until",
    "states": "SELECT * FROM sector_state WHERE close_time <= :until",
    "changes": "SELECT rotation_id, reason, changed_at, body FROM rotation_change WHERE changed_at <= :until",
    "notices": "SELECT channel, recipient, dedup_key FROM outbox"
    " WHERE event_at <= :until AND kind <> 'operator'",
}


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


def left_behind(stage: Stage) -> dict[str, Counter[tuple[Any, ...]]]:
    """What the store holds of the range, each row counted."""
    database = open_database(stage.database_url)
    try:
        with database.read() as conn:
            return {
                name: Counter(tuple(row) for row in conn.execute(text(query), {"until": UNTIL}))
                for name, query in KEPT.items()
            }
    finally:
        database.close()


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
    here, there = left_behind(shared), left_behind(alone)
    print(f"\nkilled {len(found.kills)}: {dict(Counter(found.kills))}")
    print(f"daemons born {found.born}; what a killed one held was another's after s:")
    print(sorted(round(s, 1) for s in found.takeovers))
    print({name: rows.total() for name, rows in here.items()})
    assert len(found.kills) == KILLS
    assert sum("daemon" in kill for kill in found.kills) >= 5
    for name, rows in here.items():
        assert rows, name
        assert max(rows.values()) == 1, name
        lost, strange = there[name] - rows, rows - there[name]
        assert not lost, (name, list(lost)[:5])
        assert not strange, (name, list(strange)[:5])
    assert_each_said_once(shared, kills=KILLS)
    assert_each_said_once(alone, kills=0)


def assert_each_said_once(stage: Stage, *, kills: int) -> None:
    """Every notice of the outbox stands in the channel; twice at most where a kill fell into the one window."""
    database = open_database(stage.database_url)
    with database.read() as conn:
        sent = conn.execute(
            text("SELECT text FROM outbox WHERE channel = 'slack' AND told_in IS NULL")
        )
        told = [str(row.text) for row in sent]
    database.close()
    shown = Counter(message.text for message in stage.messages("alerts"))
    seen = {words: sum(n for line, n in shown.items() if words[:95] in line) for words in told}
    doubled = sum(n - 1 for n in seen.values())
    print(f"{iso(UNTIL)}: notices {len(told)}, messages {shown.total()}, doubled {doubled}")
    assert told
    assert all(n >= 1 for n in seen.values()), seen
    assert doubled <= kills
    assert shown.total() == sum(seen.values())
