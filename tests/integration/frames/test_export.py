"""Exports: every format, a header also where nothing is in it, standard output, outcomes and units of rotations."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner, Result

from monitor.commands import files
from monitor.commands.context import Context
from monitor.commands.demo import demo_database, run_episode
from monitor.episodes import load_episode
from monitor.model import rotation_columns
from monitor.model.errors import MonitorError
from monitor.model.order_book import BookReading, Depth
from monitor.store import rotations, steps
from monitor.store.database import open_database
from monitor.store.order_books import save_books
from tests.integration.store.samples import at

CONFIG = Path(__file__).resolve().parents[3] / "config" / "monitor.toml"
KINDS = ("bars", "depth", "sectors", "rotations")
BOOKS = [
    BookReading("gate:ARC/USDT", datetime(2025, 1, 19, k, 0, 0, k, tzinfo=UTC), Depth(1e5, 9e4, 2e5, 1.8e5, 6.5 + k, truncated=k == 0))
    for k in range(3)
]  # fmt: skip


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    episode = load_episode()
    path = tmp_path_factory.mktemp("export") / "demo.db"
    database = demo_database(episode, path)
    run_episode(episode, database)
    with database.write() as conn:
        save_books(conn, BOOKS)
    database.close()
    return path


def export(stored: Path, *arguments: str) -> Result:
    verbs = typer.Typer()
    verbs.callback()(lambda: None)
    files.register(verbs)
    environ = {"MONITOR_ENGINE__INTERVAL": "1h", "MONITOR_ENGINE__CARRY_MAX": "2h"}
    context = Context(CONFIG, f"sqlite:///{stored}", environ)
    return CliRunner().invoke(verbs, ["export", *arguments], obj=context, catch_exceptions=False)


def rows_of(path: Path) -> tuple[list[str], list[dict[str, object]]]:
    """(columns, rows) of a file by its suffix."""
    if path.name.endswith((".csv", ".csv.gz")):
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
        reader = csv.DictReader(io.StringIO(text))
        return list(reader.fieldnames or ()), [dict(row) for row in reader]
    table = (
        pq.read_table(path)
        if path.suffix == ".parquet"
        else pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    )
    return table.column_names, table.to_pylist()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "arrow", "feather"])
def test_a_header_is_there_also_without_a_row(
    stored: Path, tmp_path: Path, kind: str, suffix: str
) -> None:
    full, empty = tmp_path / f"full.{suffix}", tmp_path / f"empty.{suffix}"
    range_ = ("--since", "2025-01-18", "--until", "2025-01-21")
    assert export(stored, kind, "--out", str(full), *range_).exit_code == 0
    said = export(stored, kind, "--out", str(empty), "--since", "2026-01-01")
    assert said.exit_code == 0
    assert f"wrote 0 rows to {empty}: no {kind} are stored in this range" in said.stderr
    columns, rows = rows_of(full)
    assert rows
    assert rows_of(empty) == (columns, [])


def test_depth_is_told_by_market_as_it_was_read(stored: Path, tmp_path: Path) -> None:
    out = tmp_path / "depth.parquet"
    export(
        stored, "depth", "--out", str(out), "--since", "2025-01-19", "--until", "2025-01-19T02:00Z"
    )
    columns, rows = rows_of(out)
    assert columns[3:] == [
        "bid_1pct_usd", "ask_1pct_usd", "bid_2pct_usd", "ask_2pct_usd", "spread_bp", "truncated",
    ]  # fmt: skip
    assert [
        (row["exchange"], row["symbol"], row["spread_bp"], row["truncated"]) for row in rows
    ] == [
        ("gate", "ARC/USDT", 6.5, True),
        ("gate", "ARC/USDT", 7.5, False),
    ]
    assert "schedule.depth" in export(stored, "depth", "--out", "-", "--since", "2025-02-01").stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_range_that_ends_before_it_begins_is_refused(
    stored: Path, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / "none.csv"
    said = export(stored, kind, "--out", str(out), "--since", "2025-01-20", "--until", "2025-01-19")
    assert said.exit_code == 2
    words = " ".join(said.stderr.replace("│", " ").split())
    assert "found 2025-01-20 00:00 to 2025-01-19 00:00 UTC, expected since < until" in words
    assert not out.exists()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_sectors_tell_how_net_flow_was_measured(stored: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"sectors.{suffix}"
    export(stored, "sectors", "--out", str(out), "--since", "2025-01-18", "--until", "2025-01-21")
    _, rows = rows_of(out)
    database = open_database(f"sqlite:///{stored}", read_only=True)
    with database.read() as conn:
        kept = list(steps.sector_series(conn, at("2025-01-18"), at("2025-01-21")))
    database.close()
    assert [row["flow_grade"] or None for row in rows] == [state.flow_grade for _, state in kept]
    assert "C" in {row["flow_grade"] for row in rows}  # bars of these venues do not tell it


def test_relative_flow_of_the_sectors_of_a_step_sums_to_nothing(
    stored: Path, tmp_path: Path
) -> None:
    out = tmp_path / "sectors.parquet"
    export(stored, "sectors", "--out", str(out), "--since", "2025-01-18", "--until", "2025-01-21")
    _, rows = rows_of(out)
    by_step: dict[object, list[dict[str, object]]] = {}
    for row in rows:
        by_step.setdefault(row["close_ts"], []).append(row)
    told = 0
    for step in by_step.values():
        shared = [row for row in step if row["share_fraction"] is not None]
        flows = [row["relative_net_flow_24h_usd"] for row in shared]
        unknown = any(
            row["net_flow_24h_usd"] is None or row["volume_24h_usd"] is None for row in shared
        )
        assert (None in flows) is unknown
        if not unknown:
            told += 1
            known = [flow for flow in flows if isinstance(flow, float)]
            assert sum(known) == pytest.approx(0.0, abs=1e-3)
            assert any(known)
        assert all(row["relative_net_flow_24h_usd"] is None for row in step if row not in shared)
    assert told


def test_rotations_have_outcomes_and_units_in_their_columns(stored: Path, tmp_path: Path) -> None:
    out = tmp_path / "rotations.parquet"
    export(stored, "rotations", "--out", str(out))
    columns, rows = rows_of(out)
    assert columns == list(rotation_columns.COLUMNS)
    database = open_database(f"sqlite:///{stored}", read_only=True)
    with database.read() as conn:
        kept = rotations.list_rotations(conn)
    database.close()
    assert [row["id"] for row in rows] == [rotation.id for rotation in kept]
    for row, rotation in zip(rows, kept, strict=True):
        outcome = rotation.outcomes["72h"]
        assert outcome is not None
        assert row["outcome_72h_relative_return_fraction"] == outcome.relative_return
        assert row["outcome_72h_held"] is outcome.held
        assert row["relative_return_fraction"] == rotation.evidence.relative_return


def test_standard_output_holds_the_rows_alone(stored: Path) -> None:
    said = export(stored, "sectors", "--out", "-", "--since", "2025-01-31")
    rows = list(csv.DictReader(io.StringIO(said.stdout)))
    assert {row["sector"] for row in rows} == {"ai-agents", "benchmark", "memes"}
    assert f"wrote {len(rows):,} rows to standard output" in said.stderr
    as_json = export(stored, "rotations", "--out", "-", "--format", "json")
    assert {"evidence", "outcomes"} <= set(json.loads(as_json.stdout)[0])
    packed = export(stored, "rotations", "--out", "-", "--format", "arrow")
    table = pa.ipc.open_file(pa.BufferReader(packed.stdout_bytes)).read_all()
    assert table.num_rows == len(json.loads(as_json.stdout))


def test_an_unknown_suffix_is_named_with_those_that_are_known(stored: Path, tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match=r"found suffix '.xlsx', expected .csv.* \.arrow"):
        export(stored, "bars", "--out", str(tmp_path / "x.xlsx"))
