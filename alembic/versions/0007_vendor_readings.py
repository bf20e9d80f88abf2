"""Figures that vendors publish, beside ours

Revision: 0007
Follows: 0006
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from monitor.store.types import UtcDateTime

revision: str = "0007"
down_revision: str | Sequence[str] | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KEY = ["subject", "figure", "source", "at", "asked_at"]


def upgrade() -> None:
    """Empty: nothing was read before."""
    op.create_table(
        "vendor_reading",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name=op.f("pk_vendor_reading")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Nothing else rests on them."""
    op.drop_table("vendor_reading")
