"""Each job's fault is its own: told once when it breaks, once when it is well, in order, on a way that works."""

import asyncio
import errno
import threading
from collections.abc import Iterator

import pytest

from monitor.clock import ManualClock
from monitor.delivery.registry import operators_on
from monitor.delivery.slack.webhook import SlackWebhook
from monitor.jobs.faults import Faults
from monitor.model.errors import MonitorError
from monitor.store import outbox
from monitor.store.database import Database
from tests.integration.daemon.desk import HOUR, START
from tests.kit.slack_server import SlackServer


class Site:
    """Faults of a daemon whose operator has a webhook; ``failed`` counts failures."""

    def __init__(self, database: Database, webhook: SlackWebhook | None = None) -> None:
        self.database = database
        self.stop = asyncio.Event()
        self.failed = 0
        channels = {"operator": webhook} if webhook else {}
        self.faults = Faults(
            database,
            ManualClock(START),
            operators_on(["operator"]),
            channels,
            wake=lambda: None,
            failed=self.count,
            stop=self.stop,
        )

    def count(self) -> None:
        self.failed += 1

    async def run(self, job: str, error: BaseException | None = None) -> None:
        """The job once, ending so."""

        async def work() -> None:
            if error is not None:
                raise error

        await self.faults.watched(job, work)()

    async def told(self) -> list[str]:
        """What was put on its way, in order."""
        await self.faults.close()
        with self.database.read() as conn:
            return [s.notice.text for s in outbox.list_notices(conn, START - HOUR, START + HOUR)]


DISK = MonitorError("the disk is full")


async def test_a_fault_is_told_once_and_ends_with_its_own_jobs_success_alone(
    database: Database,
) -> None:
    site = Site(database)
    await site.run("poll", DISK)
    await site.run("poll", DISK)
    await site.run("report", None)
    assert site.faults.standing == "poll failed: the disk is full"
    await site.run("report", KeyError("a secret"))
    assert site.faults.standing == "poll failed: the disk is full; report failed: KeyError"
    await site.run("poll")
    await site.run("poll")
    assert site.faults.standing == "report failed: KeyError"
    assert await site.told() == [
        "Monitor: poll failed: the disk is full. Polling goes on; nothing was lost.",
        "Monitor: report failed: KeyError. Polling goes on; nothing was lost.",
        "Monitor: well again after: poll failed: the disk is full",
    ]
    assert site.failed == 3


async def test_one_cause_of_several_jobs_is_told_once_and_healed_once(database: Database) -> None:
    site = Site(database)
    await site.run("poll", DISK)
    await site.run("prune", DISK)
    await site.run("report", MonitorError("no mail server"))
    assert "prune failed: the disk is full" in str(site.faults.standing)
    await site.run("poll")
    await site.run("report")
    await site.run("prune")
    assert site.faults.standing is None
    assert await site.told() == [
        "Monitor: poll failed: the disk is full. Polling goes on; nothing was lost.",
        "Monitor: report failed: no mail server. Polling goes on; nothing was lost.",
        "Monitor: well again after: poll failed: the disk is full",
        "Monitor: well again after: report failed: no mail server",
    ]


async def test_one_cause_in_a_drivers_many_words_is_told_once_and_a_shortage_in_words(
    database: Database,
) -> None:
    site = Site(database)
    for job, words in (("poll", "terminating connection"), ("report", "no such socket")):
        await site.run(job, MonitorError(f"no answer ({words})", cause="no answer"))
    await site.run("prune", OSError(errno.EMFILE, "Too many open files"))
    told = await site.told()
    assert len(told) == 2
    assert "no answer (terminating connection)" in told[0]
    assert "no file descriptor is left" in told[1]


async def test_a_job_that_still_fails_when_the_told_one_is_well_is_told_itself(
    database: Database,
) -> None:
    site = Site(database)
    await site.run("poll", DISK)
    await site.run("prune", DISK)
    await site.run("poll")
    await site.run("prune", DISK)
    await site.run("prune")
    assert [text.split(". ")[0] for text in await site.told()] == [
        "Monitor: poll failed: the disk is full",
        "Monitor: well again after: poll failed: the disk is full",
        "Monitor: prune failed: the disk is full",
        "Monitor: well again after: prune failed: the disk is full",
    ]


async def test_a_stop_is_no_fault_and_heals_none(database: Database) -> None:
    site = Site(database)
    await site.run("poll", DISK)
    site.stop.set()
    await site.run("poll")
    await site.run("prune", asyncio.CancelledError())
    assert site.faults.standing == "poll failed: the disk is full"
    assert len(await site.told()) == 1


async def test_what_is_cancelled_without_a_stop_stays_cancelled(database: Database) -> None:
    site = Site(database)
    with pytest.raises(asyncio.CancelledError):
        await site.run("poll", asyncio.CancelledError())
    assert site.faults.standing is None


async def test_telling_waits_for_the_store_in_a_thread_of_its_own(database: Database) -> None:
    site = Site(database)
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with database.write():
            held.set()
            release.wait()

    holder = asyncio.create_task(asyncio.to_thread(hold))
    await asyncio.to_thread(held.wait)
    await site.run("poll", DISK)  # would not come back if it waited for the other writer itself
    release.set()
    await holder
    assert len(await site.told()) == 1


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer(max_seconds=60) as server:
        yield server


async def test_where_the_store_takes_nothing_the_operator_is_told_directly(
    database: Database, slack: SlackServer
) -> None:
    webhook = SlackWebhook(slack.webhook_url("operator"))
    site = Site(database, webhook)
    with database.write() as conn:
        conn.exec_driver_sql("DROP TABLE outbox")
    await site.run("poll", DISK)
    await site.faults.close()
    await webhook.close()
    (message,) = slack.workspace.messages("operator")
    assert "poll failed: the disk is full" in message.shown
