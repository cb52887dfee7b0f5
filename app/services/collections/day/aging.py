"""Aging: how late each account is on a business date, in one statement over a range of accounts.

Only what the passing of a day changes is written: days past due, the amount past due and the weight in the worklist. The
statement reads unpaid lines from the partial index alone. Fees and later payments are rare and come in beside it.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.domain.servicing.status import AGED_STATUSES
from app.queries.collections import weights
from app.services.servicing.standing import CONTRACT_DUE_SQL, FITTED_SQL

_STATUSES = ", ".join(f"'{status}'" for status in sorted(AGED_STATUSES))

# Lines as of the date: what payments effective later cover is unpaid still, and fees assessed later are not there yet.
# Lines of a financed contract are laid over what it owes as of the date.
_EXACT_LINES = f"""
    with financed as (
        select f.account_id, f.principal_open_cents + f.interest_open_cents
            + coalesce((select sum(s.interest_cents + s.principal_cents) from payment_split s
                where s.account_id = f.account_id and s.effective_on > :on), 0)
            - coalesce((select sum(c.amount_cents) from interest_charge c
                where c.account_id = f.account_id and c.assessed_on > :on), 0) as owed_cents
        from contract_finance f join account on account.id = f.account_id
        where f.account_id = any(:exact) and account.contract_type <> 'lease'
    ),
    financed_line as (
        select i.account_id, i.number, i.due_on, {CONTRACT_DUE_SQL}, i.amount_cents - i.paid_cents + coalesce((
            select sum(l.amount_cents) from allocation l
            where l.account_id = i.account_id and l.installment_number = i.number and l.effective_on > :on
        ), 0) as cents
        from installment i join financed on financed.account_id = i.account_id
        left join credit_charge c on c.account_id = i.account_id and c.installment_number = i.number
        where i.account_id = any(:exact) and (c.charged_on is null or c.charged_on <= :on)
    )
    select part.account_id, due_on, sum(cents) as cents from (
        select i.account_id, i.number, {{due}} as due_on, i.amount_cents - i.paid_cents as cents
        from installment i
        where i.account_id = any(:exact) and i.paid_cents < i.amount_cents and {{due}} < :on
            and i.account_id not in (select account_id from financed)
        union all
        select account_id, number, due_on, cents from ({FITTED_SQL}) fitted where cents > 0 and due_on < :on
        union all
        select l.account_id, l.installment_number, {{due}}, l.amount_cents
        from allocation l
        join installment i on i.account_id = l.account_id and i.number = l.installment_number and {{due}} < :on
        where l.effective_on > :on and l.account_id = any(:exact) and i.account_id = any(:exact)
            and l.account_id not in (select account_id from financed)
        union all
        select f.account_id, f.installment_number, {{due}}, f.amount_cents - f.waived_cents - f.paid_cents
            + coalesce((select sum(amount_cents) from allocation l where l.fee_id = f.id and l.effective_on > :on), 0)
        from fee f
        join installment i on i.account_id = f.account_id and i.number = f.installment_number and {{due}} < :on
        where f.account_id = any(:exact) and i.account_id = any(:exact) and f.assessed_on <= :on
    ) part
    join account on account.id = part.account_id
    join portfolio on portfolio.id = account.portfolio_id
    where account.id = any(:exact)
    group by part.account_id, number, due_on, tolerance_cents
    having sum(cents) > tolerance_cents
"""
# Due dates as of the date, where a later payment bought days since.
_DUE_THEN = """(i.due_on - i.bought_days + coalesce((
    select b.days from bought_days b where b.account_id = i.account_id and b.number = i.number and b.from_on <= :on
    order by b.from_on desc limit 1
), 0))"""
# The same where there is no fee, no later payment and no tolerance: most accounts of most portfolios.
_PLAIN_LINES = """
    select account_id, due_on, amount_cents - paid_cents as cents
    from installment
    where account_id between :first and :last and paid_cents < amount_cents and due_on < :on
"""
_LINES = f"""
    {_PLAIN_LINES} and account_id not in (select unnest(:exact))
    union all select account_id, due_on, cents from ({_EXACT_LINES}) exact
