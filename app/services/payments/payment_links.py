"""Payment links: asked for with a frozen request, given to a customer, and what is paid by them booked once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.autopay.charges import SENDING_EXPIRES_AFTER
from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.payments.payment_links import (
    MOST_TRIES,
    PAYMENT_LINK_TRANSITIONS,
    PaymentLinkState,
    frozen_link,
    key_of,
)
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus
from app.gateways.cards import CardPayment, Linked, LinkOutcome, Unknown
from app.models import Account, Activity, Payment, PaymentLink, Portfolio
from app.services.payments import entries
from app.services.staff import audit
from app.services.staff.audit import SYSTEM, Actor

S = PaymentLinkState
AT_ONCE = 200
PAYABLE = OPEN_STATUSES | {AccountStatus.PENDING_REVIEW}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A link that Square is asked for."""

    link_id: int
    account_id: int
    body: str


def plan(
    session: Session,
    account_id: int,
    *,
    amount_cents: int,
    location_id: str,
    now: dt.datetime,
    actor: Actor,
    charge_id: int | None = None,
) -> PaymentLink:
    """Write a link down with its whole request; Square is not asked yet. A declined charge has one at most.

    Raises RuleViolation for an account that takes no money and for an amount that it does not owe.
    """
    account = entries.locked(session, account_id)
    if charge_id is not None:
        earlier = session.scalar(select(PaymentLink).where(PaymentLink.charge_id == charge_id))
        if earlier is not None:
            return earlier
    if account.status not in PAYABLE:
        raise RuleViolation(f"This account is {account.status.label.lower()}; it takes no payment by link.")
    if not 0 < amount_cents <= account.balance_cents:
        raise RuleViolation(f"The balance is {as_text(account.balance_cents)}; enter that or less.", field="amount")
    if not location_id:
        raise RuleViolation("Square is not set up, so no payment link can be made.")
    portfolio = session.get_one(Portfolio, account.portfolio_id)
    key = key_of(uuid4())
    link = PaymentLink(
        key=key,
        account_id=account.id,
        charge_id=charge_id,
        amount_cents=amount_cents,
        currency=portfolio.currency,
        request=frozen_link(
            key=key,
            name=f"Payment for {account.account_number}",
            amount_cents=amount_cents,
            currency=portfolio.currency,
            location_id=location_id,
            note=f"Account {account.account_number}, by link",
        ),
        made_at=now,
        made_by_id=actor.staff_id,
        state=S.PLANNED,
        tries=0,
        look_at=now + SENDING_EXPIRES_AFTER,
    )
    session.add(link)
    session.flush()
    _audit(session, link, "payment link asked for", now=now, actor=actor)
    return link


def wanted(session: Session, link_id: int) -> Wanted | None:
    """What Square is asked for; None when it was answered already. Asking twice gives the same link."""
    link = session.get_one(PaymentLink, link_id, populate_existing=True)
    return Wanted(link.id, link.account_id, link.request) if link.state is S.PLANNED else None


def settle(session: Session, link_id: int, outcome: LinkOutcome, *, now: dt.datetime, actor: Actor = SYSTEM) -> PaymentLink:
    """Write down what Square answered: the address, its refusal, or that it is asked once more with the same key."""
    link = _locked(session, link_id)
    if link.state is not S.PLANNED:
        return link
    link.tries += 1
    if isinstance(outcome, Linked):
        told = outcome.link
        link.square_link_id, link.order_id, link.url = told.id, told.order_id, told.url
        link.look_at = link.error = None
        _turn(link, S.OPEN)
        said = f"Payment link over {as_text(link.amount_cents)} made"
        session.add(Activity(account_id=link.account_id, kind=ActivityKind.SYSTEM, at=now, summary=said, staff_id=actor.staff_id))
    elif isinstance(outcome, Unknown) and link.tries < MOST_TRIES:
        link.error, link.look_at = outcome.reason[:300], now + dt.timedelta(minutes=2**link.tries)
    else:
        said = outcome.reason if isinstance(outcome, Unknown) else f"{outcome.code}: {outcome.detail}"
        link.error, link.look_at, link.settled_at = said[:300], None, now
        _turn(link, S.FAILED)
        _audit(session, link, "payment link failed", now=now, actor=actor)
    session.flush()
    return link


