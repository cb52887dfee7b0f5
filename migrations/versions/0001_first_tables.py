"""First tables.

Revision: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# The ledger and the audit trail are written once. Columns that a payment's own life may still change (its state, what the
# processor answered) are not in its list.
GUARDED = {
    "payment": "account_id, kind, method, amount_cents, received_at, effective_on, posted_at, posted_on, reverses_id",
    "adjustment": "account_id, kind, amount_cents, effective_on, fee_id, reason",
    "status_change": "account_id, from_status, to_status, at, business_on, reason",
    "audit_event": "id, at, actor_id, approver_id, action, entity, entity_id, account_id, before, after, reason, ip, "
    "request_id, previous_hash, hash",
}


def upgrade() -> None:
    op.create_table(
        "bucket",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.Column("from_days", sa.SmallInteger(), nullable=False),
        sa.Column("to_days", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bucket")),
        sa.UniqueConstraint("scheme", "from_days", name=op.f("uq_bucket_scheme_from_days")),
    )
    op.create_table(
        "day_run",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(24), server_default="planned", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accounts", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_run")),
        sa.UniqueConstraint("business_on", name=op.f("uq_day_run_business_on")),
    )
    op.create_table(
        "portfolio",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), server_default="USD", nullable=False),
        sa.Column("time_zone", sa.String(length=64), server_default="America/New_York", nullable=False),
        sa.Column("tolerance_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portfolio")),
        sa.UniqueConstraint("code", name=op.f("uq_portfolio_code")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("sees_all_accounts", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=True),
        sa.Column("must_change_pin", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("failed_sign_ins", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("locked_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
    )
    op.create_index("uq_staff_username", "staff", [sa.literal_column("lower(username)")], unique=True)
    op.create_table(
        "timetable_tick",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "business_on", name=op.f("pk_timetable_tick")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("approver_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=True),
        sa.Column("entity_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("request_id", sa.String(length=36), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["staff.id"], name=op.f("fk_audit_event_actor_id_staff")),
        sa.ForeignKeyConstraint(["approver_id"], ["staff.id"], name=op.f("fk_audit_event_approver_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_event_hash")),
    )
    op.create_index("ix_audit_event_account_id_id", "audit_event", ["account_id", "id"], unique=False)
    op.create_index("ix_audit_event_actor_id_id", "audit_event", ["actor_id", "id"], unique=False)
    op.create_index("ix_audit_event_at_id", "audit_event", ["at", "id"], unique=False)
    op.create_index("ix_audit_event_entity_entity_id", "audit_event", ["entity", "entity_id"], unique=False)
    op.create_table(
        "company",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_company_portfolio_id_portfolio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("portfolio_id", "code", name=op.f("uq_company_portfolio_id_code")),
    )
    op.create_table(
        "day_chunk",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(24), nullable=False),
        sa.Column("first_account_id", sa.BigInteger(), nullable=False),
        sa.Column("last_account_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(24), server_default="planned", nullable=False),
        sa.Column("changed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["day_run.id"], name=op.f("fk_day_chunk_run_id_day_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_chunk")),
        sa.UniqueConstraint("run_id", "step", "first_account_id", name=op.f("uq_day_chunk_run_id_step_first_account_id")),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.String(length=160), nullable=False),
        sa.Column("imei", sa.String(length=15), nullable=True),
        sa.Column("serial", sa.String(length=40), nullable=True),
        sa.Column("cost_cents", sa.BigInteger(), nullable=True),
        sa.Column("is_test", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_device_portfolio_id_portfolio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_index("ix_device_imei", "device", ["imei"], unique=False, postgresql_ops={"imei": "text_pattern_ops"})
    op.create_index("ix_device_model_id", "device", ["model", "id"], unique=False)
    op.create_index(op.f("ix_device_portfolio_id"), "device", ["portfolio_id"], unique=False)
    op.create_index(op.f("ix_device_serial"), "device", ["serial"], unique=False)
    op.create_table(
        "import_batch",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(24), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("rows", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("outcomes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("warnings", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name=op.f("fk_import_batch_created_by_id_staff")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_import_batch_portfolio_id_portfolio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_index("ix_import_batch_created_at_id", "import_batch", ["created_at", "id"], unique=False)
    op.create_index("ix_import_batch_file_hash", "import_batch", ["file_hash"], unique=False)
    op.create_table(
        "customer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("last_name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("city", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=2), nullable=True),
        sa.Column("zip_code", sa.String(length=10), nullable=True),
        sa.Column("monthly_income_cents", sa.BigInteger(), nullable=True),
        sa.Column("square_customer_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_batch_id", sa.BigInteger(), nullable=True),
        sa.Column("is_test", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["import_batch_id"], ["import_batch.id"], name=op.f("fk_customer_import_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_customer_portfolio_id_portfolio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    op.create_index(
        "ix_customer_first_last",
        "customer",
        [sa.literal_column("lower(first_name)").label("f"), sa.literal_column("lower(last_name)").label("l")],
        unique=False,
        postgresql_ops={"l": "text_pattern_ops", "f": "text_pattern_ops"},
    )
    op.create_index(
        "ix_customer_import_batch_id",
        "customer",
        ["import_batch_id"],
        unique=False,
        postgresql_where=sa.text("import_batch_id is not null"),
    )
    op.create_index(
        "ix_customer_last_first",
        "customer",
        [sa.literal_column("lower(last_name)").label("l"), sa.literal_column("lower(first_name)").label("f")],
        unique=False,
        postgresql_ops={"l": "text_pattern_ops", "f": "text_pattern_ops"},
    )
    op.create_index("ix_customer_last_name_first_name_id", "customer", ["last_name", "first_name", "id"], unique=False)
    op.create_index(op.f("ix_customer_portfolio_id"), "customer", ["portfolio_id"], unique=False)
    op.create_index(op.f("ix_customer_square_customer_id"), "customer", ["square_customer_id"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("unique_key", sa.String(length=80), nullable=True),
        sa.Column("queue", sa.String(length=20), server_default="default", nullable=False),
        sa.Column("state", sa.String(24), server_default="planned", nullable=False),
        sa.Column("planned", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("step", sa.String(length=120), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("stop_requested", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("result_url", sa.String(length=300), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name=op.f("fk_job_created_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_created_at_id", "job", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_job_open", "job", ["state", "id"], unique=False, postgresql_where=sa.text("state in ('planned', 'running')")
    )
    op.create_index(
        "uq_job_open_unique_key",
        "job",
        ["unique_key"],
        unique=True,
        postgresql_where=sa.text("state in ('planned', 'running')"),
    )
    op.create_table(
        "portfolio_day",
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_days", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("accounts", sa.BigInteger(), nullable=False),
        sa.Column("past_due_cents", sa.BigInteger(), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_portfolio_day_portfolio_id_portfolio")),
        sa.PrimaryKeyConstraint("business_on", "portfolio_id", "from_days", name=op.f("pk_portfolio_day")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query_string", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_saved_view_owner_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_owner_id"), "saved_view", ["owner_id"], unique=False)
    op.create_index(op.f("ix_saved_view_page"), "saved_view", ["page"], unique=False)
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["staff.id"], name=op.f("fk_setting_changed_by_id_staff")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "staff_portfolio",
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_staff_portfolio_portfolio_id_portfolio")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_portfolio_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", "portfolio_id", name=op.f("pk_staff_portfolio")),
    )
    op.create_index(op.f("ix_staff_portfolio_portfolio_id"), "staff_portfolio", ["portfolio_id"], unique=False)
    op.create_table(
        "staff_session",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stepped_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.String(length=200), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_session_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_session_token_hash")),
    )
    op.create_index(op.f("ix_staff_session_staff_id"), "staff_session", ["staff_id"], unique=False)
    op.create_table(
        "card",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("square_card_id", sa.String(length=64), nullable=False),
        sa.Column("brand", sa.String(length=30), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("expires_month", sa.SmallInteger(), nullable=False),
        sa.Column("expires_year", sa.SmallInteger(), nullable=False),
        sa.Column("card_type", sa.String(length=20), nullable=True),
        sa.Column("prepaid_type", sa.String(length=20), nullable=True),
        sa.Column("fingerprint", sa.String(length=255), nullable=True),
        sa.Column("is_enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("square_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_card_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sa.UniqueConstraint("square_card_id", name=op.f("uq_card_square_card_id")),
    )
    op.create_index(op.f("ix_card_customer_id"), "card", ["customer_id"], unique=False)
    op.create_index(op.f("ix_card_fingerprint"), "card", ["fingerprint"], unique=False)
    op.create_index(op.f("ix_card_last_four"), "card", ["last_four"], unique=False)
    op.create_index(
        "uq_card_primary", "card", ["customer_id"], unique=True, postgresql_where=sa.text("is_primary and is_enabled")
    )
    op.create_table(
        "customer_phone",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("e164", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(24), server_default="mobile", nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_bad", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_phone_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_phone")),
    )
    op.create_index(op.f("ix_customer_phone_customer_id"), "customer_phone", ["customer_id"], unique=False)
    op.create_index(
        "ix_customer_phone_e164", "customer_phone", ["e164"], unique=False, postgresql_ops={"e164": "text_pattern_ops"}
    )
    op.create_index(
        "ix_customer_phone_last10",
        "customer_phone",
        [sa.literal_column("right(e164, 10)")],
        unique=False,
    )
    op.create_index(
        "ix_customer_phone_last7",
        "customer_phone",
        [sa.literal_column("right(e164, 7)")],
        unique=False,
    )
    op.create_index(
        "uq_customer_phone_primary",
        "customer_phone",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
    )
    op.create_table(
        "import_row",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(24), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_row_batch_id_import_batch"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "row_number", name=op.f("pk_import_row")),
    )
    op.create_index("ix_import_row_batch_id_outcome", "import_row", ["batch_id", "outcome", "row_number"], unique=False)
    op.create_table(
        "region",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_region_company_id_company")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_region_portfolio_id_portfolio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region")),
        sa.UniqueConstraint("company_id", "code", name=op.f("uq_region_company_id_code")),
    )
    op.create_index(op.f("ix_region_portfolio_id"), "region", ["portfolio_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("phone_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.String(24), nullable=False),
        sa.Column("is_granted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_consent_customer_id_customer")),
        sa.ForeignKeyConstraint(["phone_id"], ["customer_phone.id"], name=op.f("fk_consent_phone_id_customer_phone")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["staff.id"], name=op.f("fk_consent_recorded_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_customer_id"), "consent", ["customer_id"], unique=False)
    op.create_table(
        "office",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_office_portfolio_id_portfolio")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_office_region_id_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
        sa.UniqueConstraint("region_id", "code", name=op.f("uq_office_region_id_code")),
    )
    op.create_index(op.f("ix_office_portfolio_id"), "office", ["portfolio_id"], unique=False)
    op.create_table(
        "dealer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("contact", sa.String(length=120), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_dealer_office_id_office")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_dealer_portfolio_id_portfolio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dealer")),
        sa.UniqueConstraint("portfolio_id", "code", name=op.f("uq_dealer_portfolio_id_code")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("office_id", sa.BigInteger(), nullable=True),
        sa.Column("dealer_id", sa.BigInteger(), nullable=True),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=True),
        sa.Column("account_number", sa.String(length=40), nullable=False),
        sa.Column("approval_id", sa.String(length=40), nullable=True),
        sa.Column("contract_type", sa.String(24), server_default="lease", nullable=False),
        sa.Column("frequency", sa.String(24), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("anchor_days", postgresql.ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("payment_cents", sa.BigInteger(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("cash_price_cents", sa.BigInteger(), nullable=True),
        sa.Column("down_payment_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("default_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_reason", sa.String(length=80), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_batch_id", sa.BigInteger(), nullable=True),
        sa.Column("is_test", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("assigned_to_id", sa.BigInteger(), nullable=True),
        sa.Column("balance_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fees_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("credit_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("payments_made", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_due_on", sa.Date(), nullable=True),
        sa.Column("next_due_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("past_due_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("days_past_due", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("last_paid_on", sa.Date(), nullable=True),
        sa.Column("worklist_weight", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("days_past_due >= 0 and past_due_cents >= 0", name=op.f("ck_account_past_due_not_negative")),
        sa.CheckConstraint("payment_cents > 0", name=op.f("ck_account_payment_positive")),
        sa.ForeignKeyConstraint(["assigned_to_id"], ["staff.id"], name=op.f("fk_account_assigned_to_id_staff")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_account_company_id_company")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_account_customer_id_customer")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealer.id"], name=op.f("fk_account_dealer_id_dealer")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_account_device_id_device")),
        sa.ForeignKeyConstraint(["import_batch_id"], ["import_batch.id"], name=op.f("fk_account_import_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_account_office_id_office")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_account_portfolio_id_portfolio")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_account_region_id_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("uuid", name=op.f("uq_account_uuid")),
    )
    op.create_index(
        "ix_account_account_number",
        "account",
        ["account_number"],
        unique=False,
        postgresql_ops={"account_number": "text_pattern_ops"},
    )
    op.create_index(
        "ix_account_approval_id",
        "account",
        ["approval_id"],
        unique=False,
        postgresql_ops={"approval_id": "text_pattern_ops"},
    )
    op.create_index("ix_account_assigned_to_id_worklist_weight", "account", ["assigned_to_id", "worklist_weight"], unique=False)
    op.create_index("ix_account_balance_cents_id", "account", ["balance_cents", "id"], unique=False)
    op.create_index(op.f("ix_account_customer_id"), "account", ["customer_id"], unique=False)
    op.create_index(
        "ix_account_days_past_due_id",
        "account",
        ["days_past_due", "id"],
        unique=False,
        postgresql_where=sa.text("days_past_due > 0"),
    )
    op.create_index(op.f("ix_account_device_id"), "account", ["device_id"], unique=False)
    op.create_index(
        "ix_account_fees_cents_id",
        "account",
        ["fees_cents", "id"],
        unique=False,
        postgresql_where=sa.text("fees_cents > 0"),
    )
    op.create_index("ix_account_import_batch_id", "account", ["import_batch_id"], unique=False)
    op.create_index("ix_account_next_due_on_id", "account", ["next_due_on", "id"], unique=False)
    op.create_index("ix_account_portfolio_id_status_id", "account", ["portfolio_id", "status", "id"], unique=False)
    op.create_index("ix_account_start_on_id", "account", ["start_on", "id"], unique=False)
    op.create_index("ix_account_status_balance_cents_id", "account", ["status", "balance_cents", "id"], unique=False)
    op.create_index(
        "ix_account_status_start_on_id_next_due_on", "account", ["status", "start_on", "id", "next_due_on"], unique=False
    )
    op.create_index("ix_account_status_next_due_on_id", "account", ["status", "next_due_on", "id"], unique=False)
    op.create_index("ix_account_payment_cents_id", "account", ["payment_cents", "id"], unique=False)
    op.create_index("ix_account_dealer_id", "account", ["dealer_id"], unique=False)
    op.create_index(
        "ix_account_worklist_weight",
        "account",
        ["worklist_weight"],
        unique=False,
        postgresql_where=sa.text("worklist_weight is not null"),
    )
    op.create_index("uq_account_portfolio_id_account_number", "account", ["portfolio_id", "account_number"], unique=True)
    op.create_index("uq_account_portfolio_id_approval_id", "account", ["portfolio_id", "approval_id"], unique=True)
    op.create_table(
        "account_snapshot",
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("days_past_due", sa.SmallInteger(), nullable=False),
        sa.Column("past_due_cents", sa.BigInteger(), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("assigned_to_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_snapshot_account_id_account")),
        sa.PrimaryKeyConstraint("business_on", "account_id", name=op.f("pk_account_snapshot")),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disposition", sa.String(24), nullable=True),
        sa.Column("phone_id", sa.BigInteger(), nullable=True),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_activity_account_id_account")),
        sa.ForeignKeyConstraint(["phone_id"], ["customer_phone.id"], name=op.f("fk_activity_phone_id_customer_phone")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_activity_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    op.create_index("ix_activity_account_id_at", "activity", ["account_id", "at"], unique=False)
    op.create_index(
        "ix_activity_contact",
        "activity",
        ["account_id", "at"],
        unique=False,
        postgresql_where=sa.text("disposition is not null"),
    )
    op.create_index("ix_activity_staff_id_at", "activity", ["staff_id", "at"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_manual", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_assignment_account_id_account")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_assignment_by_id_staff")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_assignment_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_account_id"), "assignment", ["account_id"], unique=False)
    op.create_index(op.f("ix_assignment_staff_id"), "assignment", ["staff_id"], unique=False)
    op.create_index(
        "uq_assignment_current", "assignment", ["account_id"], unique=True, postgresql_where=sa.text("until_at is null")
    )
    op.create_table(
        "bucket_change",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("from_days", sa.SmallInteger(), nullable=False),
        sa.Column("to_days", sa.SmallInteger(), nullable=False),
        sa.Column("from_bucket", sa.String(length=20), nullable=False),
        sa.Column("to_bucket", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_bucket_change_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "business_on", name=op.f("pk_bucket_change")),
    )
    op.create_index("ix_bucket_change_business_on", "bucket_change", ["business_on"], unique=False)
    op.create_table(
        "fee",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("installment_number", sa.SmallInteger(), nullable=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("waived_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_fee_amount_positive")),
        sa.CheckConstraint(
            "paid_cents >= 0 and waived_cents >= 0 and paid_cents + waived_cents <= amount_cents",
            name=op.f("ck_fee_not_over_applied"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_fee_account_id_account")),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name=op.f("fk_fee_created_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee")),
    )
    op.create_index(op.f("ix_fee_account_id"), "fee", ["account_id"], unique=False)
    op.create_index(
        "ix_fee_unpaid",
        "fee",
        ["account_id", "assessed_on"],
        unique=False,
        postgresql_where=sa.text("paid_cents + waived_cents < amount_cents"),
    )
    op.create_table(
        "follow_up",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("status", sa.String(24), server_default="open", nullable=False),
        sa.Column("is_due", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_follow_up_account_id_account")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["staff.id"], name=op.f("fk_follow_up_closed_by_id_staff")),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name=op.f("fk_follow_up_created_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    op.create_index(op.f("ix_follow_up_account_id"), "follow_up", ["account_id"], unique=False)
    op.create_index("ix_follow_up_due_at_id", "follow_up", ["due_at", "id"], unique=False)
    op.create_index("ix_follow_up_open", "follow_up", ["due_at", "id"], unique=False, postgresql_where=sa.text("status = 'open'"))
    op.create_table(
        "installment",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("opening_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_installment_amount_positive")),
        sa.CheckConstraint("opening_cents between 0 and paid_cents", name=op.f("ck_installment_opening_within_paid")),
        sa.CheckConstraint("paid_cents between 0 and amount_cents", name=op.f("ck_installment_not_over_applied")),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_installment")),
    )
    op.create_index(
        "ix_installment_due_on",
        "installment",
        ["due_on"],
        unique=False,
        postgresql_include=["account_id", "amount_cents", "paid_cents"],
    )
    op.create_index(
        "ix_installment_unpaid",
        "installment",
        ["account_id", "due_on"],
        unique=False,
        postgresql_include=["amount_cents", "paid_cents"],
        postgresql_where=sa.text("paid_cents < amount_cents"),
    )
    op.create_table(
        "note",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_note_account_id_account")),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name=op.f("fk_note_created_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index("ix_note_account_id_created_at", "note", ["account_id", "created_at"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("method", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("taken_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("card_id", sa.BigInteger(), nullable=True),
        sa.Column("square_payment_id", sa.String(length=64), nullable=True),
        sa.Column("decline_code", sa.String(length=60), nullable=True),
        sa.Column("idempotency_key", sa.String(length=45), nullable=True),
        sa.Column("import_batch_id", sa.BigInteger(), nullable=True),
        sa.Column("tot_status", sa.String(length=24), nullable=True),
        sa.Column("tot_past_due_cents", sa.BigInteger(), nullable=True),
        sa.Column("tot_days_past_due", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_amount_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_payment_account_id_account")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_payment_card_id_card")),
        sa.ForeignKeyConstraint(["import_batch_id"], ["import_batch.id"], name=op.f("fk_payment_import_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["reverses_id"], ["payment.id"], name=op.f("fk_payment_reverses_id_payment")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["staff.id"], name=op.f("fk_payment_taken_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payment_idempotency_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_payment_reverses_id")),
        sa.UniqueConstraint("square_payment_id", name=op.f("uq_payment_square_payment_id")),
    )
    op.create_index("ix_payment_account_id_effective_on_id", "payment", ["account_id", "effective_on", "id"], unique=False)
    op.create_index("ix_payment_effective_on", "payment", ["effective_on"], unique=False)
    op.create_index(
        "ix_payment_import_batch_id",
        "payment",
        ["import_batch_id"],
        unique=False,
        postgresql_where=sa.text("import_batch_id is not null"),
    )
    op.create_index("ix_payment_method_received_at_id", "payment", ["method", "received_at", "id"], unique=False)
    op.create_index("ix_payment_posted_on", "payment", ["posted_on"], unique=False)
    op.create_index(
        "ix_payment_reference",
        "payment",
        ["reference"],
        unique=False,
        postgresql_where=sa.text("reference is not null"),
    )
    op.create_index("ix_payment_received_at_id", "payment", ["received_at", "id"], unique=False)
    op.create_table(
        "promise",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("method", sa.String(24), nullable=True),
        sa.Column("status", sa.String(24), server_default="open", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by_id", sa.BigInteger(), nullable=True),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_promise_amount_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_promise_account_id_account")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["staff.id"], name=op.f("fk_promise_taken_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
    )
    op.create_index(op.f("ix_promise_account_id"), "promise", ["account_id"], unique=False)
    op.create_index("uq_promise_open", "promise", ["account_id"], unique=True, postgresql_where=sa.text("status = 'open'"))
    op.create_table(
        "status_change",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("from_status", sa.String(24), nullable=True),
        sa.Column("to_status", sa.String(24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_status_change_account_id_account")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_status_change_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_change")),
    )
    op.create_index(op.f("ix_status_change_account_id"), "status_change", ["account_id"], unique=False)
    op.create_table(
        "work_claim",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_work_claim_account_id_account")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_work_claim_staff_id_staff")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_work_claim")),
    )
    op.create_index(op.f("ix_work_claim_staff_id"), "work_claim", ["staff_id"], unique=False)
    op.create_table(
        "worked_today",
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_worked_today_account_id_account")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_worked_today_staff_id_staff")),
        sa.PrimaryKeyConstraint("business_on", "account_id", name=op.f("pk_worked_today")),
    )
    op.create_table(
        "adjustment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("fee_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("import_batch_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_adjustment_account_id_account")),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name=op.f("fk_adjustment_created_by_id_staff")),
        sa.ForeignKeyConstraint(["fee_id"], ["fee.id"], name=op.f("fk_adjustment_fee_id_fee")),
        sa.ForeignKeyConstraint(
            ["import_batch_id"], ["import_batch.id"], name=op.f("fk_adjustment_import_batch_id_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
    )
    op.create_index(op.f("ix_adjustment_account_id"), "adjustment", ["account_id"], unique=False)
    op.create_index(op.f("ix_adjustment_import_batch_id"), "adjustment", ["import_batch_id"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("installment_number", sa.SmallInteger(), nullable=True),
        sa.Column("fee_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.CheckConstraint("(installment_number is null) <> (fee_id is null)", name=op.f("ck_allocation_covers_one_charge")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_allocation_amount_positive")),
        sa.ForeignKeyConstraint(
            ["account_id", "installment_number"],
            ["installment.account_id", "installment.number"],
            name="fk_allocation_installment",
        ),
        sa.ForeignKeyConstraint(["fee_id"], ["fee.id"], name=op.f("fk_allocation_fee_id_fee")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_allocation_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    op.create_index(
        "ix_allocation_account_id_installment_number", "allocation", ["account_id", "installment_number"], unique=False
    )
    op.create_index("ix_allocation_effective_on", "allocation", ["effective_on"], unique=False)
    op.create_index(op.f("ix_allocation_fee_id"), "allocation", ["fee_id"], unique=False)
    op.create_index(op.f("ix_allocation_payment_id"), "allocation", ["payment_id"], unique=False)

    for table, columns in GUARDED.items():
        _guard(table, columns)
    _tie_installments()
    op.execute(
        """
        insert into bucket (scheme, label, from_days, to_days) values
            ('report', 'Current', 0, 0), ('report', '1-30', 1, 30), ('report', '31-60', 31, 60),
            ('report', '61-90', 61, 90), ('report', '90+', 91, null),
            ('worklist', 'Current', 0, 0), ('worklist', '1-7', 1, 7), ('worklist', '8-14', 8, 14),
            ('worklist', '15-30', 15, 30), ('worklist', '31-60', 31, 60), ('worklist', '61-90', 61, 90),
            ('worklist', '90+', 91, null)
        """
    )
    # Accounts need a place to come into; it is renamed or joined by others on the Portfolios page.
    op.execute("insert into portfolio (code, name) values ('MAIN', 'Main portfolio')")


def _guard(table: str, columns: str) -> None:
    """Refuse every DELETE, and every UPDATE of the given columns.

    A service that removes a whole import or test lease says so for its transaction: `set local leasedesk.removal = 'on'`.
    """
    op.execute(
        f"""
        create function {table}_is_insert_only() returns trigger language plpgsql as $$
        begin
            if current_setting('leasedesk.removal', true) = 'on' and '{table}' <> 'audit_event' then
                return case when tg_op = 'DELETE' then old else new end;
            end if;
            raise exception '{table} is insert-only: undo with a new entry';
        end $$
        """
    )
    op.execute(
        f"create trigger {table}_no_delete before delete on {table} for each row execute function {table}_is_insert_only()"
    )
    op.execute(
        f"create trigger {table}_no_update before update of {columns} on {table} "
        f"for each row execute function {table}_is_insert_only()"
    )
    op.execute(
        f"create trigger {table}_no_truncate before truncate on {table} "
        f"for each statement execute function {table}_is_insert_only()"
    )


def _tie_installments() -> None:
    """Demand that the account of an installment exists, as a foreign key would, but once per statement.

    Schedules are written by the million lines. Like a foreign key it holds the accounts until the transaction ends.
    """
    op.execute(
        """
        create function installment_needs_account() returns trigger language plpgsql as $$
        begin
            perform from account where id in (select account_id from added) for key share;
            if exists (select from added where not exists (select from account where id = added.account_id)) then
                raise foreign_key_violation using message = 'an installment needs an account', table = 'installment';
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        """
        create function installment_stays() returns trigger language plpgsql as $$
        begin
            raise exception 'an installment stays with its account';
        end $$
        """
    )
    op.execute(
        """
        create function account_has_no_installments() returns trigger language plpgsql as $$
        begin
            if exists (select from installment join removed on removed.id = installment.account_id) then
                raise foreign_key_violation using message = 'an account with installments stays', table = 'installment';
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger installment_needs_account after insert on installment referencing new table as added "
        "for each statement execute function installment_needs_account()"
    )
    op.execute(
        "create trigger installment_stays before update of account_id on installment "
        "for each row when (old.account_id is distinct from new.account_id) execute function installment_stays()"
    )
    op.execute(
        "create trigger account_has_no_installments after delete on account referencing old table as removed "
        "for each statement execute function account_has_no_installments()"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_allocation_payment_id"), table_name="allocation")
    op.drop_index(op.f("ix_allocation_fee_id"), table_name="allocation")
    op.drop_index("ix_allocation_effective_on", table_name="allocation")
    op.drop_index("ix_allocation_account_id_installment_number", table_name="allocation")
    op.drop_table("allocation")
    op.drop_index(op.f("ix_adjustment_import_batch_id"), table_name="adjustment")
    op.drop_index(op.f("ix_adjustment_account_id"), table_name="adjustment")
    op.drop_table("adjustment")
    op.drop_table("worked_today")
    op.drop_index(op.f("ix_work_claim_staff_id"), table_name="work_claim")
    op.drop_table("work_claim")
    op.drop_index(op.f("ix_status_change_account_id"), table_name="status_change")
    op.drop_table("status_change")
    op.drop_index("uq_promise_open", table_name="promise", postgresql_where=sa.text("status = 'open'"))
    op.drop_index(op.f("ix_promise_account_id"), table_name="promise")
    op.drop_table("promise")
    op.drop_index("ix_payment_received_at_id", table_name="payment")
    op.drop_index(
        "ix_payment_reference",
        table_name="payment",
        postgresql_where=sa.text("reference is not null"),
    )
    op.drop_index("ix_payment_posted_on", table_name="payment")
    op.drop_index("ix_payment_method_received_at_id", table_name="payment")
    op.drop_index("ix_payment_import_batch_id", table_name="payment", postgresql_where=sa.text("import_batch_id is not null"))
    op.drop_index("ix_payment_effective_on", table_name="payment")
    op.drop_index("ix_payment_account_id_effective_on_id", table_name="payment")
    op.drop_table("payment")
    op.drop_index("ix_note_account_id_created_at", table_name="note")
    op.drop_table("note")
    op.drop_index(
        "ix_installment_unpaid",
        table_name="installment",
        postgresql_include=["amount_cents", "paid_cents"],
        postgresql_where=sa.text("paid_cents < amount_cents"),
    )
    op.drop_index(
        "ix_installment_due_on",
        table_name="installment",
        postgresql_include=["account_id", "amount_cents", "paid_cents"],
    )
    op.drop_table("installment")
    op.drop_index("ix_follow_up_open", table_name="follow_up", postgresql_where=sa.text("status = 'open'"))
    op.drop_index("ix_follow_up_due_at_id", table_name="follow_up")
    op.drop_index(op.f("ix_follow_up_account_id"), table_name="follow_up")
    op.drop_table("follow_up")
    op.drop_index("ix_fee_unpaid", table_name="fee", postgresql_where=sa.text("paid_cents + waived_cents < amount_cents"))
    op.drop_index(op.f("ix_fee_account_id"), table_name="fee")
    op.drop_table("fee")
    op.drop_index("ix_bucket_change_business_on", table_name="bucket_change")
    op.drop_table("bucket_change")
    op.drop_index("uq_assignment_current", table_name="assignment", postgresql_where=sa.text("until_at is null"))
    op.drop_index(op.f("ix_assignment_staff_id"), table_name="assignment")
    op.drop_index(op.f("ix_assignment_account_id"), table_name="assignment")
    op.drop_table("assignment")
    op.drop_index("ix_activity_staff_id_at", table_name="activity")
    op.drop_index("ix_activity_contact", table_name="activity", postgresql_where=sa.text("disposition is not null"))
    op.drop_index("ix_activity_account_id_at", table_name="activity")
    op.drop_table("activity")
    op.drop_table("account_snapshot")
    op.drop_index("uq_account_portfolio_id_approval_id", table_name="account")
    op.drop_index("uq_account_portfolio_id_account_number", table_name="account")
    op.drop_index("ix_account_worklist_weight", table_name="account", postgresql_where=sa.text("worklist_weight is not null"))
    op.drop_index("ix_account_status_start_on_id_next_due_on", table_name="account")
    op.drop_index("ix_account_status_next_due_on_id", table_name="account")
    op.drop_index("ix_account_payment_cents_id", table_name="account")
    op.drop_index("ix_account_dealer_id", table_name="account")
    op.drop_index("ix_account_status_balance_cents_id", table_name="account")
    op.drop_index("ix_account_start_on_id", table_name="account")
    op.drop_index("ix_account_portfolio_id_status_id", table_name="account")
    op.drop_index("ix_account_next_due_on_id", table_name="account")
    op.drop_index("ix_account_import_batch_id", table_name="account")
    op.drop_index("ix_account_fees_cents_id", table_name="account", postgresql_where=sa.text("fees_cents > 0"))
    op.drop_index(op.f("ix_account_device_id"), table_name="account")
    op.drop_index("ix_account_days_past_due_id", table_name="account", postgresql_where=sa.text("days_past_due > 0"))
    op.drop_index(op.f("ix_account_customer_id"), table_name="account")
    op.drop_index("ix_account_balance_cents_id", table_name="account")
    op.drop_index("ix_account_assigned_to_id_worklist_weight", table_name="account")
    op.drop_index("ix_account_approval_id", table_name="account", postgresql_ops={"approval_id": "text_pattern_ops"})
    op.drop_index("ix_account_account_number", table_name="account", postgresql_ops={"account_number": "text_pattern_ops"})
    op.drop_table("account")
    op.drop_table("dealer")
    op.drop_index(op.f("ix_office_portfolio_id"), table_name="office")
    op.drop_table("office")
    op.drop_index(op.f("ix_consent_customer_id"), table_name="consent")
    op.drop_table("consent")
    op.drop_index(op.f("ix_region_portfolio_id"), table_name="region")
    op.drop_table("region")
    op.drop_index("ix_import_row_batch_id_outcome", table_name="import_row")
    op.drop_table("import_row")
    op.drop_index("uq_customer_phone_primary", table_name="customer_phone", postgresql_where=sa.text("is_primary"))
    op.drop_index("ix_customer_phone_last7", table_name="customer_phone")
    op.drop_index("ix_customer_phone_last10", table_name="customer_phone")
    op.drop_index("ix_customer_phone_e164", table_name="customer_phone", postgresql_ops={"e164": "text_pattern_ops"})
    op.drop_index(op.f("ix_customer_phone_customer_id"), table_name="customer_phone")
    op.drop_table("customer_phone")
    op.drop_index("uq_card_primary", table_name="card", postgresql_where=sa.text("is_primary and is_enabled"))
    op.drop_index(op.f("ix_card_last_four"), table_name="card")
    op.drop_index(op.f("ix_card_fingerprint"), table_name="card")
    op.drop_index(op.f("ix_card_customer_id"), table_name="card")
    op.drop_table("card")
    op.drop_index(op.f("ix_staff_session_staff_id"), table_name="staff_session")
    op.drop_table("staff_session")
    op.drop_index(op.f("ix_staff_portfolio_portfolio_id"), table_name="staff_portfolio")
    op.drop_table("staff_portfolio")
    op.drop_table("setting")
    op.drop_index(op.f("ix_saved_view_page"), table_name="saved_view")
    op.drop_index(op.f("ix_saved_view_owner_id"), table_name="saved_view")
    op.drop_table("saved_view")
    op.drop_table("portfolio_day")
    op.drop_index("uq_job_open_unique_key", table_name="job", postgresql_where=sa.text("state in ('planned', 'running')"))
    op.drop_index("ix_job_open", table_name="job", postgresql_where=sa.text("state in ('planned', 'running')"))
    op.drop_index("ix_job_created_at_id", table_name="job")
    op.drop_table("job")
    op.drop_index(op.f("ix_customer_square_customer_id"), table_name="customer")
    op.drop_index(op.f("ix_customer_portfolio_id"), table_name="customer")
    op.drop_index("ix_customer_last_name_first_name_id", table_name="customer")
    op.drop_index(
        "ix_customer_last_first",
        table_name="customer",
        postgresql_ops={"l": "text_pattern_ops", "f": "text_pattern_ops"},
    )
    op.drop_index(
        "ix_customer_first_last",
        table_name="customer",
        postgresql_ops={"l": "text_pattern_ops", "f": "text_pattern_ops"},
    )
    op.drop_index(
        "ix_customer_import_batch_id",
        table_name="customer",
        postgresql_where=sa.text("import_batch_id is not null"),
    )
    op.drop_table("customer")
    op.drop_index("ix_import_batch_file_hash", table_name="import_batch")
    op.drop_index("ix_import_batch_created_at_id", table_name="import_batch")
    op.drop_table("import_batch")
    op.drop_index(op.f("ix_device_serial"), table_name="device")
    op.drop_index(op.f("ix_device_portfolio_id"), table_name="device")
    op.drop_index("ix_device_model_id", table_name="device")
    op.drop_index("ix_device_imei", table_name="device", postgresql_ops={"imei": "text_pattern_ops"})
    op.drop_table("device")
    op.drop_table("day_chunk")
    op.drop_table("company")
    op.drop_index("ix_audit_event_entity_entity_id", table_name="audit_event")
    op.drop_index("ix_audit_event_at_id", table_name="audit_event")
    op.drop_index("ix_audit_event_actor_id_id", table_name="audit_event")
    op.drop_index("ix_audit_event_account_id_id", table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_table("timetable_tick")
    op.drop_index("uq_staff_username", table_name="staff")
    op.drop_table("staff")
    op.drop_table("portfolio")
    op.drop_table("day_run")
    op.drop_table("bucket")
    for table in GUARDED:
        op.execute(f"drop function {table}_is_insert_only()")
    for function in ("installment_needs_account", "installment_stays", "account_has_no_installments"):
        op.execute(f"drop function {function}()")
