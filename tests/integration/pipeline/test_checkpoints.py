"""A fold from a kept state gives what a fold from the first bar gives; what arrives late spoils what it must."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from monitor.engine import Engine
from monitor.history import steps_of
from monitor.model.rotation import StepOutput
from monitor.model.universe import Supply
from monitor.pipeline import fold
from monitor.store import bars, checkpoints, supplies
from monitor.store.database import Database
from monitor.store.interval_source import read_intervals
from monitor.store.knowledge import issue_time
from monitor.store.prune import prune
from monitor.store.tables import engine_checkpoint
from tests.integration.pipeline.test_catch_up import HOUR, START, pipeline, put, universe

DAYS = 6
END = START + DAYS * 24 * HOUR


def from_the_first_bar(database: Database, *, as_known: bool) -> list[StepOutput]:
    engine = Engine(universe(), HOUR)
    with database.read() as conn:
        source = read_intervals(
            conn, engine.universe, width=HOUR, since=START, until=END, as_known=as_known
        )
        return list(fold(engine, engine.new_state(), source))


def asked(
    database: Database, since: datetime, *, as_known: bool, engine: Engine | None = None
) -> tuple[list[StepOutput], int]:
    """(steps, how many intervals were folded for them)."""
    folded = []
    steps = steps_of(
        database,
        engine or Engine(universe(), HOUR),
        since=since,
        as_known=as_known,
        on_step=lambda done, _all: folded.append(done),
    )
    return [moved.output() for moved in steps], len(folded)


def kept(database: Database) -> set[tuple[bool, bool, datetime]]:
    columns = (
        engine_checkpoint.c.as_known,
        engine_checkpoint.c.whole,
        engine_checkpoint.c.last_open,
    )
    with database.read() as conn:
        return {tuple(row) for row in conn.execute(select(*columns))}


def live(database: Database) -> None:
    """Six days as the daemon steps them."""
    put(database, range(DAYS * 24))
    pipeline(database).catch_up(END)


def test_a_day_is_folded_from_its_own_beginning_with_the_same_bits(database: Database) -> None:
    live(database)
    since = START + 4 * 24 * HOUR + 5 * HOUR
    for as_known in (True, False):
        whole = from_the_first_bar(database, as_known=as_known)
        steps, folded = asked(database, since, as_known=as_known)
        assert steps == [output for output in whole if output.step.close_time >= since]
        assert folded <= len(steps) + 24
    assert {(as_known, is_whole) for as_known, is_whole, _ in kept(database)} == {(True, True)}


def test_what_is_asked_from_a_date_on_folds_nothing_before_it(database: Database) -> None:
    live(database)
    for as_known in (True, False):
        steps, folded = asked(database, START + 4 * 24 * HOUR, as_known=as_known)
        assert folded == len(steps) == 2 * 24 + 1


def test_the_latest_state_is_found_however_it_was_folded(database: Database) -> None:
    """What arrives late leaves states of both kinds beside each other: each question takes the latest that is true of it."""
    live(database)
    engine, late = Engine(universe(), HOUR), START + 3 * 24 * HOUR
    with database.write() as conn:
        ((bar, _), *_) = bars.read_bars(conn, width=HOUR, since=late, until=late + HOUR)
        changed = replace(bar, quote_volume=5e6, base_volume=5e6)
        bars.save_bars(conn, [changed], width=HOUR, received_at=issue_time(conn, END + HOUR))
    days: dict[bool, list[int | None]] = {as_known: [] for as_known in (True, False)}
    for before in (START + n * 24 * HOUR for n in range(1, DAYS + 1)):
        for as_known, found in days.items():
            with database.read() as conn:
                state = checkpoints.nearest(conn, engine.identity, before=before, as_known=as_known)
            found.append(None if state is None else (state.last_open - START) // HOUR)
    assert days[True] == [22, 46, 70, 94, 118, 142]
    assert days[False] == [22, 46, 70, 70, 70, 70]
    asked(database, START + 5 * 24 * HOUR, as_known=False)
    with database.read() as conn:
        for as_known in (True, False):
            assert checkpoints.is_kept(conn, engine.identity, START + 94 * HOUR, as_known=as_known)
            assert not checkpoints.is_kept(
                conn, engine.identity, START + 95 * HOUR, as_known=as_known
            )


def test_a_late_bar_is_seen_by_a_replay_and_not_by_what_was_known(database: Database) -> None:
    live(database)
    late = START + 3 * 24 * HOUR
    before = from_the_first_bar(database, as_known=True)
    with database.write() as conn:
        ((bar, _), *_) = bars.read_bars(conn, width=HOUR, since=late, until=late + HOUR)
        at = issue_time(conn, END + HOUR)
        changed = replace(bar, quote_volume=5e6, base_volume=5e6)
        bars.save_bars(conn, [changed], width=HOUR, received_at=at)
    since = START + 5 * 24 * HOUR
    known, quick = asked(database, since, as_known=True)
    assert known == [output for output in before if output.step.close_time >= since]
    assert quick <= len(known) + 24
    fresh, slow = asked(database, since, as_known=False)
    expected = from_the_first_bar(database, as_known=False)
    assert fresh == [output for output in expected if output.step.close_time >= since]
    assert fresh != known
    assert slow > len(fresh) + 24, "the days after the late bar had to be folded again"
    again, folded = asked(database, since, as_known=False)
    assert again == fresh
    assert folded <= len(fresh) + 24, "and were kept on the way"


def test_bars_that_say_the_same_and_new_ones_spoil_nothing(database: Database) -> None:
    live(database)
    put(database, range(DAYS * 24 - 3, DAYS * 24 + 2))
    assert all(is_whole for _, is_whole, _ in kept(database))


def test_a_supply_that_becomes_known_late_spoils_the_days_from_when_it_is_valid(
    database: Database,
) -> None:
    live(database)
    since = START + 4 * 24 * HOUR
    with database.write() as conn:
        late = Supply("A", 1.1e6, since, END, "test", dated_by_operator=True)
        supplies.save_supplies(conn, [late])
    wholes = {last_open for _, is_whole, last_open in kept(database) if is_whole}
    assert max(wholes) == since - 2 * HOUR
    steps, _ = asked(database, since + 5 * HOUR, as_known=False)
    expected = from_the_first_bar(database, as_known=False)
    assert steps == [o for o in expected if o.step.close_time >= since + 5 * HOUR]


def test_engines_of_other_settings_do_not_share_states(database: Database) -> None:
    live(database)
    other = Engine(universe(), HOUR, live_from=START)
    steps, folded = asked(database, END - 5 * HOUR, as_known=False, engine=other)
    assert folded == DAYS * 24
    assert len(steps) == 6


def test_states_have_a_retention(database: Database) -> None:
    live(database)
    with database.write() as conn:
        gone = prune(conn, now=END, retention={"checkpoints": timedelta(days=2)})
    assert gone == {"checkpoints": 4}
    assert len(kept(database)) == 2
