"""The configuration's tables, strict and frozen: an unknown key is an error, every value is checked on its own."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from monitor.model.grid import parse_duration, parse_iso
from monitor.settings.secret import Secret

VENUES = (
    "binance",
    "bitget",
    "bybit",
    "coinbase",
    "gate",
    "htx",
    "kraken",
    "kucoin",
    "mexc",
    "okx",
)
RENAMED = {"gateio": "gate", "gate.io": "gate", "huobi": "htx", "okex": "okx"}


_DURATION = "expected a length of time such as '90s', '5m' or '7d'"
_MOMENT = "expected a date or time such as 2025-01-19 or 2025-01-19T05:00:00Z"
_TIME = "expected a time of day such as 07:00"


def _duration(value: Any) -> Any:
    """Text with its unit; a bare number has none and is refused by the strict type."""
    if not isinstance(value, str):
        return value
    try:
        return parse_duration(value)
    except (ValueError, OverflowError):
        raise ValueError(_DURATION) from None


def _moment(value: Any) -> Any:
    """TOML dates and times, or ISO 8601 text; a date alone is 00:00 UTC."""
    if isinstance(value, str):
        try:
            return parse_iso(value)
        except (ValueError, OverflowError):
            raise ValueError(_MOMENT) from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("expected a time with its offset, such as 2025-01-19T05:00:00Z")
        return value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value


def _local_time(value: Any) -> Any:
    """The zone stands beside it, never in it."""
    if not isinstance(value, str):
        return value
    try:
        read = time.fromisoformat(value)
    except ValueError:
        raise ValueError(_TIME) from None
    if read.tzinfo is not None:
        raise ValueError(f"{_TIME}, without an offset")
    return read


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("expected a time zone such as UTC or Europe/Berlin") from None
    return value


def _matches(pattern: str, form: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise ValueError(f"expected {form}")
        return value

    return AfterValidator(check)


def _secret(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value:
        raise ValueError("expected a secret that is not empty")
    return Secret(value)


def _address(value: Secret) -> Secret:
    if re.fullmatch(r"https?://[^\s/]+\S*", value.reveal()) is None:
        raise ValueError("expected a URL that begins with http:// or https://")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
LocalTime = Annotated[time, BeforeValidator(_local_time)]
Zone = Annotated[str, AfterValidator(_zone)]
Url = Annotated[str, _matches(r"https?://[^\s/]+\S*", "a URL that begins with http:// or https://")]
Address = Annotated[
    str, _matches(r"[^@\s<>]+@[^@\s<>]+", "a mail address such as desk@example.com")
]
Color = Annotated[str, _matches(r"#[0-9a-fA-F]{6}", "a colour such as #0072B2")]
Symbol = Annotated[
    str,
    _matches(
        r"[^/:\s]+/[^/:\s]+(:[^/:\s]+)?",
        "a unified symbol such as VIRTUAL/USDT or VIRTUAL/USDT:USDT",
    ),
]
Name = Annotated[str, _matches(r"[a-z0-9][a-z0-9-]*", "lower-case letters, digits and hyphens")]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
SecretText = Annotated[Secret, BeforeValidator(_secret)]
SecretUrl = Annotated[Secret, BeforeValidator(_secret), AfterValidator(_address)]


class Table(BaseModel):
    """Common to all: unknown keys refused, values frozen, nothing guessed from another type."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
    )


class EngineTable(Table):
    """[engine]"""

    interval: Duration = timedelta(minutes=5)
    deadline: Duration = timedelta(seconds=90)
    stale_after: Duration = timedelta(minutes=30)
    carry_max: Duration = timedelta(hours=1)
    drop_after: Duration = timedelta(hours=24)
    venue_dev: Fraction = 0.10
    jump_gate: Positive = 0.25
    migration_guard: Fraction = 0.10


class DatabaseTable(Table):
    """[database]"""

    url: str = Field(default="sqlite:///monitor.db", repr=False)  # may hold a password


SourceName = Literal["coingecko", "defillama", "dune", "sosovalue"]
RetentionKind = Literal["bars", "steps", "tokens", "readings", "quarantine", "outbox"]


def _kept() -> dict[RetentionKind, timedelta]:
    return {
        "tokens": timedelta(days=400),
        "readings": timedelta(days=90),
        "quarantine": timedelta(days=90),
        "outbox": timedelta(days=90),
    }


def _named_over_default(kept: dict[RetentionKind, timedelta]) -> dict[RetentionKind, timedelta]:
    """A kind that is not named keeps its default."""
    return {**_kept(), **kept}


class ScheduleTable(Table):
    """[schedule]"""

    settle: Duration = timedelta(seconds=4)
    retry_every: Duration = timedelta(seconds=20)
    poll_timeout: Duration = timedelta(seconds=60)
    supplies: Duration = timedelta(hours=6)
    prune: Duration = timedelta(days=1)
    retention: Annotated[dict[RetentionKind, Duration], AfterValidator(_named_over_default)] = (
        Field(default_factory=_kept)
    )


