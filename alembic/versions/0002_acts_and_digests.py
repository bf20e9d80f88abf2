"""What a channel does with a notice, which nothing holds back, and which other notice tells it

Revision: 0002
Follows: 0001
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INDEX = "ix_outbox_pending"
_COLUMNS = ["channel", "recipient", "thread", "id"]
_BEFORE = "delivered_at IS NULL AND failed_at IS NULL"


def upgrade() -> None:
    """Notices that wait from before are messages of their own."""
    op.add_column("outbox", sa.Column("act", sa.Text(), nullable=False, server_default="say"))
    op.add_column(
        "outbox", sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("outbox", sa.Column("told_in", sa.Text(), nullable=True))
    _pending_index(f"{_BEFORE} AND told_in IS NULL")


def downgrade() -> None:
    """Notices that a digest told are given back to the sender."""
    _pending_index(_BEFORE)
    for column in ("told_in", "urgent", "act"):
        op.drop_column("outbox", column)


def _pending_index(where: str) -> None:
    op.drop_index(_INDEX, table_name="outbox")
    op.create_index(
        _INDEX, "outbox", _COLUMNS, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
