"""Check the accounts of new installments by counting them, and those of snapshots not at all.

Revision: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Each account is locked against removal once, and as many must be found as are named. Looking up every line anew
    # could end in a nested loop over all accounts when the plan was made for few. A plan is made for each statement.
    op.execute(
        """
        create or replace function installment_needs_account() returns trigger language plpgsql
        set plan_cache_mode = force_custom_plan as $$
        declare
            named bigint;
            found_there bigint;
        begin
            select count(*) into named from (select distinct account_id from added) each_account;
            select count(*) into found_there
            from (
                select id from account where id in (select distinct account_id from added) for key share
            ) locked;
            if named <> found_there then
                raise foreign_key_violation using message = 'an installment needs an account', table = 'installment';
            end if;
            return null;
        end $$
        """
    )
    # A million rows a night, each looked up by itself; and without an index of its own the key made the removal of one
    # account read the whole history.
    op.drop_constraint(op.f("fk_account_snapshot_account_id_account"), "account_snapshot", type_="foreignkey")


def downgrade() -> None:
    op.create_foreign_key(op.f("fk_account_snapshot_account_id_account"), "account_snapshot", "account", ["account_id"], ["id"])
    op.execute(
        """
        create or replace function installment_needs_account() returns trigger language plpgsql as $$
        begin
            perform from account where id in (select account_id from added) for key share;
            if exists (select from added where not exists (select from account where id = added.account_id)) then
                raise foreign_key_violation using message = 'an installment needs an account', table = 'installment';
            end if;
            return null;
        end $$
        """
    )
