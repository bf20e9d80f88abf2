"""What a turn of polling and stepping says of itself to those who wait for its steps."""

from datetime import datetime, timedelta

from monitor.clock import ManualClock
from monitor.engine import Engine
from monitor.jobs.cycle import Cycle
from monitor.pipeline import Pipeline
from monitor.store.database import Database
from tests.integration.daemon.desk import HOUR, START
from tests.integration.reporting.stage import universe


async def test_what_was_asked_counts_as_settled_when_it_is_stepped_and_not_when_a_stop_came(
    database: Database,
) -> None:
    """Also where nothing came and nothing could be stepped: then nothing will."""
    clock = ManualClock(START)
    stopping = False

    async def ask(now: datetime) -> None:
        nonlocal stopping
        assert cycle.settled_at is None or cycle.settled_at < now
        stopping = now > START + HOUR

    pipeline = Pipeline(
        database, Engine(universe(), HOUR), HOUR, deadline=timedelta(minutes=5), clock=clock
    )
    cycle = Cycle(
        ask, pipeline, clock, HOUR, retry_every=timedelta(minutes=1), stopping=lambda: stopping
    )
    assert cycle.settled_at is None
    await cycle.run()
    assert cycle.settled_at == START
    clock.advance(2 * HOUR)
    await cycle.run()
    assert cycle.settled_at == START
