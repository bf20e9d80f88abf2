"""What a poll asks of a market first: everything after its newest bar, and the last few bars once more."""

from datetime import datetime, timedelta

from monitor.ingest.answers import Want
from monitor.ingest.validation.plausibility import Known
from monitor.model.universe import BEGINNING, Market

READ_AGAIN = 3
"""Closed bars that are asked for again at each poll: venues revise them for a while."""


def of_known(market: Market, known: Known, spoken_until: datetime | None, width: timedelta) -> Want:
    """From the newest bar on; ``spoken_until``: open of the newest interval that an answer spoke for."""
    newest = max(known.open_time, spoken_until or known.open_time)
    return Want(market, newest - (READ_AGAIN - 1) * width, known.open_time)


def of_new(market: Market, since: datetime) -> Want:
    """Of a market without any bar, from ``since`` or its listing on."""
    trading = None if market.listed_from == BEGINNING else market.listed_from
    return Want(market, max(since, market.listed_from), trading)