"""

_AGE = f"""
    with late as (
        select account_id, min(due_on) as oldest_on, sum(cents) as cents from ({{lines}}) line group by account_id
    ),
    due_now as (
        select distinct account_id from follow_up
        where status = 'open' and is_due and account_id between :first and :last
    ),
    figures as (
        select a.id, a.status, a.days_past_due as old_days, a.past_due_cents as old_cents, a.worklist_weight as old_weight,
            a.weight_points as old_points,
            a.balance_cents, a.next_due_on,
            coalesce(:on - late.oldest_on, 0) as days_past_due, coalesce(late.cents, 0) as past_due_cents,
            due_now.account_id is not null as has_follow_up_due
        from account a
        left join late on late.account_id = a.id
        left join due_now on due_now.account_id = a.id
        where a.id between :first and :last and a.status in ({_STATUSES})
    ),
    scored as (select figures.*, {{points}} as points from figures offset 0),
    weighed as (select scored.*, {weights.WEIGHT_OF_POINTS} as weight from scored),
    changed as (
        update account a set days_past_due = x.days_past_due, contract_days_past_due = x.days_past_due,
            past_due_cents = x.past_due_cents, worklist_weight = x.weight, weight_points = x.points
        from weighed x
        where x.id = a.id
            and (x.old_days, x.old_cents, x.old_weight, x.old_points)
                is distinct from (x.days_past_due, x.past_due_cents, x.weight, x.points)
        returning a.id, x.old_days, x.days_past_due
    ),
    moved as (
        insert into bucket_change (account_id, business_on, from_days, to_days, from_bucket, to_bucket, reason)
        select c.id, :on, c.old_days, c.days_past_due, b.label, n.label, 'end of day'
        from changed c
        join bucket b on b.scheme = 'report' and c.old_days >= b.from_days and (b.to_days is null or c.old_days <= b.to_days)
        join bucket n on n.scheme = 'report' and c.days_past_due >= n.from_days
            and (n.to_days is null or c.days_past_due <= n.to_days)
        where b.id <> n.id
        on conflict (account_id, business_on) do update set to_days = excluded.to_days, to_bucket = excluded.to_bucket
    ),
    crossed as (
        insert into threshold_crossing (account_id, business_on, threshold)
        select c.id, :on, t.days
        from changed c, collection_settings s, unnest(s.thresholds) as t(days)
        where c.old_days <= t.days and c.days_past_due > t.days
        on conflict do nothing
    )
    select count(*) from changed
"""
# Accounts of which an arrangement moved due dates are found in a partial index that holds nothing else.
_AGE_BY_CONTRACT = text(
    f"""
    with moved as (
        select distinct account_id from installment
        where original_due_on is not null and account_id between :first and :last
    ),
    line as (
        select i.account_id, {CONTRACT_DUE_SQL}, i.amount_cents - i.paid_cents
            + coalesce((select sum(l.amount_cents) from allocation l where l.account_id = i.account_id
                and l.installment_number = i.number and l.effective_on > :on), 0)
            + coalesce((select sum(f.amount_cents - f.waived_cents - f.paid_cents) from fee f
                where f.account_id = i.account_id and f.installment_number = i.number and f.assessed_on <= :on), 0) as cents
        from installment i join moved on moved.account_id = i.account_id
    ),
    late as (
        select a.id, coalesce(:on - min(line.contract_due_on) filter
            (where line.cents > portfolio.tolerance_cents and line.contract_due_on < :on), 0) as days
        from account a
        join portfolio on portfolio.id = a.portfolio_id
        join line on line.account_id = a.id
        where a.status in ({_STATUSES})
        group by a.id
    ),
    changed as (
        update account a set contract_days_past_due = greatest(late.days, a.days_past_due) from late
        where late.id = a.id and a.contract_days_past_due <> greatest(late.days, a.days_past_due)
        returning a.id
    )
    select count(*) from changed
    """
)
_HAS_BOUGHT_LATER = text("select exists (select from bought_days where from_on > :on and account_id between :first and :last)")
_EXACT = text(
    """
    select account_id from fee
    where account_id between :first and :last and installment_number is not null
        and (paid_cents + waived_cents < amount_cents or assessed_on > :on)
    union select account_id from allocation where effective_on > :on and account_id between :first and :last
    union select account_id from bought_days where from_on > :on and account_id between :first and :last
    union select account_id from contract_finance where account_id between :first and :last
    union select a.id from account a join portfolio p on p.id = a.portfolio_id and p.tolerance_cents > 0
    where a.id between :first and :last
    """
)


FEW = 1_000
"""Up to so many accounts a statement finds their rows by index, whatever the statistics say."""


def age(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Write days past due, the amount past due and the worklist's weight as of `on`; returns how many accounts changed.

    A change of report bucket is kept in `bucket_change`, what became later than a threshold in `threshold_crossing`.
    The rule is `app.domain.servicing.delinquency.age`.
    """
    span = {"first": first, "last": last, "on": on}
    # Right after an import the statistics are old, and a nested loop over 50,000 accounts would take minutes.
    # The join with the few buckets can only be one, so the planner calls the statement dear beyond measure; without the
    # second setting the server would spend seconds on compiling it.
    # A few accounts are better found one by one.
    if last - first > FEW:
        session.execute(text("set local enable_nestloop = off"))
    session.execute(text("set local jit = off"))
    exact = list(session.scalars(_EXACT, span))
    lines = _LINES if exact else _PLAIN_LINES
    lines = lines.replace("{due}", _DUE_THEN if exact and session.scalar(_HAS_BOUGHT_LATER, span) else "i.due_on")
    points = weights.points_sql(weights.in_use(session), on="on")
    statement = text(_AGE.replace("{lines}", lines).replace("{points}", points))
    if exact:
        statement = statement.bindparams(bindparam("exact", type_=ARRAY(BigInteger)))
    changed = int(session.scalar(statement, {**span, "exact": exact} if exact else span) or 0)
    session.execute(text("set local enable_nestloop = on"))
    return changed + int(session.scalar(_AGE_BY_CONTRACT, span) or 0)
