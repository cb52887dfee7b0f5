"""Giving money of a card payment back at the processor: plan → claim (commit) → call → settle (commit).

The same discipline as for charges. The ledger has a refund only once the processor has completed it; whoever learns of it first
(the answer, the janitor, a webhook, reconciliation, a supervisor) books it, and doing it twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.autopay.charges import LOOKS, SENDING_EXPIRES_AFTER, may_send_again
from app.domain.autopay.requests import hash_of
from app.domain.collections.contact import ActivityKind, FollowUpKind, FollowUpStatus
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.card_refunds import (
    CARD_REFUND_TRANSITIONS,
    OPEN_CARD_REFUNDS,
    Asked,
    CardRefundState,
    Told,
    frozen_refund,
    key_of,
    looks_next,
    mismatches,
    reference_in,
)
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.staff.roles import Role
from app.gateways.cards import CardRefund as AtSquare
from app.gateways.cards import ConfigurationError, Refunded, RefundOutcome, RefundRequest, Rejected, Unanswered, Unknown
from app.models import Activity, CardRefund, CardRefundEvent, FollowUp, Payment, Portfolio
from app.services.autopay.timeline import Source
from app.services.payments import entries, reversing
from app.services.staff import audit
from app.services.staff.audit import SYSTEM, Actor

S = CardRefundState
AT_ONCE = 200
REVIEW = "Card refund to review:"
"""A follow-up that begins so asks a supervisor to find out what became of a refund."""
IN_THE_WAY = "Another refund of this payment is not decided yet; wait until it is, or look at it under Card refunds."
NEVER_SENT = "It was never sent, for its process ended before: nothing was given back."
NO = frozenset({"REJECTED", "FAILED"})


def plan(
    session: Session,
    payment_id: int,
    *,
    amount_cents: int,
    reason: str,
    form_key: str | None,
    role: Role,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> CardRefund:
    """Write a refund down with its whole request; nothing is sent. The same `form_key` gives the same refund.

    Raises RuleViolation for what is no complete card payment, for more than is left of it or than the role may give back, and
    while another refund of the payment is undecided.
    """
    account_id = session.scalars(select(Payment.account_id).where(Payment.id == payment_id)).one()
    account = entries.locked(session, account_id)
    payment = session.get_one(Payment, payment_id, populate_existing=True)
    if form_key is not None:
        earlier = session.scalar(select(CardRefund).where(CardRefund.form_key == form_key))
        if earlier is not None:
            return earlier
    is_complete = payment.kind is PaymentKind.PAYMENT and payment.state is PaymentState.COMPLETE
    if payment.method is not PaymentMethod.CARD or not is_complete:
        raise RuleViolation("Only a complete card payment is refunded at Square, and only once.")
    if not payment.square_payment_id:
        raise RuleViolation("This payment was not taken at Square by this program; refund it where it was taken.")
    cents = reversing.demand_refundable(session, payment, amount_cents, role=role)
    reason = entries.demand_reason(reason, "the money is given back")
    currency = session.scalars(select(Portfolio.currency).where(Portfolio.id == account.portfolio_id)).one()
    key = key_of(uuid4())
    request = frozen_refund(
        key=key, square_payment_id=payment.square_payment_id, amount_cents=cents, currency=currency, reason=reason
    )
    refund = CardRefund(
        key=key,
        form_key=form_key,
        account_id=account.id,
        payment_id=payment.id,
        square_payment_id=payment.square_payment_id,
        amount_cents=cents,
        currency=currency,
        reason=reason[:200],
        request=request,
        request_hash=hash_of(request),
        business_on=today,
        planned_at=now,
        planned_by_id=actor.staff_id,
        state=S.PLANNED,
        sends=0,
        was_unknown=False,
        look_at=now + SENDING_EXPIRES_AFTER,
    )
    try:
        with session.begin_nested():
            session.add(refund)
    except IntegrityError as error:
        raise RuleViolation(IN_THE_WAY) from error
    _note(session, refund, f"{as_text(cents)} planned: {reason}", source=Source.PLANNING, now=now, actor=actor)
    _audit(session, refund, "card refund planned", now=now, actor=actor, told={"key": key})
    session.flush()
    return refund


def claim(session: Session, refund_id: int, *, now: dt.datetime, actor: Actor = SYSTEM) -> RefundRequest | None:
    """Take a planned refund for sending; None when somebody else has it or it was given up."""
    return _claim(session, refund_id, S.PLANNED, source=Source.WORKER, now=now, actor=actor)


def claim_again(session: Session, refund_id: int, *, now: dt.datetime) -> RefundRequest | None:
    """Take a refund that Square does not know for sending once more: the same key, the same text, never a new one."""
    refund = session.get_one(CardRefund, refund_id)
    if refund.first_sent_at is None or not may_send_again(refund.first_sent_at, now):
        return None
    return _claim(session, refund_id, S.UNKNOWN, source=Source.JANITOR, now=now, actor=SYSTEM)


def settle(
    session: Session,
    refund_id: int,
    outcome: RefundOutcome,
    *,
    today: dt.date,
    now: dt.datetime,
    send: int | None = None,
    source: Source = Source.WORKER,
    actor: Actor = SYSTEM,
) -> CardRefund:
    """Write down the answer to a sending, or what was found at Square. Money that went back is booked, whoever knew first.

    `send` is the number of the sending that was answered; what an earlier one learns late counts only when Square has it.
    """
    refund = locked(session, refund_id)
    if refund.state is S.COMPLETED:
        return refund  # Somebody else knew it before.
    given: dict[str, Any] = {"now": now, "source": source, "actor": actor}
    if isinstance(outcome, Refunded):
        _told(session, refund, outcome.refund, today=today, **given)
    elif refund.state not in OPEN_CARD_REFUNDS or (send is not None and (refund.state, refund.sends) != (S.SENDING, send)):
        pass  # Decided already, or another sending is under way.
    elif isinstance(outcome, Unknown) or refund.was_unknown or refund.state is not S.SENDING:
        _unknown(session, refund, outcome, **given)
    else:
        said = f"{outcome.code}: {outcome.detail}".strip(": ")
        _refuse(session, refund, f"Square refused: {said}", **given)
    session.flush()
    return refund


def look(
    session: Session, refund_id: int, told: Mapping[str, AtSquare] | Unanswered, *, today: dt.date, now: dt.datetime
) -> RefundRequest | None:
    """What follows for one undecided refund from Square's list (by our key); a request when it is sent once more."""
    refund = locked(session, refund_id)
    if refund.look_at is None or refund.look_at > now:
        return None  # Somebody else was faster.
    given: dict[str, Any] = {"now": now, "source": Source.JANITOR, "actor": SYSTEM}
    if refund.state is S.PLANNED:
        _refuse(session, refund, NEVER_SENT, **given)
        return None
    if refund.state is S.SENDING:
        refund.was_unknown = True
        _turn(session, refund, S.UNKNOWN, "Its process did not come back", **given)
    if isinstance(told, Unanswered):
        _wait(session, refund, f"Square could not be asked: {told.reason}", **given)
        return None
    found = told.get(refund.key)
    if found is not None:
        _told(session, refund, found, today=today, **given)
        return None
    if refund.state is S.UNKNOWN:
        request = claim_again(session, refund_id, now=now)
        if request is not None:
            return request
    _wait(session, refund, "Square does not show it", **given)
    return None


