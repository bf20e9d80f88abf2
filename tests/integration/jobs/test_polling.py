"""A venue's health and the notice of it: stored together, and neither lost where the store fails."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import text

from monitor.delivery.registry import operators_on
from monitor.ingest.exchange.health import Transition
from monitor.ingest.poll_report import PollReport
from monitor.ingest.poller import Poller
from monitor.jobs.outages import Outages
from monitor.jobs.polling import Polling
from monitor.model.bars import VenueHealth, VenueState
from monitor.model.errors import SchemaError
from monitor.service_manager import ServiceManager
from monitor.store import outbox, venue_health
from monitor.store.database import Database
from tests.integration.daemon.desk import HOUR, START
from tests.integration.reporting.stage import universe


class Reports:
    """Polls that found what the test says, one after another."""

    def __init__(self, *reports: PollReport) -> None:
        self._reports = list(reports)

    async def poll(self, _now: object) -> PollReport:
        """The next one."""
        return self._reports.pop(0)


def away() -> VenueHealth:
    """Gate, since the first poll."""
    return VenueHealth("gate", VenueState.DOWN, START, None, 3)


def report(*transitions: Transition) -> PollReport:
    """Gate is down since the first poll."""
    return PollReport(START, (), (away(),), transitions, (), 1)


def polling_of(database: Database, *reports: PollReport) -> Polling:
    """Two venues are watched; PIPPIN trades on gate alone."""
    watched = universe(without=["bybit:PIPPIN/USDT"])
    return Polling(
        cast("Poller", Reports(*reports)),
        database,
        operators_on(["operator"]),
        ServiceManager({}),
        outages=Outages(watched, timedelta(seconds=90), HOUR),
        polled=lambda _: None,
        wake=lambda: None,
    )


def told(database: Database) -> list[str]:
    """Lines of the notices."""
    with database.read() as conn:
        return [s.notice.text for s in outbox.list_notices(conn, START - HOUR, START + HOUR)]


FELL = Transition("gate", START, well=False, text="gate is down: no answer", broken=away())


async def test_what_a_failing_store_swallowed_is_told_by_the_next_poll(database: Database) -> None:
    polling = polling_of(database, report(FELL), report())
    rename(database, "outbox", "outbox_gone")
    with pytest.raises(SchemaError):
        await polling.ask(START)
    with database.read() as conn:
        assert venue_health.read_health(conn) == []
    rename(database, "outbox_gone", "outbox")
    await polling.ask(START)
    (text,) = told(database)
    assert text.startswith("Monitor: gate is down: no answer; not heard yet. ")
    with database.read() as conn:
        assert [h.venue for h in venue_health.read_health(conn)] == ["gate"]


async def test_an_outage_tells_who_covers_its_tokens_by_what_all_processes_know(
    database: Database,
) -> None:
    with database.write() as conn:  # bybit is another process's to ask
        venue_health.save_health(conn, VenueHealth("bybit", VenueState.DEGRADED, START, START))
    await polling_of(database, report(FELL)).ask(START)
    with database.write() as conn:
        venue_health.save_health(conn, VenueHealth("bybit", VenueState.FORBIDDEN, START, START))
    again = replace(FELL, at=START + timedelta(minutes=5))
    await polling_of(database, report(again)).ask(START)
    covered, alone = told(database)
    assert "Nobody sees PIPPIN now; BTC, DOGE and VIRTUAL are covered by bybit. " in covered
    assert "Nobody sees BTC, DOGE, PIPPIN and 1 more now. " in alone


def rename(database: Database, table: str, new: str) -> None:
    """A store that takes nothing more, and takes it again."""
    with database.write() as conn:
        conn.execute(text(f"ALTER TABLE {table} RENAME TO {new}"))
