"""Invoices of billing systems as lines of accounts; the longest fate of an imported row fits.

Revision: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # “rejected:balance_remaining” has 26 letters: a file with such a row could not be read at all.
    op.alter_column("import_row", "outcome", type_=sa.String(length=32), existing_nullable=False)
    op.create_table(
        "invoice",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("installment_number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("invoiced_on", sa.Date(), nullable=False),
        sa.Column("import_batch_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "installment_number"],
            ["installment.account_id", "installment.number"],
            name="fk_invoice_installment",
        ),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_invoice_portfolio_id_portfolio")),
        sa.ForeignKeyConstraint(["import_batch_id"], ["import_batch.id"], name=op.f("fk_invoice_import_batch_id_import_batch")),
        sa.PrimaryKeyConstraint("account_id", "installment_number", name=op.f("pk_invoice")),
    )
    op.create_index("uq_invoice_portfolio_id_number", "invoice", ["portfolio_id", sa.text("upper(number)")], unique=True)
    op.create_index("ix_invoice_import_batch_id", "invoice", ["import_batch_id"])


def downgrade() -> None:
    op.drop_table("invoice")
