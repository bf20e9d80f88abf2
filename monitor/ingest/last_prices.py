"""Tokens' prices of the last step, by which what is read beside the bars is measured and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model.universe import DOLLARS
from monitor.store import steps
from monitor.store.database import Database

PRICE_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Prices:
    """Last known prices of tokens in USD."""

    of_token: Mapping[str, float]

    def rate(self, quote: str) -> float | None:
        """USD for one of a quote currency; the dollar's coins count as one where nothing watches their rate."""
        found = self.of_token.get(quote)
        return 1.0 if found is None and quote in DOLLARS else found


def last_prices(database: Database, now: datetime) -> Prices:
    """Of the last step, none where it is old: what is read is then believed as it stands."""
    with database.read() as conn:
        step = steps.latest_step(conn)
    if step is None or now - step.close_time > PRICE_AGE:
        return Prices({})
    return Prices({t.id: t.price_usd for t in step.tokens if t.price_usd is not None})
