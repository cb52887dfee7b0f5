"""The ledger of every contract.

Revision: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_policies()
    _add_finance()
    op.add_column("fee", sa.Column("taken_back_cents", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("fee", sa.Column("policy_id", sa.BigInteger(), nullable=True))
    op.add_column("fee", sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_foreign_key(op.f("fk_fee_policy_id_fee_policy"), "fee", "fee_policy", ["policy_id"], ["id"])
    op.create_check_constraint(op.f("ck_fee_taken_back_within_waived"), "fee", "taken_back_cents between 0 and waived_cents")
    op.create_index(
        "uq_fee_late_once",
        "fee",
        ["account_id", "installment_number"],
        unique=True,
        postgresql_where=sa.text("kind = 'late' and rule is not null"),
    )
    op.add_column("payment", sa.Column("settles_on", sa.Date(), nullable=True))
    op.add_column("payment", sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_payment_waiting",
        "payment",
        ["settles_on", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('pending', 'processing')"),
    )
    for part in ("fees_cents", "interest_cents", "principal_cents"):
        op.add_column("adjustment", sa.Column(part, sa.BigInteger(), server_default="0", nullable=False))
    op.execute(
        "create trigger adjustment_parts_no_update before update of fees_cents, interest_cents, principal_cents "
        "on adjustment for each row execute function adjustment_is_insert_only()"
    )
    op.alter_column("allocation", "payment_id", existing_type=sa.BigInteger(), nullable=True)
    op.add_column("allocation", sa.Column("adjustment_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_allocation_adjustment_id_adjustment"), "allocation", "adjustment", ["adjustment_id"], ["id"])
    op.create_index(
        "ix_allocation_adjustment_id",
        "allocation",
        ["adjustment_id"],
        unique=False,
        postgresql_where=sa.text("adjustment_id is not null"),
    )
    op.create_check_constraint(
        op.f("ck_allocation_of_one_entry"), "allocation", "(payment_id is null) <> (adjustment_id is null)"
    )
    # Contracts that were here before fees were assessed are not charged for what was late by then.
    op.execute(
        "insert into setting (name, value, changed_at) "
        "select 'late_fees_after', to_jsonb(current_date::text), now() where exists (select from account)"
    )


def _add_policies() -> None:
    op.create_table(
        "fee_policy",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=True),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=True),
        sa.Column("contract_from_on", sa.Date(), nullable=False),
        sa.Column("frequency_class", sa.String(24), nullable=False),
        sa.Column("grace_days", sa.SmallInteger(), nullable=False),
        sa.Column("is_grace_business_days", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("percent", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("flat_cents", sa.BigInteger(), nullable=True),
        sa.Column("combiner", sa.String(24), server_default="lesser", nullable=False),
        sa.Column("floor_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cap_cents", sa.BigInteger(), nullable=True),
        sa.Column("cap_total_cents", sa.BigInteger(), nullable=True),
        sa.Column("allocation", sa.String(24), server_default="fees_first", nullable=False),
        sa.Column("partial_payments", sa.String(24), server_default="keep", nullable=False),
        sa.Column("returned_payment_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("citation", sa.String(length=120), server_default="", nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("grace_days between 0 and 60", name=op.f("ck_fee_policy_grace_days_in_range")),
        sa.CheckConstraint("percent is not null or flat_cents is not null", name=op.f("ck_fee_policy_has_an_amount")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_fee_policy_portfolio_id_portfolio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_policy")),
    )
    op.create_index(
        "uq_fee_policy_applies",
        "fee_policy",
        ["state", "portfolio_id", "contract_from_on", "frequency_class"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    # As public references had them; the office compares each with its source and writes down when (`verified_on`).
    op.execute(
        """
        insert into fee_policy (name, state, contract_from_on, frequency_class, grace_days, is_grace_business_days, percent,
            flat_cents, combiner, floor_cents, allocation, citation)
        values
            ('California, weekly', 'CA', '1990-01-01', 'weekly', 3, false, 5, 500, 'lesser', 200, 'fees_first',
                'Cal. Civ. Code 1812.626'),
            ('California, longer', 'CA', '1990-01-01', 'longer', 7, false, 5, 500, 'lesser', 200, 'fees_first',
                'Cal. Civ. Code 1812.626'),
            ('New York, weekly', 'NY', '1990-01-01', 'weekly', 3, false, 10, 300, 'greater', 0, 'fees_first',
                'N.Y. PPL 501'),
            ('New York, longer', 'NY', '1990-01-01', 'longer', 7, false, 10, 500, 'greater', 0, 'fees_first',
                'N.Y. PPL 501'),
            ('Connecticut, weekly', 'CT', '1990-01-01', 'weekly', 3, false, 5, 500, 'lesser', 100, 'newest_first',
                'Conn. Gen. Stat. 42-243'),
            ('Connecticut, longer', 'CT', '1990-01-01', 'longer', 5, false, 5, 500, 'lesser', 100, 'newest_first',
                'Conn. Gen. Stat. 42-243'),
            ('West Virginia, weekly', 'WV', '1990-01-01', 'weekly', 3, false, 5, 1500, 'lesser', 0, 'fees_first',
                'W. Va. Code 46B-3-9'),
            ('West Virginia, longer', 'WV', '1990-01-01', 'longer', 5, false, 5, 1500, 'lesser', 0, 'fees_first',
                'W. Va. Code 46B-3-9'),
            ('Minnesota, weekly', 'MN', '1990-01-01', 'weekly', 2, true, 5, 300, 'greater', 0, 'fees_first',
                'Minn. Stat. 325F.90'),
            ('Minnesota, longer', 'MN', '1990-01-01', 'longer', 3, true, 5, 300, 'greater', 0, 'fees_first',
                'Minn. Stat. 325F.90'),
            ('Default, weekly', null, '1990-01-01', 'weekly', 3, false, 5, 500, 'lesser', 0, 'fees_first',
                'Strictest of the common ones'),
            ('Default, longer', null, '1990-01-01', 'longer', 7, false, 5, 500, 'lesser', 0, 'fees_first',
                'Strictest of the common ones')
        """
    )


def _add_finance() -> None:
    op.create_table(
        "contract_finance",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("interest_rate", sa.Numeric(precision=7, scale=4), server_default="0", nullable=False),
        sa.Column("principal_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("credit_line_cents", sa.BigInteger(), nullable=True),
        sa.Column("stops_on", sa.Date(), nullable=True),
        sa.Column("principal_open_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("interest_assessed_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("interest_open_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("accrued_on", sa.Date(), nullable=False),
        sa.CheckConstraint("interest_rate between 0 and 400", name=op.f("ck_contract_finance_rate_in_range")),
        sa.CheckConstraint(
            "principal_open_cents >= 0 and interest_open_cents >= 0", name=op.f("ck_contract_finance_open_not_negative")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_contract_finance_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_contract_finance")),
    )
    op.create_table(
        "interest_charge",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("principal_cents", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_interest_charge_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "assessed_on", name=op.f("pk_interest_charge")),
    )
    op.create_table(
        "payment_split",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("adjustment_id", sa.BigInteger(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("interest_cents", sa.BigInteger(), nullable=False),
        sa.Column("principal_cents", sa.BigInteger(), nullable=False),
        sa.Column("beyond_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(payment_id is null) <> (adjustment_id is null)", name=op.f("ck_payment_split_of_one_entry")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_payment_split_account_id_account")),
        sa.ForeignKeyConstraint(["adjustment_id"], ["adjustment.id"], name=op.f("fk_payment_split_adjustment_id_adjustment")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_split_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_split")),
    )
    for column in ("account_id", "adjustment_id", "payment_id"):
        op.create_index(op.f(f"ix_payment_split_{column}"), "payment_split", [column], unique=False)
    op.create_table(
        "credit_charge",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("installment_number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("charged_on", sa.Date(), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "installment_number"],
            ["installment.account_id", "installment.number"],
            name="fk_credit_charge_installment",
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name=op.f("fk_credit_charge_created_by_id_staff")),
        sa.PrimaryKeyConstraint("account_id", "installment_number", name=op.f("pk_credit_charge")),
    )
    op.create_index("ix_credit_charge_charged_on", "credit_charge", ["charged_on"], unique=False)


def downgrade() -> None:
    """What covers charges through an adjustment has no place in the older tables and goes."""
    op.drop_constraint(op.f("ck_allocation_of_one_entry"), "allocation")
    op.execute("delete from allocation where adjustment_id is not null")
    op.drop_index("ix_allocation_adjustment_id", table_name="allocation")
    op.drop_constraint(op.f("fk_allocation_adjustment_id_adjustment"), "allocation")
    op.drop_column("allocation", "adjustment_id")
    op.alter_column("allocation", "payment_id", existing_type=sa.BigInteger(), nullable=False)
    op.execute("drop trigger adjustment_parts_no_update on adjustment")
    for part in ("principal_cents", "interest_cents", "fees_cents"):
        op.drop_column("adjustment", part)
    op.drop_index("ix_payment_waiting", table_name="payment")
    op.drop_column("payment", "completed_at")
    op.drop_column("payment", "settles_on")
    op.drop_index("uq_fee_late_once", table_name="fee")
    op.drop_constraint(op.f("ck_fee_taken_back_within_waived"), "fee")
    op.drop_constraint(op.f("fk_fee_policy_id_fee_policy"), "fee")
    for column in ("rule", "policy_id", "taken_back_cents"):
        op.drop_column("fee", column)
    for table in ("credit_charge", "payment_split", "interest_charge", "contract_finance", "fee_policy"):
        op.drop_table(table)
    op.execute("delete from setting where name = 'late_fees_after'")
