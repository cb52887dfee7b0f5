"""Charges of cards on file: attempts and their timeline, AutoPay runs, consents, the log of outside calls, breaks.

Revision: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OPEN = "state in ('planned', 'sending', 'pending', 'unknown', 'needs_review')"
FROZEN = (
    "key, account_id, card_id, card_identity, card_version, amount_cents, currency, location_id, request, request_hash, "
    "business_on, planned_at"
)
MOMENT = sa.DateTime(timezone=True)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), nullable=False)


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in names]


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    _batches()
    _charges()
    _consents()
    _log()
    _breaks()


def _batches() -> None:
    op.create_table(
        "autopay_batch",
        _id(),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), server_default="running", nullable=False),
        sa.Column("reason", sa.String(300), nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("planned_by_id", sa.BigInteger(), nullable=True),
        *_counts("configuration_errors", "eligible", "left_out", "succeeded", "failed", "unknown", "skipped", "charged_cents"),
        sa.CheckConstraint("state in ('running', 'paused', 'stopped', 'done')", name=op.f("ck_autopay_batch_known_state")),
        sa.CheckConstraint("kind in ('daily', 'promises', 'retry')", name=op.f("ck_autopay_batch_known_kind")),
        _key("autopay_batch", "planned_by_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autopay_batch")),
        sa.UniqueConstraint("business_on", "kind", name=op.f("uq_autopay_batch_business_on_kind")),
    )
    op.create_index("ix_autopay_batch_started_at_id", "autopay_batch", ["started_at", "id"])
    op.create_table(
        "autopay_skip",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        _key("autopay_skip", "account_id", "account"),
        _key("autopay_skip", "batch_id", "autopay_batch"),
        sa.PrimaryKeyConstraint("batch_id", "account_id", name=op.f("pk_autopay_skip")),
    )
    op.create_index(op.f("ix_autopay_skip_account_id"), "autopay_skip", ["account_id"])
    op.create_index("ix_autopay_skip_batch_id_reason", "autopay_skip", ["batch_id", "reason"])


def _charges() -> None:
    op.create_table(
        "charge",
        _id(),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("card_id", sa.BigInteger(), nullable=False),
        sa.Column("card_identity", sa.String(255), nullable=False),
        sa.Column("card_version", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("installment_number", sa.SmallInteger(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("location_id", sa.String(64), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("planned_by_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(24), server_default="planned", nullable=False),
        sa.Column("sends", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("first_sent_at", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("was_unknown", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("look_at", MOMENT, nullable=True),
        sa.Column("cleared_at", MOMENT, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("square_payment_id", sa.String(64), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("decline_code", sa.String(60), nullable=True),
        sa.Column("error", sa.String(300), nullable=True),
        sa.Column("skip_reason", sa.String(24), nullable=True),
        sa.Column("retry_on", sa.Date(), nullable=True),
        sa.Column("retry_why", sa.String(24), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_charge_amount_positive")),
        sa.CheckConstraint(
            "state in ('planned', 'sending', 'succeeded', 'declined', 'rejected', 'pending', 'unknown', 'skipped', "
            "'needs_review')",
            name=op.f("ck_charge_known_state"),
        ),
        sa.CheckConstraint(
            "(state = 'succeeded') = (payment_id is not null and square_payment_id is not null)",
            name=op.f("ck_charge_success_has_payment"),
        ),
        sa.CheckConstraint(
            "state in ('planned', 'skipped', 'needs_review', 'succeeded') or sends > 0",
            name=op.f("ck_charge_sent_before_known"),
        ),
        _key("charge", "account_id", "account"),
        _key("charge", "batch_id", "autopay_batch"),
        _key("charge", "card_id", "card"),
        _key("charge", "payment_id", "payment"),
        _key("charge", "planned_by_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("key", name=op.f("uq_charge_key")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_charge_payment_id")),
        sa.UniqueConstraint("square_payment_id", name=op.f("uq_charge_square_payment_id")),
    )
    op.create_index("uq_charge_open", "charge", ["account_id"], unique=True, postgresql_where=sa.text(OPEN))
    op.create_index("ix_charge_account_id_id", "charge", ["account_id", "id"])
    op.create_index("ix_charge_batch_id_state", "charge", ["batch_id", "state"])
    op.create_index("ix_charge_card_identity", "charge", ["card_identity", "business_on"])
    op.create_index(op.f("ix_charge_card_id"), "charge", ["card_id"])
    op.create_index("ix_charge_business_on_id", "charge", ["business_on", "id"])
    op.create_index("ix_charge_look_at", "charge", ["look_at", "id"], postgresql_where=sa.text("look_at is not null"))
    op.create_index("ix_charge_review", "charge", ["id"], postgresql_where=sa.text("state = 'needs_review'"))
    op.execute(
        """
        create function charge_is_frozen() returns trigger language plpgsql as $$
        begin
            raise exception 'what a charge was planned with never changes';
        end $$
        """
    )
    op.execute(
        f"create trigger charge_is_frozen before update of {FROZEN} on charge for each row execute function charge_is_frozen()"
    )
    op.create_table(
        "charge_event",
        _id(),
        sa.Column("charge_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("from_state", sa.String(24), nullable=True),
        sa.Column("to_state", sa.String(24), nullable=False),
        sa.Column("source", sa.String(24), nullable=False),
        sa.Column("said", sa.String(300), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        _key("charge_event", "by_id", "staff"),
        _key("charge_event", "charge_id", "charge"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge_event")),
    )
    op.create_index(op.f("ix_charge_event_charge_id"), "charge_event", ["charge_id"])


def _consents() -> None:
    op.create_table(
        "autopay_enrollment",
        _id(),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("card_id", sa.BigInteger(), nullable=True),
        sa.Column("fixed_cents", sa.BigInteger(), nullable=True),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("hold_until", sa.Date(), nullable=True),
        sa.Column("hold_reason", sa.String(200), nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("revoked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("revoked_reason", sa.String(200), nullable=True),
        sa.CheckConstraint("fixed_cents > 0", name=op.f("ck_autopay_enrollment_fixed_positive")),
        sa.CheckConstraint("length(consent) > 0", name=op.f("ck_autopay_enrollment_consent_in_words")),
        _key("autopay_enrollment", "account_id", "account"),
        _key("autopay_enrollment", "card_id", "card"),
        _key("autopay_enrollment", "recorded_by_id", "staff"),
        _key("autopay_enrollment", "revoked_by_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autopay_enrollment")),
    )
    op.create_index(op.f("ix_autopay_enrollment_account_id"), "autopay_enrollment", ["account_id"])
    op.create_index(op.f("ix_autopay_enrollment_card_id"), "autopay_enrollment", ["card_id"])
    op.create_index(
        "uq_autopay_enrollment_current",
        "autopay_enrollment",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at is null"),
    )


def _log() -> None:
    op.create_table(
        "api_call",
        _id(),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("service", sa.String(20), nullable=False),
        sa.Column("endpoint", sa.String(80), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("charge_id", sa.BigInteger(), nullable=True),
        sa.Column("request", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("error", sa.String(300), nullable=True),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_call")),
    )
    op.create_index("ix_api_call_at_id", "api_call", ["at", "id"])
    op.create_index("ix_api_call_account_id_id", "api_call", ["account_id", "id"])
    op.create_index("ix_api_call_charge_id", "api_call", ["charge_id"])


def _breaks() -> None:
    op.create_table(
        "square_break",
        _id(),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("reference", sa.String(80), nullable=False),
        sa.Column("square_payment_id", sa.String(64), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("charge_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("square_cents", sa.BigInteger(), nullable=True),
        sa.Column("ledger_cents", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.String(300), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(24), server_default="open", nullable=False),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("resolved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("resolution", sa.String(300), nullable=True),
        sa.CheckConstraint("state in ('open', 'resolved')", name=op.f("ck_square_break_known_state")),
        _key("square_break", "account_id", "account"),
        _key("square_break", "charge_id", "charge"),
        _key("square_break", "owner_id", "staff"),
        _key("square_break", "payment_id", "payment"),
        _key("square_break", "resolved_by_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_square_break")),
        sa.UniqueConstraint("kind", "reference", name=op.f("uq_square_break_kind_reference")),
    )
    for column in ("account_id", "charge_id", "owner_id", "payment_id", "square_payment_id"):
        op.create_index(op.f(f"ix_square_break_{column}"), "square_break", [column])
    op.create_index("ix_square_break_open", "square_break", ["found_at", "id"], postgresql_where=sa.text("state = 'open'"))


def downgrade() -> None:
    for table in ("square_break", "api_call", "autopay_enrollment", "charge_event"):
        op.drop_table(table)
    op.drop_table("charge")
    op.execute("drop function charge_is_frozen()")
    op.drop_table("autopay_skip")
    op.drop_table("autopay_batch")
