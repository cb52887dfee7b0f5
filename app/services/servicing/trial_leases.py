"""Test leases: believable accounts to try things on, marked as such and left out of every figure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.opening import Applicant, Money, NewContract, Terms
from app.models import Account
from app.services.payments import posting
from app.services.servicing import opening, removal
from app.services.servicing.removal import Going
from app.services.staff.audit import Actor

WEEKS_OLD = 8
WEEKS_PAID = 5
PAYMENT_CENTS = 2_999
IMEI = "490154203237518"
"""The example of the IMEI's own standard; no device has it."""


def create(session: Session, portfolio_id: int, *, today: dt.date, now: dt.datetime, actor: Actor) -> Account:
    """Open a test lease of eight weeks with five weekly payments made, so that it is a little late.

    All its rows are marked `is_test`. It has no phone number: nothing that is tried on it ever reaches anybody.
    """
    start = today - dt.timedelta(weeks=WEEKS_OLD)
    contract = NewContract(
        portfolio_id=portfolio_id,
        customer=Applicant("Test", "Lease", state="OH", monthly_income_cents=240_000),
        money=Money(Frequency.WEEKLY, start, payment_cents=PAYMENT_CENTS, cash_price_cents=79_900, down_payment_cents=4_900),
        model="Test phone",
        identity=IMEI,
        cost_cents=30_000,
        terms=Terms(program="Test", description="A test lease; it stands in no figure."),
        is_test=True,
    )
    account = opening.open_account(session, contract, today=today, now=now, actor=actor)
    for week in range(1, WEEKS_PAID + 1):
        posting.post(
            session,
            account.id,
            method=PaymentMethod.CASH,
            amount_cents=PAYMENT_CENTS,
            effective_on=start + dt.timedelta(weeks=week),
            note="Test payment",
            today=today,
            now=now,
            actor=actor,
        )
    return account


def wipe(session: Session, account_ids: Sequence[int], *, seal: str, now: dt.datetime, actor: Actor) -> Going:
    """Remove test leases completely; anything else among them stays where it is and refuses the whole."""
    ours = session.scalars(select(Account.id).where(Account.id.in_(account_ids), Account.is_test)).all()
    return removal.remove(session, ours, seal=seal, reason="Test leases wiped", action="test lease wiped", now=now, actor=actor)
