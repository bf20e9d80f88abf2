"""A venue's health and the notice of it: stored together, and neither lost where the store fails."""

from typing import cast

import pytest
from sqlalchemy import text

from monitor.delivery.registry import operators_on
from monitor.ingest.exchange.health import Transition
from monitor.ingest.poll_report import PollReport
from monitor.ingest.poller import Poller
from monitor.jobs.polling import Polling
from monitor.model.bars import VenueHealth, VenueState
from monitor.model.errors import SchemaError
from monitor.service_manager import ServiceManager
from monitor.store import outbox, venue_health
from monitor.store.database import Database
from tests.integration.daemon.desk import HOUR, START


class Reports:
    """Polls that found what the test says, one after another."""

    def __init__(self, *reports: PollReport) -> None:
        self._reports = list(reports)

    async def poll(self, _now: object) -> PollReport:
        """The next one."""
        return self._reports.pop(0)


def report(*transitions: Transition) -> PollReport:
    """A venue that is down since the first poll."""
    down = VenueHealth("okx", VenueState.DOWN, START, None, 3)
    return PollReport(START, (), (down,), transitions, (), 1)


async def test_what_a_failing_store_swallowed_is_told_by_the_next_poll(database: Database) -> None:
    fell = Transition("okx", START, well=False, text="okx is unreachable")
    polling = Polling(
        cast("Poller", Reports(report(fell), report())),
        database,
        operators_on(["operator"]),
        ServiceManager({}),
        polled=lambda _: None,
        wake=lambda: None,
    )
    rename(database, "outbox", "outbox_gone")
    with pytest.raises(SchemaError):
        await polling.ask(START)
    with database.read() as conn:
        assert venue_health.read_health(conn) == []
    rename(database, "outbox_gone", "outbox")
    await polling.ask(START)
    with database.read() as conn:
        told = outbox.list_notices(conn, START - HOUR, START + HOUR)
        assert [h.venue for h in venue_health.read_health(conn)] == ["okx"]
    assert [s.notice.text for s in told] == ["Monitor: okx is unreachable"]


def rename(database: Database, table: str, new: str) -> None:
    """A store that takes nothing more, and takes it again."""
    with database.write() as conn:
        conn.execute(text(f"ALTER TABLE {table} RENAME TO {new}"))