def close(session: Session, link_id: int, *, now: dt.datetime, actor: Actor) -> PaymentLink:
    """The page was taken away at Square. What was paid on it in the last moment is booked all the same."""
    link = _locked(session, link_id)
    if link.state is not S.OPEN:
        raise RuleViolation(f"This link is {link.state.label.lower()}; only an open one is closed.")
    link.settled_at = now
    _turn(link, S.CLOSED)
    _audit(session, link, "payment link closed", now=now, actor=actor)
    session.flush()
    return link


def due(session: Session, *, now: dt.datetime) -> Sequence[int]:
    """Links whose address nobody knows yet and that Square is asked for again."""
    return session.scalars(
        select(PaymentLink.id).where(PaymentLink.look_at <= now).order_by(PaymentLink.look_at, PaymentLink.id).limit(AT_ONCE)
    ).all()


def paid_by(session: Session, payments: Iterable[CardPayment]) -> list[tuple[int, CardPayment]]:
    """Links that are not booked, with the payment that Square completed for them."""
    completed = {each.order_id: each for each in payments if each.order_id and each.status == "COMPLETED"}
    rows = session.execute(
        select(PaymentLink.id, PaymentLink.order_id).where(PaymentLink.order_id.in_(list(completed)), PaymentLink.state != S.PAID)
    )
    return [(link_id, completed[order_id]) for link_id, order_id in rows if order_id is not None]


def book(session: Session, link_id: int, payment: CardPayment, *, today: dt.date, now: dt.datetime) -> PaymentLink | None:
    """A customer paid by a link: the money is in the ledger, once. None when it is not a completed payment of this link."""
    link = _locked(session, link_id)
    if link.state is S.PAID:
        return link
    is_its_own = payment.order_id == link.order_id and payment.currency == link.currency
    known = session.scalar(select(Payment.id).where(Payment.square_payment_id == payment.id))
    if payment.status != "COMPLETED" or not is_its_own or known is not None:
        return None
    account = session.get_one(Account, link.account_id)
    posted = Payment(
        account_id=account.id,
        kind=PaymentKind.PAYMENT,
        method=PaymentMethod.CARD,
        state=PaymentState.COMPLETE,
        amount_cents=payment.amount_cents,
        received_at=payment.created_at,
        effective_on=min(today, max(clock.business_date(payment.created_at), clock.business_date(link.made_at))),
        posted_at=now,
        posted_on=today,
        note="Paid by link",
        square_payment_id=payment.id,
        idempotency_key=link.key,
        **entries.standing_now(account),
    )
    session.add(posted)
    session.flush()
    link.payment_id, link.settled_at = posted.id, now
    _turn(link, S.PAID)
    session.flush()
    entries.follow_through(
        session,
        account,
        from_on=posted.effective_on,
        summary=f"{as_text(payment.amount_cents)} paid by link",
        action="payment link paid",
        entity="payment_link",
        entity_id=link.id,
        told={**entries.told_of(posted), "payment_id": posted.id, "square_payment_id": payment.id},
        today=today,
        now=now,
        actor=SYSTEM,
    )
    return link


def _locked(session: Session, link_id: int) -> PaymentLink:
    """The link, with its account locked first."""
    entries.locked(session, session.scalars(select(PaymentLink.account_id).where(PaymentLink.id == link_id)).one())
    return session.get_one(PaymentLink, link_id, with_for_update=True, populate_existing=True)


def _turn(link: PaymentLink, to: PaymentLinkState) -> None:
    if to not in PAYMENT_LINK_TRANSITIONS[link.state]:
        raise ValueError(f"Payment link {link.id} cannot go from {link.state} to {to}.")
    link.state = to


def _audit(session: Session, link: PaymentLink, action: str, *, now: dt.datetime, actor: Actor) -> None:
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity="payment_link",
        entity_id=link.id,
        account_id=link.account_id,
        after={"amount_cents": link.amount_cents, "state": link.state},
    )
