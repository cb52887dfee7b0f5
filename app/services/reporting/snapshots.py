"""Snapshots: how accounts stood at the end of a day, and putting them right when the past changes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

# What stood on a day follows from the ledger: what the prior system had collected, and what payments effective by that day
# cover. Rows are locked in (day, account) order by the account's own lock, which the caller holds.
_REPOST = text(
    """
    with stood as (
        select s.business_on, s.account_id, account.portfolio_id,
            s.days_past_due as old_days, s.past_due_cents as old_past_due, s.balance_cents as old_balance,
            s.contract_days_past_due as old_contract_days,
            greatest(0, coalesce(s.business_on - line.oldest_on, 0)) as days_past_due,
            greatest(0, coalesce(s.business_on - line.contract_oldest_on, 0)) as contract_days,
            line.past_due_cents, line.open_cents + fee.open_cents as balance_cents
        from account_snapshot s
        join account on account.id = s.account_id
        join portfolio on portfolio.id = account.portfolio_id
        cross join lateral (
            select coalesce(sum(rent), 0) as open_cents,
                coalesce(sum(rent + fees) filter (where is_late), 0) as past_due_cents,
                min(due_on) filter (where is_late) as oldest_on,
                min(contract_due_on) filter (where is_unpaid and contract_due_on < business_on) as contract_oldest_on
            from (
                select day.due_on, s.business_on, coalesce(i.original_due_on, i.due_on) as contract_due_on,
                    of_rent.cents as rent, of_fees.cents as fees,
                    of_rent.cents + of_fees.cents > portfolio.tolerance_cents as is_unpaid,
                    day.due_on < s.business_on and of_rent.cents + of_fees.cents > portfolio.tolerance_cents as is_late
                from installment i
                cross join lateral (
                    -- The due date of that day: what an arrangement moved later was still due as before.
                    select coalesce((
                        select moved.due_before from arrangement_line moved
                        where moved.account_id = i.account_id and moved.number = i.number
                            and moved.effective_on > s.business_on
                        order by moved.id limit 1
                    ), i.due_on) as due_on
                ) day
                cross join lateral (
                    select i.amount_cents - i.opening_cents - coalesce(sum(a.amount_cents), 0) as cents
                    from allocation a
                    where a.account_id = i.account_id and a.installment_number = i.number
                        and a.effective_on <= s.business_on
                ) of_rent
                cross join lateral (
                    select coalesce(sum(f.amount_cents - f.waived_cents - coalesce(covered.cents, 0)), 0) as cents
                    from fee f
                    left join lateral (
                        select sum(a.amount_cents) as cents from allocation a
                        where a.fee_id = f.id and a.effective_on <= s.business_on
                    ) covered on true
                    where f.account_id = i.account_id and f.installment_number = i.number
                        and f.assessed_on <= s.business_on
                ) of_fees
                where i.account_id = s.account_id
            ) each_line
        ) line
        cross join lateral (
            select coalesce(sum(f.amount_cents - f.waived_cents - coalesce(covered.cents, 0)), 0) as open_cents
            from fee f
            left join lateral (
                select sum(a.amount_cents) as cents from allocation a
                where a.fee_id = f.id and a.effective_on <= s.business_on
            ) covered on true
            where f.account_id = s.account_id and f.assessed_on <= s.business_on
        ) fee
        where s.account_id = :account and s.business_on >= :from_on and s.business_on < :before
    ),
    changed as (
        select * from stood
        where (old_days, old_contract_days, old_past_due, old_balance)
            is distinct from (days_past_due, nullif(contract_days, days_past_due), past_due_cents, balance_cents)
    ),
    written as (
        update account_snapshot s
        set days_past_due = c.days_past_due, contract_days_past_due = nullif(c.contract_days, c.days_past_due),
            past_due_cents = c.past_due_cents, balance_cents = c.balance_cents
        from changed c where s.business_on = c.business_on and s.account_id = c.account_id
    ),
    moved as (
        select business_on, portfolio_id, from_days, sum(accounts) as accounts, sum(past_due_cents) as past_due_cents,
            sum(balance_cents) as balance_cents
        from (
            select c.business_on, c.portfolio_id, b.from_days, -1 as accounts, -old_past_due as past_due_cents,
                -old_balance as balance_cents
            from changed c join bucket b on b.scheme = 'report'
                and c.old_days >= b.from_days and (b.to_days is null or c.old_days <= b.to_days)
            union all
            select c.business_on, c.portfolio_id, b.from_days, 1, c.past_due_cents, c.balance_cents
            from changed c join bucket b on b.scheme = 'report'
                and c.days_past_due >= b.from_days and (b.to_days is null or c.days_past_due <= b.to_days)
        ) each_move
        group by 1, 2, 3
    )
    insert into portfolio_day (business_on, portfolio_id, from_days, accounts, past_due_cents, balance_cents)
    select business_on, portfolio_id, from_days, accounts, past_due_cents, balance_cents from moved
    on conflict (business_on, portfolio_id, from_days) do update set
        accounts = portfolio_day.accounts + excluded.accounts,
        past_due_cents = portfolio_day.past_due_cents + excluded.past_due_cents,
        balance_cents = portfolio_day.balance_cents + excluded.balance_cents
    """
)


def repost(session: Session, account_id: int, *, from_on: dt.date, before: dt.date) -> None:
    """Put right an account's snapshots of the days `from_on` <= day < `before`, and the portfolio's sums of those days.

    Called after a back-dated entry or a reversal; does nothing when no snapshot of those days is there.
    """
    if from_on < before:
        session.execute(_REPOST, {"account": account_id, "from_on": from_on, "before": before})
