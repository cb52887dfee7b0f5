"""How many payments a blank number means: a setting of the office."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.schedule import MAX_INSTALLMENTS
from app.queries.servicing.opening import DEFAULT_PAYMENTS_NAME, default_payments
from app.services.portfolio.settings import keep
from app.services.staff import audit
from app.services.staff.audit import Actor


def change(session: Session, counts: Mapping[Frequency, int], *, now: dt.datetime, actor: Actor) -> bool:
    """Set the numbers; returns whether any is different. Accounts that are open already keep their schedules."""
    for frequency, count in counts.items():
        if not 0 < count <= MAX_INSTALLMENTS:
            raise RuleViolation(f"A schedule has between 1 and {MAX_INSTALLMENTS:,} payments.", field=frequency.value)
    before = default_payments(session)
    after = dict(before) | dict(counts)
    if after == before:
        return False
    value = {frequency.value: count for frequency, count in after.items()}
    keep(session, DEFAULT_PAYMENTS_NAME, value, now=now, actor=actor)
    audit.record(
        session,
        "default number of payments changed",
        now=now,
        actor=actor,
        entity="setting",
        before={frequency.value: count for frequency, count in before.items()},
        after=value,
    )
    return True
