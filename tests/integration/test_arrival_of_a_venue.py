"""Real bars of which one venue's begin half-way: its arrival is told by nobody as a rotation."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from monitor.engine import Engine
from monitor.model.bars import Slot
from monitor.model.interval import IntervalInput, Layout
from monitor.model.rotation import ChangeReason, RotationChange
from monitor.settings.load import load_settings

REAL = Path(__file__).parents[3] / "shared" / "data" / "real"
FILES = ("hyperliquid_perp_1h.csv.gz", "binance_spot_1h.csv.gz")
HOUR = timedelta(hours=1)
SINCE, ARRIVAL = datetime(2024, 12, 10, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
UNTIL = ARRIVAL + timedelta(days=14)

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="no real bars beside the project (../shared/data/real)"
)


def changes(files: tuple[str, ...]) -> list[RotationChange]:
    """What an engine with the configuration beside the bars says of them."""
    settings = load_settings(REAL / "monitor.toml", {})
    engine = Engine(settings.universe, HOUR)
    layout = Layout.of(settings.universe)
    bars = pd.concat(pd.read_csv(REAL / file, parse_dates=["ts"]) for file in files)
    bars["market"] = bars["exchange"] + ":" + bars["symbol"]
    bars["usd"] = bars["base_volume"] * (bars["high"] + bars["low"] + bars["close"]) / 3.0
    grid = pd.date_range(SINCE, UNTIL, freq="1h", inclusive="left")
    close, usd = (
        bars.pivot_table(index="ts", columns="market", values=value)
        .reindex(index=grid, columns=list(layout.markets))
        .to_numpy()
        for value in ("close", "usd")
    )
    supplies = {
        token: [s for s in settings.supplies if s.token == token] for token in layout.tokens
    }
    state = engine.new_state()
    found: list[RotationChange] = []
    for row, opens in enumerate(grid):
        at = opens.to_pydatetime()
        told = [
            max(
                (s for s in supplies[t] if s.valid_from <= at),
                key=lambda s: s.valid_from,
                default=None,
            )
            for t in layout.tokens
        ]
        slot = np.where(usd[row] > 0, Slot.TRADED, Slot.QUIET)
        slot[np.isnan(close[row])] = Slot.UNSEEN
        interval = IntervalInput(
            open_time=at,
            width=HOUR,
            close=close[row],
            high=close[row],
            low=close[row],
            quote_volume=usd[row],
            taker_buy_quote=np.full(len(layout.markets), np.nan),
            slot=slot.astype(np.int8),
            supply=np.array([s.units if s else np.nan for s in told]),
            supply_age_h=np.ones(len(layout.tokens)),
        )
        found += engine.step(state, interval).changes
    return found


def test_no_confirmation_comes_of_a_venue_that_begins(capsys: pytest.CaptureFixture[str]) -> None:
    both = [c for c in changes(FILES) if c.reason is ChangeReason.CONFIRMED]
    with capsys.disabled():
        print(
            "\nconfirmed with Binance from 1 January on:",
            [(c.rotation.pair, str(c.changed_at)) for c in both],
        )
    # the ten days in which the witnesses' windows and yardsticks straddle the arrival
    assert [c for c in both if ARRIVAL <= c.changed_at < ARRIVAL + timedelta(days=10)] == []
