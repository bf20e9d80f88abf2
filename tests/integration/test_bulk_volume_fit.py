"""The shrinkage of bulk volume, fitted anew on real bars whose true taker flow is known."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from monitor.analytics.bulk_volume import MEASURED
from tests.kit.bulk_volume_fit import Fit, daily_imbalance, fit_shrinkage

REAL = Path(__file__).parents[3] / "shared" / "data" / "real"
SOURCES = {
    5: "binance_spot_5m.csv.gz",
    15: "binance_spot_5m.csv.gz",
    30: "binance_spot_5m.csv.gz",
    60: "binance_spot_1h.csv.gz",
}

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="no real bars beside the project (../shared/data/real)"
)


def true_imbalance() -> pd.DataFrame:
    """Day by pair: taker buying less selling over traded volume."""
    days = pd.read_csv(REAL / "binance_spot_1d_taker.csv.gz", parse_dates=["ts"])
    days["phi"] = 2.0 * days["taker_buy_quote"] / days["quote_volume"] - 1.0
    return days.pivot_table(index="ts", columns="symbol", values="phi")


def fitted(minutes: int) -> Fit:
    """Of bars of that width, against the truth of the same pairs and days."""
    width = f"{minutes}min"
    bars = pd.read_csv(REAL / SOURCES[minutes], parse_dates=["ts"])
    bars["usd"] = bars["base_volume"] * (bars["high"] + bars["low"] + bars["close"]) / 3.0
    close = bars.pivot_table(index="ts", columns="symbol", values="close").resample(width).last()
    usd = (
        bars.pivot_table(index="ts", columns="symbol", values="usd")
        .resample(width)
        .sum(min_count=1)
    )
    true = true_imbalance()
    pairs = [pair for pair in close.columns if pair in true.columns]
    days = close.index[:: 24 * 60 // minutes]
    assert all(day.hour == day.minute == 0 for day in days)
    found = daily_imbalance(
        close[pairs].to_numpy(), usd[pairs].to_numpy(), timedelta(minutes=minutes)
    )
    return fit_shrinkage(found, true.reindex(days[: len(found)])[pairs].to_numpy())


@pytest.mark.parametrize("minutes", sorted(SOURCES))
def test_the_stored_factor_is_what_the_bars_say(
    minutes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    fit = fitted(minutes)
    with capsys.disabled():
        print(
            f"\n{minutes} min: {fit.factor:.3f} +- {fit.error:.3f} ({fit.pair_days} pair-days,"
            f" {fit.days} days, sign right on {fit.agree:.0%})"
        )
    known = MEASURED[minutes]
    assert fit.factor == pytest.approx(known.factor, abs=0.01)
    assert fit.error == pytest.approx(known.error, abs=0.01)
    assert np.isfinite(fit.factor)
