"""What a turn of polling and stepping says of itself to those who wait for its steps."""

from datetime import datetime, timedelta

from monitor.clock import ManualClock
from monitor.engine import Engine
from monitor.jobs.cycle import Cycle
from monitor.pipeline import Pipeline, Progress
from monitor.store.database import Database
from tests.integration.daemon.desk import HOUR, START
from tests.integration.reporting.stage import universe


async def test_what_was_asked_counts_as_settled_when_it_is_stepped_and_not_when_a_stop_came(
    database: Database,
) -> None:
    """Also where nothing came and nothing could be stepped: then nothing will."""
    clock = ManualClock(START)
    stopping = False

    class Asking:
        async def ask(self, now: datetime) -> None:
            nonlocal stopping
            assert cycle.settled_at is None or cycle.settled_at < now
            stopping = now > START + HOUR

        async def read_over(self) -> None:
            assert cycle.settled_at == clock.now()

    pipeline = Pipeline(
        database, Engine(universe(), HOUR), HOUR, deadline=timedelta(minutes=5), clock=clock
    )
    cycle = Cycle(
        Asking(), pipeline, clock, HOUR, retry_every=timedelta(minutes=1), stopping=lambda: stopping
    )
    assert cycle.settled_at is None
    await cycle.run()
    assert cycle.settled_at == START
    clock.advance(2 * HOUR)
    await cycle.run()
    assert cycle.settled_at == START


async def test_what_is_read_over_keeps_no_step_waiting_and_takes_its_time_from_the_pause() -> None:
    clock = ManualClock(START)
    done: list[tuple[str, datetime]] = []
    waits = iter([("btc",), ()])

    class Asking:
        async def ask(self, now: datetime) -> None:
            done.append(("ask", now))

        async def read_over(self) -> None:
            done.append(("read over", clock.now()))
            clock.advance(timedelta(seconds=15))

    class Stepping:
        def catch_up(self, as_of: datetime, *, stop: object) -> Progress:
            done.append(("step", as_of))
            return Progress(waiting_for=next(waits))

    cycle = Cycle(
        Asking(),
        Stepping(),
        clock,
        HOUR,
        retry_every=timedelta(seconds=20),
        stopping=lambda: False,
    )
    await cycle.run()
    again = START + timedelta(seconds=20)
    assert done == [(what, at) for at in (START, again) for what in ("ask", "step", "read over")]
