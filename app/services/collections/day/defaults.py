"""Default: an active account that is late for long enough (domain.md part 9)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.servicing.delinquency import DEFAULT_AFTER_DAYS

_DAYS = " ".join(f"when '{frequency}' then {days}" for frequency, days in DEFAULT_AFTER_DAYS.items())

# The first day on which it was late enough lies before `:on` when days were missed or the past has changed since.
_FIRST_DAY = f"(:on - (days_past_due - case frequency {_DAYS} end))"

_DECLARE = text(
    f"""
    with late as (
        select id, days_past_due, {_FIRST_DAY} as first_on from account
        where status = 'active' and id between :first and :last and days_past_due >= case frequency {_DAYS} end
        order by id for update
    ),
    defaulted as (
        update account a set status = 'default', default_on = least(a.default_on, late.first_on)
        from late where late.id = a.id
        returning a.id, late.days_past_due
    ),
    recorded as (
        insert into status_change (account_id, from_status, to_status, at, business_on, reason)
        select id, 'active', 'default', :now, :on, days_past_due || ' days past due' from defaulted
    ),
    noted as (
        insert into activity (account_id, kind, at, summary)
        select id, 'status', :now, 'Default: ' || days_past_due || ' days past due' from defaulted
    )
    select count(*) from defaulted
    """
)
_ANTEDATE = text(
    f"""
    with late as (
        select id, {_FIRST_DAY} as first_on from account
        where status in ('default', 'recovery') and id between :first and :last
            and days_past_due >= case frequency {_DAYS} end
            and (default_on is null or default_on > {_FIRST_DAY})
        order by id for update
    ),
    earlier as (
        update account a set default_on = late.first_on from late where late.id = a.id
        returning a.id
    )
    select count(*) from earlier
    """
)


def declare(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Put active accounts that are 60 (weekly) or 90 days late into default.

    The date of default is the first day on which they were late enough. It never moves later; it moves earlier when a
    reversal or a back-dated entry shows that they were late enough before. Returns how many accounts changed.
    """
    span = {"first": first, "last": last, "on": on}
    antedated = int(session.scalar(_ANTEDATE, span) or 0)
    return antedated + int(session.scalar(_DECLARE, {**span, "now": now}) or 0)
