"""Funding and open interest of perpetuals, by market and by sector

Revision: 0010
Follows: 0009
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from monitor.store.types import UtcDateTime

revision: str = "0010"
down_revision: str | Sequence[str] | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NEW = ("open_interest_usd", "funding_rate_8h", "derivatives_coverage")


def upgrade() -> None:
    """Unknown of the steps before: no perpetual was read."""
    op.create_table(
        "derivative_reading",
        sa.Column("market", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("funding_rate", sa.Double(), nullable=True),
        sa.Column("interval_h", sa.Double(), nullable=True),
        sa.Column("open_interest_usd", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("market", "at", name=op.f("pk_derivative_reading")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_derivative_reading_at"), "derivative_reading", ["at"])
    for name in _NEW:
        op.add_column("sector_state", sa.Column(name, sa.Double(), nullable=True))


def downgrade() -> None:
    """The rest of the steps stays."""
    for name in reversed(_NEW):
        op.drop_column("sector_state", name)
    op.drop_index(op.f("ix_derivative_reading_at"), "derivative_reading")
    op.drop_table("derivative_reading")
