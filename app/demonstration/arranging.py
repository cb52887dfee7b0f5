"""Arrangements in the demonstration: a few are granted each day, and some of today's requests wait for a supervisor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.demonstration.cast import Member
from app.domain.errors import RuleViolation
from app.domain.servicing.arrangements import ArrangementKind, Terms
from app.domain.servicing.status import AccountStatus
from app.models import Account
from app.services.servicing import arrangements

GRANTED_A_DAY = 2
ASKED_TODAY = 3
ON_OFFER = (
    (ArrangementKind.EXTENSION, Terms(days=7)),
    (ArrangementKind.DEFERRAL, Terms(count=1)),
    (ArrangementKind.PAYMENT_PLAN, Terms(parts=4)),
    (ArrangementKind.EXTENSION, Terms(days=10)),
)
REASONS = ("Hours were cut this month", "New job pays on the 15th", "Car broke down", "In hospital until Monday")


def arrange(session: Session, rng: Random, members: Sequence[Member], on: dt.date, *, is_today: bool) -> None:
    """Grant what some late customers ask for; on the last day leave it waiting."""
    supervisor = next(member.actor for member in members if member.is_supervisor)
    collectors = {member.staff_id: member.actor for member in members}
    late = select(Account).where(
        Account.status == AccountStatus.ACTIVE, Account.days_past_due.between(1, 25), Account.assigned_to_id.is_not(None)
    )
    accounts = session.scalars(late.order_by(Account.id)).all()
    wanted = ASKED_TODAY if is_today else GRANTED_A_DAY
    now = clock.moment(on, dt.time(16, 0))
    for account in rng.sample(accounts, min(wanted, len(accounts))):
        kind, terms = rng.choice(ON_OFFER)
        reason = rng.choice(REASONS)
        asks = collectors.get(account.assigned_to_id or 0, supervisor)
        try:
            with session.begin_nested():
                made = arrangements.request(
                    session, account.id, kind, terms, reason=reason, asks_for_exception=True, today=on, now=now, actor=asks
                )
                if not is_today:
                    arrangements.approve(
                        session, made.id, beyond_reason="Pays well otherwise", today=on, now=now, actor=supervisor
                    )
        except RuleViolation:  # Nothing that fits: a last installment, say.
            continue
