"""Quarantine, venue health, notes, sent reports, the engine's state."""

from datetime import date, timedelta

from monitor.model.bars import Refusal, VenueHealth, VenueState
from monitor.store import engine_state, meta, notes, quarantine, reports_sent, venue_health
from monitor.store.database import Database
from monitor.store.engine_state import StoredState
from tests.integration.store.samples import HOUR, at, killed_write

NOON = at("2025-01-19T12:10")
MINUTE = timedelta(minutes=1)


def refusal(reason: str, detail: str = "found 0", market: str | None = "gate:ARC/USDT") -> Refusal:
    return Refusal("gate", market, NOON, reason, detail)


def test_refusals_are_counted_by_market_and_reason_with_the_last_in_words(
    database: Database,
) -> None:
    with database.write() as conn:
        quarantine.add_refusals(
            conn, [refusal("not_finite"), refusal("not_finite", "found NaN")], NOON
        )
        quarantine.add_refusals(conn, [refusal("html", "found a page", market=None)], NOON + MINUTE)
    with database.write() as conn:
        quarantine.add_refusals(conn, [refusal("not_finite", "found inf")], NOON + 2 * HOUR)
        quarantine.add_refusals(conn, [], NOON + 3 * HOUR)
    with database.read() as conn:
        assert quarantine.counts(conn) == [
            ("gate", "gate:ARC/USDT", "not_finite", 3, NOON + 2 * HOUR, "found inf"),
            ("gate", None, "html", 1, NOON + MINUTE, "found a page"),
        ]
        assert quarantine.counts(conn, since=NOON + HOUR) == [
            ("gate", "gate:ARC/USDT", "not_finite", 1, NOON + 2 * HOUR, "found inf")
        ]


def test_what_is_refused_at_every_poll_is_one_row_an_hour(database: Database) -> None:
    with database.write() as conn:
        for i in range(24):
            detail = "found 0 " * 1000
            quarantine.add_refusals(
                conn, [refusal("wrong_coin", detail)], at("2025-01-19") + i * 5 * MINUTE
            )
        rows = conn.exec_driver_sql("SELECT count, length(last_detail) FROM quarantine").all()
    assert [tuple(row) for row in rows] == [(12, 500), (12, 500)]


def test_health_of_a_venue_is_the_last_said(database: Database) -> None:
    down = VenueHealth("gate", VenueState.DOWN, NOON, NOON - HOUR, 3, "timed out", NOON + MINUTE)
    up = VenueHealth("binance", VenueState.UP, NOON)
    with database.write() as conn:
        for health in (VenueHealth("gate", VenueState.UP, NOON - HOUR), down, up):
            venue_health.save_health(conn, health)
    with database.read() as conn:
        assert venue_health.read_health(conn) == [up, down]


def test_notes_are_read_by_their_time_and_kept_apart(database: Database) -> None:
    with database.write() as conn:
        notes.add_note(conn, NOON, "second", NOON)
        notes.add_note(conn, NOON - HOUR, "first", NOON)
        notes.add_note(conn, NOON, "third", NOON)
        notes.add_note(conn, NOON + HOUR, "too late", NOON)
    with database.read() as conn:
        found = notes.read_notes(conn, NOON - HOUR, NOON + HOUR)
    assert found == [(NOON - HOUR, "first"), (NOON, "second"), (NOON, "third")]


def test_a_report_is_claimed_once_for_a_day_and_recipient(database: Database) -> None:
    day = date(2025, 1, 19)
    with database.write() as conn:
        assert reports_sent.mark_sent(conn, day, "a@example.org", NOON)
        assert not reports_sent.mark_sent(conn, day, "a@example.org", NOON + HOUR)
        assert reports_sent.mark_sent(conn, day, "b@example.org", NOON + HOUR)
        assert reports_sent.mark_sent(conn, date(2025, 1, 20), "a@example.org", NOON)
    with database.read() as conn:
        assert reports_sent.sent_to(conn, day) == {
            "a@example.org": NOON,
            "b@example.org": NOON + HOUR,
        }


def test_the_engines_state_is_replaced_as_a_whole(database: Database) -> None:
    with database.write() as conn:
        assert engine_state.load_state(conn) is None
        engine_state.save_state(conn, b"\x00one", NOON, "a")
        engine_state.save_state(conn, b"\x00two\xff", NOON + HOUR, "b")
    with database.read() as conn:
        assert engine_state.load_state(conn) == StoredState(b"\x00two\xff", NOON + HOUR, "b")


def test_a_state_saved_in_a_transaction_that_fails_is_the_one_before(database: Database) -> None:
    with database.write() as conn:
        engine_state.save_state(conn, b"one", NOON, "a")
    with killed_write(database) as conn:
        engine_state.save_state(conn, b"two", NOON + HOUR, "a")
    with database.read() as conn:
        assert engine_state.load_state(conn) == StoredState(b"one", NOON, "a")


def test_live_since_the_first_time_it_was_said(database: Database) -> None:
    with database.write() as conn:
        assert engine_state.live_from(conn) is None
        engine_state.set_live_from(conn, NOON)
        engine_state.set_live_from(conn, NOON + HOUR)
        assert engine_state.live_from(conn) == NOON


def test_a_fact_is_replaced(database: Database) -> None:
    with database.write() as conn:
        meta.put(conn, "last_good_poll", "one")
        meta.put(conn, "last_good_poll", "two")
        assert meta.get(conn, "last_good_poll") == "two"
