"""Forecasts of what comes in, kept to be held against what came.

Revision: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "collection_forecast",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("horizon", sa.String(24), nullable=False),
        sa.Column("for_on", sa.Date(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("contractual_cents", sa.BigInteger(), nullable=False),
        sa.Column("installments_cents", sa.BigInteger(), nullable=False),
        sa.Column("promises_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("retries_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "contractual_cents >= 0 and installments_cents >= 0", name=op.f("ck_collection_forecast_not_negative")
        ),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_collection_forecast_portfolio_id_portfolio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_forecast")),
        sa.UniqueConstraint("portfolio_id", "made_on", "horizon", "for_on", name="uq_collection_forecast_once"),
    )
    op.create_index("ix_collection_forecast_for_on", "collection_forecast", ["horizon", "for_on"])


def downgrade() -> None:
    op.drop_table("collection_forecast")
