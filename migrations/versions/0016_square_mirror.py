"""Square's customers as they were seen last, whom they may be here, and what issuers say of cards.

Revision: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("card", sa.Column("issuer_alert", sa.String(length=60), nullable=True))
    op.add_column("card", sa.Column("issuer_alert_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_card_expires", "card", ["expires_year", "expires_month"], postgresql_where=sa.text("is_enabled"))
    op.create_index("ix_card_issuer_alert", "card", ["customer_id"], postgresql_where=sa.text("issuer_alert is not null"))
    op.create_table(
        "square_customer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("square_id", sa.String(length=64), nullable=False),
        sa.Column("reference_id", sa.String(length=128), nullable=True),
        sa.Column("given_name", sa.String(length=300), server_default="", nullable=False),
        sa.Column("family_name", sa.String(length=300), server_default="", nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("is_gone", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_square_customer")),
        sa.UniqueConstraint("square_id", name=op.f("uq_square_customer_square_id")),
    )
    for column in ("reference_id", "email", "phone"):
        op.create_index(op.f(f"ix_square_customer_{column}"), "square_customer", [column])
    op.create_index(
        "ix_square_customer_name",
        "square_customer",
        [sa.literal_column("lower(family_name)"), sa.literal_column("lower(given_name)")],
    )
    op.create_table(
        "square_match",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("square_customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.Column("why", sa.String(length=700), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_square_match_customer_id_customer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["square_customer_id"],
            ["square_customer.id"],
            name=op.f("fk_square_match_square_customer_id_square_customer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "square_customer_id", name=op.f("pk_square_match")),
    )
    op.create_index(op.f("ix_square_match_square_customer_id"), "square_match", ["square_customer_id"])


def downgrade() -> None:
    op.drop_table("square_match")
    op.drop_table("square_customer")
    op.drop_index("ix_card_issuer_alert", table_name="card")
    op.drop_index("ix_card_expires", table_name="card")
    op.drop_column("card", "issuer_alert_at")
    op.drop_column("card", "issuer_alert")
