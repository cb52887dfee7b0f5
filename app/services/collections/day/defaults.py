"""Default: an active account that is late for long enough (domain.md part 9)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.servicing.delinquency import DEFAULT_AFTER_DAYS

_DAYS = " ".join(f"when '{frequency}' then {days}" for frequency, days in DEFAULT_AFTER_DAYS.items())

_DECLARE = text(
    f"""
    with late as (
        select id, days_past_due from account
        where status = 'active' and id between :first and :last and days_past_due >= case frequency {_DAYS} end
        order by id for update
    ),
    defaulted as (
        update account a set status = 'default', default_on = coalesce(a.default_on, :on)
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


def declare(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Put active accounts that are 60 (weekly) or 90 days late into default; the date of default never moves later."""
    return int(session.scalar(_DECLARE, {"first": first, "last": last, "on": on, "now": now}) or 0)
