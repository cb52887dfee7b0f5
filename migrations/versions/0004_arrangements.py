"""Arrangements, the original due dates that they leave behind, how accounts ended, and reinstatement policies.

Revision: 0004
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nullable and without a default: forty million installments are not rewritten, and hardly any of them ever moves.
    op.add_column("installment", sa.Column("original_due_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_installment_moved", "installment", ["account_id"], postgresql_where=sa.text("original_due_on is not null")
    )
    op.add_column("account", sa.Column("contract_days_past_due", sa.SmallInteger(), server_default="0", nullable=False))
    op.execute("update account set contract_days_past_due = days_past_due where days_past_due > 0")
    op.add_column("account_snapshot", sa.Column("contract_days_past_due", sa.SmallInteger(), nullable=True))
    _create_arrangement()
    _create_arrangement_line()
    _create_account_closing()
    _create_reinstatement_policy()


def _by(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["staff.id"], name=op.f(f"fk_{table}_{column}_staff"))


def _create_arrangement() -> None:
    op.create_table(
        "arrangement",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("beyond", sa.String(length=1000), nullable=True),
        sa.Column("beyond_reason", sa.String(length=400), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("applied_by_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_reason", sa.String(length=400), nullable=True),
        sa.Column("days_moved", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("value_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("days_past_due_before", sa.SmallInteger(), nullable=True),
        sa.Column("past_due_before_cents", sa.BigInteger(), nullable=True),
        sa.Column("next_due_before_on", sa.Date(), nullable=True),
        sa.Column("anchor_days_before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("idempotency_key", sa.String(length=45), nullable=True),
        sa.CheckConstraint("days_moved >= 0 and value_cents >= 0", name=op.f("ck_arrangement_nothing_is_less_than_free")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_arrangement_account_id_account")),
        *(_by(column, "arrangement") for column in ("requested_by_id", "approved_by_id", "applied_by_id", "ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrangement")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_arrangement_idempotency_key")),
    )
    op.create_index("ix_arrangement_account_id_id", "arrangement", ["account_id", "id"])
    op.create_index(
        "uq_arrangement_waiting",
        "arrangement",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("state in ('requested', 'approved')"),
    )
    op.create_index("ix_arrangement_state_requested_at_id", "arrangement", ["state", "requested_at", "id"])
    op.create_index("ix_arrangement_requested_at_id", "arrangement", ["requested_at", "id"])
    op.create_index(
        "ix_arrangement_applied_on_id",
        "arrangement",
        ["applied_on", "id"],
        postgresql_where=sa.text("applied_on is not null"),
    )


def _create_arrangement_line() -> None:
    op.create_table(
        "arrangement_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("arrangement_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("due_before", sa.Date(), nullable=False),
        sa.Column("due_after", sa.Date(), nullable=False),
        sa.Column("amount_before_cents", sa.BigInteger(), nullable=False),
        sa.Column("amount_after_cents", sa.BigInteger(), nullable=False),
        sa.Column("original_before_on", sa.Date(), nullable=True),
        sa.Column("cut_from", sa.SmallInteger(), nullable=True),
        sa.Column("is_reversal", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["arrangement_id"], ["arrangement.id"], name=op.f("fk_arrangement_line_arrangement_id_arrangement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrangement_line")),
    )
    op.create_index(op.f("ix_arrangement_line_arrangement_id"), "arrangement_line", ["arrangement_id"])
    op.create_index("ix_arrangement_line_account_id_number_id", "arrangement_line", ["account_id", "number", "id"])


def _create_account_closing() -> None:
    op.create_table(
        "account_closing",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("fees_cents", sa.BigInteger(), nullable=False),
        sa.Column("rent_cents", sa.BigInteger(), nullable=False),
        sa.Column("interest_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("principal_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_closing_account_id_account")),
        *(_by(column, "account_closing") for column in ("asked_by_id", "closed_by_id", "reopened_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_closing")),
    )
    op.create_index(op.f("ix_account_closing_account_id"), "account_closing", ["account_id"])
    op.create_index(
        "uq_account_closing_open",
        "account_closing",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("reopened_at is null"),
    )


def _create_reinstatement_policy() -> None:
    policy = op.create_table(
        "reinstatement_policy",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=True),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=True),
        sa.Column("contract_from_on", sa.Date(), nullable=False),
        sa.Column("days_weekly", sa.SmallInteger(), nullable=False),
        sa.Column("days_longer", sa.SmallInteger(), nullable=False),
        sa.Column("periods", sa.Numeric(6, 2), nullable=True),
        sa.Column("days_if_returned", sa.SmallInteger(), nullable=True),
        sa.Column("fee_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("citation", sa.String(length=120), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "days_weekly >= 0 and days_longer >= 0 and fee_cents >= 0", name=op.f("ck_reinstatement_policy_not_negative")
        ),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_reinstatement_policy_portfolio_id_portfolio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reinstatement_policy")),
    )
    op.create_index(
        "uq_reinstatement_policy_state_portfolio_id_contract_from_on",
        "reinstatement_policy",
        ["state", "portfolio_id", "contract_from_on"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.bulk_insert(policy, [_policy(*figures) for figures in PRESETS])


# state, days weekly, days longer, periods, days if returned, fee in cents, citation
PRESETS = (
    ("CA", 7, 10, None, 365, 0, "Cal. Civ. Code 1812.631"),
    ("TX", 7, 7, "0.5", None, 0, "Tex. Bus. & Com. Code 92.053"),
    ("FL", 60, 60, None, None, 500, "Fla. Stat. 559.9235"),
    ("RI", 0, 0, "3", None, 500, "R.I. Gen. Laws 6-44-5"),
)


def _policy(
    state: str, weekly: int, longer: int, periods: str | None, returned: int | None, fee: int, citation: str
) -> dict[str, object]:
    return {
        "state": state,
        "contract_from_on": dt.date(2000, 1, 1),
        "days_weekly": weekly,
        "days_longer": longer,
        "periods": periods,
        "days_if_returned": returned,
        "fee_cents": fee,
        "citation": citation,
    }


def downgrade() -> None:
    for table in ("reinstatement_policy", "account_closing", "arrangement_line", "arrangement"):
        op.drop_table(table)
    op.drop_column("account_snapshot", "contract_days_past_due")
    op.drop_column("account", "contract_days_past_due")
    op.drop_index("ix_installment_moved", table_name="installment")
    op.drop_column("installment", "original_due_on")