def due(session: Session, *, now: dt.datetime) -> tuple[Sequence[int], dt.datetime | None]:
    """Refunds whose time to be asked about has come, and since when Square's refunds are needed for that."""
    rows = session.execute(
        select(CardRefund.id, CardRefund.planned_at)
        .where(CardRefund.look_at <= now)
        .order_by(CardRefund.look_at, CardRefund.id)
        .limit(AT_ONCE)
    ).all()
    return [row.id for row in rows], min((row.planned_at for row in rows), default=None)


def has_due(session: Session, *, now: dt.datetime) -> bool:
    """Whether some refund waits to be asked about."""
    return session.scalar(select(CardRefund.id).where(CardRefund.look_at <= now).limit(1)) is not None


def by_key(refunds: Sequence[AtSquare]) -> dict[str, AtSquare]:
    """Our key → the refund at Square that names it, one that was made before one that was not."""
    found: dict[str, AtSquare] = {}
    for refund in refunds:
        key = reference_in(refund.reason)
        if key is not None and (key not in found or found[key].status in NO):
            found[key] = refund
    return found


def known(session: Session, told: AtSquare) -> int | None:
    """Which of our refunds one at Square is; None for one that somebody made elsewhere."""
    key = reference_in(told.reason)
    ours = CardRefund.key == key if key else CardRefund.square_refund_id == told.id
    return session.scalar(select(CardRefund.id).where(ours))


