"""Quotes: telling a customer what the device costs today, and taking that amount for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentMethod, PaymentState
from app.domain.payments.ledger import Received
from app.domain.servicing.charges import AdjustmentKind, ChargeKind
from app.domain.servicing.quotes import QuoteKind
from app.domain.servicing.status import AccountStatus
from app.models import Account, Activity, Adjustment, Payment, Quote
from app.queries.payments.fee_policies import policy_of
from app.queries.payments.ledger import ledger_of
from app.queries.servicing.payoff import figure
from app.services.payments import posting, replaying
from app.services.staff import audit
from app.services.staff.audit import Actor

NOTHING_TO_QUOTE = frozenset({AccountStatus.PAID_OFF, AccountStatus.CANCELLED, AccountStatus.VOID, AccountStatus.CLOSED})


def give(
    session: Session, account_id: int, *, kind: QuoteKind, on: dt.date, today: dt.date, now: dt.datetime, actor: Actor
) -> Quote:
    """Give a customer a figure: the quote is kept as it was said, with the day until which it holds.

    Raises RuleViolation when nothing is owed, when the day cannot be quoted, or when a figure needs a cash price.
    """
    account = session.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
    if account.status in NOTHING_TO_QUOTE or account.balance_cents <= account.credit_cents:
        raise RuleViolation("Nothing is owed on this account, so there is nothing to quote.")
    worked = figure(session, account, kind=kind, on=on, today=today)
    quote = Quote(
        account_id=account.id,
        kind=kind,
        as_of_on=on,
        good_through_on=worked.good_through_on,
        total_cents=worked.price.total_cents,
        payoff_cents=worked.payoff_cents,
        items=[{"label": item.label, "cents": item.cents, "why": item.why} for item in worked.price.items],
        formula=worked.price.formula,
        policy_id=worked.policy_id,
        quoted_at=now,
        quoted_by_id=actor.staff_id,
    )
    session.add(quote)
    session.flush()
    said = f"{kind.label} of {as_text(quote.total_cents)} quoted, good through {quote.good_through_on:%b %-d, %Y}"
    session.add(Activity(account_id=account.id, kind=ActivityKind.SYSTEM, at=now, summary=said, staff_id=actor.staff_id))
    audit.record(
        session,
        "quote given",
        now=now,
        actor=actor,
        entity="quote",
        entity_id=quote.id,
        account_id=account.id,
        after={
            "kind": kind,
            "as_of_on": on,
            "good_through_on": quote.good_through_on,
            "total_cents": quote.total_cents,
            "payoff_cents": quote.payoff_cents,
        },
    )
    return quote


def pay_off(
    session: Session,
    quote_id: int,
    *,
    method: PaymentMethod,
    reference: str | None,
    note: str | None,
    idempotency_key: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Payment:
    """Take the amount of a quote for all that is owed: the payment, the discount as a credit, and the account paid off.

    Sending the form twice takes the money once. Raises RuleViolation for a quote that is used or too old, or when the account
    owes less than the quote says by now.
    """
    quote = session.get_one(Quote, quote_id)
    account = session.scalars(select(Account).where(Account.id == quote.account_id).with_for_update()).one()
    earlier = session.scalar(select(Payment).where(Payment.idempotency_key == idempotency_key))
    if earlier is not None:
        return earlier
    session.refresh(quote)
    _refuse(session, quote, account, today=today)
    discount = _discount(session, account, quote, today=today, now=now, actor=actor)
    payment = posting.post(
        session,
        account.id,
        method=method,
        amount_cents=quote.total_cents,
        reference=reference,
        note=note,
        idempotency_key=idempotency_key,
        today=today,
        now=now,
        actor=actor,
    )
    quote.payment_id, quote.adjustment_id = payment.id, None if discount is None else discount.id
    session.flush()
    if payment.state is PaymentState.COMPLETE and account.balance_cents:
        raise RuleViolation("The account changed while the quote was paid. Make a new quote.")
    audit.record(
        session,
        "paid off by quote",
        now=now,
        actor=actor,
        entity="quote",
        entity_id=quote.id,
        account_id=account.id,
        after={"total_cents": quote.total_cents, "discount_cents": 0 if discount is None else -discount.amount_cents},
    )
    return payment


def set_cash_price(session: Session, account_id: int, *, cents: int, now: dt.datetime, actor: Actor) -> None:
    """Enter what the device would have cost in cash: imported contracts come without it. Quotes that were given stay.

    Raises RuleViolation for a price of nothing, or of more than the whole contract.
    """
    account = session.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
    if cents <= 0:
        raise RuleViolation("Enter a price of more than $0.00.", field="cash_price")
    if cents > account.total_cents:
        raise RuleViolation(f"That is more than the whole contract, {as_text(account.total_cents)}.", field="cash_price")
    before, account.cash_price_cents = account.cash_price_cents, cents
    if before == cents:
        return
    session.flush()
    said = f"Cash price entered: {as_text(cents)}"
    session.add(Activity(account_id=account.id, kind=ActivityKind.SYSTEM, at=now, summary=said, staff_id=actor.staff_id))
    audit.record(
        session,
        "cash price entered",
        now=now,
        actor=actor,
        entity="account",
        entity_id=account.id,
        account_id=account.id,
        before={"cash_price_cents": before},
        after={"cash_price_cents": cents},
    )


def _refuse(session: Session, quote: Quote, account: Account, *, today: dt.date) -> None:
    if quote.payment_id is not None:
        raise RuleViolation("This quote was used already.")
    if today > quote.good_through_on:
        raise RuleViolation(f"This quote was good through {quote.good_through_on:%b %-d, %Y}. Make a new one.")
    if quote.total_cents == 0:
        raise RuleViolation("Nothing is to be paid by this quote.")
    owed = figure(session, account, kind=QuoteKind.PAYOFF, on=today, today=today).price.total_cents
    if account.status in posting.TAKES_NO_PAYMENT or owed == 0:
        raise RuleViolation("Nothing is owed on this account, or it takes no payments.")
    if owed < quote.total_cents:
        raise RuleViolation(f"{as_text(owed)} are owed by now, less than this quote says. Make a new one.")


def _discount(
    session: Session, account: Account, quote: Quote, *, today: dt.date, now: dt.datetime, actor: Actor
) -> Adjustment | None:
    """The credit for what the payment of the quote leaves open, split as it is left; None when it leaves nothing."""
    before = ledger_of(session, account.id)
    entry = Received(LAST, today, quote.total_cents)
    trial = replace(before, payments=(*before.payments, entry))
    left = replaying.worked_out(session, account, trial, policy_of(session, account), from_on=today, today=today)
    fees = sum(charge.unpaid_cents for charge in left.open_charges if charge.kind is ChargeKind.FEE)
    if left.financing is None:
        interest, rent = 0, sum(charge.unpaid_cents for charge in left.open_charges) - fees
    else:
        interest, rent = left.standing.interest_cents, left.standing.principal_cents
    if not fees + interest + rent:
        return None
    row = Adjustment(
        account_id=account.id,
        kind=AdjustmentKind.CREDIT,
        amount_cents=-(fees + interest + rent),
        fees_cents=-fees,
        interest_cents=-interest,
        principal_cents=-rent,
        effective_on=today,
        reason=f"{quote.kind.label} quote {quote.id}" + (f": {quote.formula.label}" if quote.formula else ""),
        created_at=now,
        created_by_id=actor.staff_id,
    )
    session.add(row)
    session.flush()
    return row


LAST = 2**62
"""The sequence of an entry that is only tried: after all others of its day."""
