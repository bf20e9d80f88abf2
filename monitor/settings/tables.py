"""The configuration's tables, strict and frozen: an unknown key is an error, every value is checked on its own."""

from datetime import time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, create_model

from monitor.detection.rules import BOUNDS, Rule
from monitor.settings.fields import (
    Address,
    Color,
    DatabaseUrl,
    Duration,
    Fraction,
    LocalTime,
    Moment,
    Name,
    Positive,
    SecretText,
    SecretUrl,
    Symbol,
    Unsubscribe,
    Url,
    Zone,
)
from monitor.settings.keys import KnownNames
from monitor.settings.venue_names import venue_names


class Table(BaseModel):
    """Common to all: unknown keys refused, values frozen, nothing guessed from another type."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
    )


class EngineTable(Table):
    """[engine]"""

    interval: Duration = timedelta(minutes=5)
    deadline: Duration = timedelta(seconds=90)
    stale_after: Duration = timedelta(minutes=30)
    carry_max: Duration = timedelta(hours=1)
    drop_after: Duration = timedelta(hours=24)
    venue_dev: Fraction = 0.10
    venue_weight_cap: Annotated[float, Field(gt=0, le=1)] = 0.60
    jump_gate: Positive = 0.25
    migration_guard: Fraction = 0.10
    least_trades_seen: Annotated[float, Field(gt=0, le=1)] = 0.60


class DatabaseTable(Table):
    """[database]"""

    url: DatabaseUrl = SecretStr("sqlite:///monitor.db")  # may hold a password
    lease: Duration = timedelta(seconds=20)


ChainName = Literal["base", "bsc", "ethereum", "solana"]
"""Chains whose nodes can be asked for a token's total supply; the names are those of ``identity``."""
SourceName = Literal["coingecko", "coinpaprika", "defillama", "dune", "sosovalue", ChainName]

RetentionKind = Literal[
    "bars",
    "steps",
    "tokens",
    "readings",
    "checkpoints",
    "quarantine",
    "outbox",
    "vendors",
    "books",
    "derivatives",
    "headlines",
]

RollupKind = Literal["bars", "steps", "readings"]


