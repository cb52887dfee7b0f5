"""What became of a charge: `resolve` for a payment that is known, `settle` for the answer to a sending.

Both end in the same few functions, whoever calls: worker, janitor, webhook, reconciliation or staff. The ledger's payment, the
account, the charge, its timeline and the audit are written in one transaction. Doing it twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.autopay.charges import OPEN_CHARGES, ChargeState, may_turn, next_look
from app.domain.autopay.declines import CUSTOMERS_OWN, DeclineClass, decline_class, words_of
from app.domain.autopay.requests import Asked, Told, mismatches
from app.domain.autopay.retries import next_try
from app.domain.collections.contact import ActivityKind, FollowUpKind, FollowUpStatus
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.gateways.cards import (
    Approved,
    CardPayment,
    ConfigurationError,
    Declined,
    Outcome,
    Pending,
    Rejected,
    Unknown,
    outcome_of_payment,
)
from app.models import Account, Activity, Card, Charge, FollowUp, Payment
from app.queries.autopay.settings import autopay_settings
from app.services.autopay import batch_counts
from app.services.autopay.timeline import Source, evidence_of, note, turn
from app.services.payments import entries
from app.services.staff import audit
from app.services.staff.audit import SYSTEM, Actor

LOOKS_AGAIN_AFTER = dt.timedelta(minutes=2)
"""A no to a charge that nobody knew about for a while is confirmed by a look so much later."""

REVIEW = "Card charge to review:"
"""A follow-up that begins so asks a supervisor to find out what became of a charge."""


def settle(
    session: Session,
    charge_id: int,
    outcome: Outcome,
    *,
    today: dt.date,
    now: dt.datetime,
    send: int | None = None,
    source: Source = Source.WORKER,
    actor: Actor = SYSTEM,
) -> Charge:
    """Write down the answer to a sending.

    `send` is the number of the sending that was answered. What an earlier one learns late counts only when it is a success:
    another sending is under way, and its answer decides.
    """
    charge = _settle(session, charge_id, outcome, today=today, now=now, send=send, source=source, actor=actor)
    batch_counts.write(session)
    return charge


def settle_some(
    session: Session, answers: Sequence[tuple[int, int, Outcome]], *, today: dt.date, now: dt.datetime
) -> dict[int, Exception]:
    """Write down several answers, (charge, sending, outcome) each, in one transaction.

    One that cannot be written does not keep the others back: it stays SENDING, and the janitor finds it. Returns those.
    """
    failed: dict[int, Exception] = {}
    for charge_id, send, outcome in answers:
        mark = batch_counts.mark(session)
        told = audit.mark(session)
        try:
            with session.begin_nested():
                _settle(session, charge_id, outcome, today=today, now=now, send=send, source=Source.WORKER, actor=SYSTEM)
        except Exception as error:  # A defect in one account must not undo what is known of the others.
            batch_counts.forget(session, mark)
            audit.forget_since(session, told)
            failed[charge_id] = error
    batch_counts.write(session)
    return failed


def resolve(
    session: Session,
    charge_id: int,
    payment: CardPayment,
    *,
    today: dt.date,
    now: dt.datetime,
    source: Source,
    actor: Actor = SYSTEM,
) -> Charge:
    """Write down what a payment that was found at the processor says about a charge."""
    return settle(session, charge_id, outcome_of_payment(payment), today=today, now=now, source=source, actor=actor)


def _settle(
    session: Session,
    charge_id: int,
    outcome: Outcome,
    *,
    today: dt.date,
    now: dt.datetime,
    send: int | None,
    source: Source,
    actor: Actor,
) -> Charge:
    charge = locked(session, charge_id)
    if is_over(charge):
        return charge  # Somebody else knew it before.
    told = _Told(session, charge, today=today, now=now, source=source, actor=actor)
    if isinstance(outcome, Approved):
        told.succeeded(outcome.payment)
    elif charge.state not in OPEN_CHARGES or (send is not None and (charge.state, charge.sends) != (ChargeState.SENDING, send)):
        pass  # Decided already, or another sending is under way.
    elif isinstance(outcome, Pending):
        told.pending(outcome.payment)
    elif isinstance(outcome, Declined):
        told.declined(outcome)
    elif isinstance(outcome, Rejected | ConfigurationError):
        told.rejected(outcome)
    else:
        told.unknown(outcome)
    session.flush()
    return charge


def is_over(charge: Charge) -> bool:
    """Whether the money is booked: nothing that comes later changes that."""
    return charge.state is ChargeState.SUCCEEDED


def locked(session: Session, charge_id: int) -> Charge:
    """The charge, with its account locked first: the order of every command that touches both."""
    account_id = session.scalars(select(Charge.account_id).where(Charge.id == charge_id)).one()
    entries.locked(session, account_id)
    return session.scalars(
        select(Charge).where(Charge.id == charge_id).with_for_update().execution_options(populate_existing=True)
    ).one()


class _Told:
    """One answer about one charge, and who brought it."""

    def __init__(
        self, session: Session, charge: Charge, *, today: dt.date, now: dt.datetime, source: Source, actor: Actor
    ) -> None:
        self.session, self.charge = session, charge
        self.today, self.now, self.source, self.actor = today, now, source, actor

    def succeeded(self, payment: CardPayment, *, is_accepted: bool = False) -> None:
        """The money was taken: it is booked, whatever was thought of the charge before.

        `is_accepted`: a supervisor has looked at what differs from what was asked for.
        """
        if not is_accepted and self._is_another(payment):
            return
        if payment.amount_cents != self.charge.amount_cents:
            self.charge.taken_cents = payment.amount_cents
        charge, account = self.charge, self.session.get_one(Account, self.charge.account_id)
        posted = self._post(account, payment)
        charge.square_payment_id = payment.id
        charge.payment_id = posted.id
        charge.settled_at, charge.look_at = self.now, None
        charge.decline_code = charge.error = charge.retry_on = charge.retry_why = None
        was_late = charge.state in (ChargeState.DECLINED, ChargeState.REJECTED, ChargeState.SKIPPED)
        said = f"{as_text(payment.amount_cents)} taken, Square {payment.id}" + (" (found late)" if was_late else "")
        self._turn(ChargeState.SUCCEEDED, said, payment)
        self._learn_card(payment)
        self.session.flush()
        entries.follow_through(
            self.session,
            account,
            from_on=posted.effective_on,
            summary=f"{as_text(payment.amount_cents)} charged to {charge.card}",
            action="card charged",
            entity="charge",
            entity_id=charge.id,
            told={**entries.told_of(posted), "payment_id": posted.id, "square_payment_id": payment.id},
            today=self.today,
            now=self.now,
            actor=self.actor,
        )

    def pending(self, payment: CardPayment) -> None:
        """The processor has it and has not decided."""
        if self._is_another(payment):
            return
        charge = self.charge
        charge.square_payment_id = payment.id
        charge.look_at = next_look(charge.first_sent_at or self.now, self.now)
        if charge.state is ChargeState.PENDING:
            return
        self._turn(ChargeState.PENDING, f"Square has it, and has not decided: {payment.id}", payment)

    def declined(self, outcome: Declined) -> None:
        """The card said no."""
        if outcome.payment is not None and self._is_another(outcome.payment):
            return
        charge = self.charge
        why = decline_class(outcome.code)
        charge.decline_code, charge.error = outcome.code[:60], (outcome.detail or words_of(outcome.code))[:300]
        charge.settled_at, charge.look_at = self.now, self._confirmed_at()
        charge.retry_why = why.value
        charge.retry_on = self._retry_on(why)
        next_words = f"; next try {charge.retry_on:%a %b %-d}" if charge.retry_on else ""
        self._turn(ChargeState.DECLINED, f"Declined: {words_of(outcome.code)}{next_words}", outcome.payment)
        if why in CUSTOMERS_OWN:
            self._post_decline()
        summary = f"{as_text(charge.amount_cents)} declined on {charge.card}: {words_of(outcome.code)}{next_words}"
        self.session.add(
            Activity(
                account_id=charge.account_id,
                kind=ActivityKind.PAYMENT,
                at=self.now,
                summary=summary[:300],
                staff_id=self.actor.staff_id,
            )
        )
        self._audit("charge declined", {"code": outcome.code, "retry_on": charge.retry_on})

    def rejected(self, outcome: Rejected | ConfigurationError) -> None:
        """The processor refused our request, or us. That decides nothing about an earlier sending that nobody knows about."""
        charge = self.charge
        said = f"{outcome.code}: {outcome.detail}".strip(": ")
        if charge.was_unknown or charge.state is not ChargeState.SENDING:
            self.unknown(Unknown(said))
            return
        charge.decline_code, charge.error = outcome.code[:60], outcome.detail[:300] or words_of(outcome.code)
        charge.retry_why = DeclineClass.CONFIGURATION.value
        charge.settled_at, charge.look_at = self.now, None
        self._turn(ChargeState.REJECTED, f"Square refused the request: {said}")
        self._audit("charge rejected", {"code": outcome.code})

    def unknown(self, outcome: Unknown) -> None:
        """Nobody knows. The janitor looks."""
        charge = self.charge
        first = charge.first_sent_at or self.now
        wait = dt.timedelta(seconds=outcome.retry_after_seconds or 0)
        looks_at = next_look(first, self.now + wait)
        charge.look_at = looks_at or self.now
        charge.was_unknown = True
        charge.error = outcome.reason[:300]
        if charge.state is ChargeState.SENDING:
            self._turn(ChargeState.UNKNOWN, f"Nobody knows: {outcome.reason}")

    def review(self, said: str, payment: CardPayment | None = None) -> None:
        """A person has to decide; a follow-up asks for it."""
        charge = self.charge
        charge.error = said[:300]
        charge.look_at = None
        if charge.state is ChargeState.NEEDS_REVIEW:
            return
        self._turn(ChargeState.NEEDS_REVIEW, said, payment)
        self.session.add(
            FollowUp(
                account_id=charge.account_id,
                kind=FollowUpKind.REVIEW,
                due_at=self.now,
                is_due=True,
                note=f"{REVIEW} {as_text(charge.amount_cents)} of {charge.business_on:%b %-d}. {said}"[:500],
                created_at=self.now,
                created_by_id=self.actor.staff_id,
            )
        )
        self._audit("charge needs review", {"said": said})

    def _is_another(self, payment: CardPayment) -> bool:
        """Whether what came back is not the payment that was asked for; then a person decides."""
        charge = self.charge
        asked = Asked(charge.key, charge.amount_cents, charge.currency, charge.location_id)
        told = Told(payment.id, payment.reference_id, payment.amount_cents, payment.currency, payment.location_id)
        found = mismatches(asked, told, charge.square_payment_id)
        if is_booked(self.session, payment.id, but=charge.id):
            found.append(f"payment {payment.id} is booked already")
        if not found:
            return False
        if may_turn(charge.state, ChargeState.NEEDS_REVIEW) or charge.state is ChargeState.NEEDS_REVIEW:
            self.review(f"Square's answer is not what was asked for: {', '.join(found)}.", payment)
        return True

    def _post(self, account: Account, payment: CardPayment) -> Payment:
        """The ledger's row of a success. Its key is the charge's: the database itself refuses a second one."""
        charge = self.charge
        taken_on = clock.business_date(payment.created_at)
        posted = Payment(
            account_id=account.id,
            kind=PaymentKind.PAYMENT,
            method=PaymentMethod.CARD,
            state=PaymentState.COMPLETE,
            amount_cents=payment.amount_cents,
            received_at=payment.created_at,
            effective_on=max(charge.business_on, min(self.today, taken_on)),
            posted_at=self.now,
            posted_on=self.today,
            note=f"{charge.kind.label}",
            taken_by_id=charge.planned_by_id,
            card_id=charge.card_id,
            square_payment_id=payment.id,
            idempotency_key=charge.key,
            **entries.standing_now(account),
        )
        self.session.add(posted)
        self.session.flush()
        return posted

    def _post_decline(self) -> None:
        """Every decline keeps how the account stood at that moment; it touches no balance."""
        charge, account = self.charge, self.session.get_one(Account, self.charge.account_id)
        self.session.add(
            Payment(
                account_id=account.id,
                kind=PaymentKind.PAYMENT,
                method=PaymentMethod.CARD,
                state=PaymentState.DECLINE,
                amount_cents=charge.amount_cents,
                received_at=self.now,
                effective_on=self.today,
                posted_at=self.now,
                posted_on=self.today,
                note=charge.kind.label,
                taken_by_id=charge.planned_by_id,
                card_id=charge.card_id,
                decline_code=charge.decline_code,
                idempotency_key=f"{charge.key}-no",
                **entries.standing_now(account),
            )
        )

    def _learn_card(self, payment: CardPayment) -> None:
        """Only payments show whether a card is debit or credit, and prepaid."""
        card = self.session.get_one(Card, self.charge.card_id)
        card.card_type = card.card_type or payment.card_type
        card.prepaid_type = card.prepaid_type or payment.prepaid_type

    def _retry_on(self, why: DeclineClass) -> dt.date | None:
        """The next try by the rules, counted within the series: the declines for the same installments."""
        charge = self.charge
        if charge.batch_id is None:
            return None
        earlier = self.session.scalars(
            select(Charge.business_on).where(
                Charge.account_id == charge.account_id,
                Charge.id != charge.id,
                Charge.state == ChargeState.DECLINED,
                Charge.retry_why == why.value,
                Charge.installment_number == charge.installment_number,
                Charge.card_identity == charge.card_identity,
            )
        ).all()
        return next_try(why, charge.business_on, list(earlier), autopay_settings(self.session).retries)

    def _confirmed_at(self) -> dt.datetime | None:
        return self.now + LOOKS_AGAIN_AFTER if self.charge.was_unknown else None

    def _turn(self, to: ChargeState, said: str, payment: CardPayment | None = None) -> None:
        turn(
            self.session,
            self.charge,
            to,
            said,
            source=self.source,
            now=self.now,
            actor=self.actor,
            evidence=evidence_of(payment) if payment else None,
        )

    def _audit(self, action: str, after: dict[str, object]) -> None:
        audit.record(
            self.session,
            action,
            now=self.now,
            actor=self.actor,
            entity="charge",
            entity_id=self.charge.id,
            account_id=self.charge.account_id,
            after={"amount_cents": self.charge.amount_cents, "state": self.charge.state, **after},
        )


def review(session: Session, charge_id: int, said: str, *, today: dt.date, now: dt.datetime, source: Source) -> Charge:
    """Hand a charge to a person."""
    charge = locked(session, charge_id)
    _Told(session, charge, today=today, now=now, source=source, actor=SYSTEM).review(said)
    batch_counts.write(session)
    return charge


def book_as_taken(
    session: Session,
    charge_id: int,
    payment: CardPayment,
    *,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Charge:
    """A supervisor accepts that Square took something else than was asked for: what it took is booked.

    Raises RuleViolation when the charge does not wait for a decision, and for a payment that cannot be booked as it is.
    """
    charge = locked(session, charge_id)
    if charge.state is not ChargeState.NEEDS_REVIEW:
        raise RuleViolation("This charge does not wait for a decision any more; look at what became of it.")
    reason = entries.demand_reason(reason, "it is booked so")
    problem = why_not_bookable(session, charge, payment)
    if problem is not None:
        raise RuleViolation(problem)
    note(session, charge, f"Accepted as taken: {reason}", source=Source.STAFF, now=now, actor=actor)
    told = _Told(session, charge, today=today, now=now, source=Source.STAFF, actor=actor)
    told.succeeded(payment, is_accepted=True)
    _close_reviews(session, charge, now=now, actor=actor)
    audit.record(
        session,
        "charge booked as taken",
        now=now,
        actor=actor,
        entity="charge",
        entity_id=charge.id,
        account_id=charge.account_id,
        before={"amount_cents": charge.amount_cents},
        after={"amount_cents": payment.amount_cents, "square_payment_id": payment.id},
        reason=reason,
    )
    batch_counts.write(session)
    return charge


def why_not_bookable(session: Session, charge: Charge, payment: CardPayment) -> str | None:
    """Why a payment at Square cannot be booked for a charge, in words; None when it can."""
    if payment.status != "COMPLETED":
        return f"Square's payment is {payment.status.lower()}; only money that was taken is booked."
    if payment.currency != charge.currency:
        return f"Square took {payment.currency}, the account is kept in {charge.currency}; refund it at Square and charge anew."
    if is_booked(session, payment.id, but=charge.id):
        return f"Payment {payment.id} is booked already, for another charge."
    return None


def is_booked(session: Session, square_payment_id: str, *, but: int) -> bool:
    """Whether the ledger, or another charge, has a payment of Square's already."""
    other = select(Charge.id).where(Charge.square_payment_id == square_payment_id, Charge.id != but)
    booked = select(Payment.id).where(Payment.square_payment_id == square_payment_id)
    return session.scalar(other.limit(1)) is not None or session.scalar(booked.limit(1)) is not None


