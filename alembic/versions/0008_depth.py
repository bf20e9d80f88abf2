"""Depth of order books, by market and by sector

Revision: 0008
Follows: 0007
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from monitor.store.types import UtcDateTime

revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SIDES = ("bid_1pct_usd", "ask_1pct_usd", "bid_2pct_usd", "ask_2pct_usd")
_NEW = {
    **{f"depth_{side}": sa.Double() for side in _SIDES},
    "spread_bp": sa.Double(),
    "depth_coverage": sa.Double(),
    "depth_truncated": sa.Boolean(),
}


def upgrade() -> None:
    """Unknown of the steps before: no book was read."""
    op.create_table(
        "book_reading",
        sa.Column("market", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        *(sa.Column(side, sa.Double(), nullable=False) for side in _SIDES),
        sa.Column("spread_bp", sa.Double(), nullable=False),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("market", "at", name=op.f("pk_book_reading")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_book_reading_at"), "book_reading", ["at"])
    for name, kind in _NEW.items():
        op.add_column("sector_state", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """The rest of the steps stays."""
    for name in reversed(_NEW):
        op.drop_column("sector_state", name)
    op.drop_index(op.f("ix_book_reading_at"), "book_reading")
    op.drop_table("book_reading")
