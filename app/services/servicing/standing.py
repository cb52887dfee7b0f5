"""Standing: the figures on an account that follow from its installments, fees and payments, recomputed in SQL.

`restate` recomputes all of them for some accounts, after anything was posted on them. What only the passing of a day changes
is recomputed for ranges of accounts at the end of day (`services.collections.day.aging`). The pure rule of both is
`app.domain.servicing.delinquency.age`; a test runs all three over random accounts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import CursorResult, TextClause, text
from sqlalchemy.orm import Session

from app.queries.collections import weights

# What a financed contract really owes, laid over its scheduled payments from the oldest on, so that they sum to it: the rule
# is `app.domain.payments.ledger.fit`. `financed` has account_id and owed_cents, `financed_line`
# the lines with their due dates and what is open of each.
FITTED_SQL = """
    select account_id, number, due_on, contract_due_on, least(cents, greatest(0, owed_cents - before_cents))
        + case when is_last then greatest(0, owed_cents - all_cents) else 0 end as cents
    from (
        select l.account_id, l.number, l.due_on, l.contract_due_on, l.cents, f.owed_cents,
            sum(l.cents) over in_turn - l.cents as before_cents, sum(l.cents) over (partition by l.account_id) as all_cents,
            row_number() over (partition by l.account_id order by l.due_on desc, l.number desc) = 1 as is_last
        from financed_line l join financed f on f.account_id = l.account_id
        window in_turn as (partition by l.account_id order by l.due_on, l.number)
    ) laid"""

# The contract's own date, without what arrangements moved; what part payments bought counts by the contract itself.
CONTRACT_DUE_SQL = "coalesce(i.original_due_on + i.bought_days, i.due_on) as contract_due_on"

_RESTATE = """
    with financed as (
        select f.account_id, f.principal_open_cents + f.interest_open_cents as owed_cents
        from contract_finance f join account on account.id = f.account_id
        where f.account_id = any(:ids) and account.contract_type <> 'lease'
    ),
    financed_line as (
        select i.account_id, i.number, i.due_on, {contract_due}, i.amount_cents - i.paid_cents as cents
        from installment i join financed on financed.account_id = i.account_id
    ),
    rent as (
        select i.account_id, i.number, i.due_on, {contract_due}, i.amount_cents - i.paid_cents as cents
        from installment i
        where i.account_id = any(:ids) and not exists (select from financed where financed.account_id = i.account_id)
        union all
        select * from ({fitted}) fitted
    ),
    unpaid as (
        -- A line with the late fees that hang on it, as domain.md part 8 has it: unpaid = amount + fees - applied.
        select i.account_id, i.number, i.due_on, i.contract_due_on,
            i.cents + coalesce(fee.cents, 0) as cents
        from rent i
        left join (
            select account_id, installment_number, sum(amount_cents - paid_cents - waived_cents) as cents
            from fee where account_id = any(:ids) and installment_number is not null group by 1, 2
        ) fee on fee.account_id = i.account_id and fee.installment_number = i.number
        where i.cents > 0 or fee.cents > 0
    ),
    open_line as (
        select unpaid.* from unpaid
        join account on account.id = unpaid.account_id join portfolio on portfolio.id = account.portfolio_id
        where unpaid.cents > portfolio.tolerance_cents
    ),
    owed as (
        select account_id, coalesce(sum(cents) filter (where due_on < :today), 0) as past_due_cents,
            min(due_on) as next_due_on, min(contract_due_on) as contract_due_on
        from open_line group by account_id
    ),
    next as (
        -- All that falls due that day: beside an installment there may be back rent, or a part of a payment plan.
        select o.account_id, sum(o.cents) as cents from open_line o
        join owed on owed.account_id = o.account_id and owed.next_due_on = o.due_on group by o.account_id
    )
    update account a set
        balance_cents = x.balance_cents, paid_cents = x.paid_cents, fees_cents = x.fees_cents,
        credit_cents = x.credit_cents, payments_made = x.payments_made, last_paid_on = x.last_paid_on,
        next_due_on = x.next_due_on, next_due_cents = x.next_due_cents,
        past_due_cents = x.past_due_cents, days_past_due = x.days_past_due,
        contract_days_past_due = x.contract_days_past_due, worklist_weight = x.worklist_weight,
        weight_points = x.points
    from (
        select scored.*, {weight} as worklist_weight
        from (select figures.*, {points} as points from (
        select account.id, account.status, due_now.account_id is not null as has_follow_up_due,
            coalesce(financed.owed_cents, line.open_cents) + fee.open_cents as balance_cents,
            money.paid_cents,
            fee.open_cents as fees_cents,
            money.paid_cents - covered.cents - split.cents - line.opening_cents - opening.cents as credit_cents,
            line.paid_lines as payments_made,
            money.last_paid_on,
            owed.next_due_on,
            coalesce(next.cents, 0) as next_due_cents,
            coalesce(owed.past_due_cents, 0) as past_due_cents,
            greatest(0, coalesce(:today - owed.next_due_on, 0)) as days_past_due,
            greatest(0, coalesce(:today - owed.contract_due_on, 0)) as contract_days_past_due
        from account
        cross join lateral (
            select coalesce(sum(amount_cents - paid_cents), 0) as open_cents,
                coalesce(sum(opening_cents), 0) as opening_cents,
                count(*) filter (where paid_cents = amount_cents) as paid_lines
            from installment where account_id = account.id
        ) line
        left join financed on financed.account_id = account.id
        left join owed on owed.account_id = account.id
        left join next on next.account_id = account.id
        left join (
            select distinct account_id from follow_up where account_id = any(:ids) and status = 'open' and is_due
        ) due_now on due_now.account_id = account.id
        cross join lateral (
            select coalesce(sum(amount_cents - paid_cents - waived_cents), 0) as open_cents
            from fee where account_id = account.id
        ) fee
        cross join lateral (
            select coalesce(sum(case when kind in ('payment', 'opening') then amount_cents else -amount_cents end), 0)
                    as paid_cents,
                max(effective_on) filter (where kind = 'payment' and state = 'complete') as last_paid_on
            from payment
            where account_id = account.id and state in ('complete', 'reversed', 'refunded')
        ) money
        cross join lateral (
            -- What adjustments cover was never money.
            select coalesce(sum(amount_cents), 0) as cents from allocation
            where account_id = account.id and payment_id is not null
        ) covered
        cross join lateral (
            select coalesce(sum(beyond_cents), 0) as cents from payment_split
            where account_id = account.id and payment_id is not null
        ) split
        cross join lateral (
            select coalesce(sum(amount_cents), 0) as cents from adjustment
            where account_id = account.id and kind = 'opening'
        ) opening
        where account.id = any(:ids)
        ) figures offset 0) scored
    ) x
    where x.id = a.id and (
        a.balance_cents, a.paid_cents, a.fees_cents, a.credit_cents, a.payments_made, a.last_paid_on, a.next_due_on,
        a.next_due_cents, a.past_due_cents, a.days_past_due, a.contract_days_past_due, a.worklist_weight,
        a.weight_points
    ) is distinct from (
        x.balance_cents, x.paid_cents, x.fees_cents, x.credit_cents, x.payments_made, x.last_paid_on, x.next_due_on,
        x.next_due_cents, x.past_due_cents, x.days_past_due, x.contract_days_past_due, x.worklist_weight,
        x.points
    )
    """.replace("{fitted}", FITTED_SQL).replace("{contract_due}", CONTRACT_DUE_SQL)


@lru_cache(maxsize=8)
def _restating(points_sql: str) -> TextClause:
    """The statement with the weights that are in use."""
    return text(_RESTATE.replace("{points}", points_sql).replace("{weight}", weights.WEIGHT_OF_POINTS))


FEW = 50
"""Up to so many accounts the look-ups by account are the best plan whatever the statistics say."""


def restate(session: Session, account_ids: Sequence[int], *, today: dt.date) -> int:
    """Recompute all derived figures of these accounts as of the business date; returns how many accounts changed.

    Money: what was paid is the complete payments less what was reversed or refunded; unapplied credit is what was paid less
    what covers charges. Rows that are loaded in the session are expired, so that they are read again.
    """
    session.flush()
    is_many = len(account_ids) > FEW
    if is_many:  # Right after an import the statistics are old, and nested loops over its lines would take minutes.
        session.execute(text("set local enable_nestloop = off"))
        session.execute(text("set local jit = off"))
    statement = _restating(weights.points_sql(weights.in_use(session), on="today"))
    result = session.execute(statement, {"ids": list(account_ids), "today": today})
    if is_many:
        session.execute(text("set local enable_nestloop = on"))
    session.expire_all()
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
