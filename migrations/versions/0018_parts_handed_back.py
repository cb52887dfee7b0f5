"""Refunds of a part of a payment; which settlement forgave an amount; who verified a policy; e-mail found.

Revision: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

POLICIES = ("fee_policy", "payoff_policy", "reinstatement_policy")


def upgrade() -> None:
    op.add_column("payment", sa.Column("part_of_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_payment_part_of_id_payment"), "payment", "payment", ["part_of_id"], ["id"])
    op.create_index("ix_payment_part_of_id", "payment", ["part_of_id"], postgresql_where=sa.text("part_of_id is not null"))
    op.create_check_constraint(
        op.f("ck_payment_only_a_refund_is_a_part"),
        "payment",
        "part_of_id is null or (kind = 'refund' and reverses_id is null)",
    )
    # What a part was taken of can be changed as little as its amount.
    op.execute(
        "create trigger payment_part_no_update before update of part_of_id on payment "
        "for each row execute function payment_is_insert_only()"
    )
    op.add_column("adjustment", sa.Column("arrangement_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_adjustment_arrangement_id_arrangement"), "adjustment", "arrangement", ["arrangement_id"], ["id"]
    )
    op.create_index(op.f("ix_adjustment_arrangement_id"), "adjustment", ["arrangement_id"])
    op.create_index("ix_customer_email", "customer", [sa.text("lower(email)")], postgresql_where=sa.text("email is not null"))
    for table in POLICIES:
        op.add_column(table, sa.Column("verified_by_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_verified_by_id_staff"), table, "staff", ["verified_by_id"], ["id"])


def downgrade() -> None:
    op.drop_index("ix_customer_email", table_name="customer")
    for table in POLICIES:
        op.drop_constraint(op.f(f"fk_{table}_verified_by_id_staff"), table, type_="foreignkey")
        op.drop_column(table, "verified_by_id")
    op.drop_index(op.f("ix_adjustment_arrangement_id"), table_name="adjustment")
    op.drop_constraint(op.f("fk_adjustment_arrangement_id_arrangement"), "adjustment", type_="foreignkey")
    op.drop_column("adjustment", "arrangement_id")
    op.execute("drop trigger payment_part_no_update on payment")
    op.drop_constraint(op.f("ck_payment_only_a_refund_is_a_part"), "payment", type_="check")
    op.drop_index("ix_payment_part_of_id", table_name="payment")
    op.drop_constraint(op.f("fk_payment_part_of_id_payment"), "payment", type_="foreignkey")
    op.drop_column("payment", "part_of_id")
