"""Taking money back out: reversals, returned payments, refunds. Each is a new row; nothing is edited or deleted."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.kinds import (
    MANUAL_METHODS,
    RETURNABLE_METHODS,
    PaymentKind,
    PaymentMethod,
    PaymentState,
)
from app.domain.payments.limits import Act, demand_within
from app.domain.servicing.charges import FeeKind
from app.domain.staff.roles import Role
from app.models import Account, Fee, Payment, Quote
from app.queries.payments.fee_policies import policy_of
from app.queries.payments.settings import payment_settings
from app.services.payments import entries
from app.services.staff.audit import Actor


def reverse(
    session: Session,
    payment_id: int,
    *,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    may_be_older: bool,
) -> Payment:
    """Take a payment back with a new row that points at it; the account stands as if the payment had never come.

    On the business date on which it was posted anybody may; later only who `may_be_older` (a supervisor).
    Raises RuleViolation with a sentence otherwise.
    """
    original, account = _locked(session, payment_id)
    _demand_complete(original, "reversed")
    if original.method not in MANUAL_METHODS:
        raise RuleViolation(f"A payment by {original.method.label.lower()} is refunded at its processor, not reversed here.")
    reason = entries.demand_reason(reason, "the payment is reversed")
    if handed_back(session, payment_id):
        raise RuleViolation("A part of this payment was handed back; refund the rest of it instead.")
    if original.posted_on != today and not may_be_older:
        raise RuleViolation("A payment of an earlier day is reversed by a supervisor.")
    said = f"{as_text(original.amount_cents)} of {original.effective_on:%b %-d, %Y} reversed: {reason}"
    return _take_out(
        session,
        account,
        original,
        PaymentKind.REVERSAL,
        PaymentState.REVERSED,
        said,
        "payment reversed",
        reason,
        today=today,
        now=now,
        actor=actor,
    )


def return_payment(session: Session, payment_id: int, *, reason: str, today: dt.date, now: dt.datetime, actor: Actor) -> Payment:
    """The bank sent a check or bank payment back: the account stands as if it had never come, and the policy's fee is added.

    A payment that has not settled yet is declined instead. Returns the row that takes it out, or the declined payment.
    """
    original, account = _locked(session, payment_id)
    if original.method not in RETURNABLE_METHODS:
        raise RuleViolation(f"A payment by {original.method.label.lower()} cannot come back from the bank.")
    reason = entries.demand_reason(reason, "it came back")
    fee_cents = _returned_fee(session, account, original, today=today, now=now, actor=actor)
    added = f", {as_text(fee_cents)} fee" if fee_cents else ""
    said = f"{as_text(original.amount_cents)} of {original.effective_on:%b %-d, %Y} returned by the bank: {reason}{added}"
    if original.state in (PaymentState.PROCESSING, PaymentState.PENDING):
        original.state, original.decline_code = PaymentState.DECLINE, "RETURNED"
        entries.follow_through(
            session,
            account,
            from_on=today,
            summary=said,
            action="payment returned",
            entity="payment",
            entity_id=original.id,
            told=entries.told_of(original),
            today=today,
            now=now,
            actor=actor,
            reason=reason,
        )
        return original
    _demand_complete(original, "returned")
    return _take_out(
        session,
        account,
        original,
        PaymentKind.CHARGEBACK,
        PaymentState.REVERSED,
        said,
        "payment returned",
        reason,
        today=today,
        now=now,
        actor=actor,
    )


def refund(
    session: Session,
    payment_id: int,
    *,
    amount_cents: int | None = None,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    role: Role,
    idempotency_key: str | None = None,
) -> Payment:
    """Money was handed back: a whole payment goes out again, or the part of it that `amount_cents` says.

    What it had covered in time earns no late fee for that. A part is a row of its own that points at the payment; the payment
    stays complete and covers so much less, until all of it went back. Pressing twice (the same `idempotency_key`) hands back
    once.
    """
    original, account = _locked(session, payment_id)
    if idempotency_key is not None:
        earlier = session.scalar(select(Payment).where(Payment.idempotency_key == idempotency_key))
        if earlier is not None:
            return earlier
    _demand_complete(original, "refunded")
    if original.method not in MANUAL_METHODS:
        raise RuleViolation(f"A payment by {original.method.label.lower()} is refunded at its processor, not here.")
    cents = demand_refundable(session, original, amount_cents, role=role)
    reason = entries.demand_reason(reason, "the money is handed back")
    given: dict[str, Any] = {"today": today, "now": now, "actor": actor, "key": idempotency_key}
    return _hand_back(session, account, original, cents, reason, **given)


def demand_refundable(session: Session, original: Payment, amount_cents: int | None, *, role: Role) -> int:
    """The cents of a payment that go back: those that are asked for, or all that is left.

    Raises RuleViolation for more than is left, for more than the role may hand back, and for a part of what settled a quote.
    """
    left_cents = original.amount_cents - handed_back(session, original.id)
    cents = left_cents if amount_cents is None else amount_cents
    if not 0 < cents <= left_cents:
        raise RuleViolation(f"{as_text(left_cents)} of this payment can be handed back; enter that or less.", field="amount")
    demand_within(Act.REFUND, role, cents, payment_settings(session))
    if cents < original.amount_cents:
        _demand_no_quote(session, original)
    return cents


def book_card_refund(
    session: Session,
    payment_id: int,
    *,
    amount_cents: int,
    reason: str,
    key: str,
    reference: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Payment:
    """The processor gave money of a card payment back: the ledger says so too, once by `key`.

    Raises RuleViolation when the ledger's payment is not there any more to be refunded, or not so much of it.
    """
    original, account = _locked(session, payment_id)
    _demand_complete(original, "refunded")
    left_cents = original.amount_cents - handed_back(session, payment_id)
    if amount_cents > left_cents:
        raise RuleViolation(f"Only {as_text(left_cents)} of the ledger's payment is left.")
    given: dict[str, Any] = {"today": today, "now": now, "actor": actor, "key": key}
    return _hand_back(session, account, original, amount_cents, reason, reference=reference, **given)


def _hand_back(
    session: Session,
    account: Account,
    original: Payment,
    cents: int,
    reason: str,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    key: str | None,
    reference: str | None = None,
) -> Payment:
    if cents < original.amount_cents:
        given: dict[str, Any] = {"today": today, "now": now, "actor": actor, "key": key, "reference": reference}
        return _refund_part(session, account, original, cents, reason, **given)
    said = f"{as_text(original.amount_cents)} of {original.effective_on:%b %-d, %Y} refunded: {reason}"
    return _take_out(
        session,
        account,
        original,
        PaymentKind.REFUND,
        PaymentState.REFUNDED,
        said,
        "payment refunded",
        reason,
        today=today,
        now=now,
        actor=actor,
        key=key,
        reference=reference,
    )


def handed_back(session: Session, payment_id: int) -> int:
    """Cents of a payment that went back in parts."""
    query = select(func.coalesce(func.sum(Payment.amount_cents), 0)).where(Payment.part_of_id == payment_id)
    return int(session.scalar(query) or 0)


def _refund_part(
    session: Session,
    account: Account,
    original: Payment,
    cents: int,
    reason: str,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    key: str | None,
    reference: str | None,
) -> Payment:
    """The row of a part, and what follows from it. With the last part nothing is left of the payment."""
    left_cents = original.amount_cents - handed_back(session, original.id)
    row = _row(
        account, PaymentKind.REFUND, original.method, cents, original.effective_on, reason, today=today, now=now, actor=actor
    )
    row.part_of_id, row.idempotency_key, row.reference = original.id, key, reference
    session.add(row)
    if cents == left_cents:
        original.state = PaymentState.REFUNDED
    session.flush()
    paid = f"{as_text(original.amount_cents)} of {original.effective_on:%b %-d, %Y}"
    entries.follow_through(
        session,
        account,
        from_on=original.effective_on,
        summary=f"{as_text(cents)} of {paid} refunded: {reason}",
        action="part of payment refunded",
        entity="payment",
        entity_id=row.id,
        told=entries.told_of(row) | {"payment_id": original.id, "left_cents": left_cents - cents},
        today=today,
        now=now,
        actor=actor,
        reason=reason,
        earns_fees=False,
    )
    return row


def _demand_no_quote(session: Session, original: Payment) -> None:
    if session.scalar(select(exists().where(Quote.payment_id == original.id))):
        raise RuleViolation("This payment settled a quote; hand back all of it, and the discount goes with it.", field="amount")


def refund_credit(
    session: Session,
    account_id: int,
    *,
    amount_cents: int,
    method: PaymentMethod,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    role: Role,
    idempotency_key: str | None = None,
) -> Payment:
    """Hand back credit, all of it or a part: what was paid and covers nothing."""
    account = entries.locked(session, account_id)
    if idempotency_key is not None:
        earlier = session.scalar(select(Payment).where(Payment.idempotency_key == idempotency_key))
        if earlier is not None:
            return earlier
    if method not in MANUAL_METHODS:
        raise RuleViolation(f"Credit is not handed back by {method.label.lower()} here.", field="method")
    if not 0 < amount_cents <= account.credit_cents:
        raise RuleViolation(f"There is {as_text(account.credit_cents)} of credit to hand back.", field="amount")
    demand_within(Act.REFUND, role, amount_cents, payment_settings(session))
    reason = entries.demand_reason(reason, "the money is handed back")
    row = _row(account, PaymentKind.REFUND, method, amount_cents, today, reason, today=today, now=now, actor=actor)
    row.idempotency_key = idempotency_key
    session.add(row)
    session.flush()
    entries.follow_through(
        session,
        account,
        from_on=today,
        summary=f"{as_text(amount_cents)} of credit handed back by {method.label}: {reason}",
        action="credit refunded",
        entity="payment",
        entity_id=row.id,
        told=entries.told_of(row),
        today=today,
        now=now,
        actor=actor,
        reason=reason,
    )
    return row


def _locked(session: Session, payment_id: int) -> tuple[Payment, Account]:
    """The payment as it stands once its account is locked."""
    account_id = session.scalars(select(Payment.account_id).where(Payment.id == payment_id)).one()
    account = entries.locked(session, account_id)
    original = session.get_one(Payment, payment_id, populate_existing=True)
    return original, account


def _demand_complete(original: Payment, word: str) -> None:
    if original.kind is not PaymentKind.PAYMENT or original.state is not PaymentState.COMPLETE:
        raise RuleViolation(f"Only a complete payment can be {word}, and only once.")


def _take_out(
    session: Session,
    account: Account,
    original: Payment,
    kind: PaymentKind,
    state: PaymentState,
    summary: str,
    action: str,
    reason: str,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    key: str | None = None,
    reference: str | None = None,
) -> Payment:
    """The row that takes a whole payment out, and what follows from it."""
    row = _row(
        account,
        kind,
        original.method,
        original.amount_cents,
        original.effective_on,
        reason,
        today=today,
        now=now,
        actor=actor,
    )
    row.reverses_id, row.idempotency_key, row.reference = original.id, key, reference
    session.add(row)
    original.state = state
    session.flush()
    entries.follow_through(
        session,
        account,
        from_on=original.effective_on,
        summary=summary,
        action=action,
        entity="payment",
        entity_id=row.id,
        told=entries.told_of(row),
        today=today,
        now=now,
        actor=actor,
        reason=reason,
        earns_fees=kind is not PaymentKind.REFUND,
    )
    return row


def _row(
    account: Account,
    kind: PaymentKind,
    method: PaymentMethod,
    amount_cents: int,
    effective_on: dt.date,
    reason: str,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Payment:
    return Payment(
        account_id=account.id,
        kind=kind,
        method=method,
        state=PaymentState.COMPLETE,
        amount_cents=amount_cents,
        received_at=now,
        effective_on=effective_on,
        posted_at=now,
        posted_on=today,
        note=reason,
        taken_by_id=actor.staff_id,
        **entries.standing_now(account),
    )


def _returned_fee(
    session: Session, account: Account, original: Payment, *, today: dt.date, now: dt.datetime, actor: Actor
) -> int:
    """Charge what the contract's policy asks for a payment that comes back; returns the cents."""
    policy = policy_of(session, account)
    if policy is None or not policy.returned_payment_cents:
        return 0
    cited = f" ({policy.citation})" if policy.citation else ""
    session.add(
        Fee(
            account_id=account.id,
            kind=FeeKind.RETURNED_PAYMENT,
            assessed_on=today,
            amount_cents=policy.returned_payment_cents,
            reason=f"{policy.name}: payment of {as_text(original.amount_cents)} returned{cited}"[:200],
            policy_id=policy.id,
            created_at=now,
            created_by_id=actor.staff_id,
        )
    )
    session.flush()
    return policy.returned_payment_cents
