"""Snapshots: how accounts stood at the end of a day, and putting them right when the past changes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

# What stood on a day follows from the ledger: what the prior system had collected, and what payments effective by that day
# cover. Rows are locked in (day, account) order by the account's own lock, which the caller holds.
_FEE_OPEN = """
    f.amount_cents - least(f.amount_cents, case when f.rule is null and waived.cents is null then f.waived_cents
        else f.taken_back_cents + coalesce(waived.by_then_cents, 0) end) - coalesce(covered.cents, 0)
"""
# A waiver counts from its own day on.
_FEE_JOINS = """
    left join lateral (
        select sum(a.amount_cents) as cents from allocation a
        where a.fee_id = f.id and a.effective_on <= s.business_on
    ) covered on true
    left join lateral (
        select -sum(j.amount_cents) as cents, -sum(j.amount_cents) filter (where j.effective_on <= s.business_on) as by_then_cents
        from adjustment j where j.account_id = f.account_id and j.fee_id = f.id and j.kind = 'waiver'
    ) waived on true
"""
_REPOST = text(
    """
    with stood as (
        select s.business_on, s.account_id, account.portfolio_id,
            s.days_past_due as old_days, s.past_due_cents as old_past_due, s.balance_cents as old_balance,
            s.contract_days_past_due as old_contract_days,
            greatest(0, coalesce(s.business_on - case
                when owed.cents = 0 and line.late_fee_cents = 0 then null
                when owed.cents > 0 and line.last_due_on < s.business_on then coalesce(line.oldest_on, line.last_due_on)
                else line.oldest_on end, 0)) as days_past_due,
            greatest(0, coalesce(s.business_on - line.contract_oldest_on, 0)) as contract_days,
            case when owed.cents is null then line.past_due_cents
                when line.last_due_on < s.business_on then owed.cents + line.late_fee_cents
                else least(line.past_due_cents - line.late_fee_cents, owed.cents) + line.late_fee_cents
            end as past_due_cents,
            coalesce(owed.cents, line.open_cents) + fee.open_cents as balance_cents
        from account_snapshot s
        join account on account.id = s.account_id
        join portfolio on portfolio.id = account.portfolio_id
        cross join lateral (
            select coalesce(sum(rent), 0) as open_cents,
                coalesce(sum(rent + fees) filter (where is_late), 0) as past_due_cents,
                coalesce(sum(fees) filter (where is_late), 0) as late_fee_cents,
                max(due_on) as last_due_on,
                min(due_on) filter (where is_late) as oldest_on,
                min(contract_due_on) filter (where is_unpaid and contract_due_on < business_on) as contract_oldest_on
            from (
                select day.due_on, s.business_on,
                    coalesce(i.original_due_on, i.due_on - i.bought_days) + day.bought_days as contract_due_on,
                    of_rent.cents as rent, of_fees.cents as fees,
                    of_rent.cents + of_fees.cents > portfolio.tolerance_cents as is_unpaid,
                    day.due_on < s.business_on and of_rent.cents + of_fees.cents > portfolio.tolerance_cents as is_late
                from installment i
                cross join lateral (
                    -- What part payments had bought by that day.
                    select coalesce((
                        select b.days from bought_days b
                        where b.account_id = i.account_id and b.number = i.number and b.from_on <= s.business_on
                        order by b.from_on desc limit 1
                    ), 0) as days
                ) bought
                cross join lateral (
                    -- The due date of that day: what an arrangement moved later was still due as before.
                    select bought.days as bought_days, coalesce((
                        select moved.due_before from arrangement_line moved
                        where moved.account_id = i.account_id and moved.number = i.number
                            and moved.effective_on > s.business_on
                        order by moved.id limit 1
                    ), i.due_on - i.bought_days) + bought.days as due_on
                ) day
                cross join lateral (
                    select i.amount_cents - i.opening_cents - coalesce(sum(a.amount_cents), 0) as cents
                    from allocation a
                    where a.account_id = i.account_id and a.installment_number = i.number
                        and a.effective_on <= s.business_on
                ) of_rent
                cross join lateral (
                    select coalesce(sum({fee_open}), 0) as cents
                    from fee f {fee_joins}
                    where f.account_id = i.account_id and f.installment_number = i.number
                        and f.assessed_on <= s.business_on
                ) of_fees
                where i.account_id = s.account_id
            ) each_line
        ) line
        cross join lateral (
            select coalesce(sum({fee_open}), 0) as open_cents
            from fee f {fee_joins}
            where f.account_id = s.account_id and f.assessed_on <= s.business_on
        ) fee
        left join lateral (
            -- What a financed contract owed on that day: what it owes now, without what happened since.
            select f.principal_open_cents + f.interest_open_cents
                + coalesce((select sum(p.interest_cents + p.principal_cents) from payment_split p
                    where p.account_id = f.account_id and p.effective_on > s.business_on), 0)
                - coalesce((select sum(c.amount_cents) from interest_charge c
                    where c.account_id = f.account_id and c.assessed_on > s.business_on), 0)
                - coalesce((select sum(j.interest_cents + j.principal_cents) from adjustment j
                    where j.account_id = f.account_id and j.kind = 'debit' and j.effective_on > s.business_on), 0)
                - case account.contract_type when 'credit_line' then coalesce((
                    select sum(i.amount_cents) from credit_charge c
                    join installment i on i.account_id = c.account_id and i.number = c.installment_number
                    where c.account_id = f.account_id and c.charged_on > s.business_on), 0) else 0 end as cents
            from contract_finance f
            where f.account_id = s.account_id and account.contract_type <> 'lease'
        ) owed on true
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
    """.replace("{fee_open}", _FEE_OPEN).replace("{fee_joins}", _FEE_JOINS)
)


def repost(session: Session, account_id: int, *, from_on: dt.date, before: dt.date) -> None:
    """Put right an account's snapshots of the days `from_on` <= day < `before`, and the portfolio's sums of those days.

    Called after a back-dated entry or a reversal; does nothing when no snapshot of those days is there.
    """
    if from_on < before:
        session.execute(_REPOST, {"account": account_id, "from_on": from_on, "before": before})
