"""A history as tables: a row an interval, a column a market or a token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from monitor.model.interval import IntervalInput
from monitor.model.universe import Redenomination, Universe

HOUR = timedelta(hours=1)
UNSEEN, QUIET, TRADED, UNLISTED = range(4)


@dataclass(frozen=True, eq=False)
class Tables:
    """``close``, ``volume``, ``taker``: per market in its quote, per its own unit; ``slot`` as the venues answered.
    ``supply``, ``supply_age_h``: per token. ``belongs``: per token the id of the sector it is listed in, "" for none."""

    opens: list[datetime]
    width: timedelta
    close: pd.DataFrame
    volume: pd.DataFrame
    taker: pd.DataFrame
    slot: pd.DataFrame
    supply: pd.DataFrame
    supply_age_h: pd.DataFrame
    belongs: pd.DataFrame
    market_token: dict[str, str]
    market_quote: dict[str, str]
    multiplier: dict[str, float]
    sectors: list[str]
    benchmark: str
    first_trade: dict[str, datetime]
    redenominations: list[Redenomination]

    @property
    def per_hour(self) -> int:
        """Steps an hour."""
        return round(HOUR / self.width)

    @property
    def step_h(self) -> float:
        """Hours a step."""
        return self.width / HOUR

    @property
    def every_sector(self) -> list[str]:
        """The watched ones, then the benchmark."""
        return [*self.sectors, self.benchmark]

    @property
    def index(self) -> pd.Index:
        """Opens, the rows of every table."""
        return self.close.index

    @property
    def answered(self) -> pd.DataFrame:
        """Markets whose venue said something."""
        return (self.slot == TRADED) | (self.slot == QUIET)

    @property
    def unseen(self) -> pd.Series:
        """Intervals in which nobody answered."""
        return ~self.answered.any(axis=1)

    @property
    def closes_hour(self) -> pd.Series:
        """Intervals that end with a clock hour."""
        ends = [(at + self.width).minute == 0 for at in self.opens]
        return pd.Series(ends, index=self.index)


def tables_of(universe: Universe, intervals: Sequence[IntervalInput]) -> Tables:
    """From what the engine is fed."""
    markets = universe.markets
    tokens = sorted(token.id for token in universe.tokens)
    opens = [interval.open_time for interval in intervals]

    def table(name: str, columns: list[str]) -> pd.DataFrame:
        rows = np.stack([np.asarray(getattr(i, name)) for i in intervals])
        return pd.DataFrame(rows, index=pd.RangeIndex(len(opens)), columns=columns)

    ids = [market.id for market in markets]
    belongs = pd.DataFrame("", index=pd.RangeIndex(len(opens)), columns=tokens)
    for sector in universe.sectors:
        for member in sector.members:
            inside = [member.since <= at < member.until for at in opens]
            belongs.loc[inside, member.token] = sector.id
    return Tables(
        opens=opens,
        width=intervals[0].width,
        close=table("close", ids),
        volume=table("quote_volume", ids),
        taker=table("taker_buy_quote", ids),
        slot=table("slot", ids),
        supply=table("supply", tokens),
        supply_age_h=table("supply_age_h", tokens),
        belongs=belongs,
        market_token={market.id: market.token for market in markets},
        market_quote={market.id: market.quote for market in markets},
        multiplier={market.id: market.multiplier for market in markets},
        sectors=sorted(sector.id for sector in universe.watched),
        benchmark=next(sector.id for sector in universe.sectors if sector.benchmark),
        first_trade={t.id: t.first_trade for t in universe.tokens if t.first_trade},
        redenominations=sorted(universe.redenominations, key=lambda r: (r.at, r.old)),
    )


def window(values: pd.DataFrame, steps: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of the ``steps`` rows that end with each row: the sum of what is known, and how many are. Before the first row
    nothing is known."""
    padded = np.vstack([np.full((steps - 1, values.shape[1]), np.nan), values.to_numpy(float)])
    views = np.lib.stride_tricks.sliding_window_view(padded, steps, axis=0)
    known = (~np.isnan(views)).sum(axis=-1)
    return _like(np.nansum(views, axis=-1), values), _like(known, values)


def amount(values: pd.DataFrame, steps: int) -> pd.DataFrame:
    """A window's sum of USD, scaled up for the unknown steps; unknown where fewer than 70 % of them are known."""
    summed, known = window(values, steps)
    return (summed / (known / steps)).where(known / steps >= 0.7)


def drift(values: pd.DataFrame, steps: int) -> pd.DataFrame:
    """A window's sum of log returns; unknown where fewer than 70 % of its steps are known."""
    summed, known = window(values, steps)
    return summed.where(known >= 0.7 * steps)


def ewma(values: pd.DataFrame, half_life_h: float, step_h: float) -> pd.DataFrame:
    """The method's EWMA: bias-corrected, a step of unknown value leaves it untouched."""
    alpha = 1.0 - 0.5 ** (step_h / half_life_h)
    return values.ewm(alpha=alpha, adjust=True, ignore_na=True).mean()


def by_sector(values: pd.DataFrame, sector: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Sum over the tokens that a sector holds in each step."""
    return pd.DataFrame({s: values.where(sector == s, 0.0).sum(axis=1) for s in names})


def clipped(values: pd.DataFrame, size: pd.DataFrame) -> pd.DataFrame:
    """Held within four times its usual size; as it is where that is unknown or nought."""
    bound = (4.0 * size).where(size > 0, np.inf)
    return values.clip(lower=-bound, upper=bound)


def log(values: pd.DataFrame) -> pd.DataFrame:
    """Natural logarithm."""
    return pd.DataFrame(np.log(values))


def root(values: pd.DataFrame) -> pd.DataFrame:
    """Square root."""
    return pd.DataFrame(np.sqrt(values))


def simple(values: pd.DataFrame) -> pd.DataFrame:
    """Simple returns of log returns."""
    return pd.DataFrame(np.expm1(values))


def records(values: pd.DataFrame) -> list[dict[str, Any]]:
    """A dict a row."""
    columns = [str(name) for name in values.columns]
    return [dict(zip(columns, row, strict=True)) for row in values.to_numpy().tolist()]


def _like(values: np.ndarray, frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(values, index=frame.index, columns=frame.columns)
