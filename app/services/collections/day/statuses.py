"""Automatic collection statuses: what the day did to an account (domain.md part 11).

The rule is `app.domain.collections.statuses.automatic`; the statement says the same over a range of accounts.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.collections.contact import CONTACT_KINDS
from app.domain.collections.statuses import AUTOMATIC, NEW, NO_CONTACT_DAYS, NO_CONTACT_FROM
from app.domain.payments.kinds import RETURNABLE_METHODS
from app.domain.servicing.status import OPEN_STATUSES


def _listed(words: object) -> str:
    assert isinstance(words, frozenset)
    return ", ".join(f"'{word}'" for word in sorted(words))


_CAME_BACK = f"""
    select r.account_id from payment r left join payment o on o.id = r.reverses_id
    where r.posted_on = :on and r.account_id between :first and :last
        and (r.kind = 'chargeback' or (r.kind = 'reversal' and o.method in ({_listed(RETURNABLE_METHODS)})))
"""
_BROKEN = """
    select account_id from promise where status = 'broken' and resolved_on = :on and account_id between :first and :last
"""
# What is late, or had something happen to it; nearly all accounts of most houses are neither.
_FACTS = f"""
    select a.id, coalesce(s.code, '{NEW}') as code, coalesce(s.is_supervisor_type, new.is_supervisor_type) as is_supervisors,
        own.follow_up_id, portfolio.time_zone, a.past_due_cents > 0 as is_late,
        came_back.account_id is not null as payment_returned, broken.account_id is not null as promise_broken,
        b.account_id is not null as became_late
    from account a
    join portfolio on portfolio.id = a.portfolio_id
    cross join (select is_supervisor_type from collection_status where code = '{NEW}') new
    left join account_collection_status own on own.account_id = a.id
    left join collection_status s on s.id = own.status_id
    left join (select distinct account_id from ({_CAME_BACK}) found) came_back on came_back.account_id = a.id
    left join (select distinct account_id from ({_BROKEN}) found) broken on broken.account_id = a.id
    left join bucket_change b on b.account_id = a.id and b.business_on = :on and b.from_days = 0 and b.to_days > 0
    where a.id between :first and :last and a.status in ({_listed(OPEN_STATUSES)})
        and (a.past_due_cents > 0 or came_back.account_id is not null or broken.account_id is not null)
        and not exists (
            select from collection_status_change c
            where c.account_id = a.id and c.business_on = :on and c.by_id is null
        )
"""
# Asked in a CASE, so only of accounts that got so far; "offset 0" keeps the server from answering it for all accounts at once.
_FIRST_PAYMENT_OPEN = """exists (
    select from installment i where i.account_id = fact.id and i.number = 1 and i.paid_cents < i.amount_cents offset 0)"""
_WAS_LATE_BEFORE = """(
    exists (select from bucket_change b where b.account_id = fact.id and b.business_on < :on and b.to_days > 0 offset 0)
    or exists (select from installment i where i.account_id = fact.id and i.paid_on > i.due_on offset 0))"""
_CONTACTED_LATELY = f"""exists (
    select from activity t where t.account_id = fact.id and t.kind in ({_listed(CONTACT_KINDS)}) and t.withdrawn_at is null
        and (t.at at time zone fact.time_zone)::date between cast(:on as date) - {NO_CONTACT_DAYS - 1} and :on offset 0)"""
_GROUNDS = {
    "80": "payment_returned",
    "81": f"became_late and {_FIRST_PAYMENT_OPEN}",
    "83": "promise_broken",
    "82": f"became_late and not {_WAS_LATE_BEFORE}",
    "85": f"is_late and code in ({_listed(NO_CONTACT_FROM)}) and not {_CONTACTED_LATELY}",
}
_CASES = " ".join(f"when '{code}' = any(:available) and {_GROUNDS[code]} then '{code}'" for code in AUTOMATIC)

_SET = text(
    f"""
    with fact as materialized ({_FACTS}),
    wanted as (select * from (select fact.*, case {_CASES} end as to_code from fact) found where to_code <> code),
    given as (
        select wanted.*, s.id as status_id, s.code || ' ' || s.description as called, case s.follow_up_unit
                when 'd' then make_interval(days => s.follow_up_interval)
                when 'h' then make_interval(hours => s.follow_up_interval)
                when 'm' then make_interval(mins => s.follow_up_interval) end as waits
        from wanted join collection_status s on s.code = wanted.to_code
    ),
    recorded as (
        insert into collection_status_change (account_id, from_code, to_code, at, business_on, reason, is_skipped)
        select id, code, to_code, :now, :on, 'End of day', is_supervisors from given
        returning 1
    ),
    skipped as (
        insert into note (account_id, body, created_at)
        select id, format('Collection status stays %s: only a supervisor changes it. The end of day wanted %s.', code, called),
            :now
        from given where is_supervisors
    ),
    dropped as (
        update follow_up f set status = 'cancelled', closed_at = :now
        from given where f.id = given.follow_up_id and f.status = 'open' and not given.is_supervisors
    ),
    planned as (
        insert into follow_up (account_id, kind, due_at, note, status, created_at)
        select id, 'call', :now + waits, called, 'open', :now from given where waits is not null and not is_supervisors
        returning id, account_id
    ),
    changed as (
        insert into account_collection_status (account_id, status_id, since_at, follow_up_id)
        select given.id, given.status_id, :now, planned.id
        from given left join planned on planned.account_id = given.id where not given.is_supervisors
        on conflict (account_id) do update set status_id = excluded.status_id, since_at = excluded.since_at,
            follow_up_id = excluded.follow_up_id, set_by_id = null
    ),
    told as (
        insert into activity (account_id, kind, at, summary)
        select id, 'status', :now, format('Collection status: %s (before: %s)', called, code)
        from given where not is_supervisors
    )
    select count(*) from recorded
    """
)
_AVAILABLE = text("select code from collection_status where is_automatic and is_active and code = any(:codes)")


def give(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Give the statuses of the day; returns how many accounts got one, or would have but for a supervisor's status."""
    available = list(session.scalars(_AVAILABLE, {"codes": list(AUTOMATIC)}))
    span = {"first": first, "last": last, "on": on, "now": now, "available": available}
    return int(session.scalar(_SET, span) or 0) if available else 0
