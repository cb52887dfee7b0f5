"""Days late is kept as what it is worked out from, so that a late account need not be written every night.

The index on due dates also holds its lines by account, so that a chunk of accounts reads its own lines alone.

Revision: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# An open line is late from its due date to any day: its days are kept as if it had been due on the first of 2000.
_FILL = """
    update account_behavior b set due_lines = x.due_lines, open_lines = x.open_lines, late_base = x.late_base
    from (
        select i.account_id, count(*) as due_lines, count(*) filter (where i.paid_on is null) as open_lines,
            sum(case when i.paid_on is null then date '2000-01-01' - i.due_on else greatest(0, i.paid_on - i.due_on) end)
                as late_base
        from installment i join account_behavior k on k.account_id = i.account_id
        where i.due_on <= k.as_of_on and not (i.paid_cents >= i.amount_cents and i.paid_on is null)
        group by i.account_id
    ) x
    where x.account_id = b.account_id
"""
_BACK = """
    update account_behavior set days_late = least(99999, round(
        (late_base + open_lines * (as_of_on - date '2000-01-01'))::numeric / nullif(due_lines, 0), 2))
"""


def upgrade() -> None:
    op.add_column("account_behavior", sa.Column("due_lines", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("account_behavior", sa.Column("open_lines", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("account_behavior", sa.Column("late_base", sa.Integer(), server_default="0", nullable=False))
    op.execute(_FILL)
    op.drop_column("account_behavior", "days_late")
    op.drop_index("ix_installment_due_on", table_name="installment")
    op.create_index(
        "ix_installment_due_on_account_id",
        "installment",
        ["due_on", "account_id"],
        postgresql_include=["amount_cents", "paid_cents"],
    )
    op.create_index("ix_consent_at", "consent", ["at"])
    op.create_index("ix_card_created_at", "card", ["created_at"])


def downgrade() -> None:
    op.drop_index("ix_card_created_at", table_name="card")
    op.drop_index("ix_consent_at", table_name="consent")
    op.drop_index("ix_installment_due_on_account_id", table_name="installment")
    op.create_index(
        "ix_installment_due_on", "installment", ["due_on"], postgresql_include=["account_id", "amount_cents", "paid_cents"]
    )
    op.add_column("account_behavior", sa.Column("days_late", sa.Numeric(precision=7, scale=2), nullable=True))
    op.execute(_BACK)
    for column in ("late_base", "open_lines", "due_lines"):
        op.drop_column("account_behavior", column)
