"""How much of a sector's flow was seen

Revision: 0004
Follows: 0003
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FIGURES = ("flow_seen",)


def upgrade() -> None:
    """Unknown of the steps from before."""
    for name in _FIGURES:
        op.add_column("sector_state", sa.Column(name, sa.Double(), nullable=True))


def downgrade() -> None:
    """The figures are lost."""
    for name in _FIGURES:
        op.drop_column("sector_state", name)
