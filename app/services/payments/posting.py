"""Taking a payment, and seeing beforehand what it would do."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.effect import Preview, difference
from app.domain.payments.kinds import MANUAL_METHODS, PaymentKind, PaymentMethod, PaymentState
from app.domain.payments.ledger import Received
from app.domain.payments.limits import settlement_on
from app.domain.servicing.status import AccountStatus
from app.models import Account, Activity, Payment, Portfolio
from app.queries.payments.fee_policies import partial_of, policy_of
from app.queries.payments.ledger import ledger_of
from app.queries.payments.settings import payment_settings
from app.services.payments import entries, replaying
from app.services.payments.reversing import reverse
from app.services.staff import audit
from app.services.staff.audit import Actor

__all__ = ["LATEST_DAYS", "MOST_CENTS", "TAKES_NO_PAYMENT", "post", "preview", "reverse"]

TAKES_NO_PAYMENT = frozenset({AccountStatus.VOID, AccountStatus.CANCELLED, AccountStatus.CLOSED})
MOST_CENTS = 100_000_00
"""More than this by hand is a slip of the finger: no leased phone costs $100,000."""
LATEST_DAYS = 90
"""Nobody promises a check for later than that; the year was mistyped."""
TRIED = 2**62
"""The sequence of an entry that is only tried: after all others of its day."""


def preview(session: Session, account_id: int, *, amount_cents: int, effective_on: dt.date, today: dt.date) -> Preview:
    """What posting this amount would do: what it covers, next due, days past due, balance and payoff after. Writes nothing.

    It is replayed among the other entries, as posting does, so a late fee that money of an earlier day would take back is
    taken back here too.
    """
    if amount_cents <= 0:
        raise RuleViolation("A payment must be more than $0.00.", field="amount")
    account = session.get_one(Account, account_id)
    tolerance_cents = session.scalar(select(Portfolio.tolerance_cents).where(Portfolio.id == account.portfolio_id)) or 0
    given, policy = ledger_of(session, account_id), policy_of(session, account)
    before = replaying.worked_out(session, account, given, policy, from_on=today, today=today)
    tried = replace(given, payments=(*given.payments, Received(TRIED, effective_on, amount_cents)))
    after = replaying.worked_out(session, account, tried, policy, from_on=today, today=today)
    way = partial_of(policy, account)
    return difference(before, after, TRIED, business_on=today, tolerance_cents=tolerance_cents, way=way)


def post(
    session: Session,
    account_id: int,
    *,
    method: PaymentMethod,
    amount_cents: int,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    effective_on: dt.date | None = None,
    reference: str | None = None,
    note: str | None = None,
    idempotency_key: str | None = None,
) -> Payment:
    """Post money that a person took: the ledger row, what it covers, the account's standing, its activity and the audit.

    Pressing Post twice (the same `idempotency_key`) posts once and returns the same payment. Money from before other
    payments (an earlier `effective_on`) replays the account as if it had been entered in order. A later `effective_on` is a
    post-dated payment: it waits and counts on its day. A method that settles later counts once the settlement run took it.

    Raises RuleViolation for an amount, a date, a method or an account that cannot be: its sentence says what to do.
    """
    account = entries.locked(session, account_id)
    if idempotency_key is not None:
        earlier = session.scalar(select(Payment).where(Payment.idempotency_key == idempotency_key))
        if earlier is not None:
            return earlier
    effective_on = effective_on or today
    _refuse(account, method=method, amount_cents=amount_cents, effective_on=effective_on, today=today)
    state, settles_on = _state(session, account, method, effective_on, today=today, now=now)
    payment = Payment(
        account_id=account.id,
        kind=PaymentKind.PAYMENT,
        method=method,
        state=state,
        amount_cents=amount_cents,
        received_at=now,
        effective_on=effective_on,
        posted_at=now,
        posted_on=max(today, effective_on),
        reference=reference or None,
        note=note or None,
        taken_by_id=actor.staff_id,
        idempotency_key=idempotency_key,
        settles_on=settles_on,
        **entries.standing_now(account),
    )
    session.add(payment)
    session.flush()
    told = f"{as_text(amount_cents)} taken by {method.label}" + (f", {reference}" if reference else "")
    if state is PaymentState.COMPLETE:
        entries.follow_through(
            session,
            account,
            from_on=effective_on,
            summary=told,
            action="payment posted",
            entity="payment",
            entity_id=payment.id,
            told=entries.told_of(payment),
            today=today,
            now=now,
            actor=actor,
            reason=payment.note,
        )
    else:
        _note_waiting(session, payment, told, now=now, actor=actor)
    return payment


def _state(
    session: Session, account: Account, method: PaymentMethod, effective_on: dt.date, *, today: dt.date, now: dt.datetime
) -> tuple[PaymentState, dt.date | None]:
    """Whether money counts at once, and the business date on which it is taken up if not."""
    if effective_on > today:
        return PaymentState.PENDING, effective_on
    settings = payment_settings(session)
    if method not in settings.settles_later:
        return PaymentState.COMPLETE, None
    zone = session.scalars(select(Portfolio.time_zone).where(Portfolio.id == account.portfolio_id)).one()
    return PaymentState.PROCESSING, settlement_on(now.astimezone(ZoneInfo(zone)), today, settings)


def _note_waiting(session: Session, payment: Payment, told: str, *, now: dt.datetime, actor: Actor) -> None:
    """Tell of a payment that does not count yet."""
    when = f"{payment.settles_on:%b %-d, %Y}"
    waits = f"counts on {when}" if payment.state is PaymentState.PENDING else f"settles on {when}"
    summary = f"{told}; {waits}"
    session.add(
        Activity(account_id=payment.account_id, kind=ActivityKind.PAYMENT, at=now, summary=summary, staff_id=actor.staff_id)
    )
    audit.record(
        session,
        "payment entered",
        now=now,
        actor=actor,
        entity="payment",
        entity_id=payment.id,
        account_id=payment.account_id,
        after={**entries.told_of(payment), "state": payment.state, "settles_on": payment.settles_on},
        reason=payment.note,
    )
    session.flush()


def _refuse(account: Account, *, method: PaymentMethod, amount_cents: int, effective_on: dt.date, today: dt.date) -> None:
    if method not in MANUAL_METHODS:
        raise RuleViolation(f"{method.label} payments are not entered by hand.", field="method")
    if amount_cents <= 0:
        raise RuleViolation("Enter an amount of more than $0.00.", field="amount")
    if amount_cents > MOST_CENTS:
        raise RuleViolation(f"{as_text(amount_cents)} is more than anybody pays by hand; check the amount.", field="amount")
    if account.status in TAKES_NO_PAYMENT:
        raise RuleViolation(f"This account is {account.status.label.lower()} and takes no payments.")
    if effective_on > today + dt.timedelta(days=LATEST_DAYS):
        raise RuleViolation(f"The date is more than {LATEST_DAYS} days in the future.", field="effective_on")
    if effective_on < account.start_on:
        raise RuleViolation("The date is before the lease began.", field="effective_on")
