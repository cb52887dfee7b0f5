"""Points for the signal that a device is not enrolled or silent.

Revision: 0025
"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("insert into signal_weight (kind, points) values ('device', 15) on conflict do nothing")


def downgrade() -> None:
    op.execute("delete from account_signal where kind = 'device'")
    op.execute("delete from signal_weight where kind = 'device'")
