"""The crossing of a threshold of days past due is a row of its own, so that a threshold may be any number of days.

Revision: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "threshold_crossing",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("threshold", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_threshold_crossing_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "business_on", "threshold", name=op.f("pk_threshold_crossing")),
    )
    op.create_index("ix_threshold_crossing_business_on", "threshold_crossing", ["business_on"])
    # Thresholds could only be ends of buckets until now, so that the moves between these say what was crossed.
    op.execute(
        """
        insert into threshold_crossing (account_id, business_on, threshold)
        select b.account_id, b.business_on, t.days
        from bucket_change b, collection_settings s, unnest(s.thresholds) as t(days)
        where b.from_days <= t.days and b.to_days > t.days
        """
    )


def downgrade() -> None:
    op.drop_table("threshold_crossing")
