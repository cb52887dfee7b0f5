"""The order of work: accounts whose follow-up came due or whose status changed since they were aged get their weight."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.collections.worklist import FOLLOW_UP_FIRST
from app.queries.collections import weights

# Aging has weighed nearly all already; what is looked at again is what carries a weight, is late, or has a follow-up due.
_WEIGH = """
    with figures as (
        select a.id, a.status, a.worklist_weight as old_weight,
            a.weight_points as old_points, a.days_past_due, a.past_due_cents, a.balance_cents,
            a.next_due_on, due_now.account_id is not null as has_follow_up_due
        from account a
        left join (
            select distinct account_id from follow_up
            where status = 'open' and is_due and account_id between :first and :last
        ) due_now on due_now.account_id = a.id
        where a.id between :first and :last and {which}
    ),
    scored as (select figures.*, {points} as points from figures offset 0),
    weighed as (select scored.id, scored.old_weight, scored.old_points, scored.points, {weight} as weight from scored),
    changed as (
        update account a set worklist_weight = x.weight, weight_points = x.points from weighed x
        where x.id = a.id and (x.old_weight, x.old_points) is distinct from (x.weight, x.points)
        returning a.id
    )
    select count(*) from changed
    """
_ALL = "(a.worklist_weight is not null or a.past_due_cents > 0 or due_now.account_id is not null)"
_FOLLOWED_UP = f"coalesce(a.worklist_weight >= {FOLLOW_UP_FIRST}, false) <> (due_now.account_id is not null)"


def weigh(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Give every account its weight by the Weighting Table; returns how many changed.

    The rule is `app.domain.collections.weights`.
    """
    return _run(session, _ALL, first=first, last=last, on=on)


def rank(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Move what has a follow-up due to the front, and what has none any more back; returns how many moved."""
    return _run(session, _FOLLOWED_UP, first=first, last=last, on=on)


def _run(session: Session, which: str, *, first: int, last: int, on: dt.date) -> int:
    points = weights.points_sql(weights.in_use(session), on="on")
    statement = text(_WEIGH.replace("{which}", which).replace("{points}", points).replace("{weight}", weights.WEIGHT_OF_POINTS))
    return int(session.scalar(statement, {"first": first, "last": last, "on": on}) or 0)
