"""Backups, and the move to another database."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model.bars import Coverage, Refusal, VenueHealth, VenueState
from monitor.model.derivatives import DerivativeReading
from monitor.model.errors import SchemaError
from monitor.model.grid import to_ms
from monitor.model.headline import Headline
from monitor.model.order_book import BookReading, Depth
from monitor.model.rotation import ChangeReason
from monitor.model.silence import Silence, Why
from monitor.model.state import MemberEvent, MemberEventKind
from monitor.model.trades import RecentTrades, Trade
from monitor.model.universe import BEGINNING, Supply
from monitor.model.vendor_reading import VendorFigure, VendorReading
from monitor.store import (
    checkpoints,
    derivatives,
    engine_state,
    headlines,
    meta,
    migrations,
    notes,
    order_books,
    outbox,
    quarantine,
    reports_sent,
    rotations,
    silences,
    steps,
    supplies,
    trade_sums,
    vendor_readings,
    venue_health,
)
from monitor.store.backup import backup, copy_to
from monitor.store.bars import read_bars, save_bars, save_coverage
from monitor.store.database import Database, open_database
from monitor.store.errors import StoreError
from monitor.store.tables import metadata
from tests.integration.store.samples import (
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
from tests.kit.stored import save_step

NOON = at("2025-01-19T12:00")
ARC = "gate:ARC/USDT"


def fill(database: Database) -> None:
    """At least one row in every table."""
    launch = MemberEvent(NOON, MemberEventKind.LAUNCH, "memes", "TRUMP", 0.1, None)
    with database.write() as conn:
        meta.put(conn, "key", "value")
        save_bars(conn, [bar(ARC, NOON, 1 / 3)], width=HOUR, received_at=NOON)
        save_bars(conn, [bar(ARC, NOON, 2 / 3)], width=HOUR, received_at=NOON + HOUR)
        save_coverage(conn, [Coverage(ARC, HOUR, NOON, NOON + HOUR)], fetched_at=NOON)
        quarantine.add_refusals(conn, [Refusal("gate", None, None, "html", "a page")], NOON)
        supplies.save_supplies(conn, [Supply("ARC", 1e9, BEGINNING, NOON, "config")])
        engine_state.save_state(conn, bytes(range(256)), NOON, "f")
        kept = checkpoints.Checkpoint(NOON, bytes(range(256)))
        checkpoints.keep(conn, "identity", kept, as_known=True, whole=True)
        whole = output(
            NOON,
            sectors=(sector("memes"),),
            tokens=(token("ARC"),),
            events=(launch,),
            readings=(reading(NOON + HOUR),),
        )
        save_step(conn, whole, NOON + HOUR)
        rotations.save_changes(conn, [change(rotation(), ChangeReason.OPENED)])
        outbox.enqueue(conn, [notice("a"), notice("b", text="→ é")])
        venue_health.save_health(conn, VenueHealth("gate", VenueState.UP, NOON))
        notes.add_note(conn, NOON, "Stargate", NOON)
        reports_sent.mark_sent(conn, NOON.date(), "x@y", NOON)
        below = Silence(rotation().id, ChangeReason.OPENED, NOON, "slack", "", Why.BELOW_MINIMUM)
        silences.save_silences(conn, [below])
        fees = VendorReading("ARC", VendorFigure.DAILY_FEES, 1.0, NOON, "dune", NOON)
        vendor_readings.save_vendor_readings(conn, [fees])
        book = Depth(1.0, 2.0, 3.0, 4.0, 5.0, truncated=True)
        funding = DerivativeReading(ARC, NOON, 0.0001, 8.0, 1e6)
        derivatives.save_derivatives(conn, [funding])
        headlines.save_headlines(conn, [Headline("wire", "1", NOON, "Stargate")], NOON)
        order_books.save_books(conn, [BookReading(ARC, NOON, book)])
        traded = RecentTrades(ARC, (Trade("7", to_ms(NOON + HOUR), 30.0, bought=True),))
        trade_sums.add_trades(conn, [traded], width=HOUR, received_at=NOON + HOUR)


@pytest.fixture
def other_kind_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the other kind than ``database``."""
    if database_kind == "postgresql":
        return f"sqlite:///{tmp_path / 'other.db'}"
    server = request.getfixturevalue("postgres")
    return str(server.url(server.create()))


