"""Reconciliation: every completed payment at Square is one payment in the ledger, of the same cents, and the other way round."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.domain.autopay.breaks import BreakKind, BreakState
from app.domain.autopay.charges import ChargeState
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.card_refunds import OPEN_CARD_REFUNDS
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.gateways.cards import CardDispute, CardPayment
from app.gateways.cards import CardRefund as RefundAtSquare
from app.models import CardRefund, Charge, Payment, SquareBreak
from app.services.autopay import settling
from app.services.autopay.timeline import Source
from app.services.staff import audit
from app.services.staff.audit import Actor

OVER = frozenset({"WON", "INQUIRY_CLOSED"})
"""Disputes that came to nothing."""
GIVEN_BACK = frozenset({"COMPLETED", "PENDING"})
"""Refunds that are, or are about to be, made."""
IN_BOOKS = (PaymentState.COMPLETE, PaymentState.REFUNDED, PaymentState.REVERSED)


@dataclass
class Found:
    """What a reconciliation saw."""

    matched: int = 0
    breaks: Counter[str] = field(default_factory=Counter)
    resolved: int = 0
    """Breaks of before that are there no longer."""


def missing_at_square(session: Session, payments: Sequence[CardPayment], *, since: dt.datetime) -> list[tuple[int, str]]:
    """Card payments in the ledger that the list does not show, (id, Square's id): they are asked about one by one."""
    shown = {payment.id for payment in payments}
    rows = session.execute(
        select(Payment.id, Payment.square_payment_id).where(
            Payment.method == PaymentMethod.CARD,
            Payment.kind == PaymentKind.PAYMENT,
            Payment.state.in_(IN_BOOKS),
            Payment.square_payment_id.is_not(None),
            Payment.posted_at >= since,
        )
    )
    return [(payment_id, square_id) for payment_id, square_id in rows if square_id and square_id not in shown]


def late_successes(session: Session, payments: Sequence[CardPayment]) -> list[tuple[int, CardPayment]]:
    """Charges that Square completed and that are not booked, with their payment."""
    completed = {payment.reference_id: payment for payment in payments if payment.reference_id and payment.status == "COMPLETED"}
    rows = session.execute(
        select(Charge.id, Charge.key).where(Charge.key.in_(list(completed)), Charge.state != ChargeState.SUCCEEDED)
    )
    return [(charge_id, completed[key]) for charge_id, key in rows]


def book(session: Session, charge_id: int, payment: CardPayment, *, today: dt.date, now: dt.datetime) -> None:
    """Book a success that reconciliation found."""
    settling.resolve(session, charge_id, payment, today=today, now=now, source=Source.RECONCILIATION)


def reconcile(
    session: Session,
    payments: Sequence[CardPayment],
    refunds: Sequence[RefundAtSquare],
    disputes: Sequence[CardDispute],
    phantoms: Sequence[int],
    *,
    since: dt.datetime,
    now: dt.datetime,
    actor: Actor,
) -> Found:
    """Compare Square's books with the ledger and keep what does not agree.

    `phantoms` are ledger payments that Square does not know even when asked for one by one.
    """
    found = Found()
    rows: list[dict[str, Any]] = []
    ledger = _ledger(session, [payment.id for payment in payments])
    refunded = _refunded(session, [entry.id for entry in ledger.values()])
    charges = _charges(session, payments)
    for payment in payments:
        entry = ledger.get(payment.id)
        charge = charges.get(payment.reference_id or "")
        broken = _compare(payment, entry, charge)
        rows += broken
        if entry is not None and not broken:
            found.matched += 1
    rows += _of_refunds(session, refunds, refunded)
    rows += _of_taken_back_refunds(session, refunds)
    rows += _of_disputes(session, disputes)
    for entry in session.scalars(select(Payment).where(Payment.id.in_(list(phantoms)))):
        rows.append(
            _row(BreakKind.PHANTOM, f"payment {entry.id}", entry, None,
                 f"{as_text(entry.amount_cents)} stands in the ledger, and Square does not know it.")
        )  # fmt: skip
    for row in rows:
        found.breaks[row["kind"].value] += 1
        _keep(session, row, now=now)
    found.resolved = _resolve_gone(session, since=since, now=now)
    audit.record(
        session,
        "square reconciled",
        now=now,
        actor=actor,
        after={"matched": found.matched, "breaks": dict(found.breaks), "resolved": found.resolved},
    )
    session.flush()
    return found


def take_over(session: Session, break_id: int, *, staff_id: int | None, now: dt.datetime, actor: Actor) -> SquareBreak:
    """Give a break an owner."""
    row = session.get_one(SquareBreak, break_id)
    before, row.owner_id = row.owner_id, staff_id
    audit.record(
        session,
        "break taken over",
        now=now,
        actor=actor,
        entity="square_break",
        entity_id=row.id,
        account_id=row.account_id,
        before={"owner_id": before},
        after={"owner_id": staff_id},
    )
    session.flush()
    return row


def resolve_break(session: Session, break_id: int, *, how: str, now: dt.datetime, actor: Actor) -> SquareBreak:
    """End a break with what was done about it; it does not come back by itself."""
    row = session.get_one(SquareBreak, break_id, with_for_update=True, populate_existing=True)
    if row.state is not BreakState.OPEN:
        raise RuleViolation("This break is resolved already.")
    if not how.strip():
        raise RuleViolation("Say what was done about it.", field="how")
    row.state, row.resolution = BreakState.RESOLVED, how.strip()[:300]
    row.resolved_at, row.resolved_by_id = now, actor.staff_id
    audit.record(
        session,
        "break resolved",
        now=now,
        actor=actor,
        entity="square_break",
        entity_id=row.id,
        account_id=row.account_id,
        reason=row.resolution,
    )
    session.flush()
    return row


def _compare(payment: CardPayment, entry: Payment | None, charge: Charge | None) -> list[dict[str, Any]]:
    if payment.status != "COMPLETED":
        if entry is not None and entry.state in IN_BOOKS:
            said = f"Square's payment is {payment.status.lower()}, the ledger's is complete."
            return [_row(BreakKind.STATUS, payment.id, entry, payment, said)]
        return []
    if entry is None:
        said = f"Square took {as_text(payment.amount_cents)}" + (f" for charge {charge.id}" if charge else "")
        row = _row(BreakKind.ORPHAN, payment.id, None, payment, f"{said}; the ledger does not have it.")
        if charge is not None:
            row |= {"account_id": charge.account_id, "charge_id": charge.id}
        return [row]
    broken = []
    if entry.amount_cents != payment.amount_cents:
        said = f"Square took {as_text(payment.amount_cents)}, the ledger has {as_text(entry.amount_cents)}."
        broken.append(_row(BreakKind.AMOUNT, payment.id, entry, payment, said))
    if entry.state not in IN_BOOKS:
        said = f"Square completed it; in the ledger it is {entry.state.label.lower()}."
        broken.append(_row(BreakKind.STATUS, payment.id, entry, payment, said))
    return broken


def _of_refunds(session: Session, refunds: Sequence[RefundAtSquare], refunded: Mapping[int, int]) -> list[dict[str, Any]]:
    at_square: Counter[str] = Counter()
    for refund in refunds:
        if refund.status in GIVEN_BACK:
            at_square[refund.payment_id] += refund.amount_cents
    ledger = _ledger(session, list(at_square))
    refunded = {**refunded, **_refunded(session, [entry.id for entry in ledger.values()])}
    rows = []
    for square_id, cents in at_square.items():
        entry = ledger.get(square_id)
        if entry is not None and refunded.get(entry.id, 0) < cents:
            said = f"Square gave {as_text(cents)} back; the ledger has {as_text(refunded.get(entry.id, 0))} of it."
            rows.append(_row(BreakKind.REFUND, square_id, entry, None, said) | {"square_cents": cents})
    return rows


def _of_taken_back_refunds(session: Session, refunds: Sequence[RefundAtSquare]) -> list[dict[str, Any]]:
    """Refunds that the ledger has booked and that Square has taken back since."""
    failed = {refund.id: refund for refund in refunds if refund.status not in GIVEN_BACK}
    rows = session.execute(
        select(CardRefund.square_refund_id, Payment)
        .join(Payment, Payment.id == CardRefund.refund_payment_id)
        .where(CardRefund.square_refund_id.in_(list(failed)))
    )
    found = []
    for square_id, entry in rows:
        if square_id is None:
            continue
        said = f"The ledger gave {as_text(entry.amount_cents)} back; at Square the refund is {failed[square_id].status.lower()}."
        found.append(_row(BreakKind.REFUND, square_id, entry, None, said) | {"square_cents": 0})
    return found


def _of_disputes(session: Session, disputes: Sequence[CardDispute]) -> list[dict[str, Any]]:
    ledger = _ledger(session, [dispute.payment_id for dispute in disputes])
    rows = []
    for dispute in disputes:
        entry = ledger.get(dispute.payment_id)
        if dispute.state in OVER or entry is None or entry.state is PaymentState.REVERSED:
            continue
        until = f", answer by {dispute.due_at:%b %-d}" if dispute.due_at else ""
        why = dispute.reason.replace("_", " ").lower()
        said = f"{as_text(dispute.amount_cents)} disputed: {why}, {dispute.state.lower()}{until}."
        rows.append(_row(BreakKind.DISPUTE, dispute.id, entry, None, said) | {"square_cents": dispute.amount_cents})
    return rows


def _row(kind: BreakKind, reference: str, entry: Payment | None, payment: CardPayment | None, said: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "reference": reference[:80],
        "square_payment_id": payment.id if payment else entry.square_payment_id if entry else None,
        "payment_id": entry.id if entry else None,
        "charge_id": None,
        "account_id": entry.account_id if entry else None,
        "square_cents": payment.amount_cents if payment else None,
        "ledger_cents": entry.amount_cents if entry else None,
        "said": said[:300],
    }


def _keep(session: Session, row: Mapping[str, Any], *, now: dt.datetime) -> None:
    """Write a break down, or that it is still there. One that somebody has resolved stays resolved."""
    seen = {"seen_at": now, "said": row["said"], "square_cents": row["square_cents"], "ledger_cents": row["ledger_cents"]}
    session.execute(
        insert(SquareBreak)
        .values(**row, found_at=now, seen_at=now)
        .on_conflict_do_update(index_elements=[SquareBreak.kind, SquareBreak.reference], set_=seen)
    )


def _resolve_gone(session: Session, *, since: dt.datetime, now: dt.datetime) -> int:
    """Open breaks of the period that this reconciliation did not see any more."""
    gone = session.scalars(
        update(SquareBreak)
        .where(SquareBreak.state == BreakState.OPEN, SquareBreak.seen_at < now, SquareBreak.found_at >= since)
        .values(state=BreakState.RESOLVED, resolved_at=now, resolution="It agrees by now.")
        .returning(SquareBreak.id)
    )
    return len(gone.all())


def _ledger(session: Session, square_ids: Sequence[str]) -> dict[str, Payment]:
    entries = session.scalars(select(Payment).where(Payment.square_payment_id.in_(list(square_ids))))
    return {entry.square_payment_id: entry for entry in entries if entry.square_payment_id}


def _refunded(session: Session, payment_ids: Sequence[int]) -> dict[int, int]:
    """Payment → cents that the ledger has taken out of it again, or will as soon as Square has finished a refund of ours."""
    back = aliased(Payment)
    origin = func.coalesce(back.reverses_id, back.part_of_id)
    rows = session.execute(
        select(origin, func.sum(back.amount_cents))
        .where(
            or_(back.reverses_id.in_(list(payment_ids)), back.part_of_id.in_(list(payment_ids))),
            back.state == PaymentState.COMPLETE,
        )
        .group_by(origin)
    )
    found = Counter({payment_id: int(cents) for payment_id, cents in rows})
    under_way = session.execute(
        select(CardRefund.payment_id, CardRefund.amount_cents).where(
            CardRefund.payment_id.in_(list(payment_ids)), CardRefund.state.in_(OPEN_CARD_REFUNDS)
        )
    )
    for payment_id, cents in under_way:
        found[payment_id] += cents
    return found


def _charges(session: Session, payments: Sequence[CardPayment]) -> dict[str, Charge]:
    keys = [payment.reference_id for payment in payments if payment.reference_id]
    return {charge.key: charge for charge in session.scalars(select(Charge).where(Charge.key.in_(keys)))}
