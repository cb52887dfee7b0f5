"""Delinquent days: how late an account is without its grace and without the days under dispute."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.domain.servicing.delinquency import delinquent_days
from app.models import Account
from app.queries.payments.fee_policies import policy_of
from app.queries.servicing.disputes import pauses_of


def days_of(session: Session, account: Account, *, today: dt.date) -> int:
    """Days past due less grace and pauses that lie inside the overdue window; asks nothing of an account that is not late.

    Counted to the day to which the account's days past due are counted, so that the two stand side by side.
    """
    if account.days_past_due == 0 or account.next_due_on is None:
        return 0
    policy = policy_of(session, account)
    grace = 0 if policy is None else policy.grace_days
    as_of_on = account.next_due_on + dt.timedelta(days=account.days_past_due)
    return delinquent_days(as_of_on, account.next_due_on, grace_days=grace, pauses=pauses_of(session, account.id, today=today))
