"""Devices that Hexnode manages, how the devices of accounts stand, and locks with their clauses and notices.

Revision: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "managed_device",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("hexnode_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("model", sa.String(length=160), server_default="", nullable=False),
        sa.Column("serial", sa.String(length=60), nullable=True),
        sa.Column("imei", sa.String(length=16), nullable=True),
        sa.Column("udid", sa.String(length=80), nullable=True),
        sa.Column("status", sa.String(length=40), server_default="", nullable=False),
        sa.Column("is_enrolled", sa.Boolean(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_compliant", sa.Boolean(), nullable=True),
        sa.Column("is_gone", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_managed_device")),
        sa.UniqueConstraint("hexnode_id", name=op.f("uq_managed_device_hexnode_id")),
    )
    for column in ("serial", "imei"):
        op.create_index(op.f(f"ix_managed_device_{column}"), "managed_device", [column])
    op.create_table(
        "device_check",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("managed_device_id", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.String(length=24), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_device_check_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["managed_device_id"],
            ["managed_device.id"],
            name=op.f("fk_device_check_managed_device_id_managed_device"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_check")),
        sa.UniqueConstraint("account_id", name=op.f("uq_device_check_account_id")),
    )
    op.create_index(op.f("ix_device_check_managed_device_id"), "device_check", ["managed_device_id"])
    op.create_index("ix_device_check_verdict_id", "device_check", ["verdict", "id"])
    op.create_index("ix_device_check_checked_at_id", "device_check", ["checked_at", "id"])
    op.create_table(
        "lock_clause",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=True),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=True),
        sa.Column("contract_from_on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("notice_days", sa.SmallInteger(), nullable=False),
        sa.Column("citation", sa.String(length=120), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("verified_by_id", sa.BigInteger(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("notice_days between 1 and 90", name=op.f("ck_lock_clause_notice_has_days")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_lock_clause_portfolio_id_portfolio")),
        sa.ForeignKeyConstraint(["verified_by_id"], ["staff.id"], name=op.f("fk_lock_clause_verified_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lock_clause")),
    )
    op.create_index(
        "uq_lock_clause_state_portfolio_id_contract_from_on",
        "lock_clause",
        ["state", "portfolio_id", "contract_from_on"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "lock_notice",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lock_notice_account_id_account")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_lock_notice_message_id_message")),
        sa.ForeignKeyConstraint(["noted_by_id"], ["staff.id"], name=op.f("fk_lock_notice_noted_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lock_notice")),
        sa.UniqueConstraint("message_id", name=op.f("uq_lock_notice_message_id")),
    )
    op.create_index("ix_lock_notice_account_id_given_on", "lock_notice", ["account_id", "given_on"])
    op.create_table(
        "device_lock",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("managed_device_id", sa.BigInteger(), nullable=False),
        sa.Column("clause_id", sa.BigInteger(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=24), server_default="locking", nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("past_due_cents", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unlock_reason", sa.String(length=200), nullable=True),
        sa.Column("unlock_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unlock_asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("unlocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=300), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_device_lock_{column}_{table}"))
            for column, table in (
                ("account_id", "account"),
                ("managed_device_id", "managed_device"),
                ("clause_id", "lock_clause"),
                ("notice_id", "lock_notice"),
                ("asked_by_id", "staff"),
                ("unlock_asked_by_id", "staff"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_lock")),
    )
    for column in ("managed_device_id", "clause_id", "notice_id"):
        op.create_index(op.f(f"ix_device_lock_{column}"), "device_lock", [column])
    op.create_index("ix_device_lock_account_id", "device_lock", ["account_id"])
    op.create_index(
        "uq_device_lock_open",
        "device_lock",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("state not in ('refused', 'unlocked')"),
    )


def downgrade() -> None:
    for table in ("device_lock", "lock_notice", "lock_clause", "device_check", "managed_device"):
        op.drop_table(table)
