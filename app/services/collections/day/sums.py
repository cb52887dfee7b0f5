"""The day's sums by portfolio and bucket, and the check that they are the sums of what they sum."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation

_ADD_UP = text(
    """
    with stood as (
        select a.portfolio_id, b.from_days, count(*) as accounts, sum(s.past_due_cents) as past_due_cents,
            sum(s.balance_cents) as balance_cents
        from account_snapshot s
        join account a on a.id = s.account_id
        join bucket b on b.scheme = 'report' and s.days_past_due >= b.from_days
            and (b.to_days is null or s.days_past_due <= b.to_days)
        where s.business_on = :on
        group by 1, 2
    ),
    gone as (
        delete from portfolio_day d
        where d.business_on = :on and not exists (
            select from stood where stood.portfolio_id = d.portfolio_id and stood.from_days = d.from_days)
        returning 1
    ),
    written as (
        insert into portfolio_day (business_on, portfolio_id, from_days, accounts, past_due_cents, balance_cents)
        select :on, portfolio_id, from_days, accounts, past_due_cents, balance_cents from stood
        on conflict (business_on, portfolio_id, from_days) do update set accounts = excluded.accounts,
            past_due_cents = excluded.past_due_cents, balance_cents = excluded.balance_cents
        where (portfolio_day.accounts, portfolio_day.past_due_cents, portfolio_day.balance_cents)
            is distinct from (excluded.accounts, excluded.past_due_cents, excluded.balance_cents)
        returning 1
    )
    select (select count(*) from written) + (select count(*) from gone)
    """
)
_CHECK = text(
    """
    select s.accounts - d.accounts, s.past_due_cents - d.past_due_cents, s.balance_cents - d.balance_cents
    from (select count(*) as accounts, coalesce(sum(past_due_cents), 0) as past_due_cents,
            coalesce(sum(balance_cents), 0) as balance_cents from account_snapshot where business_on = :on) s,
        (select coalesce(sum(accounts), 0) as accounts, coalesce(sum(past_due_cents), 0) as past_due_cents,
            coalesce(sum(balance_cents), 0) as balance_cents from portfolio_day where business_on = :on) d
    """
)


def add_up(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Write the day's accounts, past due and balance per portfolio and report bucket; returns how many rows changed."""
    return int(session.scalar(_ADD_UP, {"on": on}) or 0)


def check(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Demand that the sums of the day are those of its snapshots; changes nothing.

    A bucket that is missing from the set bands would leave accounts out of every report, which is what this finds.
    Raises RuleViolation with the differences. The whole ledger is checked by `leasedesk check-ledger`.
    """
    accounts, past_due_cents, balance_cents = session.execute(_CHECK, {"on": on}).one()
    if accounts or past_due_cents or balance_cents:
        raise RuleViolation(
            f"The day's sums leave out {accounts} accounts, {past_due_cents} cents past due and {balance_cents} cents of "
            "balance: look whether the buckets cover all days past due."
        )
    return 0
