"""Vendors' figures beside ours."""

from datetime import datetime

from monitor.api.schemas.answer import Part


class Activity(Part):
    """What a vendor says of a token's protocol for the UTC day that begins at ``day``; never part of a flag."""

    token: str
    source: str
    day: datetime
    asked_at: datetime
    volume_usd: float | None
    volume_from_fees: bool
    fees_usd: float | None
    revenue_usd: float | None
    token_volume_24h_usd: float | None


class Reference(Part):
    """A sector as a vendor has it, beside ours of the same time; never part of a flag."""

    sector: str
    source: str
    at: datetime
    market_cap_usd: float | None
    our_market_cap_usd: float | None
    change_24h: float | None
    our_return_24h: float | None
    cap_over_theirs: float | None
    change_difference: float | None
