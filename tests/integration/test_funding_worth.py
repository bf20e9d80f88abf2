"""What funding rates of perpetuals are worth as a witness: measured on real hours against the labelled episodes.

They are shown and weigh nothing, since a sector that money goes into does not have a rate that rises against the other's.
"""

import json
import tomllib
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

REAL = Path(__file__).parents[3] / "shared" / "data" / "real"
AS_OURS = {"ai": "ai-agents", "infra": "ai-infra", "memes": "memes"}
ASKED = ("rotation", "gain", "return")
HOURS = (8, 24)
SAMPLES, LEAST = 336, 84
NEAR = pd.Timedelta(hours=24)
EARNS = 0.6
"""Chance that an hour of an episode stands higher than another hour, from which on it would be offered to the score."""

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="no real bars beside the project (../shared/data/real)"
)


def rates() -> pd.DataFrame:
    """Hour by sector: median hourly rate of the members' perpetuals."""
    rows = pd.read_csv(REAL / "hyperliquid_funding_1h.csv.gz", parse_dates=["ts"])
    rows["token"] = rows["symbol"].str.split("/").str[0]
    by_token = rows.pivot_table(index="ts", columns="token", values="funding_rate")
    sectors = tomllib.loads((REAL / "monitor.toml").read_text())["sectors"]
    return pd.DataFrame(
        {
            sector["id"]: by_token[[t for t in sector["tokens"] if t in by_token]].median(axis=1)
            for sector in sectors
            if not sector.get("benchmark")
        }
    )


def shift(rate: pd.DataFrame, pair: tuple[str, str], hours: int) -> pd.Series:
    """How far the rate of *to* less that of *from* is from its usual, in usual spreads, as the score's other witnesses are."""
    mean = rate.rolling(hours).mean()
    gap = mean[pair[1]] - mean[pair[0]]
    before = gap.shift(hours)
    middle = before.rolling(SAMPLES, min_periods=LEAST).median()
    spread = 1.4826 * (before - middle).abs().rolling(SAMPLES, min_periods=LEAST).median()
    return (gap - middle) / spread.clip(lower=1e-6)


def chance(inside: np.ndarray, outside: np.ndarray) -> float:
    """That one of the first is higher than one of the second (Mann and Whitney 1947)."""
    ranks = pd.Series(np.concatenate([inside, outside])).rank().to_numpy()[: len(inside)]
    return float((ranks.sum() - len(inside) * (len(inside) + 1) / 2) / len(inside) / len(outside))


@pytest.mark.parametrize("hours", HOURS)
def test_funding_has_not_earned_a_weight(hours: int, capsys: pytest.CaptureFixture[str]) -> None:
    rate = rates()
    labels = [json.loads(line) for line in (REAL / "labels.jsonl").read_text().splitlines()]
    asked = [label for label in labels if label["kind"] in ASKED]
    inside, outside = [], []
    for pair in permutations(rate.columns, 2):
        usual = shift(rate, pair, hours)[rate.index >= pd.Timestamp("2025-01-01", tz="UTC")]
        during = pd.Series(data=False, index=usual.index)
        near = during.copy()
        for label in asked:
            if (AS_OURS[label["from"]], AS_OURS[label["to"]]) == pair:
                begin, end = pd.Timestamp(label["start"]), pd.Timestamp(label["end"])
                during |= (usual.index >= begin) & (usual.index <= end)
                near |= (usual.index >= begin - NEAR) & (usual.index <= end + NEAR)
        inside.append(usual[during].dropna().to_numpy())
        outside.append(usual[~near].dropna().to_numpy())
    found = chance(np.concatenate(inside), np.concatenate(outside))
    with capsys.disabled():
        print(
            f"\nfunding of {hours} h: {found:.2f} that an hour of {len(asked)} episodes stands higher than another"
            f" ({sum(map(len, inside))} and {sum(map(len, outside))} hours)"
        )
    assert len(asked) == 18
    assert found < EARNS
