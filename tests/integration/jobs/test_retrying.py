"""A job that rings once a day: what failed is tried again, told once, and well with its own success."""

import asyncio
from datetime import timedelta

from monitor.clock import ManualClock
from monitor.jobs.retrying import retried
from monitor.store.database import Database
from tests.integration.daemon.desk import START
from tests.integration.jobs.test_faults import DISK, Site

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Pruning:
    """Fails so many times, then does its work; ``at``: when it was asked."""

    def __init__(self, site: Site, fails: int) -> None:
        self.clock = ManualClock(START)
        self.over = asyncio.Event()
        self.at: list[timedelta] = []
        self._fails = fails
        self.run = retried(
            site.faults.watched("prune", self._work),
            lambda: site.faults.stands("prune"),
            self.clock,
            self.over,
            first=MINUTE,
            within=DAY,
        )

    async def _work(self) -> None:
        self.at.append(self.clock.now() - START)
        if len(self.at) <= self._fails:
            raise DISK


async def test_it_is_tried_again_ever_later_and_told_once_and_healed_once(
    database: Database,
) -> None:
    site = Site(database)
    job = Pruning(site, fails=3)
    await job.run()
    assert job.at == [k * MINUTE for k in (0, 1, 3, 7)]
    assert site.faults.standing is None
    assert await site.told() == [
        "Monitor: prune failed: the disk is full. Polling goes on; nothing was lost.",
        "Monitor: well again after: prune failed: the disk is full",
    ]


async def test_what_did_not_fail_is_not_done_twice(database: Database) -> None:
    job = Pruning(Site(database), fails=0)
    await job.run()
    assert job.at == [timedelta(0)]


async def test_what_fails_all_day_is_left_to_its_next_ring(database: Database) -> None:
    site = Site(database)
    job = Pruning(site, fails=1000)
    await job.run()
    assert job.at[-1] < DAY
    assert len(job.at) == 11
    assert len(await site.told()) == 1


async def test_an_end_waits_for_no_other_try(database: Database) -> None:
    site = Site(database)
    job = Pruning(site, fails=1000)
    job.over.set()
    await job.run()
    assert len(job.at) == 1
