"""Quotes, and the policies by which an early purchase is priced.

Revision: 0006
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PRESETS = (
    # state, formula, percent, cash_months, needs_payments, citation
    ("CA", "cash_share", None, 3, 0, "Cal. Civ. Code 1812.632"),
    ("NY", "cash_share", None, 0, 1, "N.Y. Pers. Prop. Law 504"),
    ("HI", "cash_share", None, 0, 0, "Haw. Rev. Stat. 481M"),
    ("OH", "cash_less_part_paid", 50, 0, 0, "Ohio Rev. Code 1351"),
    ("WV", "retail_share", None, 0, 0, "W. Va. Code 46B"),
    (None, "none", None, 0, 0, "House default: no discount that the contract does not give"),
)


def upgrade() -> None:
    policy = op.create_table(
        "payoff_policy",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=True),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=True),
        sa.Column("contract_from_on", sa.Date(), nullable=False),
        sa.Column("formula", sa.String(24), nullable=False),
        sa.Column("percent", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("cash_months", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("cash_days", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("needs_payments", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("balloon_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("good_days", sa.SmallInteger(), server_default="7", nullable=False),
        sa.Column("citation", sa.String(length=160), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("percent between 0 and 100", name=op.f("ck_payoff_policy_percent_of_hundred")),
        sa.CheckConstraint(
            "cash_months between 0 and 60 and cash_days between 0 and 1800 and needs_payments between 0 and 1000 "
            "and balloon_cents >= 0 and good_days between 0 and 90",
            name=op.f("ck_payoff_policy_parameters_in_range"),
        ),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_payoff_policy_portfolio_id_portfolio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payoff_policy")),
    )
    op.create_table(
        "quote",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("good_through_on", sa.Date(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("payoff_cents", sa.BigInteger(), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("formula", sa.String(24), nullable=True),
        sa.Column("policy_id", sa.BigInteger(), nullable=True),
        sa.Column("quoted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quoted_by_id", sa.BigInteger(), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("adjustment_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("good_through_on >= as_of_on", name=op.f("ck_quote_holds_on_its_day")),
        sa.CheckConstraint("total_cents >= 0 and payoff_cents >= total_cents", name=op.f("ck_quote_not_above_payoff")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_quote_account_id_account")),
        sa.ForeignKeyConstraint(["adjustment_id"], ["adjustment.id"], name=op.f("fk_quote_adjustment_id_adjustment")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_quote_payment_id_payment")),
        sa.ForeignKeyConstraint(["policy_id"], ["payoff_policy.id"], name=op.f("fk_quote_policy_id_payoff_policy")),
        sa.ForeignKeyConstraint(["quoted_by_id"], ["staff.id"], name=op.f("fk_quote_quoted_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
        sa.UniqueConstraint("adjustment_id", name=op.f("uq_quote_adjustment_id")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_quote_payment_id")),
    )
    op.create_index("ix_quote_account_id_id", "quote", ["account_id", "id"], unique=False)
    names = ("state", "formula", "percent", "cash_months", "needs_payments", "citation")
    rows = [dict(zip(names, preset, strict=True)) for preset in PRESETS]
    op.bulk_insert(policy, [row | {"contract_from_on": dt.date(1990, 1, 1)} for row in rows])


def downgrade() -> None:
    op.drop_index("ix_quote_account_id_id", table_name="quote")
    op.drop_table("quote")
    op.drop_table("payoff_policy")
