"""All tables, in SQLAlchemy Core. A change here needs a revision under ``alembic/versions``.

Series are keyed by what they belong to and by time, in this order, so that they can be partitioned by either
(TimescaleDB, Citus). Widths are whole seconds. Times are UTC.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from monitor.model.figures import FIGURES, Unit
from monitor.store.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A row id that counts up on both databases (SQLite counts only in an INTEGER key).
RowId = BigInteger().with_variant(Integer(), "sqlite")

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# A bar row names its market by a small number.
market = Table(
    "market",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("market_id", Text, nullable=False, unique=True),
)


def _bar_values() -> list[Column[float]]:
    return [
        Column("open", Double, nullable=False),
        Column("high", Double, nullable=False),
        Column("low", Double, nullable=False),
        Column("close", Double, nullable=False),
        Column("base_volume", Double, nullable=False),
        Column("quote_volume", Double),
        Column("taker_buy_quote", Double),
    ]


bar = Table(
    "bar",
    metadata,
    Column("market", Integer, primary_key=True, autoincrement=False),
    Column("width_s", Integer, primary_key=True, autoincrement=False),
    Column("open_time", UtcDateTime, primary_key=True),
    *_bar_values(),
    Column("received_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# Versions of a bar that a later answer replaced; received_at is when this version came.
bar_superseded = Table(
    "bar_superseded",
    metadata,
    Column("market", Integer, primary_key=True, autoincrement=False),
    Column("width_s", Integer, primary_key=True, autoincrement=False),
    Column("open_time", UtcDateTime, primary_key=True),
    Column("received_at", UtcDateTime, primary_key=True),
    *_bar_values(),
    sqlite_with_rowid=False,
)

# known_at is null where the answer came in time: before the interval was stepped and within 90 s of its close.
coverage = Table(
    "coverage",
    metadata,
    Column("market", Integer, primary_key=True, autoincrement=False),
    Column("width_s", Integer, primary_key=True, autoincrement=False),
    Column("since", UtcDateTime, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
    Column("known_at", UtcDateTime),
    sqlite_with_rowid=False,
)

# Refusals counted by the hour, so that a market that is always refused does not fill the disk.
quarantine = Table(
    "quarantine",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("market_id", Text, primary_key=True),  # '' where the whole answer was refused
    Column("reason", Text, primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("last_open", UtcDateTime),
    Column("last_detail", Text, nullable=False),
    sqlite_with_rowid=False,
)

supply = Table(
    "supply",
    metadata,
    Column("token", Text, primary_key=True),
    Column("basis", Text, primary_key=True),
    Column("valid_from", UtcDateTime, primary_key=True),
    Column("received_at", UtcDateTime, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("units", Double, nullable=False),
    Column("dated_by_operator", Boolean, nullable=False),
    Column("accepted", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

# Depth of a market's order book as of when it was asked for, in USD.
book_reading = Table(
    "book_reading",
    metadata,
    Column("market", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, primary_key=True),
    Column("bid_1pct_usd", Double, nullable=False),
    Column("ask_1pct_usd", Double, nullable=False),
    Column("bid_2pct_usd", Double, nullable=False),
    Column("ask_2pct_usd", Double, nullable=False),
    Column("spread_bp", Double, nullable=False),
    Column("truncated", Boolean, nullable=False),
    Index("ix_book_reading_at", "at"),
    sqlite_with_rowid=False,
)

# What was read of a bar's trades before its interval was stepped, in the quote currency; received_at: the last of them.
trade_sum = Table(
    "trade_sum",
    metadata,
    Column("market", Integer, primary_key=True, autoincrement=False),
    Column("width_s", Integer, primary_key=True, autoincrement=False),
    Column("open_time", UtcDateTime, primary_key=True),
    Column("buy_quote", Double, nullable=False),
    Column("sell_quote", Double, nullable=False),
    Column("trades", Integer, nullable=False),
    Column("gap_s", Double, nullable=False),  # between answers of which neither reached the other
    Column("received_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# How far a market's trades are counted.
trade_counted = Table(
    "trade_counted",
    metadata,
    Column("market", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("last_keys", Text, nullable=False),  # JSON: the trades of that millisecond
    sqlite_with_rowid=False,
)

# Funding and open interest of a perpetual as of when they were asked for.
derivative_reading = Table(
    "derivative_reading",
    metadata,
    Column("market", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, primary_key=True),
    Column("funding_rate", Double),  # of interval_h hours
    Column("interval_h", Double),
    Column("open_interest_usd", Double),
    Index("ix_derivative_reading_at", "at"),
    sqlite_with_rowid=False,
)

# Headlines of feeds, as they first came.
headline = Table(
    "headline",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("entry", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
)

# What vendors publish of a token's protocol or of a sector; never part of a flag. A restated figure is a further row.
vendor_reading = Table(
    "vendor_reading",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("figure", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("asked_at", UtcDateTime, primary_key=True),
    Column("value", Double, nullable=False),
    Column("unit", Text, nullable=False),
    sqlite_with_rowid=False,
)

engine_state = Table(
    "engine_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("blob", LargeBinary, nullable=False),
    Column("last_open", UtcDateTime, nullable=False),
    Column("fingerprint", Text, nullable=False),
)

# States of the fold kept by the day; ``whole``: of all that is stored, not only of what was known in time.
engine_checkpoint = Table(
    "engine_checkpoint",
    metadata,
    Column("identity", Text, primary_key=True),
    Column("as_known", Boolean, primary_key=True),
    Column("last_open", UtcDateTime, primary_key=True),
    Column("whole", Boolean, nullable=False),
    Column("blob", LargeBinary, nullable=False),
)

step = Table(
    "step",
    metadata,
    Column("close_time", UtcDateTime, primary_key=True),
    Column("width_s", Integer, nullable=False),
    Column("stepped_at", UtcDateTime, nullable=False),
    Column("tokens", LargeBinary),  # zlib'd JSON; null once its retention is over
)

_TYPE = {Unit.COUNT: Integer, Unit.GRADE: Text, Unit.FLAG: Boolean}

sector_state = Table(
    "sector_state",
    metadata,
    Column("close_time", UtcDateTime, primary_key=True),
    Column("sector", Text, primary_key=True),
    Column("place", SmallInteger, nullable=False),  # order in the step
    *(
        Column(name, _TYPE.get(figure.unit, Double), nullable=not figure.known)
        for figure in FIGURES
        for name in figure.columns
    ),
    sqlite_with_rowid=False,
)

member_event = Table(
    "member_event",
    metadata,
    Column("at", UtcDateTime, primary_key=True),
    Column("sector", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("close_time", UtcDateTime, nullable=False, index=True),  # of the step that said so
    Column("place", SmallInteger, nullable=False),  # order in the step
    Column("share_effect", Double),
    Column("market_cap_usd", Double),
    sqlite_with_rowid=False,
)

# Names and bounds of a reading's conditions, stored once; a reading holds their values only.
condition_set = Table(
    "condition_set",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conditions", Text, nullable=False, unique=True),  # JSON [[name, bound], ...]
)

pair_reading = Table(
    "pair_reading",
    metadata,
    Column("from_sector", Text, primary_key=True),
    Column("to_sector", Text, primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("window_h", SmallInteger, nullable=False),
    Column("score", Double),
    Column("qualified", Boolean, nullable=False),
    Column("price_witness", Double),
    Column("volume_witness", Double),
    Column("flow_witness", Double),
    Column("condition_set", Integer, nullable=False),
    Column("met", BigInteger, nullable=False),  # bit i: condition i was met
    Column("condition_values", LargeBinary, nullable=False),  # little-endian doubles, NaN unknown
    sqlite_with_rowid=False,
)

rotation = Table(
    "rotation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("from_sector", Text, nullable=False),
    Column("to_sector", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("detected_at", UtcDateTime, nullable=False, index=True),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False),  # the whole rotation as its stable JSON
)

rotation_change = Table(
    "rotation_change",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("rotation_id", Text, ForeignKey("rotation.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False, index=True),
    Column("body", Text, nullable=False),
    UniqueConstraint("rotation_id", "reason", "changed_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("dedup_key", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("event_at", UtcDateTime, nullable=False, index=True),
    Column("due_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("failed_at", UtcDateTime),
    Column("error", Text),
    Column("receipt", Text),
    Column("act", Text, nullable=False, server_default="say"),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column(
        "told_in", Text
    ),  # key of the notice that tells this one too: a digest, or a louder one of its rotation
    UniqueConstraint("dedup_key", "channel", "recipient"),
    Index("ix_outbox_thread", "thread", "channel"),
)
_PENDING = text("delivered_at IS NULL AND failed_at IS NULL AND told_in IS NULL")
# What is to be sent stays quick to find however much was ever sent. The migrations make it partial on PostgreSQL too: to say
# so here would load the dialects of five drivers.
Index(
    "ix_outbox_pending",
    outbox.c.channel,
    outbox.c.recipient,
    outbox.c.thread,
    outbox.c.id,
    sqlite_where=_PENDING,
)

# One reason for one reader's not being told of one change (or not at once, or not on its own).
silence = Table(
    "silence",
    metadata,
    Column("rotation_id", Text, primary_key=True),
    Column("changed_at", UtcDateTime, primary_key=True, index=True),
    Column("reason", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("why", Text, primary_key=True),
    Column("detail", Text, nullable=False),
)

venue_health = Table(
    "venue_health",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("last_success", UtcDateTime),
    Column("consecutive_failures", Integer, nullable=False),
    Column("error", Text),
    Column("next_try", UtcDateTime),
)

# Which process works on a shared database; the fence counts the takings.
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("fence", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),  # JSON of the process
    Column("until", UtcDateTime, nullable=False),
    Column("length_s", Double, nullable=False),
)

note = Table(
    "note",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# One row for a report's day and recipient: it is sent once, whatever clocks and restarts do.
report_sent = Table(
    "report_sent",
    metadata,
    Column("day", Text, primary_key=True),  # ISO date in the report's timezone
    Column("recipient", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)
