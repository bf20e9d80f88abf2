"""Why readers were not told of changes

Revision: 0005
Follows: 0004
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from monitor.store.types import UtcDateTime

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KEY = ["rotation_id", "changed_at", "reason", "channel", "recipient", "why"]


def upgrade() -> None:
    """Empty: of what was decided before, the reasons were not kept."""
    op.create_table(
        "silence",
        sa.Column("rotation_id", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name=op.f("pk_silence")),
    )
    op.create_index(op.f("ix_silence_changed_at"), "silence", ["changed_at"])


def downgrade() -> None:
    """Nothing else rests on them."""
    op.drop_table("silence")