def undecided(session: Session, refunds: Sequence[AtSquare]) -> list[tuple[int, AtSquare]]:
    """Refunds of ours that are not booked, with what Square has for them."""
    told = by_key(refunds)
    rows = session.execute(
        select(CardRefund.id, CardRefund.key).where(CardRefund.key.in_(list(told)), CardRefund.state != S.COMPLETED)
    )
    return [(refund_id, told[key]) for refund_id, key in rows]


def close_as_not_given(session: Session, refund_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> CardRefund:
    """A person found out that nothing was given back. A refund that shows itself later is booked all the same."""
    refund = locked(session, refund_id)
    if refund.state is not S.NEEDS_REVIEW:
        raise RuleViolation("Only a refund that needs review is closed by hand.")
    reason = entries.demand_reason(reason, "nothing was given back")
    _refuse(session, refund, f"Not given back: {reason}", source=Source.STAFF, now=now, actor=actor)
    _close_reviews(session, refund.account_id, now=now, actor=actor)
    session.flush()
    return refund


def close_as_put_right(session: Session, refund_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> CardRefund:
    """Square gave back what the ledger cannot take as it is, and a person has put that right by hand, for a reason.

    What the ledger and Square have stays compared every night: a difference that is left shows itself as a break.
    """
    refund = locked(session, refund_id)
    if refund.state is not S.NEEDS_REVIEW or refund.square_refund_id is None:
        raise RuleViolation("Only a refund that Square has and that needs review is put right by hand.")
    reason = entries.demand_reason(reason, "it is right now")
    _refuse(session, refund, f"Put right by hand: {reason}", source=Source.STAFF, now=now, actor=actor)
    _close_reviews(session, refund.account_id, now=now, actor=actor)
    session.flush()
    return refund


def locked(session: Session, refund_id: int) -> CardRefund:
    """The refund, with its account locked first."""
    account_id = session.scalars(select(CardRefund.account_id).where(CardRefund.id == refund_id)).one()
    entries.locked(session, account_id)
    return session.scalars(
        select(CardRefund).where(CardRefund.id == refund_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def words_for(refund: CardRefund) -> str:
    """What became of a refund, in words."""
    amount = as_text(refund.amount_cents)
    match refund.state:
        case S.COMPLETED:
            return f"{amount} refunded to the card."
        case S.REFUSED:
            return f"Nothing was refunded. {refund.error}"
        case S.PENDING:
            return f"Square has the refund of {amount} and has not finished it yet. It is booked as soon as it has."
        case S.NEEDS_REVIEW:
            return f"A supervisor has to look at the refund of {amount}: {refund.error} Do not refund it again."
        case _:
            return (
                f"No certain answer came, so {amount} may have been refunded. Do not refund it again: the program asks Square "
                "until it knows, and books what was given back."
            )


def _claim(
    session: Session, refund_id: int, state: CardRefundState, *, source: Source, now: dt.datetime, actor: Actor
) -> RefundRequest | None:
    won = session.execute(
        update(CardRefund)
        .where(CardRefund.id == refund_id, CardRefund.state == state)
        .values(sent_at=now)
        .returning(CardRefund.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if won is None:
        return None
    refund = session.get_one(CardRefund, refund_id, populate_existing=True)
    refund.sends += 1
    refund.first_sent_at = refund.first_sent_at or now
    refund.look_at = now + SENDING_EXPIRES_AFTER
    said = "Sent to Square" if refund.sends == 1 else f"Sent to Square once more ({refund.sends}), same key"
    _turn(session, refund, S.SENDING, said, source=source, now=now, actor=actor)
    session.flush()
    return RefundRequest(refund.request, account_id=refund.account_id, refund_id=refund.id, send=refund.sends)


def _told(
    session: Session, refund: CardRefund, told: AtSquare, *, today: dt.date, now: dt.datetime, source: Source, actor: Actor
) -> None:
    """Square has a refund for ours: it is what was asked for, or a person decides."""
    given: dict[str, Any] = {"source": source, "now": now, "actor": actor}
    if refund.state is S.REFUSED and refund.square_refund_id == told.id:
        return  # A person has put it right by hand.
    asked = Asked(refund.key, refund.square_payment_id, refund.amount_cents, refund.currency)
    seen = Told(told.id, reference_in(told.reason), told.payment_id, told.amount_cents, told.currency)
    wrong = mismatches(asked, seen, refund.square_refund_id)
    if wrong:
        _review(session, refund, f"Square's answer is not what was asked for: {', '.join(wrong)}.", told, **given)
        return
    if told.status in NO:
        if refund.state in OPEN_CARD_REFUNDS:
            refund.square_refund_id = None
            _refuse(session, refund, f"Square has {told.status.lower()} it.", told, **given)
        return
    refund.square_refund_id = told.id
    if told.status != "COMPLETED":
        refund.look_at = looks_next(refund.first_sent_at or now, now)
        if refund.state not in (S.PENDING, S.REFUSED):
            _turn(session, refund, S.PENDING, f"Square has it, and has not finished it: {told.id}", told, **given)
        return
    try:
        with session.begin_nested():
            row = reversing.book_card_refund(
                session,
                refund.payment_id,
                amount_cents=refund.amount_cents,
                reason=refund.reason,
                key=refund.key,
                reference=told.id[:80],
                today=today,
                now=now,
                actor=actor,
            )
    except RuleViolation as problem:
        said = f"Square gave {as_text(told.amount_cents)} back, and the ledger cannot take it: {problem}"
        _review(session, refund, said, told, **given)
        return
    row.taken_by_id = row.taken_by_id or refund.planned_by_id
    was_late = " (found late)" if refund.state is S.REFUSED else ""
    _turn(session, refund, S.COMPLETED, f"{as_text(refund.amount_cents)} given back, Square {told.id}{was_late}", told, **given)
    refund.square_refund_id, refund.refund_payment_id = told.id, row.id
    refund.settled_at, refund.look_at, refund.error = now, None, None
    _close_reviews(session, refund.account_id, now=now, actor=actor)


def _unknown(
    session: Session, refund: CardRefund, outcome: RefundOutcome, *, now: dt.datetime, source: Source, actor: Actor
) -> None:
    reason = outcome.reason if isinstance(outcome, Unknown) else ""
    if isinstance(outcome, Rejected | ConfigurationError):
        reason = f"{outcome.code}: {outcome.detail}".strip(": ")
    refund.was_unknown, refund.error = True, reason[:300]
    refund.look_at = looks_next(refund.first_sent_at or now, now)
    if refund.state is S.SENDING:
        _turn(session, refund, S.UNKNOWN, f"Nobody knows: {reason}", now=now, source=source, actor=actor)


def _refuse(
    session: Session,
    refund: CardRefund,
    said: str,
    told: AtSquare | None = None,
    *,
    now: dt.datetime,
    source: Source,
    actor: Actor,
) -> None:
    refund.error, refund.settled_at, refund.look_at = said[:300], now, None
    _turn(session, refund, S.REFUSED, said, told, now=now, source=source, actor=actor)
    summary = f"{as_text(refund.amount_cents)} not refunded: {said}"
    session.add(
        Activity(account_id=refund.account_id, kind=ActivityKind.PAYMENT, at=now, summary=summary[:300], staff_id=actor.staff_id)
    )
    _audit(session, refund, "card refund refused", now=now, actor=actor, told={"said": said})


def _wait(session: Session, refund: CardRefund, said: str, *, now: dt.datetime, source: Source, actor: Actor) -> None:
    """Look again later. After the last look a person decides about what nobody knows; what Square has goes on being asked."""
    _note(session, refund, said, source=source, now=now, actor=actor)
    first = refund.first_sent_at or refund.planned_at
    if refund.state is S.UNKNOWN and now >= first + LOOKS[-1]:
        said = "After 24 hours nobody knows whether the money was given back."
        _review(session, refund, said, None, now=now, source=source, actor=actor)
    else:
        refund.look_at = looks_next(first, now)
    session.flush()


def _review(
    session: Session,
    refund: CardRefund,
    said: str,
    told: AtSquare | None,
    *,
    now: dt.datetime,
    source: Source,
    actor: Actor,
) -> None:
    """A person has to decide; a follow-up asks for it."""
    if told is not None and refund.square_refund_id is None and known(session, told) in (None, refund.id):
        refund.square_refund_id = told.id
    refund.error, refund.look_at = said[:300], None
    if refund.state is S.NEEDS_REVIEW:
        return
    _turn(session, refund, S.NEEDS_REVIEW, said, told, now=now, source=source, actor=actor)
    session.add(
        FollowUp(
            account_id=refund.account_id,
            kind=FollowUpKind.REVIEW,
            due_at=now,
            is_due=True,
            note=f"{REVIEW} {as_text(refund.amount_cents)} of {refund.business_on:%b %-d}. {said}"[:500],
            created_at=now,
            created_by_id=actor.staff_id,
        )
    )
    _audit(session, refund, "card refund needs review", now=now, actor=actor, told={"said": said})


def _close_reviews(session: Session, account_id: int, *, now: dt.datetime, actor: Actor) -> None:
    """Nobody is asked any more to look at a refund that is decided."""
    others = select(CardRefund.id).where(CardRefund.account_id == account_id, CardRefund.state == S.NEEDS_REVIEW)
    session.flush()
    if session.scalar(others.limit(1)) is not None:
        return
    reviews = select(FollowUp).where(
        FollowUp.account_id == account_id, FollowUp.status == FollowUpStatus.OPEN, FollowUp.note.startswith(REVIEW)
    )
    for follow_up in session.scalars(reviews):
        follow_up.status, follow_up.closed_at, follow_up.closed_by_id = FollowUpStatus.DONE, now, actor.staff_id


def _turn(
    session: Session,
    refund: CardRefund,
    to: CardRefundState,
    said: str,
    told: AtSquare | None = None,
    *,
    source: Source,
    now: dt.datetime,
    actor: Actor,
) -> None:
    if to not in CARD_REFUND_TRANSITIONS[refund.state]:
        raise ValueError(f"Refund {refund.id} cannot go from {refund.state} to {to}.")
    refund.state = to
    _note(session, refund, said, told, source=source, now=now, actor=actor)


def _note(
    session: Session,
    refund: CardRefund,
    said: str,
    told: AtSquare | None = None,
    *,
    source: Source,
    now: dt.datetime,
    actor: Actor,
) -> None:
    evidence = None
    if told is not None:
        evidence = {"refund_id": told.id, "payment_id": told.payment_id, "status": told.status, "amount_cents": told.amount_cents}
    session.add(
        CardRefundEvent(
            card_refund_id=refund.id,
            at=now,
            to_state=refund.state,
            source=source.value,
            said=said[:300],
            evidence=evidence,
            by_id=actor.staff_id,
        )
    )


def _audit(
    session: Session, refund: CardRefund, action: str, *, now: dt.datetime, actor: Actor, told: Mapping[str, object]
) -> None:
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity="card_refund",
        entity_id=refund.id,
        account_id=refund.account_id,
        after={"amount_cents": refund.amount_cents, "payment_id": refund.payment_id, "state": refund.state, **told},
        reason=refund.reason,
    )
