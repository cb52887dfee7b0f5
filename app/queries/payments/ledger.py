"""An account's ledger as the rules see it: what was charged and what was received."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row, exists, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.payments.allocation import Charge, Part
from app.domain.payments.kinds import PaymentKind, PaymentState
from app.domain.payments.ledger import AutoFee, Bought, Credit, Financing, Ledger, Payout, Received
from app.domain.servicing.arrangements import ArrangementState
from app.domain.servicing.charges import AdjustmentKind, ChargeKind
from app.domain.servicing.contract import ContractType
from app.domain.servicing.status import WITHOUT_INTEREST
from app.models import (
    Account,
    Adjustment,
    Allocation,
    Arrangement,
    ArrangementLine,
    ContractFinance,
    CreditCharge,
    Fee,
    Installment,
    Payment,
    PaymentSplit,
    Quote,
    StatusChange,
)
from app.queries.payments.fee_policies import read


def ledger_of(session: Session, account_id: int) -> Ledger:
    """All charges of an account as if nothing had been paid since it came here, and all money that counts.

    What the prior system had collected is already off the installments; a reversed payment is left out, so that replaying
    the ledger gives the account as if it had never come. Due dates are those of the schedule: what part payments moved is
    worked out anew. A fixed number of reads, whatever the number of entries.
    """
    lines = session.execute(
        select(
            Installment.number,
            Installment.due_on - Installment.bought_days,
            Installment.amount_cents - Installment.opening_cents,
            CreditCharge.charged_on,
            Installment.opening_cents,
            Installment.bought_days,
        )
        .outerjoin(
            CreditCharge,
            (CreditCharge.account_id == Installment.account_id) & (CreditCharge.installment_number == Installment.number),
        )
        .where(Installment.account_id == account_id)
        .order_by(Installment.number)
    ).all()
    due_on: dict[int, dt.date] = {number: due for number, due, *_ in lines}
    moved = _moved(session, account_id)
    charges = [
        Charge(ChargeKind.INSTALLMENT, number, due, cents, since, moved.get(number, ()), opening)
        for number, due, cents, since, opening, _ in lines
        if cents > 0
    ]
    adjustments = _adjustments(session, account_id)
    waived: dict[int, int] = {}
    for each in adjustments:
        if each.kind is AdjustmentKind.WAIVER and each.fee_id is not None:
            waived[each.fee_id] = waived.get(each.fee_id, 0) - each.amount_cents
    fixed, late_fees = _fees(session, account_id, due_on, moved, waived)
    parts, credit_parts = _parts(session, account_id)
    financing, splits, credit_splits = _financed(session, account_id, adjustments)
    received, payouts = _money(session, account_id, parts, splits)
    return Ledger(
        tuple(charges + fixed),
        received,
        credits=tuple(_credits(adjustments, credit_parts, credit_splits)),
        payouts=payouts,
        late_fees=late_fees,
        financing=financing,
        bought=tuple(Bought(number, due, days) for number, due, _, _, _, days in lines if days),
    )


_Parts = dict[int, list[Part]]
_Splits = dict[int, tuple[int, int, int]]


def _adjustments(session: Session, account_id: int) -> list[Row[Any]]:
    columns = (
        Adjustment.id,
        Adjustment.kind,
        Adjustment.effective_on,
        Adjustment.amount_cents,
        Adjustment.fees_cents,
        Adjustment.interest_cents,
        Adjustment.principal_cents,
        Adjustment.fee_id,
    )
    # A discount that came with a payment counts only as long as that payment stands.
    taken_back = exists().where(
        Quote.adjustment_id == Adjustment.id, Payment.id == Quote.payment_id, Payment.state != PaymentState.COMPLETE
    )
    # What a settlement forgave counts only as long as its money stands.
    unsettled = exists().where(Arrangement.id == Adjustment.arrangement_id, Arrangement.state != ArrangementState.APPLIED)
    query = select(*columns).where(Adjustment.account_id == account_id, ~taken_back, ~unsettled).order_by(Adjustment.id)
    return list(session.execute(query))


_Moves = dict[int, tuple[tuple[dt.date, dt.date], ...]]


def _moved(session: Session, account_id: int) -> _Moves:
    """Installment number → the due dates that arrangements replaced, in order: (day of the move, due date until then)."""
    rows = session.execute(
        select(ArrangementLine.number, ArrangementLine.effective_on, ArrangementLine.due_before)
        .where(ArrangementLine.account_id == account_id)
        .order_by(ArrangementLine.id)
    )
    found: _Moves = {}
    for number, effective_on, due_before in rows:
        found[number] = (*found.get(number, ()), (effective_on, due_before))
    return found


def _fees(
    session: Session, account_id: int, due_on: Mapping[int, dt.date], moved: _Moves, waived: Mapping[int, int]
) -> tuple[list[Charge], tuple[AutoFee, ...]]:
    """Fees that stand as they are, and those that replay assesses anew."""
    fixed: list[Charge] = []
    late: list[AutoFee] = []
    columns = (
        Fee.id,
        Fee.installment_number,
        Fee.assessed_on,
        Fee.amount_cents,
        Fee.waived_cents,
        Fee.taken_back_cents,
        Fee.rule,
        Fee.reason,
    )
    for fee in session.execute(select(*columns).where(Fee.account_id == account_id).order_by(Fee.id)):
        due = due_on.get(fee.installment_number or 0, fee.assessed_on)
        if fee.rule is None or fee.installment_number not in due_on:
            owed, moves = fee.amount_cents - fee.waived_cents, moved.get(fee.installment_number or 0, ())
            fixed.append(Charge(ChargeKind.FEE, fee.id, due, owed, fee.assessed_on, moves))
            continue
        late.append(
            AutoFee(
                key=fee.id,
                number=fee.installment_number,
                due_on=due,
                assessed_on=fee.assessed_on,
                rule=read(fee.rule),
                waived_cents=waived.get(fee.id, 0),
                cents=fee.amount_cents - fee.taken_back_cents,
                reason=fee.reason,
                moved=moved.get(fee.installment_number, ()),
            )
        )
    return fixed, tuple(sorted(late, key=lambda each: (each.assessed_on, each.number)))


def _parts(session: Session, account_id: int) -> tuple[_Parts, _Parts]:
    """What payments and what credit adjustments cover, by their ids."""
    of_payments: _Parts = {}
    of_credits: _Parts = {}
    columns = (
        Allocation.payment_id,
        Allocation.adjustment_id,
        Allocation.installment_number,
        Allocation.fee_id,
        Allocation.amount_cents,
    )
    for payment, adjustment, number, fee, cents in session.execute(
        select(*columns).where(Allocation.account_id == account_id).order_by(Allocation.id)
    ):
        part = Part(ChargeKind.INSTALLMENT, number or 0, cents) if fee is None else Part(ChargeKind.FEE, fee, cents)
        if payment is not None:
            of_payments.setdefault(payment, []).append(part)
        elif adjustment is not None:
            of_credits.setdefault(adjustment, []).append(part)
    return of_payments, of_credits


def _financed(session: Session, account_id: int, adjustments: Iterable[Row[Any]]) -> tuple[Financing | None, _Splits, _Splits]:
    """The terms of a financed contract, and what payments and credits paid of interest and principal; nothing for a lease."""
    row = session.execute(
        select(
            ContractFinance.interest_rate,
            ContractFinance.principal_cents,
            ContractFinance.stops_on,
            Account.start_on,
            Account.contract_type,
        )
        .join(Account, Account.id == ContractFinance.account_id)
        .where(ContractFinance.account_id == account_id)
    ).one_or_none()
    if row is None or row.contract_type is ContractType.LEASE:
        return None, {}, {}
    is_revolving = row.contract_type is ContractType.CREDIT_LINE
    debits = tuple(
        # What is added to a credit line stands as a charge of its own.
        (each.effective_on, each.interest_cents, 0 if is_revolving else each.principal_cents)
        for each in adjustments
        if each.kind is AdjustmentKind.DEBIT and (each.interest_cents or each.principal_cents)
    )
    financing = Financing(
        rate=row.interest_rate,
        from_on=row.start_on,
        principal_cents=row.principal_cents,
        is_revolving=is_revolving,
        stops_on=row.stops_on,
        debits=debits,
        still=_still(session, account_id),
    )
    of_payments: _Splits = {}
    of_credits: _Splits = {}
    for split in session.scalars(select(PaymentSplit).where(PaymentSplit.account_id == account_id)):
        found = (split.interest_cents, split.principal_cents, split.beyond_cents)
        if split.payment_id is not None:
            of_payments[split.payment_id] = found
        elif split.adjustment_id is not None:
            of_credits[split.adjustment_id] = found
    return financing, of_payments, of_credits


def _still(session: Session, account_id: int) -> tuple[tuple[dt.date, dt.date], ...]:
    """When the account was ended, and re-opened since: no interest is owed for the days between."""
    rows = session.execute(
        select(StatusChange.business_on, StatusChange.to_status)
        .where(StatusChange.account_id == account_id)
        .order_by(StatusChange.id)
    )
    found: list[tuple[dt.date, dt.date]] = []
    since: dt.date | None = None
    for on, to in rows:
        if to in WITHOUT_INTEREST:
            since = since or on
        elif since is not None:
            found += [(since, on)] if on > since else []
            since = None
    return tuple(found)


def _money(session: Session, account_id: int, parts: _Parts, splits: _Splits) -> tuple[tuple[Received, ...], tuple[Payout, ...]]:
    """Complete payments less what was handed back of each, and credit that was given back.

    A part of a payment that went back out as a whole since, by the bank, was given back out of nothing: it is credit too.
    """
    received: list[Received] = []
    payouts: list[Payout] = []
    original = aliased(Payment)
    rows = session.execute(
        select(
            Payment.id,
            Payment.kind,
            Payment.effective_on,
            Payment.amount_cents,
            Payment.part_of_id,
            original.state.label("original_state"),
        )
        .outerjoin(original, original.id == Payment.part_of_id)
        .where(
            Payment.account_id == account_id,
            Payment.state == PaymentState.COMPLETE,
            or_(
                Payment.kind == PaymentKind.PAYMENT,
                (Payment.kind == PaymentKind.REFUND) & Payment.reverses_id.is_(None),
            ),
        )
        .order_by(Payment.effective_on, Payment.id)
    ).all()
    handed_back: dict[int, int] = {}
    for row in rows:
        if row.part_of_id is not None:
            handed_back[row.part_of_id] = handed_back.get(row.part_of_id, 0) + row.amount_cents
    for row in rows:
        if row.kind is PaymentKind.REFUND:
            # Its payment is there and smaller by it, or all of it went back in parts.
            if row.original_state not in (PaymentState.COMPLETE, PaymentState.REFUNDED):
                payouts.append(Payout(row.effective_on, row.amount_cents))
            continue
        covered, split = tuple(parts.get(row.id, ())), splits.get(row.id, (0, 0, 0))
        cents = row.amount_cents - handed_back.get(row.id, 0)
        received.append(Received(row.id, row.effective_on, cents, covered, *split))
    return tuple(received), tuple(payouts)


def _credits(adjustments: Iterable[Row[Any]], parts: _Parts, splits: _Splits) -> Iterable[Credit]:
    for each in adjustments:
        if each.kind is AdjustmentKind.CREDIT and (each.fees_cents or each.interest_cents or each.principal_cents):
            yield Credit(
                each.id,
                each.effective_on,
                -each.fees_cents,
                -each.interest_cents,
                -each.principal_cents,
                tuple(parts.get(each.id, ())),
                *splits.get(each.id, (0, 0, 0)),
            )
