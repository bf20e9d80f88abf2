"""Sums of the trades that were read, by market and bar

Revision: 0012
Follows: 0011
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from monitor.store.types import UtcDateTime

revision: str = "0012"
down_revision: str | Sequence[str] | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Empty: no trades were read before."""
    op.create_table(
        "trade_sum",
        sa.Column("market", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("width_s", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("open_time", UtcDateTime(), nullable=False),
        sa.Column("buy_quote", sa.Double(), nullable=False),
        sa.Column("sell_quote", sa.Double(), nullable=False),
        sa.Column("trades", sa.Integer(), nullable=False),
        sa.Column("gap_s", sa.Double(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("market", "width_s", "open_time", name=op.f("pk_trade_sum")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trade_counted",
        sa.Column("market", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("last_keys", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("market", name=op.f("pk_trade_counted")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Net flow of what is stepped from then on is told or estimated."""
    op.drop_table("trade_counted")
    op.drop_table("trade_sum")
