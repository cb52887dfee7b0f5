"""How long a dispute may take, and from when on its deadline is near: settings of the office."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.servicing.disputes import LONGEST_DAYS
from app.queries.servicing.disputes import DAYS_SETTING, NEAR_SETTING, days_to_decide, near_days
from app.services.portfolio.settings import keep
from app.services.staff import audit
from app.services.staff.audit import Actor


def change(session: Session, *, days: int, near: int, now: dt.datetime, actor: Actor) -> bool:
    """Set the days from opening to the deadline, and how many ahead are an alert; returns whether any is different.

    Disputes that are open already keep their deadlines. Raises RuleViolation for numbers that cannot be.
    """
    if not 0 < days <= LONGEST_DAYS:
        raise RuleViolation(f"Enter between 1 and {LONGEST_DAYS} days.", field="days")
    if not 0 <= near <= days:
        raise RuleViolation("Enter a number of days that is not longer than the whole time to decide.", field="near")
    before = {DAYS_SETTING: days_to_decide(session), NEAR_SETTING: near_days(session)}
    after = {DAYS_SETTING: days, NEAR_SETTING: near}
    if before == after:
        return False
    for name, value in after.items():
        keep(session, name, value, now=now, actor=actor)
    audit.record(session, "dispute deadlines changed", now=now, actor=actor, entity="setting", before=before, after=after)
    return True
