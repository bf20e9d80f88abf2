"""States of the fold by the day

Revision: 0003
Follows: 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from monitor.store.types import UtcDateTime

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Empty: days that were stepped before are folded once more when they are asked about."""
    op.create_table(
        "engine_checkpoint",
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("as_known", sa.Boolean(), nullable=False),
        sa.Column("last_open", UtcDateTime(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "identity", "as_known", "last_open", name=op.f("pk_engine_checkpoint")
        ),
    )


def downgrade() -> None:
    """They can be made again."""
    op.drop_table("engine_checkpoint")
