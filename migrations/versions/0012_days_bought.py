"""Part payments: by how much the rest of an installment falls due later, now and on the days of the past.

Revision: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installment", sa.Column("bought_days", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_installment_bought_days_not_negative"), "installment", "bought_days >= 0")
    op.create_table(
        "bought_days",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("days >= 0", name=op.f("ck_bought_days_days_not_negative")),
        sa.ForeignKeyConstraint(
            ["account_id", "number"],
            ["installment.account_id", "installment.number"],
            name="fk_bought_days_installment",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "number", "from_on", name=op.f("pk_bought_days")),
    )
    op.create_index("ix_bought_days_from_on", "bought_days", ["from_on", "account_id"])


def downgrade() -> None:
    op.execute("update installment set due_on = due_on - bought_days where bought_days > 0")
    op.drop_table("bought_days")
    op.drop_constraint(op.f("ck_installment_bought_days_not_negative"), "installment", type_="check")
    op.drop_column("installment", "bought_days")
