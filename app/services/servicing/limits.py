"""How far arrangements and charge-offs may go before somebody else decides: settings of the office."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.servicing.arrangements import Limits
from app.queries.servicing import arrangements
from app.services.portfolio.settings import keep
from app.services.servicing import closing
from app.services.staff import audit
from app.services.staff.audit import Actor

MOST: Mapping[str, int] = {
    "most_in_12_months": 52,
    "most_days_weekly": 365,
    "most_days_longer": 365,
    "first_days": 365,
    "good_payments": 52,
    "most_parts": 52,
}
MOST_CENTS = 100_000_00


def change(session: Session, limits: Limits, *, charge_off_limit_cents: int, now: dt.datetime, actor: Actor) -> bool:
    """Set the limits; returns whether any is different. What was arranged before stays."""
    for name, cents in asdict(limits).items():
        if not 0 <= cents <= MOST[name]:
            raise RuleViolation(f"Enter a number from 0 to {MOST[name]}.", field=name)
    if not 0 <= charge_off_limit_cents <= MOST_CENTS:
        raise RuleViolation("Enter an amount from $0.00 to $100,000.00.", field="charge_off_limit")
    before = {**asdict(arrangements.limits(session)), "charge_off_limit_cents": closing.charge_off_limit(session)}
    after = {**asdict(limits), "charge_off_limit_cents": charge_off_limit_cents}
    if after == before:
        return False
    keep(session, arrangements.LIMITS, asdict(limits), now=now, actor=actor)
    keep(session, closing.CHARGE_OFF_LIMIT, charge_off_limit_cents, now=now, actor=actor)
    audit.record(session, "arrangement limits changed", now=now, actor=actor, entity="setting", before=before, after=after)
    return True
