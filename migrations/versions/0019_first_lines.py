"""A small index over the first line of each schedule, for how many first payments were made.

Revision: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_installment_first",
        "installment",
        ["account_id"],
        postgresql_include=["number", "amount_cents", "paid_cents", "paid_on"],
        postgresql_where=sa.text("number = 1"),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_installment_first", table_name="installment")
