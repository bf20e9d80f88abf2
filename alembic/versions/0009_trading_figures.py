"""Volume out of the ordinary, and what a dollar moves

Revision: 0009
Follows: 0008
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | Sequence[str] | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FIGURES = ("abnormal_volume_24h_usd", "illiquidity_24h")


def upgrade() -> None:
    """Unknown of the steps from before."""
    for name in _FIGURES:
        op.add_column("sector_state", sa.Column(name, sa.Double(), nullable=True))


def downgrade() -> None:
    """The figures are lost."""
    for name in _FIGURES:
        op.drop_column("sector_state", name)
