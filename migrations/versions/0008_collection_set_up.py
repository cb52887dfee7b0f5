"""Collection statuses, the Weighting Table, collection settings and what each collector takes.

Revision: 0008
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATUSES = (
    # code, description, follow-up in so many days, given by the end of day
    ("00", "New", None, False),
    ("01", "Being worked", 7, False),
    ("30", "Promise to pay", 7, False),
    ("80", "Returned payment", 1, True),
    ("81", "First payment default", 1, True),
    ("82", "First time delinquent", None, True),
    ("83", "Broken promise", 1, True),
    ("84", "Cannot be located", 14, False),
    ("85", "No contact in the last 7 days", None, True),
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WEIGHTS = {
    "per_dollar": 1,
    "per_day": 1,
    "ages": [1, 8, 15, 31, 46, 61, 91, 121],
    "balances": [0, 25_000, 50_000, 100_000, 150_000, 250_000],
    "grid": [[0] * 6] * 8,
    "due_days": [],
    "averages": [],
    "account_ages": [],
}


def upgrade() -> None:
    status = op.create_table(
        "collection_status",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("description", sa.String(length=80), nullable=False),
        sa.Column("is_supervisor_type", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("follow_up_interval", sa.SmallInteger(), nullable=True),
        sa.Column("follow_up_unit", sa.String(24), nullable=True),
        sa.Column("weight", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("is_automatic", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("code ~ '^[0-9A-Z]{2}$'", name=op.f("ck_collection_status_code_of_two")),
        sa.CheckConstraint("weight between 0 and 9999", name=op.f("ck_collection_status_weight_in_range")),
        sa.CheckConstraint(
            "(follow_up_interval is null) = (follow_up_unit is null)", name=op.f("ck_collection_status_interval_with_unit")
        ),
        sa.CheckConstraint("follow_up_interval between 1 and 999", name=op.f("ck_collection_status_interval_in_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_status")),
        sa.UniqueConstraint("code", name=op.f("uq_collection_status_code")),
    )
    op.create_table(
        "account_collection_status",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status_id", sa.BigInteger(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("follow_up_id", sa.BigInteger(), nullable=True),
        sa.Column("set_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_collection_status_account_id_account")),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_up.id"], name=op.f("fk_account_collection_status_follow_up_id_follow_up")
        ),
        sa.ForeignKeyConstraint(["set_by_id"], ["staff.id"], name=op.f("fk_account_collection_status_set_by_id_staff")),
        sa.ForeignKeyConstraint(
            ["status_id"], ["collection_status.id"], name=op.f("fk_account_collection_status_status_id_collection_status")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_collection_status")),
    )
    op.create_index(
        op.f("ix_account_collection_status_follow_up_id"), "account_collection_status", ["follow_up_id"], unique=False
    )
    op.create_index(op.f("ix_account_collection_status_status_id"), "account_collection_status", ["status_id"], unique=False)
    op.create_table(
        "collection_status_change",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("from_code", sa.String(length=2), nullable=False),
        sa.Column("to_code", sa.String(length=2), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("is_skipped", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_collection_status_change_account_id_account")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_collection_status_change_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_status_change")),
    )
    op.create_index("ix_collection_status_change_account_id_at", "collection_status_change", ["account_id", "at"], unique=False)
    op.create_index(
        "uq_collection_status_change_automatic",
        "collection_status_change",
        ["account_id", "business_on"],
        unique=True,
        postgresql_where=sa.text("by_id is null"),
    )
    weighting = op.create_table(
        "weighting_table",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("weights", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_weighting_table_only_one")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["staff.id"], name=op.f("fk_weighting_table_changed_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weighting_table")),
    )
    settings = op.create_table(
        "collection_settings",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_basis", sa.String(24), server_default="delinquent", nullable=False),
        sa.Column("has_thirty_day_months", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("reassigns", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("steps_off", postgresql.ARRAY(sa.String(24)), server_default="{}", nullable=False),
        sa.Column("thresholds", postgresql.ARRAY(sa.SmallInteger()), server_default="{30,60}", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_collection_settings_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_settings")),
    )
    op.create_table(
        "portfolio_collection_settings",
        sa.Column("portfolio_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("supervisor_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["portfolio_id"], ["portfolio.id"], name=op.f("fk_portfolio_collection_settings_portfolio_id_portfolio")
        ),
        sa.ForeignKeyConstraint(
            ["supervisor_id"], ["staff.id"], name=op.f("fk_portfolio_collection_settings_supervisor_id_staff")
        ),
        sa.PrimaryKeyConstraint("portfolio_id", name=op.f("pk_portfolio_collection_settings")),
    )
    places: list[sa.Column[list[int]]] = [
        sa.Column(name, postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False)
        for name in ("portfolio_ids", "company_ids", "region_ids", "office_ids")
    ]
    op.create_table(
        "collector_profile",
        sa.Column("staff_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("fax", sa.String(length=20), nullable=True),
        sa.Column("name_letters", sa.String(length=26), server_default=LETTERS, nullable=False),
        sa.Column("status_letters", sa.String(length=26), server_default=LETTERS, nullable=False),
        sa.Column("minimum_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("maximum_cents", sa.BigInteger(), nullable=True),
        *places,
        sa.Column("sort_order", sa.String(length=24), server_default="weight", nullable=False),
        sa.Column("menu", postgresql.ARRAY(sa.String(24)), server_default="{}", nullable=False),
        sa.Column("is_supervisor", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("supervisor_id", sa.BigInteger(), nullable=True),
        sa.Column("default_user_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "minimum_cents >= 0 and maximum_cents >= minimum_cents", name=op.f("ck_collector_profile_amounts_in_order")
        ),
        sa.CheckConstraint(
            "name_letters ~ '^[A-Z]*$' and status_letters ~ '^[A-Z]*$'", name=op.f("ck_collector_profile_letters")
        ),
        sa.ForeignKeyConstraint(["default_user_id"], ["staff.id"], name=op.f("fk_collector_profile_default_user_id_staff")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_collector_profile_staff_id_staff")),
        sa.ForeignKeyConstraint(["supervisor_id"], ["staff.id"], name=op.f("fk_collector_profile_supervisor_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_collector_profile")),
    )
    op.create_table(
        "reassignment_hold",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_reassignment_hold_account_id_account")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_reassignment_hold_by_id_staff")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_reassignment_hold")),
    )
    op.bulk_insert(
        status,
        [
            {
                "code": code,
                "description": description,
                "follow_up_interval": days,
                "follow_up_unit": "d" if days else None,
                "is_automatic": is_automatic,
            }
            for code, description, days, is_automatic in STATUSES
        ],
    )
    op.bulk_insert(weighting, [{"id": 1, "weights": WEIGHTS, "changed_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}])
    op.bulk_insert(settings, [{"id": 1}])


def downgrade() -> None:
    for table in (
        "reassignment_hold",
        "collector_profile",
        "portfolio_collection_settings",
        "collection_settings",
        "weighting_table",
        "collection_status_change",
        "account_collection_status",
        "collection_status",
    ):
        op.drop_table(table)
