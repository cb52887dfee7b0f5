"""Credits and debits: corrections of what is owed, split over fees, interest and principal (rent, on a lease)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.limits import Act, demand_within
from app.domain.servicing.charges import AdjustmentKind, FeeKind
from app.domain.servicing.contract import FINANCED, ContractType
from app.domain.staff.roles import Role
from app.models import Account, Adjustment, ContractFinance, CreditCharge, Fee, Installment
from app.queries.payments.settings import payment_settings
from app.services.payments import entries
from app.services.payments.posting import MOST_CENTS, TAKES_NO_PAYMENT
from app.services.staff.audit import Actor


@dataclass(frozen=True, slots=True)
class Split:
    """Positive cents by what they are about; principal is rent on a lease."""

    fees_cents: int = 0
    interest_cents: int = 0
    principal_cents: int = 0

    @property
    def cents(self) -> int:
        """All three."""
        return self.fees_cents + self.interest_cents + self.principal_cents


def open_split(session: Session, account: Account) -> Split:
    """What is owed, by what it is: the most that a credit can take off."""
    finance = session.get(ContractFinance, account.id)
    if finance is None or account.contract_type not in FINANCED:
        return Split(account.fees_cents, 0, account.balance_cents - account.fees_cents)
    return Split(account.fees_cents, finance.interest_open_cents, finance.principal_open_cents)


def credit(
    session: Session,
    account_id: int,
    split: Split,
    *,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    role: Role,
) -> Adjustment:
    """Take something off what is owed. No part can be more than is owed of it."""
    account = _ready(session, account_id, split, role)
    reason = entries.demand_reason(reason, "the balance is changed")
    owed = open_split(session, account)
    for cents, most, field, name in (
        (split.fees_cents, owed.fees_cents, "fees", "fees"),
        (split.interest_cents, owed.interest_cents, "interest", "interest"),
        (split.principal_cents, owed.principal_cents, "principal", _principal_word(account)),
    ):
        if cents > most:
            raise RuleViolation(f"{as_text(most)} of {name} is owed; take off that or less.", field=field)
    return _write(session, account, AdjustmentKind.CREDIT, split, -1, reason, today=today, now=now, actor=actor)


def debit(
    session: Session,
    account_id: int,
    split: Split,
    *,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    role: Role,
) -> Adjustment:
    """Add something to what is owed: a fee, interest, or rent and principal that fall due today."""
    account = _ready(session, account_id, split, role)
    reason = entries.demand_reason(reason, "the balance is changed")
    if split.interest_cents and account.contract_type not in FINANCED:
        raise RuleViolation("A lease has no interest.", field="interest")
    if split.fees_cents:
        session.add(
            Fee(
                account_id=account.id,
                kind=FeeKind.OTHER,
                assessed_on=today,
                amount_cents=split.fees_cents,
                reason=reason[:200],
                created_at=now,
                created_by_id=actor.staff_id,
            )
        )
    if split.principal_cents and account.contract_type is not ContractType.INSTALLMENT:
        _add_line(session, account, split.principal_cents, reason, today=today, now=now, actor=actor)
    return _write(session, account, AdjustmentKind.DEBIT, split, 1, reason, today=today, now=now, actor=actor)


def charge_line(
    session: Session,
    account_id: int,
    *,
    amount_cents: int,
    description: str,
    due_on: dt.date,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> CreditCharge:
    """A purchase on a credit line, within what is available."""
    account = entries.locked(session, account_id)
    if account.contract_type is not ContractType.CREDIT_LINE:
        raise RuleViolation("Only a credit line takes further charges.")
    if amount_cents <= 0:
        raise RuleViolation("Enter an amount of more than $0.00.", field="amount")
    if due_on < today:
        raise RuleViolation("A charge falls due today or later.", field="due_on")
    available = available_cents(session, account)
    if available is not None and amount_cents > available:
        raise RuleViolation(f"{as_text(max(0, available))} of the line is available.", field="amount")
    said = entries.demand_reason(description, "what was bought")
    charge = _add_line(session, account, amount_cents, said, today=today, now=now, actor=actor, due_on=due_on)
    assert charge is not None
    entries.follow_through(
        session,
        account,
        from_on=today,
        summary=f"{as_text(amount_cents)} charged: {said}",
        action="credit line charged",
        entity="account",
        entity_id=account.id,
        told={"amount_cents": amount_cents, "due_on": due_on},
        today=today,
        now=now,
        actor=actor,
    )
    return charge


def available_cents(session: Session, account: Account) -> int | None:
    """Line less balance; None for a contract without a line."""
    line = session.scalar(select(ContractFinance.credit_line_cents).where(ContractFinance.account_id == account.id))
    return None if line is None else line - account.balance_cents + account.credit_cents


def _ready(session: Session, account_id: int, split: Split, role: Role) -> Account:
    account = entries.locked(session, account_id)
    if account.status in TAKES_NO_PAYMENT:
        raise RuleViolation(f"This account is {account.status.label.lower()}; its balance stays as it is.")
    if min(split.fees_cents, split.interest_cents, split.principal_cents) < 0 or not 0 < split.cents <= MOST_CENTS:
        raise RuleViolation("Enter an amount of more than $0.00.", field="principal")
    demand_within(Act.ADJUST, role, split.cents, payment_settings(session), field="principal")
    return account


def _principal_word(account: Account) -> str:
    return "principal" if account.contract_type in FINANCED else "rent"


def _write(
    session: Session,
    account: Account,
    kind: AdjustmentKind,
    split: Split,
    sign: int,
    reason: str,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Adjustment:
    row = Adjustment(
        account_id=account.id,
        kind=kind,
        amount_cents=sign * split.cents,
        fees_cents=sign * split.fees_cents,
        interest_cents=sign * split.interest_cents,
        principal_cents=sign * split.principal_cents,
        effective_on=today,
        reason=reason[:200],
        created_at=now,
        created_by_id=actor.staff_id,
    )
    session.add(row)
    session.flush()
    parts = [
        f"{as_text(cents)} {name}"
        for cents, name in (
            (split.fees_cents, "fees"),
            (split.interest_cents, "interest"),
            (split.principal_cents, _principal_word(account)),
        )
        if cents
    ]
    entries.follow_through(
        session,
        account,
        from_on=today,
        summary=f"{kind.label} of {as_text(split.cents)} ({', '.join(parts)}): {reason}",
        action="balance adjusted",
        entity="adjustment",
        entity_id=row.id,
        told={
            "kind": kind,
            "fees_cents": row.fees_cents,
            "interest_cents": row.interest_cents,
            "principal_cents": row.principal_cents,
        },
        today=today,
        now=now,
        actor=actor,
        reason=reason,
    )
    return row


def _add_line(
    session: Session,
    account: Account,
    amount_cents: int,
    description: str,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    due_on: dt.date | None = None,
) -> CreditCharge | None:
    """Append an installment; on a credit line it is a charge with its date and description."""
    highest = session.scalar(select(func.max(Installment.number)).where(Installment.account_id == account.id)) or 0
    session.add(Installment(account_id=account.id, number=highest + 1, due_on=due_on or today, amount_cents=amount_cents))
    account.total_cents += amount_cents
    session.flush()
    if account.contract_type is not ContractType.CREDIT_LINE:
        return None
    charge = CreditCharge(
        account_id=account.id,
        installment_number=highest + 1,
        charged_on=today,
        description=description[:200],
        created_at=now,
        created_by_id=actor.staff_id,
    )
    session.add(charge)
    session.flush()
    return charge
