"""Which installments could have a late fee that is not written yet: on which day, by which rule, and whether any was due then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.payments.allocation import Charge
from app.domain.payments.ledger import AutoFee, Ledger
from app.domain.servicing.charges import ChargeKind
from app.domain.servicing.disputes import Disputed, OpenLine, disputed_parts
from app.domain.servicing.fees import assessed_on
from app.domain.servicing.status import AGED_STATUSES, AccountStatus, status_on
from app.models import Account, Dispute, FeePolicy, Portfolio, Setting, StatusChange
from app.queries.payments.fee_policies import rule_of
from app.queries.servicing.disputes import IS_PAUSING

LATE_FEES_AFTER = "late_fees_after"
"""Setting: no late fee is assessed by this day or before; contracts that were here before the program charged fees."""


def charges_after(session: Session, account: Account) -> dt.date:
    """The last day without late fees: the one on which the account came here, or from which the program charges them."""
    zone = session.scalars(select(Portfolio.time_zone).where(Portfolio.id == account.portfolio_id)).one()
    came_on = account.opened_at.astimezone(ZoneInfo(zone)).date()
    setting = session.scalar(select(Setting.value).where(Setting.name == LATE_FEES_AFTER))
    return max(came_on, dt.date.fromisoformat(setting)) if setting else came_on


def was_aged(session: Session, account: Account) -> Callable[[dt.date], bool]:
    """Whether the account's status on a day was one whose lateness counts. Of paid off, the one before it: see `status_on`."""
    rows = session.execute(
        select(StatusChange.business_on, StatusChange.from_status, StatusChange.to_status)
        .where(StatusChange.account_id == account.id)
        .order_by(StatusChange.business_on, StatusChange.id)
    )
    changes = [(row.business_on, row.from_status, row.to_status) for row in rows]
    return lambda day: status_on(changes, day, now=account.status, looks_through=AccountStatus.PAID_OFF) in AGED_STATUSES


def missing(given: Ledger, policy: FeePolicy, *, first_on: dt.date, last_on: dt.date) -> list[AutoFee]:
    """Each line without a late fee whose day for one lies between two days, both included; replay says what it comes to."""
    rule, has_fee = rule_of(policy), {fee.number for fee in given.late_fees}
    found = []
    for line in _lines(given):
        day = assessed_on(line.due_on, policy.grace_days, is_business_days=policy.is_grace_business_days)
        if line.key not in has_fee and first_on <= day <= last_on:
            found.append(AutoFee(-line.key, line.key, line.due_on, day, rule, moved=line.moved))
    return found


def without_disputed(session: Session, account_id: int, given: Ledger, fees: Sequence[AutoFee]) -> list[AutoFee]:
    """The fees with what was in dispute on their day, and is not decided, left out of what they are reckoned on."""
    rows = session.execute(
        select(Dispute.amount_cents, Dispute.installment_number, Dispute.opened_on).where(
            Dispute.account_id == account_id, IS_PAUSING
        )
    ).all()
    if not rows or not fees:
        return list(fees)
    unpaid = {each.key: each.unpaid_cents for each in given.open_charges if each.kind is ChargeKind.INSTALLMENT}
    lines = [OpenLine(line.key, line.due_on, unpaid[line.key]) for line in _lines(given) if unpaid[line.key] > 0]

    def of(fee: AutoFee) -> int:
        then = [Disputed(row.amount_cents, row.installment_number) for row in rows if row.opened_on <= fee.assessed_on]
        return disputed_parts(lines, then).get(fee.number, 0)

    return [replace(fee, rule=replace(fee.rule, disputed_cents=of(fee))) for fee in fees]


def _lines(given: Ledger) -> Iterable[Charge]:
    return (charge for charge in given.charges if charge.kind is ChargeKind.INSTALLMENT)
