"""Remittances, what they became and which senders were learnt; what dealers were paid for their contracts.

Revision: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remittance",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("import_batch_id", sa.BigInteger(), nullable=True),
        sa.Column("row_number", sa.BigInteger(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.String(length=120), nullable=False),
        sa.Column("memo", sa.String(length=300), nullable=False),
        sa.Column("method", sa.String(length=24), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_remittance_amount_positive")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_remittance_portfolio_id_portfolio")),
        sa.ForeignKeyConstraint(
            ["import_batch_id"], ["import_batch.id"], name=op.f("fk_remittance_import_batch_id_import_batch")
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_remittance_decided_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance")),
    )
    op.create_index(op.f("ix_remittance_import_batch_id"), "remittance", ["import_batch_id"])
    op.create_index(
        "uq_remittance_portfolio_id_reference",
        "remittance",
        ["portfolio_id", "reference"],
        unique=True,
        postgresql_where=sa.text("state <> 'undone'"),
    )
    op.create_index("ix_remittance_state_paid_on_id", "remittance", ["state", "paid_on", "id"])
    op.create_table(
        "remittance_payment",
        sa.Column("remittance_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["remittance_id"], ["remittance.id"], name=op.f("fk_remittance_payment_remittance_id_remittance")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_remittance_payment_payment_id_payment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("remittance_id", "payment_id", name=op.f("pk_remittance_payment")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_remittance_payment_payment_id")),
    )
    op.create_table(
        "learnt_sender",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.String(length=120), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("learnt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_learnt_sender_portfolio_id_portfolio")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_learnt_sender_customer_id_customer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_learnt_sender_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learnt_sender")),
    )
    op.create_index(op.f("ix_learnt_sender_customer_id"), "learnt_sender", ["customer_id"])
    op.create_index("uq_learnt_sender", "learnt_sender", ["portfolio_id", "sender", "customer_id"], unique=True)
    op.create_table(
        "dealer_funding",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("import_batch_id", sa.BigInteger(), nullable=False),
        sa.Column("contract_number", sa.String(length=40), nullable=False),
        sa.Column("dealer", sa.String(length=80), nullable=True),
        sa.Column("funded_on", sa.Date(), nullable=True),
        sa.Column("cost_cents", sa.BigInteger(), nullable=True),
        sa.Column("adjustment_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_dealer_funding_portfolio_id_portfolio")),
        sa.ForeignKeyConstraint(
            ["import_batch_id"], ["import_batch.id"], name=op.f("fk_dealer_funding_import_batch_id_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dealer_funding")),
    )
    op.create_index(op.f("ix_dealer_funding_import_batch_id"), "dealer_funding", ["import_batch_id"])
    op.create_index(
        "uq_dealer_funding_portfolio_id_contract_number", "dealer_funding", ["portfolio_id", "contract_number"], unique=True
    )


def downgrade() -> None:
    op.drop_table("dealer_funding")
    op.drop_table("learnt_sender")
    op.drop_table("remittance_payment")
    op.drop_table("remittance")
