"""What a run leaves in its store, so that two runs can be compared row by row."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select

from monitor.store.database import open_database
from monitor.store.tables import bar, market, outbox, rotation_change, sector_state, step

Rows = Counter[tuple[Any, ...]]


def left_behind(url: str, until: datetime, width: timedelta) -> dict[str, Rows]:
    """What the database holds of bars, steps, sectors, rotations and notices up to then, each row counted.

    Without what differs from run to run: when something was received, stepped or sent, and what the operator was told.
    """
    database = open_database(url, read_only=True)
    try:
        with database.read() as conn:
            return {
                name: Counter(tuple(row) for row in conn.execute(query))
                for name, query in _queries(until, width).items()
            }
    finally:
        database.close()


def times_said(url: str, until: datetime, shown: Iterable[str]) -> dict[str, int]:
    """text of each notice to Slack up to then that was not told in another -> how many of the messages show it."""
    database = open_database(url, read_only=True)
    query = select(outbox.c.text).where(
        outbox.c.channel == "slack", outbox.c.told_in.is_(None), outbox.c.event_at <= until
    )
    try:
        with database.read() as conn:
            texts = list(conn.execute(query).scalars())
    finally:
        database.close()
    lines = list(shown)
    return {words: sum(words[:95] in line for line in lines) for words in texts}


def _queries(until: datetime, width: timedelta) -> dict[str, Select[Any]]:
    values = [bar.c[name] for name in ("open", "high", "low", "close", "base_volume")]
    changes = rotation_change.c
    return {
        "bars": select(market.c.market_id, bar.c.open_time, *values, bar.c.quote_volume)
        .join(market, market.c.id == bar.c.market)
        .where(bar.c.open_time <= until - width),
        "steps": select(step.c.close_time, step.c.width_s).where(step.c.close_time <= until),
        "states": select(sector_state).where(sector_state.c.close_time <= until),
        "changes": select(
            changes.rotation_id, changes.reason, changes.changed_at, changes.body
        ).where(changes.changed_at <= until),
        "notices": select(outbox.c.channel, outbox.c.recipient, outbox.c.dedup_key).where(
            outbox.c.event_at <= until, outbox.c.kind != "operator"
        ),
    }


def assert_same(here: dict[str, Rows], there: dict[str, Rows]) -> None:
    """Nothing is lost, nothing strange, nothing doubled, and there is something of each."""
    for name, rows in here.items():
        assert rows, name
        assert max(rows.values()) == 1, name
        lost, strange = there[name] - rows, rows - there[name]
        assert not lost, (name, list(lost)[:5])
        assert not strange, (name, list(strange)[:5])
