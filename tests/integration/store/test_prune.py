"""Retention: what is older goes, what is kept for good stays."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from monitor.model.bars import Coverage, Refusal
from monitor.model.errors import ConfigError
from monitor.model.rotation import ChangeReason
from monitor.store import outbox, quarantine, rotations, steps
from monitor.store.bars import missing_ranges, read_bars, save_bars, save_coverage
from monitor.store.database import Database
from monitor.store.prune import prune, prune_in_turns
from tests.integration.store.samples import (
    FIVE,
    HOUR,
    at,
    bar,
    change,
    notice,
    output,
    reading,
    rotation,
    sector,
    token,
)
from tests.kit.waiting import eventually

NOON = at("2025-01-19T12:00")
DAY = timedelta(days=1)
ARC, TRUMP = "gate:ARC/USDT", "gate:TRUMP/USDT"


def test_bars_of_every_market_and_width_go_with_their_versions(database: Database) -> None:
    old, new = NOON - 3 * DAY, NOON - DAY
    with database.write() as conn:
        for width in (FIVE, HOUR):
            bars = [bar(m, moment) for m in (ARC, TRUMP) for moment in (old, new)]
            save_bars(conn, bars, width=width, received_at=NOON)
        save_bars(conn, [bar(ARC, old, 11), bar(ARC, new, 11)], width=HOUR, received_at=NOON + FIVE)
        save_coverage(conn, [Coverage(ARC, HOUR, old, old + HOUR)], fetched_at=NOON)
        save_coverage(conn, [Coverage(ARC, HOUR, new, new + HOUR)], fetched_at=NOON)
        counts = prune(conn, now=NOON, retention={"bars": 2 * DAY})
    assert counts == {"bars": 5}
    with database.read() as conn:
        for width in (FIVE, HOUR):
            assert [b.open_time for b, _ in read_bars(conn, width=width)] == [new, new]
        assert missing_ranges(conn, ARC, HOUR, old, old + HOUR) == [(old, old + HOUR)]
        assert missing_ranges(conn, ARC, HOUR, new, new + HOUR) == []
        assert conn.exec_driver_sql("SELECT count(*) FROM bar_superseded").scalar() == 1


def step_at(hours_ago: int) -> object:
    close = NOON - hours_ago * HOUR
    return output(
        close - HOUR,
        sectors=(sector("memes"),),
        tokens=(token("TRUMP"),),
        readings=(reading(close),),
    )


def test_steps_readings_and_tokens_have_retentions_of_their_own(database: Database) -> None:
    with database.write() as conn:
        steps.save_steps(conn, [(step_at(h), NOON) for h in (40, 30, 20, 10)])  # type: ignore[misc]
        counts = prune(
            conn,
            now=NOON,
            retention={"steps": 35 * HOUR, "tokens": 25 * HOUR, "readings": 15 * HOUR},
        )
    assert counts == {"steps": 1, "tokens": 1, "readings": 3}
    with database.read() as conn:
        assert steps.step_at(conn, NOON - 40 * HOUR) is None
        bare = steps.step_at(conn, NOON - 30 * HOUR)
        whole = steps.step_at(conn, NOON - 20 * HOUR)
        assert bare is not None
        assert whole is not None
        assert (bare.sectors, bare.tokens) == ((sector("memes"),), ())
        assert whole.tokens == (token("TRUMP"),)
        left = steps.readings(
            conn, from_sector="ai-agents", to_sector="memes", since=NOON - 2 * DAY, until=NOON
        )
    assert [r.at for r in left] == [NOON - 10 * HOUR]


def test_the_newest_step_stays_however_old(database: Database) -> None:
    with database.write() as conn:
        steps.save_steps(conn, [(step_at(h), NOON) for h in (400, 300)])  # type: ignore[misc]
        assert prune(conn, now=NOON, retention={"steps": DAY, "tokens": DAY})["steps"] == 1
        newest = steps.latest_step(conn)
    assert newest is not None
    assert newest.close_time == NOON - 300 * HOUR
    assert newest.tokens


def test_notices_go_once_they_are_done_and_refusals_by_their_hour(database: Database) -> None:
    with database.write() as conn:
        outbox.enqueue(conn, [notice(key, thread=key) for key in "abcd"])
        outbox.confirm(conn, 1, at=NOON - 3 * DAY, receipt={})
        outbox.fail(conn, 2, at=NOON - 3 * DAY, error="gone")
        outbox.confirm(conn, 3, at=NOON - DAY, receipt={})
        refusal = Refusal("gate", ARC, None, "not_finite", "found NaN")
        quarantine.add_refusals(conn, [refusal], NOON - 3 * DAY)
        quarantine.add_refusals(conn, [refusal], NOON - DAY)
        counts = prune(conn, now=NOON, retention={"outbox": 2 * DAY, "quarantine": 2 * DAY})
        left = [s.notice.dedup_key for s in outbox.list_notices(conn, at("2025-01-01"), NOON)]
        assert len(quarantine.counts(conn)) == 1
    assert counts == {"outbox": 2, "quarantine": 1}
    assert left == ["c", "d"]


def test_rotations_are_kept_for_good(database: Database) -> None:
    with database.write() as conn:
        rotations.save_changes(conn, [change(rotation(), ChangeReason.OPENED)])
        kinds = ("bars", "steps", "tokens", "readings", "quarantine", "outbox")
        prune(conn, now=NOON + 5000 * DAY, retention=dict.fromkeys(kinds, DAY))
        assert rotations.list_rotations(conn) == [rotation()]


def test_an_unknown_kind_is_named_with_those_there_are(database: Database) -> None:
    words = "found 'candles', expected one of bars, steps"
    with database.write() as conn, pytest.raises(ConfigError, match=words):
        prune(conn, now=NOON, retention={"candles": DAY})


def test_a_long_history_goes_in_turns_between_which_others_write(database: Database) -> None:
    opens = [NOON - days * DAY for days in range(40, 0, -1)]
    with database.write() as conn:
        save_bars(conn, [bar(ARC, moment) for moment in opens], width=HOUR, received_at=NOON)
        save_coverage(conn, [Coverage(ARC, HOUR, opens[0], opens[-1] + HOUR)], fetched_at=NOON)
    turns = 0
    write = database.write

    @contextmanager
    def counted() -> Iterator[Connection]:
        nonlocal turns
        turns += 1
        with write() as conn:
            yield conn

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "write", counted)
        counts = prune_in_turns(database, now=NOON, retention={"bars": 10 * DAY}, rows=6)
    assert counts == {"bars": 30}
    assert turns == 1 + 5  # coverage, and 30 bars, about so many at a time
    with database.read() as conn:
        assert [b.open_time for b, _ in read_bars(conn, width=HOUR)] == opens[-10:]


def test_who_wants_to_write_meanwhile_waits_for_one_turn_alone(database: Database) -> None:
    opens = [NOON - days * DAY for days in range(40, 0, -1)]
    with database.write() as conn:
        save_bars(conn, [bar(ARC, moment) for moment in opens], width=HOUR, received_at=NOON)
    pruning = threading.current_thread()
    order: list[str] = []

    def other() -> None:
        with database.write():
            pass

    waiting = threading.Thread(target=other)

    def guard(_: Connection) -> None:
        mine = threading.current_thread() is pruning
        order.append("prune" if mine else "other")
        if len(order) == 2:  # within a turn that deletes
            waiting.start()
            eventually(lambda: database._writer.waiting == 1, what="the other one stands in line")

    database.guard = guard
    prune_in_turns(database, now=NOON, retention={"bars": 10 * DAY}, rows=6)
    waiting.join()
    assert order == ["prune", "prune", "other", *["prune"] * 4]
