"""Reinstating a lapsed lease: what is past due is paid, with the fee that the state allows, and it is active again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.charges import FeeKind
from app.domain.servicing.status import AccountStatus
from app.models import Account, Activity, Fee, Payment
from app.queries.servicing import reinstatement
from app.services.payments import entries, posting
from app.services.portfolio.policies import PolicyService, with_place_and_source
from app.services.servicing import standing
from app.services.servicing.status import set_status
from app.services.staff.audit import Actor

LONGEST_DAYS = 3_650


def reinstate(
    session: Session,
    account_id: int,
    *,
    amount_cents: int,
    method: PaymentMethod,
    reference: str | None,
    may_be_late: bool,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    idempotency_key: str | None = None,
) -> Payment:
    """Take what is past due and the fee, and make the account active again.

    After the state's time only who `may_be_late` (a supervisor) agrees to it. Raises RuleViolation with a sentence for an
    account that has not lapsed, for too little money and for a day too late.
    """
    account = entries.locked(session, account_id)
    if idempotency_key is not None:
        earlier = session.scalar(select(Payment).where(Payment.idempotency_key == idempotency_key))
        if earlier is not None:
            return earlier
    window = reinstatement.window(session, account, today=today)
    if window is None:
        raise RuleViolation("Only a lapsed account with something past due can be reinstated.")
    if not window.is_open(today) and not may_be_late:
        until = f"until {window.until:%b %-d, %Y}" if window.until else "nowhere in its state's policies"
        raise RuleViolation(f"It could be reinstated {until}; a supervisor may still agree to it.")
    if amount_cents < window.needed_cents:
        raise RuleViolation(f"Reinstating takes {as_text(window.needed_cents)}.", field="amount")
    before = account.status
    if window.fee_cents and window.policy is not None:
        _charge(session, account, window.fee_cents, window.policy.citation, today=today, now=now, actor=actor)
    payment = posting.post(
        session,
        account_id,
        method=method,
        amount_cents=amount_cents,
        reference=reference,
        today=today,
        now=now,
        actor=actor,
        idempotency_key=idempotency_key,
    )
    if account.status is AccountStatus.PAID_OFF:
        return payment
    reason = f"Reinstated: {as_text(amount_cents)} paid"
    set_status(session, account, to=AccountStatus.ACTIVE, reason=reason, business_on=today, now=now, actor=actor)
    summary = f"{before.label} → Active: {reason}"
    session.add(Activity(account_id=account_id, kind=ActivityKind.STATUS, at=now, summary=summary, staff_id=actor.staff_id))
    standing.restate(session, [account_id], today=today)
    session.refresh(account)
    return payment


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in their stored form. Raises RuleViolation for what cannot be, with its field."""
    given = with_place_and_source(values)
    for name in ("days_weekly", "days_longer", "days_if_returned"):
        if given.get(name) is None and name == "days_if_returned":
            continue
        given[name] = int(given.get(name) or 0)
        if not 0 <= given[name] <= LONGEST_DAYS:
            raise RuleViolation(f"Enter a number from 0 to {LONGEST_DAYS:,}.", field=name)
    if given.get("periods") is not None and not Decimal(0) <= Decimal(given["periods"]) <= Decimal(60):
        raise RuleViolation("Enter a number of periods from 0 to 60.", field="periods")
    given["fee_cents"] = int(given.get("fee_cents") or 0)
    if given["fee_cents"] < 0:
        raise RuleViolation("A fee cannot be less than $0.00.", field="fee_cents")
    return given


def _charge(
    session: Session, account: Account, cents: int, citation: str, *, today: dt.date, now: dt.datetime, actor: Actor
) -> None:
    session.add(
        Fee(
            account_id=account.id,
            kind=FeeKind.OTHER,
            assessed_on=today,
            amount_cents=cents,
            reason=f"Reinstatement fee ({citation})",
            created_at=now,
            created_by_id=actor.staff_id,
        )
    )
    session.flush()


POLICIES = PolicyService(completed)
"""Adding, changing and removing them."""