def _close_reviews(session: Session, charge: Charge, *, now: dt.datetime, actor: Actor) -> None:
    """Nobody is asked any more to look at a charge that is decided."""
    reviews = select(FollowUp).where(
        FollowUp.account_id == charge.account_id,
        FollowUp.status == FollowUpStatus.OPEN,
        FollowUp.note.startswith(REVIEW),
    )
    for follow_up in session.scalars(reviews):
        follow_up.status, follow_up.closed_at, follow_up.closed_by_id = FollowUpStatus.DONE, now, actor.staff_id


def close_as_not_charged(
    session: Session, charge_id: int, *, reason: str, today: dt.date, now: dt.datetime, source: Source, actor: Actor
) -> Charge:
    """A person found out that nothing was taken. A success that shows itself later still wins."""
    charge = locked(session, charge_id)
    if charge.state is not ChargeState.NEEDS_REVIEW:
        raise RuleViolation("Only a charge that needs review is closed by hand.")
    reason = entries.demand_reason(reason, "nothing was charged")
    charge.error, charge.settled_at, charge.cleared_at = f"Not charged: {reason}"[:300], now, now
    charge.look_at = None
    turn(session, charge, ChargeState.REJECTED, f"Not charged: {reason}", source=source, now=now, actor=actor)
    _close_reviews(session, charge, now=now, actor=actor)
    audit.record(
        session,
        "charge closed as not charged",
        now=now,
        actor=actor,
        entity="charge",
        entity_id=charge.id,
        account_id=charge.account_id,
        after={"state": charge.state},
        reason=reason,
    )
    batch_counts.write(session)
    return charge


