"""Real bars, where they lie beside the project: imported and replayed by the verbs, and what comes out printed."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.integration.commands.stage import ROOT, Market

REAL = ROOT.parent / "shared" / "data" / "real"
FILES = sorted(f for f in REAL.glob("**/*") if f.name.endswith((".csv", ".csv.gz", ".parquet")))


@pytest.mark.skipif(
    not FILES, reason="no real bars beside the project (../shared/data/real): nothing to replay"
)
def test_real_bars_are_imported_and_replayed(tmp_path: Path) -> None:
    config = ROOT / "config" / "monitor.toml"
    market = Market(server=None, config=config, folder=tmp_path, now=None)  # type: ignore[arg-type]
    environ = {
        "MONITOR_DATABASE__URL": f"sqlite:///{tmp_path / 'real.db'}",
        "MONITOR_ENGINE__INTERVAL": "1h",
    }
    market.monitor("db", "upgrade", environ=environ)
    for file in FILES:
        print(market.monitor("import", str(file), code=(0, 1, 3), environ=environ).stdout)
    with sqlite3.connect(tmp_path / "real.db") as raw:
        if not raw.execute("select count(*) from bar").fetchone()[0]:
            pytest.skip("the files beside the project hold no hourly bars of a configured market")
    told = market.monitor(
        "replay", "--since", "2025-01-01", "--until", "2025-02-01", "--json", environ=environ
    )
    rotations = [json.loads(line) for line in told.stdout.splitlines()]
    for rotation in rotations:
        print(
            rotation["from_sector"],
            rotation["to_sector"],
            rotation["status"],
            rotation["detected_at"],
        )
    sectors = market.monitor("replay", "--changes", "--until", "2025-02-01", environ=environ)
    assert sectors.returncode == 0
    assert all(r["detected_at"] < "2025-02-01" for r in rotations)
