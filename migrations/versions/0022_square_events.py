"""What Square told us happened, and which dispute of the bank one of ours is.

Revision: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "square_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_replayed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("state", sa.String(length=24), server_default="waiting", nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_square_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_square_event_event_id")),
    )
    op.create_index(op.f("ix_square_event_object_id"), "square_event", ["object_id"])
    op.create_index("ix_square_event_received_at_id", "square_event", ["received_at", "id"])
    op.create_index("ix_square_event_waiting", "square_event", ["look_at", "id"], postgresql_where=sa.text("state = 'waiting'"))
    op.add_column("dispute", sa.Column("square_dispute_id", sa.String(length=64), nullable=True))
    op.create_unique_constraint(op.f("uq_dispute_square_dispute_id"), "dispute", ["square_dispute_id"])
    op.add_column("dispute", sa.Column("bank_state", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("dispute", "bank_state")
    op.drop_constraint(op.f("uq_dispute_square_dispute_id"), "dispute", type_="unique")
    op.drop_column("dispute", "square_dispute_id")
    op.drop_table("square_event")