def _kept() -> dict[RetentionKind, timedelta]:
    return {
        "tokens": timedelta(days=400),
        "readings": timedelta(days=90),
        "checkpoints": timedelta(days=400),
        "quarantine": timedelta(days=90),
        "outbox": timedelta(days=90),
        "vendors": timedelta(days=400),
        "books": timedelta(days=30),
        "derivatives": timedelta(days=90),
        "headlines": timedelta(days=90),
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
    activity: Duration = timedelta(hours=6)
    references: Duration = timedelta(hours=1)
    headlines: Duration = timedelta(minutes=15)
    depth: Duration | None = None
    derivatives: Duration | None = None
    trades: Duration | None = None
    trades_of: list[str] | None = Field(default=None, min_length=1)
    prune: Duration = timedelta(days=1)
    retention: Annotated[dict[RetentionKind, Duration], AfterValidator(_named_over_default)] = (
        Field(default_factory=_kept)
    )
    rollup: dict[RollupKind, Duration] = Field(default_factory=dict)


class MemberTable(Table):
    """A dated member of a sector."""

    id: str
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")


def member_of(entry: str | MemberTable) -> MemberTable:
    """A member with its dates, where the file names only the token."""
    return entry if isinstance(entry, MemberTable) else MemberTable(id=entry)


class SectorTable(Table):
    """[[sectors]]"""

    id: Name
    name: str = Field(min_length=1, max_length=200)
    color: Color = "#888888"
    benchmark: bool = False
    coingecko: str | None = None
    sosovalue: str | None = None
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
    circulating: Annotated[float, Field(gt=0, le=1e24)]  # times a price it must stay a number
    source: str = Field(min_length=3)


class MigrationTable(Table):
    """A token's successor."""

    token: str
    ratio: Positive
    at: Moment


class DuneQueryTable(Table):
    """A saved query whose rows are days."""

    query: Annotated[int, Field(gt=0)]
    figure: Literal["volume", "fees", "revenue"]
    day: str = Field(min_length=1, max_length=200)
    value: str = Field(min_length=1, max_length=200)


class TokenTable(Table):
    """[tokens.X]"""

    name: str = Field(min_length=1, max_length=200)
    identity: dict[str, str] = Field(default_factory=dict)
    coingecko: str | None = None
    coinpaprika: str | None = None
    defillama: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")] | None = None
    fee_rate: Fraction | None = None
    dune: list[DuneQueryTable] = Field(default_factory=list)
    first_trade: Moment | None = None
    first_trade_source: str | None = None
    markets: list[MarketTable] = Field(default_factory=list)
    perpetuals: list[MarketTable] = Field(default_factory=list)
    supplies: list[SupplyTable] = Field(default_factory=list)
    migrated_to: MigrationTable | None = None


class VenueTable(Table):
    """[venues.X]"""

    enabled: bool = True
    polled: bool = True
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
    changes: Literal["ratio", "percent"] | None = None


class FeedTable(Table):
    """[feeds.X]"""

    url: Url


class _DetectionTable(Table):
    """[detection], without the bounds of conditions"""

    on: Positive = 3.0
    watch_on: Positive = 2.4
    off: Positive = 1.2
    critical: Positive = 4.0
    persist: Duration = timedelta(minutes=60)
    watch_persist: Duration = timedelta(minutes=30)
    cooldown: Duration = timedelta(hours=24)
    reversal_window: Duration = timedelta(days=7)
    max_age: Duration = timedelta(days=7)
    unknown_reset: Duration = timedelta(minutes=30)
    open_fade: Duration = timedelta(hours=2)
    open_max: Duration = timedelta(hours=12)
    confirmed_fade: Duration = timedelta(hours=18)
    renew_after: Duration = timedelta(hours=12)
    horizons_h: list[Annotated[int, Field(gt=0, le=24)]] = Field(
        default_factory=lambda: [4, 8, 12, 24], min_length=1
    )
    young_extra: Annotated[float, Field(ge=0)] = 0.5
    flow_weight_c: Annotated[float, Field(ge=0, le=1)] = 0.0
    pairs: list[Annotated[list[str], Field(min_length=2, max_length=2)]] | None = None


def _bound(rule: Rule) -> Any:
    """The type and default of a bound: on its own side of nought, where the rule has one."""
    side = Lt(0.0) if rule.default < 0 else Gt(0.0) if rule.default > 0 else Ge(0.0)
    if rule.most is None:
        return (Annotated[float, side], rule.default)
    return (Annotated[float, side, Le(rule.most)], rule.default)


if TYPE_CHECKING:
    DetectionTable = _DetectionTable
else:
    DetectionTable = create_model(
        "DetectionTable",
        __base__=_DetectionTable,
        __doc__="[detection]",
        **{key: _bound(rule) for key, rule in BOUNDS.items()},
    )


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
    operators: list[Address] = Field(default_factory=list)


class WebhookTable(Table):
    """[alerts.webhook]"""

    url: SecretUrl | None = None
    secret: SecretText | None = None


class AppriseTable(Table):
    """[alerts.apprise]"""

    urls: list[SecretText] = Field(default_factory=list)


class AlertsTable(Table):
    """[alerts]"""

    minimum_severity: Literal["watch", "warning", "critical"] = "warning"
    quiet_hours: list[LocalTime] | None = Field(default=None, min_length=2, max_length=2)
    quiet_timezone: Zone = "UTC"
    reminder_after: Duration = timedelta(hours=12)
    reminder_step_pp: Positive = 5.0
    messages_per_hour: Annotated[int, Field(gt=0)] = 12
    digest_above: Annotated[int, Field(gt=0)] = 3
    slack: SlackTable = SlackTable()
    email: AlertMailTable = AlertMailTable()
    webhook: WebhookTable = WebhookTable()
    apprise: AppriseTable = AppriseTable()


class ReportTable(Table):
    """[report]"""

    recipients: list[Address] = Field(default_factory=list)
    sender: Address = "monitor@localhost"
    time: LocalTime = time(7, 0)
    timezone: Zone = "UTC"
    wait: Duration = timedelta(hours=2)
    unsubscribe: Unsubscribe | None = None


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
    port: Annotated[int, Field(gt=0, lt=65536)] = 8787
    url: Url | None = None
    token: SecretText | None = None


class HeartbeatTable(Table):
    """[heartbeat]"""

    url: SecretUrl | None = None
    signals: bool = True


class Tables(Table):
    """The whole file."""

    engine: EngineTable = EngineTable()
    database: DatabaseTable = DatabaseTable()
    schedule: ScheduleTable = ScheduleTable()
    sectors: list[SectorTable] = Field(min_length=2)
    tokens: dict[str, TokenTable]
    venues: Annotated[dict[str, VenueTable], KnownNames(venue_names)] = Field(default_factory=dict)
    sources: dict[SourceName, SourceTable] = Field(default_factory=dict)
    feeds: dict[Name, FeedTable] = Field(default_factory=dict)
    detection: DetectionTable = DetectionTable()
    alerts: AlertsTable = AlertsTable()
    report: ReportTable = ReportTable()
    smtp: SmtpTable = SmtpTable()
    web: WebTable = WebTable()
    heartbeat: HeartbeatTable = HeartbeatTable()
