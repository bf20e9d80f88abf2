"""The first schema: bars with their versions, steps, rotations, the outbox and what goes with them

Revision: 0001
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from monitor.store.types import UtcDateTime

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = (
    "rotation_change",
    "rotation",
    "outbox",
    "report_sent",
    "note",
    "venue_health",
    "pair_reading",
    "condition_set",
    "member_event",
    "sector_state",
    "step",
    "engine_state",
    "supply",
    "quarantine",
    "coverage",
    "bar_superseded",
    "bar",
    "market",
    "meta",
)
_SECTOR_FIGURES = (
    "index_level",
    "market_cap_usd",
    "share",
    "return_step",
    "return_1h",
    "return_24h",
    "return_7d",
    "own_return_24h",
    "market_part_24h",
    "beta",
    "share_change_24h",
    "share_change_7d",
    "split_price",
    "split_supply",
    "split_membership",
    "split_launch",
    "volume_24h_usd",
    "volume_share",
    "volume_share_change_24h",
    "net_flow_24h_usd",
    "volume_step_usd",
    "net_flow_step_usd",
    "coverage",
    "stale_weight",
    "supply_age_h",
)
_PENDING = "delivered_at IS NULL AND failed_at IS NULL"


def upgrade() -> None:
    """Make all tables."""
    _make_small()
    _make_bars()
    _make_input()
    _make_steps()
    _make_readings()
    _make_rotations()
    _make_outbox()


def downgrade() -> None:
    """Drop all tables."""
    for table in _TABLES:
        op.drop_table(table)


def _key(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, autoincrement=False)


def _must(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _row_id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _make_small() -> None:
    op.create_table(
        "meta", _must("key", sa.Text()), _must("value", sa.Text()), _primary("meta", "key")
    )
    op.create_table(
        "venue_health",
        _must("venue", sa.Text()),
        _must("state", sa.Text()),
        _must("since", UtcDateTime()),
        _may("last_success", UtcDateTime()),
        _must("consecutive_failures", sa.Integer()),
        _may("error", sa.Text()),
        _may("next_try", UtcDateTime()),
        _primary("venue_health", "venue"),
    )
    op.create_table(
        "note",
        _row_id(),
        _must("at", UtcDateTime()),
        _must("text", sa.Text()),
        _must("created_at", UtcDateTime()),
        _primary("note", "id"),
    )
    op.create_index(op.f("ix_note_at"), "note", ["at"])
    op.create_table(
        "report_sent",
        _must("day", sa.Text()),
        _must("recipient", sa.Text()),
        _must("at", UtcDateTime()),
        _primary("report_sent", "day", "recipient"),
    )


def _bar_values() -> list[sa.Column[Any]]:
    return [
        *(_must(name, sa.Double()) for name in ("open", "high", "low", "close", "base_volume")),
        *(_may(name, sa.Double()) for name in ("quote_volume", "taker_buy_quote")),
    ]


def _make_bars() -> None:
    op.create_table(
        "market",
        sa.Column("id", sa.Integer(), nullable=False),
        _must("market_id", sa.Text()),
        _primary("market", "id"),
        sa.UniqueConstraint("market_id", name=op.f("uq_market_market_id")),
    )
    op.create_table(
        "bar",
        _key("market", sa.Integer()),
        _key("width_s", sa.Integer()),
        _must("open_time", UtcDateTime()),
        *_bar_values(),
        _must("received_at", UtcDateTime()),
        _primary("bar", "market", "width_s", "open_time"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bar_superseded",
        _key("market", sa.Integer()),
        _key("width_s", sa.Integer()),
        _must("open_time", UtcDateTime()),
        _must("received_at", UtcDateTime()),
        *_bar_values(),
        _primary("bar_superseded", "market", "width_s", "open_time", "received_at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "coverage",
        _key("market", sa.Integer()),
        _key("width_s", sa.Integer()),
        _must("since", UtcDateTime()),
        _must("until", UtcDateTime()),
        _may("known_at", UtcDateTime()),
        _primary("coverage", "market", "width_s", "since"),
        sqlite_with_rowid=False,
    )


def _make_input() -> None:
    op.create_table(
        "quarantine",
        _must("venue", sa.Text()),
        _must("market_id", sa.Text()),
        _must("reason", sa.Text()),
        _must("hour", UtcDateTime()),
        _must("count", sa.Integer()),
        _must("last_at", UtcDateTime()),
        _may("last_open", UtcDateTime()),
        _must("last_detail", sa.Text()),
        _primary("quarantine", "venue", "market_id", "reason", "hour"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "supply",
        _must("token", sa.Text()),
        _must("basis", sa.Text()),
        _must("valid_from", UtcDateTime()),
        _must("received_at", UtcDateTime()),
        _must("source", sa.Text()),
        _must("units", sa.Double()),
        _must("dated_by_operator", sa.Boolean()),
        _must("accepted", sa.Boolean()),
        _primary("supply", "token", "basis", "valid_from", "received_at", "source"),
        sqlite_with_rowid=False,
    )


def _make_steps() -> None:
    op.create_table(
        "engine_state",
        _key("id", sa.Integer()),
        _must("blob", sa.LargeBinary()),
        _must("last_open", UtcDateTime()),
        _must("fingerprint", sa.Text()),
        _primary("engine_state", "id"),
    )
    op.create_table(
        "step",
        _must("close_time", UtcDateTime()),
        _must("width_s", sa.Integer()),
        _must("stepped_at", UtcDateTime()),
        _may("tokens", sa.LargeBinary()),
        _primary("step", "close_time"),
    )
    known = {"index_level", "coverage", "stale_weight"}
    op.create_table(
        "sector_state",
        _must("close_time", UtcDateTime()),
        _must("sector", sa.Text()),
        _must("place", sa.SmallInteger()),
        *(sa.Column(name, sa.Double(), nullable=name not in known) for name in _SECTOR_FIGURES),
        _may("flow_grade", sa.Text()),
        _must("breadth_behind", sa.Integer()),
        _must("breadth_of", sa.Integer()),
        _must("members", sa.Integer()),
        _must("venue_conflict", sa.Boolean()),
        _primary("sector_state", "close_time", "sector"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "member_event",
        _must("at", UtcDateTime()),
        _must("sector", sa.Text()),
        _must("token", sa.Text()),
        _must("kind", sa.Text()),
        _must("close_time", UtcDateTime()),
        _must("place", sa.SmallInteger()),
        _may("share_effect", sa.Double()),
        _may("market_cap_usd", sa.Double()),
        _primary("member_event", "at", "sector", "token", "kind"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_member_event_close_time"), "member_event", ["close_time"])


def _make_readings() -> None:
    op.create_table(
        "condition_set",
        sa.Column("id", sa.Integer(), nullable=False),
        _must("conditions", sa.Text()),
        _primary("condition_set", "id"),
        sa.UniqueConstraint("conditions", name=op.f("uq_condition_set_conditions")),
    )
    op.create_table(
        "pair_reading",
        _must("from_sector", sa.Text()),
        _must("to_sector", sa.Text()),
        _must("at", UtcDateTime()),
        _must("window_h", sa.SmallInteger()),
        _may("score", sa.Double()),
        _must("qualified", sa.Boolean()),
        _may("price_witness", sa.Double()),
        _may("volume_witness", sa.Double()),
        _may("flow_witness", sa.Double()),
        _must("condition_set", sa.Integer()),
        _must("met", sa.BigInteger()),
        _must("condition_values", sa.LargeBinary()),
        _primary("pair_reading", "from_sector", "to_sector", "at"),
        sqlite_with_rowid=False,
    )


def _make_rotations() -> None:
    op.create_table(
        "rotation",
        _must("id", sa.Text()),
        _must("from_sector", sa.Text()),
        _must("to_sector", sa.Text()),
        _must("status", sa.Text()),
        _must("severity", sa.Text()),
        _must("detected_at", UtcDateTime()),
        _must("changed_at", UtcDateTime()),
        _must("body", sa.Text()),
        _primary("rotation", "id"),
    )
    op.create_index(op.f("ix_rotation_detected_at"), "rotation", ["detected_at"])
    op.create_table(
        "rotation_change",
        _row_id(),
        _must("rotation_id", sa.Text()),
        _must("reason", sa.Text()),
        _must("changed_at", UtcDateTime()),
        _must("body", sa.Text()),
        sa.ForeignKeyConstraint(
            ["rotation_id"], ["rotation.id"], name=op.f("fk_rotation_change_rotation_id_rotation")
        ),
        _primary("rotation_change", "id"),
        sa.UniqueConstraint(
            "rotation_id",
            "reason",
            "changed_at",
            name=op.f("uq_rotation_change_rotation_id_reason_changed_at"),
        ),
    )
    op.create_index(op.f("ix_rotation_change_changed_at"), "rotation_change", ["changed_at"])


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        _row_id(),
        _must("dedup_key", sa.Text()),
        _must("channel", sa.Text()),
        _must("recipient", sa.Text()),
        _must("kind", sa.Text()),
        _must("thread", sa.Text()),
        _must("text", sa.Text()),
        _must("payload", sa.Text()),
        _must("event_at", UtcDateTime()),
        _must("due_at", UtcDateTime()),
        _may("leased_until", UtcDateTime()),
        _must("attempts", sa.Integer()),
        _may("delivered_at", UtcDateTime()),
        _may("failed_at", UtcDateTime()),
        _may("error", sa.Text()),
        _may("receipt", sa.Text()),
        _primary("outbox", "id"),
        sa.UniqueConstraint(
            "dedup_key",
            "channel",
            "recipient",
            name=op.f("uq_outbox_dedup_key_channel_recipient"),
        ),
    )
    op.create_index(op.f("ix_outbox_event_at"), "outbox", ["event_at"])
    op.create_index("ix_outbox_thread", "outbox", ["thread", "channel"])
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["channel", "recipient", "thread", "id"],
        sqlite_where=sa.text(_PENDING),
        postgresql_where=sa.text(_PENDING),
    )
