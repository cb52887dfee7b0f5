"""Payment links, notices of upcoming charges and of declines, and the templates of these.

Revision: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STOP = "Reply STOP to opt out."
TEMPLATES = (
    (
        "upcoming",
        "text",
        "AutoPay: upcoming charge",
        None,
        "{company}: {first_name}, on {charge_on} your {card} will be charged {charge_amount} for {account_number}. "
        f"{STOP}",
    ),
    (
        "upcoming",
        "email",
        "AutoPay: upcoming charge by e-mail",
        "Your card will be charged on {charge_on}",
        "Hello {first_name},\n\non {charge_on} we will charge {charge_amount} to your {card} for your lease {account_number}, as "
        "you agreed.\n\nIf something is not right, please call us before then.\n\n{company}\n",
    ),
    (
        "declined",
        "text",
        "AutoPay: declined charge",
        None,
        "{company}: {first_name}, your {card} was declined for {charge_amount} on {account_number}. "
        f"You can pay here: {{pay_link}} {STOP}",
    ),
    (
        "declined",
        "email",
        "AutoPay: declined charge by e-mail",
        "Your payment of {charge_amount} did not go through",
        "Hello {first_name},\n\nyour {card} was declined when we charged {charge_amount} for your lease {account_number}. "
        "Nothing was taken.\n\nYou can pay by yourself here: {pay_link}\n\n{company}\n",
    ),
)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    _links()
    _notices()
    _templates()


def _links() -> None:
    op.create_table(
        "payment_link",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("charge_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(24), server_default="planned", nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("look_at", MOMENT, nullable=True),
        sa.Column("square_link_id", sa.String(64), nullable=True),
        sa.Column("order_id", sa.String(192), nullable=True),
        sa.Column("url", sa.String(255), nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(300), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_link_amount_positive")),
        sa.CheckConstraint("state in ('planned', 'open', 'paid', 'closed', 'failed')", name=op.f("ck_payment_link_known_state")),
        sa.CheckConstraint("(state = 'paid') = (payment_id is not null)", name=op.f("ck_payment_link_paid_has_payment")),
        sa.CheckConstraint(
            "state not in ('open', 'paid', 'closed') or url is not null", name=op.f("ck_payment_link_open_has_address")
        ),
        _key("payment_link", "account_id", "account"),
        _key("payment_link", "charge_id", "charge"),
        _key("payment_link", "made_by_id", "staff"),
        _key("payment_link", "payment_id", "payment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_link")),
        *[
            sa.UniqueConstraint(name, name=op.f(f"uq_payment_link_{name}"))
            for name in ("key", "square_link_id", "order_id", "payment_id")
        ],
    )
    op.create_index(op.f("ix_payment_link_account_id"), "payment_link", ["account_id"])
    op.create_index(op.f("ix_payment_link_charge_id"), "payment_link", ["charge_id"])
    op.create_index("ix_payment_link_look_at", "payment_link", ["look_at", "id"], postgresql_where=sa.text("look_at is not null"))
    op.execute(
        """
        create function payment_link_is_frozen() returns trigger language plpgsql as $$
        begin
            raise exception 'what a payment link was made with never changes';
        end $$
        """
    )
    op.execute(
        "create trigger payment_link_is_frozen before update of key, account_id, amount_cents, currency, request, made_at "
        "on payment_link for each row execute function payment_link_is_frozen()"
    )


def _notices() -> None:
    op.create_table(
        "autopay_notice",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("about_on", sa.Date(), nullable=False),
        sa.Column("charge_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("card", sa.String(60), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(24), server_default="waiting", nullable=False),
        sa.Column("look_at", MOMENT, nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("payment_link_id", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.String(300), nullable=True),
        sa.CheckConstraint("kind in ('upcoming', 'declined')", name=op.f("ck_autopay_notice_known_kind")),
        sa.CheckConstraint("(kind = 'declined') = (charge_id is not null)", name=op.f("ck_autopay_notice_decline_has_charge")),
        sa.CheckConstraint("state in ('waiting', 'written', 'left_out')", name=op.f("ck_autopay_notice_known_state")),
        _key("autopay_notice", "account_id", "account"),
        _key("autopay_notice", "charge_id", "charge"),
        _key("autopay_notice", "message_id", "message"),
        _key("autopay_notice", "payment_link_id", "payment_link"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autopay_notice")),
        sa.UniqueConstraint("charge_id", name=op.f("uq_autopay_notice_charge_id")),
    )
    for column in ("account_id", "message_id", "payment_link_id"):
        op.create_index(op.f(f"ix_autopay_notice_{column}"), "autopay_notice", [column])
    op.create_index(
        "uq_autopay_notice_upcoming",
        "autopay_notice",
        ["account_id", "about_on"],
        unique=True,
        postgresql_where=sa.text("kind = 'upcoming'"),
    )
    op.create_index(
        "ix_autopay_notice_waiting", "autopay_notice", ["look_at", "id"], postgresql_where=sa.text("state = 'waiting'")
    )


def _templates() -> None:
    op.add_column("message_template", sa.Column("purpose", sa.String(24), nullable=True))
    op.create_index(
        "uq_message_template_purpose",
        "message_template",
        ["purpose", "channel"],
        unique=True,
        postgresql_where=sa.text("purpose is not null"),
    )
    template = sa.table(
        "message_template",
        *[sa.column(name, sa.String()) for name in ("purpose", "channel", "name", "subject", "body")],
    )
    op.bulk_insert(
        template,
        [
            {"purpose": purpose, "channel": channel, "name": name, "subject": subject, "body": body}
            for purpose, channel, name, subject, body in TEMPLATES
        ],
    )


def downgrade() -> None:
    op.execute(
        "update message set template_id = null where template_id in (select id from message_template where purpose is not null)"
    )
    op.execute("delete from message_template where purpose is not null")
    op.drop_index("uq_message_template_purpose", "message_template")
    op.drop_column("message_template", "purpose")
    op.drop_table("autopay_notice")
    op.drop_table("payment_link")
    op.execute("drop function payment_link_is_frozen()")
