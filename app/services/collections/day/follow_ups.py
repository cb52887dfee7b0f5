"""Follow-ups whose day has come."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

_MARK = text(
    """
    with marked as (
        update follow_up f set is_due = true
        from account a join portfolio p on p.id = a.portfolio_id
        where a.id = f.account_id and f.status = 'open' and not f.is_due and f.account_id between :first and :last
            and (f.due_at at time zone p.time_zone)::date <= :on
        returning f.id
    )
    select count(*) from marked
    """
)


def mark_due(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Mark open follow-ups that are due by the end of `on` in their portfolio's zone; returns how many became due."""
    return int(session.scalar(_MARK, {"first": first, "last": last, "on": on}) or 0)
