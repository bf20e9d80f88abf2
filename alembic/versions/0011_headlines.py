"""Headlines of feeds

Revision: 0011
Follows: 0010
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from monitor.store.types import UtcDateTime

revision: str = "0011"
down_revision: str | Sequence[str] | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Empty: no feed was read before."""
    op.create_table(
        "headline",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "entry", name=op.f("pk_headline")),
    )
    op.create_index(op.f("ix_headline_at"), "headline", ["at"])


def downgrade() -> None:
    """Nothing else rests on them."""
    op.drop_index(op.f("ix_headline_at"), "headline")
    op.drop_table("headline")
