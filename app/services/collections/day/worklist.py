"""The order of work: accounts whose follow-up came due or whose status changed since they were aged get their weight."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.services.servicing.standing import WEIGHT_SQL

# Aging has weighed nearly all already; what is looked at again is what carries a weight, is late, or has a follow-up due.
_WEIGH = text(
    f"""
    with figures as (
        select a.id, a.status, a.worklist_weight as old_weight, a.days_past_due, a.past_due_cents,
            due_now.account_id is not null as has_follow_up_due
        from account a
        left join (
            select distinct account_id from follow_up
            where status = 'open' and is_due and account_id between :first and :last
        ) due_now on due_now.account_id = a.id
        where a.id between :first and :last
            and (a.worklist_weight is not null or a.past_due_cents > 0 or due_now.account_id is not null)
    ),
    weighed as (select id, old_weight, {WEIGHT_SQL} as weight from figures),
    changed as (
        update account a set worklist_weight = x.weight from weighed x
        where x.id = a.id and x.old_weight is distinct from x.weight
        returning a.id
    )
    select count(*) from changed
    """
)


def weigh(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Bring the worklist's weights up to date; returns how many changed. The rule is `app.domain.collections.worklist`."""
    return int(session.scalar(_WEIGH, {"first": first, "last": last}) or 0)
