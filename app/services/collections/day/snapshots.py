"""Snapshots: one row per open account and day, the base of everything that is asked "as of". Test leases have none."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.servicing.status import AGED_STATUSES

_STATUSES = ", ".join(f"'{status}'" for status in sorted(AGED_STATUSES))

# The balance as of the date: what later payments took off it is put back, what was charged later is taken off.
_TAKE = f"""
    with taken as (
        insert into account_snapshot
            (business_on, account_id, days_past_due, contract_days_past_due, past_due_cents, balance_cents, status,
            assigned_to_id)
        select :on, a.id, a.days_past_due, nullif(a.contract_days_past_due, a.days_past_due), a.past_due_cents,
            a.balance_cents{{later}}, a.status, a.assigned_to_id
        from account a
        where a.id between :first and :last and a.status in ({_STATUSES}) and not a.is_test
        on conflict (business_on, account_id) do update set
            days_past_due = excluded.days_past_due, contract_days_past_due = excluded.contract_days_past_due,
            past_due_cents = excluded.past_due_cents,
            balance_cents = excluded.balance_cents, status = excluded.status, assigned_to_id = excluded.assigned_to_id
        where (account_snapshot.days_past_due, account_snapshot.contract_days_past_due, account_snapshot.past_due_cents,
                account_snapshot.balance_cents, account_snapshot.status, account_snapshot.assigned_to_id)
            is distinct from (excluded.days_past_due, excluded.contract_days_past_due, excluded.past_due_cents,
                excluded.balance_cents, excluded.status, excluded.assigned_to_id)
        returning 1
    )
    select count(*) from taken
"""
_LATER = """
    + coalesce((select sum(l.amount_cents) from allocation l where l.account_id = a.id and l.effective_on > :on), 0)
    + coalesce((select sum(p.beyond_cents) from payment_split p where p.account_id = a.id and p.effective_on > :on), 0)
    - coalesce((select sum(c.amount_cents) from interest_charge c where c.account_id = a.id and c.assessed_on > :on), 0)
    - coalesce((select sum(f.amount_cents - f.waived_cents) from fee f
                where f.account_id = a.id and f.assessed_on > :on), 0)
"""
_NEEDS_LATER = text(
    """
    select exists (select from allocation where effective_on > :on and account_id between :first and :last)
        or exists (select from payment_split where effective_on > :on and account_id between :first and :last)
        or exists (select from interest_charge where assessed_on > :on and account_id between :first and :last)
        or exists (select from fee where assessed_on > :on and account_id between :first and :last)
    """
)


def take(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Write how each open account stood at the end of `on`; returns how many rows are new or different."""
    span = {"first": first, "last": last, "on": on}
    later = _LATER if session.scalar(_NEEDS_LATER, span) else ""
    return int(session.scalar(text(_TAKE.replace("{later}", later)), span) or 0)