class MemberTable(Table):
    """A dated member of a sector."""

    id: str
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")


class SectorTable(Table):
    """[[sectors]]"""

    id: Name
    name: str = Field(min_length=1, max_length=200)
    color: Color = "#888888"
    benchmark: bool = False
    tokens: list[str | MemberTable] = Field(min_length=1)


class MarketTable(Table):
    """A market of a token."""

    venue: str
    symbol: Symbol
    multiplier: Positive = 1.0
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")


class SupplyTable(Table):
    """A dated circulating supply."""

    since: Moment = Field(alias="from")
    circulating: Positive
    source: str = Field(min_length=3)


class MigrationTable(Table):
    """A token's successor."""

    token: str
    ratio: Positive
    at: Moment


class TokenTable(Table):
    """[tokens.X]"""

    name: str = Field(min_length=1, max_length=200)
    identity: dict[str, str] = Field(default_factory=dict)
    coingecko: str | None = None
    first_trade: Moment | None = None
    first_trade_source: str | None = None
    markets: list[MarketTable] = Field(default_factory=list)
    supplies: list[SupplyTable] = Field(default_factory=list)
    migrated_to: MigrationTable | None = None


class VenueTable(Table):
    """[venues.X]"""

    enabled: bool = True
    base_url: Url | None = None
    settle: Duration | None = None
    timeout: Duration = timedelta(seconds=10)
    rate_limit_ms: Positive | None = None


class SourceTable(Table):
    """[sources.X]"""

    enabled: bool = False
    base_url: Url | None = None
    api_key: SecretText | None = None
    plan: Literal["none", "demo", "pro"] = "none"


class DetectionTable(Table):
    """[detection]"""

    on: Positive = 3.0
    watch_on: Positive = 2.4
    off: Positive = 1.2
    critical: Positive = 4.0
    persist: Duration = timedelta(minutes=60)
    watch_persist: Duration = timedelta(minutes=30)
    cooldown: Duration = timedelta(hours=24)
    reversal_window: Duration = timedelta(days=7)
    max_age: Duration = timedelta(days=7)
    horizons_h: list[Annotated[int, Field(gt=0, le=24)]] = Field(
        default_factory=lambda: [4, 8, 12, 24], min_length=1
    )
    min_relative_return: Positive = 0.05
    max_from_own_return: Annotated[float, Field(lt=0)] = -0.025
    min_volume_shift: Positive = 1.0
    min_breadth: Annotated[float, Field(gt=0, le=1)] = 0.6
    min_coverage: Annotated[float, Field(gt=0, le=1)] = 0.7
    pairs: list[Annotated[list[str], Field(min_length=2, max_length=2)]] | None = None


class SlackTable(Table):
    """[alerts.slack]"""

    webhook: SecretUrl | None = None
    operator_webhook: SecretUrl | None = None
    bot_token: SecretText | None = None
    channel: str | None = None
    operator_channel: str | None = None
    base_url: Url | None = None


class AlertMailTable(Table):
    """[alerts.email]"""

    recipients: list[Address] = Field(default_factory=list)


class AlertsTable(Table):
    """[alerts]"""

    minimum_severity: Literal["watch", "warning", "critical"] = "warning"
    quiet_hours: list[LocalTime] | None = Field(default=None, min_length=2, max_length=2)
    quiet_timezone: Zone = "UTC"
    reminder_after: Duration = timedelta(hours=12)
    messages_per_hour: Annotated[int, Field(gt=0)] = 12
    digest_above: Annotated[int, Field(gt=0)] = 3
    slack: SlackTable = SlackTable()
    email: AlertMailTable = AlertMailTable()


class ReportTable(Table):
    """[report]"""

    recipients: list[Address] = Field(default_factory=list)
    sender: Address = "monitor@localhost"
    time: LocalTime = time(7, 0)
    timezone: Zone = "UTC"


class SmtpTable(Table):
    """[smtp]"""

    host: str | None = None
    port: Annotated[int, Field(gt=0, lt=65536)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretText | None = None
    timeout: Duration = timedelta(seconds=30)


class WebTable(Table):
    """[web]"""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, lt=65536)] = 8787
    token: SecretText | None = None


class Tables(Table):
    """The whole file."""

    engine: EngineTable = EngineTable()
    database: DatabaseTable = DatabaseTable()
    schedule: ScheduleTable = ScheduleTable()
    sectors: list[SectorTable] = Field(min_length=2)
    tokens: dict[str, TokenTable]
    venues: dict[str, VenueTable] = Field(default_factory=dict)
    sources: dict[SourceName, SourceTable] = Field(default_factory=dict)
    detection: DetectionTable = DetectionTable()
    alerts: AlertsTable = AlertsTable()
    report: ReportTable = ReportTable()
    smtp: SmtpTable = SmtpTable()
    web: WebTable = WebTable()
