"""What an account's weight is made of beside the weight; the other orders of a collector's work; who has which menu.

Revision: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ORDERS = {
    "ix_account_work_by_amount": "past_due_cents",
    "ix_account_work_by_days": "days_past_due",
    "ix_account_work_by_balance": "balance_cents",
}
EVERYTHING = "{customer_summary,account_selection,account_summary,worklist,recovery_request}"


def upgrade() -> None:
    op.add_column("account", sa.Column("weight_points", postgresql.ARRAY(sa.Integer()), nullable=True))
    for name, column in ORDERS.items():
        op.create_index(
            name,
            "account",
            ["assigned_to_id", sa.text("(worklist_weight >= 1000000)"), column],
            postgresql_where=sa.text("worklist_weight is not null"),
        )
    # The ticks had no effect until now: whoever has a profile already keeps what they could open.
    op.execute(f"update collector_profile set menu = '{EVERYTHING}'")


def downgrade() -> None:
    for name in ORDERS:
        op.drop_index(name, table_name="account")
    op.drop_column("account", "weight_points")
