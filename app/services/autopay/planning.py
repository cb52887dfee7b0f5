"""Planning one charge: its key and its whole request are written down before anything is sent."""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.autopay.charges import SENDING_EXPIRES_AFTER, ChargeKind, ChargeState
from app.domain.autopay.declines import DeclineClass
from app.domain.autopay.requests import frozen_request, hash_of, key_of
from app.domain.autopay.settings import AutopaySettings, is_expired
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus
from app.models import Account, Card, Charge, Customer, Installment, Portfolio
from app.queries.autopay.settings import autopay_settings
from app.services.autopay.timeline import Source, note
from app.services.payments import entries
from app.services.staff import audit
from app.services.staff.audit import Actor

IN_THE_WAY = (
    "Another charge of this account is not decided yet; wait until it is, or look at it under AutoPay Management → Needs review."
)
CHARGEABLE = OPEN_STATUSES | {AccountStatus.PENDING_REVIEW}


def plan(
    session: Session,
    account_id: int,
    *,
    card_id: int,
    amount_cents: int,
    location_id: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    kind: ChargeKind = ChargeKind.NOW,
    identity: UUID | None = None,
) -> Charge:
    """Plan a charge that a person asked for. Nothing is sent; `claim` gives the request to whoever sends it.

    Raises RuleViolation, with what to do, for an account, a card or an amount that cannot be charged, and while another charge
    of the account is open: the database itself refuses a second one.
    """
    account = entries.locked(session, account_id)
    card = session.get(Card, card_id)
    customer = session.get_one(Customer, account.customer_id)
    if card is None or card.customer_id != account.customer_id:
        raise RuleViolation("Choose one of the customer's own cards.", field="card")
    settings = autopay_settings(session)
    _refuse(session, account, customer, card, amount_cents, location_id, settings, today=today)
    currency = session.scalars(select(Portfolio.currency).where(Portfolio.id == account.portfolio_id)).one()
    key = key_of(identity or uuid4())
    number = newest_due(session, account_id, on=today)
    request = frozen_request(
        key=key,
        source_id=card.square_card_id,
        customer_id=customer.square_customer_id or "",
        amount_cents=amount_cents,
        currency=currency,
        location_id=location_id,
        note=note_for(account.account_number, number),
    )
    charge = Charge(
        key=key,
        account_id=account.id,
        card_id=card.id,
        card_identity=card.fingerprint or card.square_card_id,
        card_version=card.square_version,
        kind=kind,
        installment_number=number,
        amount_cents=amount_cents,
        currency=currency,
        location_id=location_id,
        request=request,
        request_hash=hash_of(request),
        business_on=today,
        planned_at=now,
        planned_by_id=actor.staff_id,
        state=ChargeState.PLANNED,
        sends=0,
        was_unknown=False,
        look_at=now + SENDING_EXPIRES_AFTER,
    )
    try:
        with session.begin_nested():
            session.add(charge)
    except IntegrityError as error:
        raise RuleViolation(IN_THE_WAY) from error
    said = f"{as_text(amount_cents)} planned on {card}"
    note(session, charge, said, source=Source.PLANNING, now=now, actor=actor)
    audit.record(
        session,
        "charge planned",
        now=now,
        actor=actor,
        entity="charge",
        entity_id=charge.id,
        account_id=account.id,
        after={"amount_cents": amount_cents, "card": str(card), "kind": kind, "key": key},
    )
    session.flush()
    return charge


def note_for(account_number: str, installment_number: int | None) -> str:
    """What stands beside the payment at the processor: account and installment."""
    return f"Account {account_number}" + (f", installment {installment_number}" if installment_number else "")


def newest_due(session: Session, account_id: int, *, on: dt.date) -> int | None:
    """The newest unpaid installment that has fallen due."""
    return session.scalar(
        select(func.max(Installment.number)).where(
            Installment.account_id == account_id, Installment.paid_cents < Installment.amount_cents, Installment.due_on <= on
        )
    )


def _refuse(
    session: Session,
    account: Account,
    customer: Customer,
    card: Card,
    amount_cents: int,
    location_id: str,
    settings: AutopaySettings,
    *,
    today: dt.date,
) -> None:
    if account.status not in CHARGEABLE:
        raise RuleViolation(f"This account is {account.status.label.lower()}; no card is charged for it.")
    if amount_cents <= 0:
        raise RuleViolation("Enter an amount of more than $0.00.", field="amount")
    if amount_cents > account.balance_cents:
        raise RuleViolation(f"The balance is {as_text(account.balance_cents)}; a card is never charged more.", field="amount")
    if not location_id:
        raise RuleViolation("Square is not set up, so no card can be charged.")
    if not card.is_enabled:
        raise RuleViolation(f"{card} is disabled; choose another card.", field="card")
    if is_expired(card.expires_year, card.expires_month, today):
        raise RuleViolation(f"{card} expired in {card.expires_month:02d}/{card.expires_year}; ask for a new card.", field="card")
    if not customer.square_customer_id:
        raise RuleViolation("The customer is not linked to Square; find them on Card Sync first.", field="card")
    _refuse_declined(session, account, card, settings, today=today)


def _refuse_declined(session: Session, account: Account, card: Card, settings: AutopaySettings, *, today: dt.date) -> None:
    """A card that its issuer stopped, that has to be fixed, or that was declined too often is left alone."""
    identity = card.fingerprint or card.square_card_id
    declined = select(Charge).where(Charge.card_identity == identity, Charge.state == ChargeState.DECLINED)
    if session.scalar(declined.where(Charge.retry_why == DeclineClass.HARD_STOP.value).limit(1)) is not None:
        raise RuleViolation(f"{card} was stopped by its issuer and is never charged again; ask for another card.", field="card")
    to_fix = declined.where(
        Charge.retry_why == DeclineClass.FIX_CARD.value, Charge.card_id == card.id, Charge.card_version >= card.square_version
    )
    if session.scalar(to_fix.limit(1)) is not None:
        raise RuleViolation(f"{card} has to be updated by the customer first; ask for another card.", field="card")
    recent = select(func.count()).select_from(declined.where(Charge.business_on > today - dt.timedelta(days=30)).subquery())
    if (session.scalar(recent) or 0) >= settings.declines_per_card:
        raise RuleViolation(
            f"{card} was declined {settings.declines_per_card} times within 30 days; ask for another card.", field="card"
        )
    uncleared = select(Charge.id).where(
        Charge.account_id == account.id,
        Charge.was_unknown,
        Charge.cleared_at.is_(None),
        Charge.state.in_((ChargeState.DECLINED, ChargeState.REJECTED)),
    )
    if session.scalar(uncleared.limit(1)) is not None:
        raise RuleViolation(IN_THE_WAY)