def test_everything_moves_to_the_other_database(database: Database, other_kind_url: str) -> None:
    fill(database)
    counts = copy_to(database, other_kind_url)
    assert set(counts) == set(metadata.tables) - {"lease"}  # of the processes at work there
    assert min(counts.values()) >= 1
    assert counts["outbox"] == 2
    other = open_database(other_kind_url)
    with database.read() as here, other.read() as there:
        assert list(read_bars(there, width=HOUR)) == list(read_bars(here, width=HOUR))
        assert steps.latest_step(there) == steps.latest_step(here)
        assert supplies.read_supplies(there) == supplies.read_supplies(here)
        assert rotations.list_changes(there) == [change(rotation(), ChangeReason.OPENED)]
        state = engine_state.load_state(there)
        assert state is not None
        assert state.blob == bytes(range(256))
    with other.write() as conn:  # new rows get new ids
        assert outbox.enqueue(conn, [notice("c")]) == 1
        notes.add_note(conn, NOON, "second", NOON)
        save_bars(conn, [bar("gate:NEW/USDT", NOON)], width=HOUR, received_at=NOON)
        rotations.save_changes(conn, [change(rotation("r9"), ChangeReason.OPENED)])
    other.close()


def test_a_database_that_holds_rows_is_not_copied_into(
    database: Database, new_url: Callable[[], str]
) -> None:
    fill(database)
    url = new_url()
    copy_to(database, url)
    with pytest.raises(StoreError, match="found rows in"):
        copy_to(database, url)


def test_a_copy_that_fails_leaves_the_other_empty(
    database: Database, new_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database)
    url = new_url()

    def fail(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("monitor.store.backup._advance_row_ids", fail)
        with pytest.raises(RuntimeError, match="killed"):
            copy_to(database, url)
    assert copy_to(database, url)["bar"] == 1


def test_a_database_of_another_schema_is_not_copied(
    new_url: Callable[[], str], tmp_path: Path
) -> None:
    opened = open_database(new_url())
    with pytest.raises(SchemaError):
        copy_to(opened, f"sqlite:///{tmp_path / 'target.db'}")
    opened.close()


def test_a_backup_is_a_whole_database_taken_while_others_read_and_write(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "copy.db"
    if database.dialect != "sqlite":
        with pytest.raises(StoreError, match="SQLite files only") as caught:
            backup(database, file)
        assert "pg_dump" in str(caught.value.remedy)
        return
    fill(database)
    with database.write() as conn:
        meta.put(conn, "key", "not yet committed")
        backup(database, file)
    copy = open_database(f"sqlite:///{file}")
    migrations.check_schema(copy)
    with copy.read() as conn:
        assert meta.get(conn, "key") == "value"
        assert [b.close for b, _ in read_bars(conn, width=HOUR)] == [2 / 3]
    copy.close()
    assert sorted(p.name for p in tmp_path.glob("copy.db.part*")) == []


@pytest.fixture
def sqlite_database(migrated_sqlite: Path, tmp_path: Path) -> Database:
    shutil.copy(migrated_sqlite, tmp_path / "monitor.db")
    return open_database(f"sqlite:///{tmp_path / 'monitor.db'}")


def test_a_backup_never_overwrites(sqlite_database: Database, tmp_path: Path) -> None:
    file = tmp_path / "precious.db"
    file.write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        backup(sqlite_database, file)
    assert file.read_text() == "precious"
    sqlite_database.close()


def test_a_backup_that_cannot_be_written_says_so(sqlite_database: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="could not be written"):
        backup(sqlite_database, tmp_path / "no" / "copy.db")
    sqlite_database.close()


def test_many_rows_are_copied_in_several_parts(
    database: Database, new_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.backup._ROWS", 7)
    bars = [bar(ARC, NOON + timedelta(hours=i), 1 + i) for i in range(50)]
    with database.write() as conn:
        save_bars(conn, bars, width=HOUR, received_at=NOON)
    url = new_url()
    assert copy_to(database, url)["bar"] == 50
    other = open_database(url)
    with other.read() as conn:
        assert [b for b, _ in read_bars(conn, width=HOUR)] == bars
    other.close()
