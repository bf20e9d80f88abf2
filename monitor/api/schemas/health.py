"""What is known of the data and of the daemon: coverage, the report of a day, status."""

from datetime import date, datetime

from pydantic import Field

from monitor.api.schemas.answer import Answer, Part


class MarketCoverage(Part):
    """The part of the range for which the venue was heard, and the latest spells in which it was not."""

    market: str
    venue: str
    token: str
    sector: str | None
    polled: bool
    heard_fraction: float
    blind_spells: int
    blind: list[tuple[datetime, datetime]]


class CoverageAnswer(Answer):
    """A row a market that was listed in the range."""

    since: datetime
    until: datetime
    markets: list[MarketCoverage]


class Report(Answer):
    """The daily report as text; ``empty``: why it has no data."""

    date: date
    subject: str
    empty: str | None
    text: str


class VenueStatus(Part):
    """How a venue answers."""

    id: str
    state: str
    last_success: datetime | None
    consecutive_failures: int
    error: str | None


class TokenStatus(Part):
    """How old a token's newest bar is, and which of its markets are silent."""

    id: str
    sector: str | None
    age_s: float | None
    gaps: list[str]


class OutboxStatus(Part):
    """Notices that wait and that were refused for good."""

    pending: int
    failed: int
    oldest_s: float | None


class SizeStatus(Part):
    """Bytes of the database, by which it grows a day, that are free on its disk, and days until that is full."""

    bytes: int
    growth_a_day: float | None
    free: int | None
    days_left: float | None


class ProcessStatus(Part):
    """A process that works on the database, or waits to."""

    role: str
    host: str
    pid: int
    version: str
    since: datetime
    venues: list[str] | None


class CatchUpStatus(Part):
    """A catch-up that takes long: intervals from ``since`` to ``until`` were due at once and are stepped up to ``at``."""

    since: datetime
    at: datetime
    until: datetime
    percent: int


class TradeGapsStatus(Part):
    """Bars of the day before in which a market's trades fell out between two answers, and the seconds of them not seen."""

    market: str
    bars: int
    seconds: float


class StatusAnswer(Answer):
    """What the daemon knows."""

    at: datetime
    database: str
    schema_: str | None = Field(alias="schema")
    last_good_poll: datetime | None
    last_step: datetime | None
    catch_up: CatchUpStatus | None
    venues: list[VenueStatus]
    tokens: list[TokenStatus]
    outbox: OutboxStatus
    rss_mb: float | None
    assumed_rates: list[str]
    size: SizeStatus
    processes: list[ProcessStatus]
    trade_gaps: list[TradeGapsStatus]
