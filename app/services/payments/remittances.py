"""What becomes of money that came in: posted on the account that it clearly belongs to, or kept until somebody decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments import matching as rules
from app.domain.payments.kinds import PaymentState
from app.domain.payments.matching import Match, Remitted, words_of
from app.domain.payments.remittances import REMITTANCE_TRANSITIONS, RemittanceState
from app.models import Account, LearntSender, Payment, Remittance, RemittancePayment, Setting
from app.queries.payments import matching
from app.services.payments import entries, posting, reversing, settling
from app.services.staff import audit
from app.services.staff.audit import Actor

Part = tuple[int, int]
"""Account id, cents."""


def post(
    session: Session,
    remittance: Remittance,
    parts: Sequence[Part],
    *,
    note: str | None = None,
    by_itself: bool = False,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> list[Payment]:
    """Post a waiting remittance on one account or several; the parts add up to its amount, to the cent.

    Nobody can post it twice: its row is locked, and each payment's key names remittance and account.
    `by_itself` says that no person decided it. Raises RuleViolation for what cannot be.
    """
    remittance = locked(session, remittance.id)
    _demand(remittance, RemittanceState.POSTED)
    if not parts or any(cents <= 0 for _, cents in parts):
        raise RuleViolation("Each part is more than $0.00.", field="parts")
    if len({account_id for account_id, _ in parts}) < len(parts):
        raise RuleViolation("An account is named twice; put its parts together.", field="parts")
    given = sum(cents for _, cents in parts)
    if given != remittance.amount_cents:
        raise RuleViolation(f"The parts make {as_text(given)}; {as_text(remittance.amount_cents)} came in.", field="parts")
    accounts = session.execute(
        select(Account.id, Account.portfolio_id).where(Account.id.in_([account_id for account_id, _ in parts]))
    ).all()
    if len(accounts) < len(parts) or any(row.portfolio_id != remittance.portfolio_id for row in accounts):
        raise RuleViolation("An account of the portfolio is wanted.", field="parts")
    rounds = session.scalars(select(RemittancePayment.payment_id).where(RemittancePayment.remittance_id == remittance.id)).all()
    payments = [
        posting.post(
            session,
            account_id,
            method=remittance.method,
            amount_cents=cents,
            effective_on=remittance.paid_on,
            reference=remittance.reference,
            note=_said(remittance, note),
            idempotency_key=f"remit:{remittance.id}:{account_id}:{len(rounds)}",
            today=today,
            now=now,
            actor=actor,
        )
        for account_id, cents in sorted(parts)
    ]
    for payment in payments:
        payment.import_batch_id = remittance.import_batch_id
        session.add(RemittancePayment(remittance_id=remittance.id, payment_id=payment.id))
    _settle(session, remittance, RemittanceState.POSTED, "remittance posted", note, now=now, actor=actor)
    if by_itself:
        remittance.decided_by_id = None
    return payments


def learn(session: Session, remittance: Remittance, account_id: int, *, now: dt.datetime, actor: Actor) -> None:
    """Remember that this sender pays for the customer of this account."""
    sender = " ".join(words_of(remittance.sender))
    if not sender:
        return
    customer_id = session.scalars(select(Account.customer_id).where(Account.id == account_id)).one()
    values = {
        "portfolio_id": remittance.portfolio_id,
        "sender": sender,
        "customer_id": customer_id,
        "learnt_at": now,
        "by_id": actor.staff_id,
    }
    session.execute(insert(LearntSender).values(values).on_conflict_do_nothing())


def ignore(session: Session, remittance_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> Remittance:
    """Leave money alone that is not ours to post, with the reason."""
    remittance = locked(session, remittance_id)
    _demand(remittance, RemittanceState.IGNORED)
    said = entries.demand_reason(reason, "this money is left alone")
    _settle(session, remittance, RemittanceState.IGNORED, "remittance ignored", said, now=now, actor=actor)
    return remittance


def reopen(session: Session, remittance_id: int, *, reason: str, today: dt.date, now: dt.datetime, actor: Actor) -> Remittance:
    """Take a decision back: payments that still stand are reversed, and the money waits again."""
    remittance = locked(session, remittance_id)
    _demand(remittance, RemittanceState.QUEUED)
    said = entries.demand_reason(reason, "the match is taken back")
    _reverse(session, remittance, said, today=today, now=now, actor=actor)
    _settle(session, remittance, RemittanceState.QUEUED, "remittance opened again", said, now=now, actor=actor)
    remittance.decided_at = remittance.decided_by_id = None
    return remittance


def take_out(session: Session, remittance: Remittance, *, today: dt.date, now: dt.datetime, actor: Actor) -> None:
    """Take a remittance out with the file that brought it; its payments are reversed, its reference is free again."""
    reason = f"The file that brought it, import {remittance.import_batch_id}, was undone"
    _reverse(session, remittance, reason, today=today, now=now, actor=actor)
    _settle(session, remittance, RemittanceState.UNDONE, "remittance taken out", reason, now=now, actor=actor)


def payments_of(session: Session, remittance_id: int) -> list[Payment]:
    """The payments that a remittance became, reversed ones too, in their order."""
    query = (
        select(Payment)
        .join(RemittancePayment, RemittancePayment.payment_id == Payment.id)
        .where(RemittancePayment.remittance_id == remittance_id)
        .order_by(Payment.id)
    )
    return list(session.scalars(query))


def suggestions(session: Session, waiting: Sequence[Remittance]) -> dict[int, list[Match]]:
    """Remittance id → the accounts that it may be for, the best first, as they stand now."""
    ranked: dict[int, list[Match]] = {}
    for portfolio_id in sorted({row.portfolio_id for row in waiting}):
        asked = {
            row.id: Remitted(row.paid_on, row.amount_cents, row.sender, row.memo)
            for row in waiting
            if row.portfolio_id == portfolio_id
        }
        found = matching.candidates(session, asked, portfolio_id=portfolio_id)
        ranked |= {key: rules.ranked(one, found.get(key, ())) for key, one in asked.items()}
    return ranked


def locked(session: Session, remittance_id: int) -> Remittance:
    """The remittance with its row lock."""
    return session.scalars(
        select(Remittance).where(Remittance.id == remittance_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def set_threshold(session: Session, score: int, *, now: dt.datetime, actor: Actor) -> None:
    """Say from which score on money is posted by itself; 101 means never."""
    if not 50 <= score <= 101:
        raise RuleViolation("A score from 50 to 100 is wanted, or 101 for never.", field="threshold")
    row = session.get(Setting, matching.SETTING) or Setting(name=matching.SETTING, value={})
    before = dict(row.value)
    row.value, row.changed_at, row.changed_by_id = {**before, "threshold": score}, now, actor.staff_id
    session.add(row)
    audit.record(
        session, "setting changed", now=now, actor=actor, entity="setting", before=before, after=dict(row.value),
        reason=matching.SETTING,
    )  # fmt: skip
    session.flush()


def _said(remittance: Remittance, note: str | None) -> str:
    parts = [f"From {remittance.sender}" if remittance.sender else "", remittance.memo, note or ""]
    return ", ".join(part for part in parts if part)[:500]


def _demand(remittance: Remittance, state: RemittanceState) -> None:
    if state not in REMITTANCE_TRANSITIONS[remittance.state]:
        raise RuleViolation(f"This money is {remittance.state.label.lower()} by now. Open the list again.")


def _reverse(session: Session, remittance: Remittance, reason: str, *, today: dt.date, now: dt.datetime, actor: Actor) -> None:
    for payment in payments_of(session, remittance.id):
        if payment.state is PaymentState.COMPLETE:
            reversing.reverse(session, payment.id, reason=reason, today=today, now=now, actor=actor, may_be_older=True)
        elif payment.state in (PaymentState.PENDING, PaymentState.PROCESSING):
            settling.cancel(session, payment.id, reason=reason, now=now, actor=actor, may_be_processing=True)


def _settle(
    session: Session,
    remittance: Remittance,
    state: RemittanceState,
    action: str,
    note: str | None,
    *,
    now: dt.datetime,
    actor: Actor,
) -> None:
    before = remittance.state
    session.execute(
        update(Remittance)
        .where(Remittance.id == remittance.id)
        .values(state=state, note=(note or "")[:300] or None, decided_at=now, decided_by_id=actor.staff_id)
    )
    session.refresh(remittance)
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity="remittance",
        entity_id=remittance.id,
        before={"state": before},
        after={"state": state, "reference": remittance.reference, "amount_cents": remittance.amount_cents},
        reason=note,
    )
    session.flush()
