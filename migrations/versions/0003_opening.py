"""What was agreed when a contract was signed, and who signed it beside the customer.

Revision: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contract_terms",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contract_number", sa.String(length=16), nullable=False),
        sa.Column("holder_number", sa.String(length=7), nullable=False),
        sa.Column("program", sa.String(length=80), nullable=True),
        sa.Column("location", sa.String(length=80), nullable=True),
        sa.Column("seller", sa.String(length=80), nullable=True),
        sa.Column("pricing_tier", sa.String(length=40), nullable=True),
        sa.Column("merchant_ext_id", sa.String(length=60), nullable=True),
        sa.Column("applicant_id", sa.String(length=60), nullable=True),
        sa.Column("note_on", sa.Date(), nullable=False),
        sa.Column("rescission_on", sa.Date(), nullable=True),
        sa.Column("description", sa.String(length=300), nullable=True),
        sa.Column("state", sa.String(length=2), nullable=True),
        sa.Column("opening_key", sa.String(length=45), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_contract_terms_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_contract_terms")),
        sa.UniqueConstraint("contract_number", name=op.f("uq_contract_terms_contract_number")),
        sa.UniqueConstraint("opening_key", name=op.f("uq_contract_terms_opening_key")),
    )
    op.create_index(op.f("ix_contract_terms_holder_number"), "contract_terms", ["holder_number"], unique=False)
    op.create_table(
        "account_party",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_party_account_id_account")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_account_party_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_party")),
        sa.UniqueConstraint("account_id", "customer_id", name=op.f("uq_account_party_account_id_customer_id")),
    )
    op.create_index(op.f("ix_account_party_customer_id"), "account_party", ["customer_id"], unique=False)
    op.create_index("ix_account_test", "account", ["id"], unique=False, postgresql_where=sa.text("is_test"))


def downgrade() -> None:
    op.drop_index("ix_account_test", table_name="account", postgresql_where=sa.text("is_test"))
    op.drop_index(op.f("ix_account_party_customer_id"), table_name="account_party")
    op.drop_table("account_party")
    op.drop_index(op.f("ix_contract_terms_holder_number"), table_name="contract_terms")
    op.drop_table("contract_terms")
