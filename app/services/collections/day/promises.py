"""Promises whose day has passed: kept, partly kept or broken (domain.md part 11)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

GRACE_DAYS = 1
"""A promise is kept when the money comes by the day after."""
PARTLY_KEPT_SHARE = "0.80"

_SETTLE = text(
    f"""
    with matured as (
        select p.id, p.account_id, p.amount_cents, coalesce((
            select sum(m.amount_cents) from payment m
            where m.account_id = p.account_id and m.kind = 'payment' and m.state = 'complete'
                and m.posted_at >= p.made_at and m.effective_on <= p.due_on + {GRACE_DAYS}
        ), 0) as collected_cents
        from promise p
        where p.status = 'open' and p.due_on + {GRACE_DAYS} <= :on and p.account_id between :first and :last
    ),
    judged as (
        select *, case when collected_cents >= amount_cents then 'kept'
            when collected_cents >= amount_cents * {PARTLY_KEPT_SHARE} then 'partly_kept' else 'broken' end as status
        from matured
    ),
    settled as (
        update promise p set status = j.status, resolved_on = :on from judged j where p.id = j.id
        returning p.id, p.account_id, j.status, j.amount_cents, j.collected_cents
    ),
    noted as (
        insert into activity (account_id, kind, at, summary)
        select account_id, 'promise', :now, format('Promise of $%s %s, $%s came',
            trim(to_char(amount_cents / 100.0, 'FM999,999,990.00')),
            case status when 'kept' then 'kept' when 'partly_kept' then 'partly kept' else 'broken' end,
            trim(to_char(collected_cents / 100.0, 'FM999,999,990.00')))
        from settled
    )
    select count(*) from settled
    """
)


# A settlement is a promise too: without its money by the day after, it is off.
_EXPIRE = text(
    f"""
    with missed as (
        select a.id, a.account_id, a.terms from arrangement a
        where a.kind = 'settlement' and a.state = 'approved' and a.account_id between :first and :last
            and (a.terms ->> 'due_on')::date + {GRACE_DAYS} <= :on
            and (a.terms ->> 'amount_cents')::bigint > coalesce((
                select sum(m.amount_cents - coalesce((
                    select sum(r.amount_cents) from payment r where r.part_of_id = m.id
                ), 0)) from payment m
                where m.account_id = a.account_id and m.kind = 'payment' and m.state = 'complete'
                    and m.posted_at >= a.requested_at and m.effective_on <= (a.terms ->> 'due_on')::date
            ), 0)
    ),
    off as (
        update arrangement a set state = 'failed', ended_at = :now, ended_reason = 'The money did not come by its day'
        from missed where a.id = missed.id
        returning a.id, a.account_id
    ),
    noted as (
        insert into activity (account_id, kind, at, summary)
        select account_id, 'arrangement', :now, 'Settlement failed: the money did not come by its day' from off
    )
    select count(*) from off
    """
)


def settle(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Judge the open promises and approved settlements that ended by `on`; returns how many there were."""
    span = {"first": first, "last": last, "on": on, "now": now}
    return int(session.scalar(_SETTLE, span) or 0) + int(session.scalar(_EXPIRE, span) or 0)
