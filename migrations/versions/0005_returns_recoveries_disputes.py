"""Devices that come back, recoveries with their attempts, disputes with their evidence.

Revision: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_return",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=24), server_default="initiated", nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=True),
        sa.Column("tracking", sa.String(length=60), nullable=True),
        sa.Column("initiated_on", sa.Date(), nullable=False),
        sa.Column("label_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("inspected_on", sa.Date(), nullable=True),
        sa.Column("restocked_on", sa.Date(), nullable=True),
        sa.Column("grade", sa.String(length=24), nullable=True),
        sa.Column("inspection_note", sa.String(length=500), nullable=True),
        sa.Column("refurb_cost_cents", sa.BigInteger(), nullable=True),
        sa.Column("account_status_before", sa.String(length=24), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("refurb_cost_cents >= 0", name=op.f("ck_device_return_refurb_cost_not_negative")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_device_return_account_id_account")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_return_device_id_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_return")),
    )
    op.create_index(op.f("ix_device_return_account_id"), "device_return", ["account_id"], unique=False)
    op.create_index(op.f("ix_device_return_device_id"), "device_return", ["device_id"], unique=False)
    op.create_index("ix_device_return_initiated_on_id", "device_return", ["initiated_on", "id"], unique=False)
    op.create_index("ix_device_return_state_updated_at_id", "device_return", ["state", "updated_at", "id"], unique=False)
    op.create_index(
        "ix_device_return_tracking", "device_return", ["tracking"], unique=False, postgresql_ops={"tracking": "text_pattern_ops"}
    )
    op.create_index("ix_device_return_updated_at_id", "device_return", ["updated_at", "id"], unique=False)
    op.create_index(
        "uq_device_return_open",
        "device_return",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("state not in ('restocked', 'cancelled')"),
    )
    op.create_table(
        "recovery",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=24), server_default="open", nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("agent", sa.String(length=120), nullable=True),
        sa.Column("assigned_to_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_account_id_account")),
        sa.ForeignKeyConstraint(["assigned_to_id"], ["staff.id"], name=op.f("fk_recovery_assigned_to_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery")),
    )
    op.create_index(op.f("ix_recovery_account_id"), "recovery", ["account_id"], unique=False)
    op.create_index(op.f("ix_recovery_assigned_to_id"), "recovery", ["assigned_to_id"], unique=False)
    op.create_index("ix_recovery_opened_on_id", "recovery", ["opened_on", "id"], unique=False)
    op.create_index("ix_recovery_state_opened_on_id", "recovery", ["state", "opened_on", "id"], unique=False)
    op.create_index("uq_recovery_open", "recovery", ["account_id"], unique=True, postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "recovery_attempt",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("recovery_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=True),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("activity_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_attempt_account_id_account")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_recovery_attempt_activity_id_activity")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_recovery_attempt_by_id_staff")),
        sa.ForeignKeyConstraint(["recovery_id"], ["recovery.id"], name=op.f("fk_recovery_attempt_recovery_id_recovery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_attempt")),
    )
    op.create_index(op.f("ix_recovery_attempt_account_id"), "recovery_attempt", ["account_id"], unique=False)
    op.create_index(op.f("ix_recovery_attempt_activity_id"), "recovery_attempt", ["activity_id"], unique=False)
    op.create_index(op.f("ix_recovery_attempt_recovery_id"), "recovery_attempt", ["recovery_id"], unique=False)
    op.create_table(
        "dispute",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("installment_number", sa.SmallInteger(), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=24), server_default="open", nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("deadline_on", sa.Date(), nullable=False),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("resolution", sa.String(length=500), nullable=True),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=True),
        sa.Column("resolved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("follow_up_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_dispute_amount_positive")),
        sa.CheckConstraint("deadline_on >= opened_on", name=op.f("ck_dispute_deadline_not_before_opening")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_dispute_account_id_account")),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_up.id"], name=op.f("fk_dispute_follow_up_id_follow_up")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["staff.id"], name=op.f("fk_dispute_opened_by_id_staff")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_dispute_payment_id_payment")),
        sa.ForeignKeyConstraint(["resolved_by_id"], ["staff.id"], name=op.f("fk_dispute_resolved_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index(op.f("ix_dispute_account_id"), "dispute", ["account_id"], unique=False)
    op.create_index("ix_dispute_deadline_on_id", "dispute", ["deadline_on", "id"], unique=False)
    op.create_index(op.f("ix_dispute_follow_up_id"), "dispute", ["follow_up_id"], unique=False)
    op.create_index("ix_dispute_opened_on_id", "dispute", ["opened_on", "id"], unique=False)
    op.create_index(
        "ix_dispute_pausing",
        "dispute",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("state in ('open', 'under_review')"),
    )
    op.create_index(op.f("ix_dispute_payment_id"), "dispute", ["payment_id"], unique=False)
    op.create_index(
        "ix_dispute_undecided",
        "dispute",
        ["deadline_on", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('open', 'under_review')"),
    )
    op.create_table(
        "dispute_evidence",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_dispute_evidence_size_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_dispute_evidence_account_id_account")),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_evidence_dispute_id_dispute")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["staff.id"], name=op.f("fk_dispute_evidence_uploaded_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_evidence")),
    )
    op.create_index(op.f("ix_dispute_evidence_account_id"), "dispute_evidence", ["account_id"], unique=False)
    op.create_index(op.f("ix_dispute_evidence_dispute_id"), "dispute_evidence", ["dispute_id"], unique=False)
    op.create_index(op.f("ix_dispute_evidence_sha256"), "dispute_evidence", ["sha256"], unique=False)
    op.create_index(
        "ix_account_default_on_id",
        "account",
        ["default_on", "id"],
        unique=False,
        postgresql_where=sa.text("default_on is not null"),
    )


def downgrade() -> None:
    op.drop_index("ix_account_default_on_id", table_name="account")
    for table in ("dispute_evidence", "dispute", "recovery_attempt", "recovery", "device_return"):
        op.drop_table(table)
