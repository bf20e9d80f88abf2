"""The server in a process of its own, steered over HTTP."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.venue_server.asking import ask
from tests.kit.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]
HEADER = "ts,exchange,symbol,open,high,low,close,base_volume,quote_volume,taker_buy_quote"
BARS = f"""{HEADER}
2025-01-19T00:00:00Z,binance,TRUMP/USDT,30,32,29,31,10,305,200
2025-01-19T01:00:00Z,binance,TRUMP/USDT,31,33,30,32,10,,
2025-01-19T02:00:00Z,gate,TRUMP/USDT,32,34,31,33,20,650,
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """Serves three bars at half past one; its clock stands nearly still."""
    bars = tmp_path / "bars.csv"
    bars.write_text(BARS, encoding="utf-8")
    command = [sys.executable, "-m", "tests.kit.venue_server", "--bars", str(bars)]
    command += ["--start", "2025-01-19T01:30:00Z", "--speed", "0.001", "--max-seconds", "60"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield json.loads(running.stdout.readline()), running
        finally:
            running.kill()


def test_it_says_where_it_listens_and_serves_until_it_is_stopped(
    process: tuple[dict[str, Any], subprocess.Popen[str]],
) -> None:
    addresses, running = process
    assert set(addresses["venues"]) == {"binance", "gate"}
    asked = {"symbol": "TRUMPUSDT", "interval": "1h"}
    rows = ask(addresses["venues"]["binance"], "/api/v3/klines", **asked).body
    # The first row stands in the file; of the second the mean volume, half of it so far.
    assert rows[0][1:6] == ["30.0", "32.0", "29.0", "31.0", "10.0"]
    assert rows[0][7] == "305.0"
    assert rows[0][10] == "200.0"
    assert float(rows[1][7]) == pytest.approx(160, rel=1e-4)  # 10 coins at the close, 32, halved
    control = addresses["control"]
    ask(control, "/faults", method="POST", data={"kind": "status", "status": 418, "left": 1})
    assert ask(addresses["venues"]["binance"], "/api/v3/klines", **asked).status == 418
    assert ask(addresses["venues"]["binance"], "/api/v3/klines", **asked).status == 200
    assert ask(control, "/counts", venue="binance").body == {"count": 3}
    log = ask(control, "/requests", endpoint="candles", symbol="TRUMP/USDT").body
    assert [entry["faults"] for entry in log] == [[], ["status"], []]
    assert ask(control, "/clock").body["now"].startswith("2025-01-19T01:30:00")
    ask(control, "/stop", method="POST")
    assert running.wait(PATIENCE_S) == 0


def test_it_refuses_an_unknown_fault_and_says_what_it_knows(
    process: tuple[dict[str, Any], subprocess.Popen[str]],
) -> None:
    addresses, _ = process
    got = ask(addresses["control"], "/faults", method="POST", data={"kind": "nonsense"})
    assert (got.status, "nonsense" in got.body["error"]) == (400, True)
    got = ask(addresses["control"], "/faults", method="POST", data={"kind": "reset", "venu": "x"})
    assert (got.status, "venu" in got.body["error"]) == (400, True)


def test_a_bar_can_be_revised_and_faults_cleared_over_http(
    process: tuple[dict[str, Any], subprocess.Popen[str]],
) -> None:
    addresses, _ = process
    control, base = addresses["control"], addresses["venues"]["binance"]
    asked = {"symbol": "TRUMPUSDT", "interval": "1h"}
    bar = {"open_ms": 1737244800000, "open": 30, "high": 40, "low": 29, "close": 39}
    bar |= {"base_volume": 11, "quote_volume": 380, "taker_buy_quote": 190}
    entry = {"venue": "binance", "symbol": "TRUMP/USDT", "bars": [bar]}
    ask(control, "/bars", method="POST", data=entry)
    assert ask(base, "/api/v3/klines", **asked).body[0][4] == "39"
    ask(control, "/faults", method="POST", data=[{"kind": "maintenance", "venue": "binance"}])
    assert ask(base, "/api/v3/klines", **asked).status == 503
    ask(control, "/faults", method="DELETE", venue="binance")
    assert ask(base, "/api/v3/klines", **asked).status == 200
