"""Texts and e-mails to customers: templates, the outbox, replies; note templates; drafts.

Revision: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MESSAGES = (
    (
        "Payment reminder",
        "text",
        None,
        "Hi {first_name}, this is {company}. {amount_past_due} is past due on your lease. Please pay or call us today. "
        "Reply STOP to opt out.",
    ),
    (
        "Payment coming up",
        "text",
        None,
        "Hi {first_name}, a reminder from {company}: your payment of {next_amount} is due {next_due}. Reply STOP to opt out.",
    ),
    (
        "Please call us",
        "text",
        None,
        "Hi {first_name}, {company} here about your lease {account_number}. Please call us when you can. Reply STOP to opt out.",
    ),
    (
        "How to pay",
        "text",
        None,
        "Hi {first_name}, you can pay {amount_past_due} to {company} here: {pay_link} Reply STOP to opt out.",
    ),
    (
        "Thank you for paying",
        "text",
        None,
        "Thank you, {first_name}. Your payment arrived. Your balance with {company} is {balance}. Reply STOP to opt out.",
    ),
    (
        "Past due notice",
        "email",
        "{amount_past_due} is past due on your lease {account_number}",
        "Hello {first_name},\n\n{amount_past_due} has been past due on your lease {account_number} for {days_past_due} days. "
        "Your balance is {balance}.\n\nYou can pay here: {pay_link}\n\nIf something keeps you from paying, answer this e-mail "
        "or call us, and we will find a way.\n\n{my_name}\n{company}\n",
    ),
    (
        "Payment arrangement",
        "email",
        "Let us find a way to catch up",
        "Hello {first_name},\n\nthank you for speaking with us. Your lease {account_number} has {amount_past_due} past due. "
        "Tell us which days suit you to pay, and we will note it down.\n\n{my_name}\n{company}\n",
    ),
)
NOTES = (
    ("No answer, no voicemail", "Rang out; no voicemail."),
    ("Left voicemail", "Left a voicemail with our number; said nothing about the account."),
    ("Will pay on payday", "Says they will pay on payday: "),
    ("Lost work", "Lost work; asked what we can do."),
    ("Device trouble", "Says the device does not work: "),
    ("Third party answered", "Somebody else answered; asked for a call back, said nothing about the account."),
)


def upgrade() -> None:
    _create_templates()
    _create_message()
    op.create_table(
        "reply",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customers", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
        sa.UniqueConstraint("key", name=op.f("uq_reply_key")),
    )
    op.create_table(
        "draft",
        sa.Column("staff_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("typed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_draft_staff_id_staff"), ondelete="cascade"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_draft_account_id_account"), ondelete="cascade"),
        sa.PrimaryKeyConstraint("staff_id", "account_id", "form", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_account_id"), "draft", ["account_id"])


def _create_templates() -> None:
    message = op.create_table(
        "message_template",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=150), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("channel in ('text', 'email')", name=op.f("ck_message_template_channel_can_be_written")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_template")),
        sa.UniqueConstraint("name", name=op.f("uq_message_template_name")),
    )
    note = op.create_table(
        "note_template",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("body", sa.String(length=500), nullable=False),
        sa.Column("place", sa.SmallInteger(), server_default="100", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_template")),
        sa.UniqueConstraint("name", name=op.f("uq_note_template_name")),
    )
    op.bulk_insert(
        message,
        [{"name": name, "channel": channel, "subject": subject, "body": body} for name, channel, subject, body in MESSAGES],
    )
    op.bulk_insert(note, [{"name": name, "body": body, "place": place} for place, (name, body) in enumerate(NOTES, start=1)])


def _create_message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=45), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("phone_id", sa.BigInteger(), nullable=True),
        sa.Column("template_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.String(length=150), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=24), server_default="queued", nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_by_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("failure", sa.String(length=400), nullable=True),
        sa.Column("may_have_been_sent", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("activity_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("channel in ('text', 'email')", name=op.f("ck_message_channel_can_be_written")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_message_{column}_{other}"))
            for column, other in (
                ("account_id", "account"),
                ("phone_id", "customer_phone"),
                ("template_id", "message_template"),
                ("queued_by_id", "staff"),
                ("activity_id", "activity"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
    )
    op.create_index("ix_message_account_id_queued_at", "message", ["account_id", "queued_at"])
    op.create_index("ix_message_queued_at_id", "message", ["queued_at", "id"])
    op.create_index("ix_message_waiting", "message", ["id"], postgresql_where=sa.text("state in ('queued', 'sending')"))
    op.create_index("ix_message_failed", "message", ["queued_at", "id"], postgresql_where=sa.text("state = 'failed'"))


def downgrade() -> None:
    for table in ("draft", "reply", "message", "note_template", "message_template"):
        op.drop_table(table)
