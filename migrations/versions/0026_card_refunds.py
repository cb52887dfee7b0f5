"""Refunds of card payments at the processor with their timeline; charges of which another amount was taken than asked for.

Revision: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

OPEN = "state in ('planned', 'sending', 'pending', 'unknown', 'needs_review')"
FROZEN = (
    "key, account_id, payment_id, square_payment_id, amount_cents, currency, reason, request, request_hash, business_on, "
    "planned_at"
)
MOMENT = sa.DateTime(timezone=True)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    op.create_table(
        "card_refund",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("form_key", sa.String(45), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("square_payment_id", sa.String(64), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
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
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("square_refund_id", sa.String(255), nullable=True),
        sa.Column("refund_payment_id", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(300), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_card_refund_amount_positive")),
        sa.CheckConstraint(
            "state in ('planned', 'sending', 'completed', 'refused', 'pending', 'unknown', 'needs_review')",
            name=op.f("ck_card_refund_known_state"),
        ),
        sa.CheckConstraint(
            "(state = 'completed') = (refund_payment_id is not null) and (state <> 'completed' or square_refund_id is not null)",
            name=op.f("ck_card_refund_completed_has_payment"),
        ),
        _key("card_refund", "account_id", "account"),
        _key("card_refund", "payment_id", "payment"),
        _key("card_refund", "refund_payment_id", "payment"),
        _key("card_refund", "planned_by_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_refund")),
        sa.UniqueConstraint("key", name=op.f("uq_card_refund_key")),
        sa.UniqueConstraint("form_key", name=op.f("uq_card_refund_form_key")),
        sa.UniqueConstraint("square_refund_id", name=op.f("uq_card_refund_square_refund_id")),
        sa.UniqueConstraint("refund_payment_id", name=op.f("uq_card_refund_refund_payment_id")),
    )
    op.create_index("uq_card_refund_open", "card_refund", ["payment_id"], unique=True, postgresql_where=sa.text(OPEN))
    op.create_index(op.f("ix_card_refund_account_id"), "card_refund", ["account_id"])
    op.create_index(op.f("ix_card_refund_payment_id"), "card_refund", ["payment_id"])
    op.create_index("ix_card_refund_business_on_id", "card_refund", ["business_on", "id"])
    op.create_index("ix_card_refund_look_at", "card_refund", ["look_at", "id"], postgresql_where=sa.text("look_at is not null"))
    op.execute(
        """
        create function card_refund_is_frozen() returns trigger language plpgsql as $$
        begin
            raise exception 'what a refund was planned with never changes';
        end $$
        """
    )
    op.execute(
        f"create trigger card_refund_is_frozen before update of {FROZEN} on card_refund "
        "for each row execute function card_refund_is_frozen()"
    )
    op.create_table(
        "card_refund_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("card_refund_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("to_state", sa.String(24), nullable=False),
        sa.Column("source", sa.String(24), nullable=False),
        sa.Column("said", sa.String(300), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        _key("card_refund_event", "by_id", "staff"),
        _key("card_refund_event", "card_refund_id", "card_refund"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_refund_event")),
    )
    op.create_index(op.f("ix_card_refund_event_card_refund_id"), "card_refund_event", ["card_refund_id"])

    op.add_column("charge", sa.Column("taken_cents", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("charge", "taken_cents")
    op.drop_table("card_refund_event")
    op.drop_table("card_refund")
    op.execute("drop function card_refund_is_frozen()")
