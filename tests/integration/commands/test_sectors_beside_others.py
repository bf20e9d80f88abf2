"""`monitor sectors` with vendors' figures: a sentence for each, and the same in its JSON."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from monitor.model.rotation import StepOutput
from monitor.model.state import MarketStep
from monitor.model.vendor_reading import VendorFigure, VendorReading
from monitor.store import migrations
from monitor.store.database import open_database
from monitor.store.vendor_readings import save_vendor_readings
from tests.integration.commands.stage import ROOT, config_text
from tests.integration.store.samples import FIVE, at, sector, token
from tests.kit.stored import save_step
from tests.kit.waiting import PATIENCE_S

CLOSE = at("2025-01-19T11:35")
THEN = CLOSE - timedelta(minutes=2)


def sectors(folder: Path, *options: str) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "--config", str(folder / "c.toml"), "sectors", *options],
        cwd=ROOT, env=clean | {"COLUMNS": "100"}, capture_output=True, text=True, timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    return done.stdout


def test_each_figure_is_told_with_whose_it_is_ours_and_the_difference(tmp_path: Path) -> None:
    urls = {"bybit": "http://127.0.0.1:9", "gate": "http://127.0.0.1:9"}
    (tmp_path / "c.toml").write_text(config_text(urls, tmp_path))
    database = open_database(f"sqlite:///{tmp_path / 'monitor.db'}")
    migrations.upgrade(database)
    ours = sector("ai")
    step = MarketStep(CLOSE - FIVE, FIVE, (ours,), (token("VIRTUAL", sector="ai"),), ())
    with database.write() as conn:
        save_step(conn, StepOutput(step, (), ()), CLOSE)
        save_step(
            conn, StepOutput(MarketStep(CLOSE - 2 * FIVE, FIVE, (ours,), (), ()), (), ()), CLOSE
        )
        said = [
            ("VIRTUAL", VendorFigure.DAILY_VOLUME, 12.3e6, at("2025-01-18"), "dune"),
            ("ai", VendorFigure.CHANGE_24H, 0.01, THEN, "sosovalue"),
            ("ai", VendorFigure.MARKET_CAP, 2e9, THEN, "coingecko"),
        ]
        save_vendor_readings(conn, [VendorReading(*row, THEN) for row in said])
    database.close()
    text = " ".join(sectors(tmp_path).split())
    assert "Dune says of VIRTUAL on 18 Jan 2025: volume $12.3 M; VIRTUAL traded" in text
    assert "SoSoValue says Ai in 24 h +1.0 %; ours" in text
    assert "CoinGecko says Ai is worth $2.00 B; ours" in text
    assert "As of 11:33 UTC." in text
    found = json.loads(sectors(tmp_path, "--json"))
    assert [row["source"] for row in found["activity"]] == ["dune"]
    assert [row["source"] for row in found["references"]] == ["coingecko", "sosovalue"]
