"""Disputes: the end of day that charged the late fees which a rejected one had held back.

Revision: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

DECIDED = "state in ('rejected', 'withdrawn')"


def upgrade() -> None:
    op.add_column("dispute", sa.Column("late_fees_on", sa.Date(), nullable=True))
    op.execute(f"update dispute set late_fees_on = resolved_on where {DECIDED}")
    op.create_index(
        "ix_dispute_to_charge", "dispute", ["account_id"], postgresql_where=sa.text(f"{DECIDED} and late_fees_on is null")
    )


def downgrade() -> None:
    op.drop_index("ix_dispute_to_charge", table_name="dispute")
    op.drop_column("dispute", "late_fees_on")
