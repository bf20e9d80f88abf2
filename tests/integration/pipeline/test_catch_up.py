"""Stored intervals through the engine: what is due, what commits together, and what a failure leaves."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from sqlalchemy import Connection

from monitor.api.status import status_json, what_is_known
from monitor.clock import ManualClock
from monitor.commands.status import step_words
from monitor.engine import Engine
from monitor.model.bars import Bar
from monitor.model.notice import Notice, NoticeKind
from monitor.model.rotation import StepOutput
from monitor.model.universe import Market, Membership, Sector, Supply, Token, Universe
from monitor.pipeline import BATCH, Pipeline
from monitor.store import bars, engine_state, outbox, steps, supplies
from monitor.store.database import Database
from monitor.store.interval_source import read_intervals
from monitor.store.knowledge import issue_time
from monitor.web.readiness import readiness

HOUR = timedelta(hours=1)
START = datetime(2025, 1, 1, tzinfo=UTC)
DEADLINE = timedelta(minutes=10)
TOKENS = {"A": "ai", "B": "ai", "C": "memes", "D": "memes", "X": "benchmark"}


def universe() -> Universe:
    return Universe(
        sectors=tuple(
            Sector(
                s,
                s,
                tuple(Membership(t) for t, home in TOKENS.items() if home == s),
                benchmark=s == "benchmark",
            )
            for s in ("ai", "benchmark", "memes")
        ),
        tokens=tuple(Token(t, t, (Market("bybit", f"{t}/USDT", t),)) for t in TOKENS),
    )


def put(database: Database, hours: Sequence[int], *, without: str = "") -> None:
    """Bars of those hours; ``without``: a token that has none."""
    rows = []
    for k in hours:
        for i, token in enumerate(TOKENS):
            if token != without:
                price = (i + 1) * math.exp(0.01 * math.sin(k / 3 + i))
                rows.append(
                    Bar(
                        f"bybit:{token}/USDT",
                        START + k * HOUR,
                        price,
                        price,
                        price,
                        price,
                        10.0,
                        10 * price,
                        None,
                    )
                )
    with database.write() as conn:
        at = issue_time(conn, START + (max(hours) + 1) * HOUR)
        bars.save_bars(conn, rows, width=HOUR, received_at=at)
        supplies.save_supplies(
            conn, [Supply(t, 1e6, START, START, "test", dated_by_operator=True) for t in TOKENS]
        )


def pipeline(
    database: Database, notices: object = None, *, perpetuals: Sequence[Market] = ()
) -> Pipeline:
    engine = Engine(universe(), HOUR)
    maker = notices if callable(notices) else None
    return Pipeline(
        database,
        engine,
        HOUR,
        deadline=DEADLINE,
        clock=ManualClock(START + timedelta(days=40)),
        notices=maker,
        perpetuals=perpetuals,
    )


def stepped(database: Database) -> datetime | None:
    with database.read() as conn:
        step = steps.latest_step(conn)
    return step.close_time if step else None


def test_every_closed_interval_is_stepped_once(database: Database) -> None:
    put(database, range(10))
    work = pipeline(database)
    assert work.catch_up(START + 10 * HOUR).steps == 10
    assert work.catch_up(START + 10 * HOUR).steps == 0
    assert stepped(database) == START + 10 * HOUR
    with database.read() as conn:
        stored = engine_state.load_state(conn)
    assert stored is not None
    assert stored.last_open == START + 9 * HOUR


def test_an_interval_waits_for_its_markets_until_its_deadline(database: Database) -> None:
    put(database, range(5))
    put(database, [5], without="C")
    work = pipeline(database)
    early = work.catch_up(START + 6 * HOUR + timedelta(minutes=1))
    assert (early.steps, early.waiting_for) == (5, ("bybit:C/USDT",))
    late = work.catch_up(START + 6 * HOUR + DEADLINE)
    assert (late.steps, late.waiting_for) == (1, ())
    with database.read() as conn:
        step = steps.latest_step(conn)
    assert step is not None
    # C's price is carried, its volume unknown and not 0: only D's part of the sector's cap, 4 of 7, is covered
    assert step.sector("memes").members == 2
    assert step.sector("memes").coverage == pytest.approx(4 / 7, abs=0.01)


def test_a_bar_that_comes_in_time_ends_the_waiting(database: Database) -> None:
    put(database, range(5))
    put(database, [5], without="C")
    work = pipeline(database)
    work.catch_up(START + 6 * HOUR)
    put(database, [5])
    assert work.catch_up(START + 6 * HOUR).steps == 1


def test_history_is_stepped_in_bounded_transactions(database: Database) -> None:
    hours = BATCH + 30
    put(database, range(hours))
    assert pipeline(database).catch_up(START + hours * HOUR).steps == hours


def test_a_long_catch_up_says_how_far_it_is_until_it_is_over(database: Database) -> None:
    hours = 3 * BATCH + 10
    put(database, range(hours))
    end = START + hours * HOUR
    calls = iter([False, False, True])
    pipeline(database).catch_up(end, stop=lambda: next(calls))
    told = f"catching up, 62 %: at {START + 2 * BATCH * HOUR:%Y-%m-%d %H:%M} of {end:%Y-%m-%d %H:%M} UTC"
    known = what_is_known(database, HOUR, end)
    assert step_words(known)[1].strip() == f"{told}; no daemon runs now"
    assert status_json(known, universe(), HOUR)["catch_up"]["percent"] == 62
    ready = readiness(database, end, width=HOUR, deadline=DEADLINE)
    assert told in ready.reasons
    assert not any("last good step" in reason for reason in ready.reasons)

    calls = iter([False, True])
    pipeline(database).catch_up(end, stop=lambda: next(calls))  # another process goes on
    assert step_words(what_is_known(database, HOUR, end))[1].strip().startswith("catching up, 93 %")
    pipeline(database).catch_up(end)
    known = what_is_known(database, HOUR, end)
    assert (known.behind, len(step_words(known))) == (None, 1)
    assert status_json(known, universe(), HOUR)["catch_up"] is None


def test_each_tenth_of_a_long_catch_up_is_a_line_of_the_log(database: Database) -> None:
    hours = 40 * BATCH
    put(database, range(hours))
    with structlog.testing.capture_logs() as lines:
        pipeline(database).catch_up(START + hours * HOUR)
    told = [line["percent"] for line in lines if line["event"] == "catching up"]
    assert told == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]


def test_stopping_leaves_what_was_done_and_goes_on_later(database: Database) -> None:
    hours = BATCH + 30
    put(database, range(hours))
    calls = iter([False, True])
    work = pipeline(database)
    assert work.catch_up(START + hours * HOUR, stop=lambda: next(calls)).steps == BATCH
    assert work.catch_up(START + hours * HOUR).steps == 30


def test_a_failure_stores_nothing_of_the_batch_and_the_next_call_repeats_it(
    database: Database,
) -> None:
    put(database, range(6))
    put_notice = Notice("key", "slack", NoticeKind.TEST, "text", START, START, thread="t")
    asked = []

    def breaks_once(_: Connection, outputs: Sequence[StepOutput]) -> list[Notice]:
        asked.append(len(outputs))
        if len(asked) == 1:
            raise RuntimeError("killed here")
        return [put_notice]

    work = pipeline(database, breaks_once)
    with pytest.raises(RuntimeError, match="killed here"):
        work.catch_up(START + 6 * HOUR)
    assert stepped(database) is None
    with database.read() as conn:
        assert engine_state.load_state(conn) is None
    done = work.catch_up(START + 6 * HOUR)
    assert (done.steps, done.notices, asked) == (6, 1, [6, 6])
    with database.read() as conn:
        assert outbox.pending_stats(conn, START + timedelta(days=1)).pending == 1


def test_a_new_process_goes_on_bit_for_bit_where_another_ended(database: Database) -> None:
    put(database, range(30))
    for hour in (7, 8, 19, 30):
        pipeline(database).catch_up(START + hour * HOUR)
    with database.read() as conn:
        in_pieces = steps.sector_series(conn, START, START + 31 * HOUR)
        blob = engine_state.load_state(conn)
    engine = Engine(universe(), HOUR)
    state = engine.new_state()
    with database.read() as conn:
        whole = [
            engine.step(state, interval)
            for interval in read_intervals(
                conn, universe(), width=HOUR, since=START, until=START + 30 * HOUR
            )
        ]
    assert blob is not None
    assert engine.dump(state) == blob.blob
    assert [s for _, s in in_pieces] == [s for output in whole for s in output.step.sectors]


def test_nothing_stored_is_nothing_to_do(database: Database) -> None:
    assert pipeline(database).catch_up(START + HOUR).steps == 0


def test_a_state_of_an_older_form_is_folded_anew_to_the_same_bits(database: Database) -> None:
    put(database, range(30))
    pipeline(database).catch_up(START + 20 * HOUR)
    with database.read() as conn:
        kept = engine_state.load_state(conn)
    assert kept is not None
    other = Engine(universe(), timedelta(minutes=5))
    with database.write() as conn:
        engine_state.save_state(conn, other.dump(other.new_state()), kept.last_open, "older")
    assert pipeline(database).catch_up(START + 30 * HOUR).steps == 10
    with database.read() as conn:
        found = engine_state.load_state(conn)
        whole = steps.sector_series(conn, START, START + 31 * HOUR)
    assert found is not None
    assert len(whole) == 30 * 3
    straight = Engine(universe(), HOUR)
    state = straight.load(kept.blob)
    with database.read() as conn:
        for interval in read_intervals(
            conn, universe(), width=HOUR, since=START + 20 * HOUR, until=START + 30 * HOUR
        ):
            straight.step(state, interval)
    assert straight.dump(state) == found.blob