def say(session: Session, charge: Charge, said: str, *, source: Source, now: dt.datetime) -> None:
    """A line in the timeline of a charge that stays what it is."""
    note(session, charge, said, source=source, now=now, actor=SYSTEM)


def words_for(charge: Charge) -> str:
    """What became of a charge, in words."""
    amount, card = as_text(charge.amount_cents), str(charge.card)
    match charge.state:
        case ChargeState.SUCCEEDED:
            return f"{as_text(charge.taken_cents or charge.amount_cents)} charged to {card}."
        case ChargeState.DECLINED:
            return f"{card} was declined: {words_of(charge.decline_code or '')}. Nothing was charged."
        case ChargeState.REJECTED:
            return f"Square refused the request: {charge.error}. Nothing was charged, and the customer did nothing wrong."
        case ChargeState.PENDING:
            return f"Square has the charge of {amount} and has not decided yet. It is booked as soon as it has."
        case ChargeState.SKIPPED:
            return "Nothing was charged: the account has changed meanwhile."
        case ChargeState.NEEDS_REVIEW:
            return f"Nobody knows for certain whether {card} was charged; a supervisor finds out. Do not charge it again."
        case _:
            return (
                f"No certain answer came, so {card} may have been charged. Do not charge it again: the program asks Square "
                "until it knows, and books what was taken."
            )
