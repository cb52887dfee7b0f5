"""Rows for tests: a portfolio, staff, an account with its schedule. Each gives the least that makes a believable row."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.servicing.frequency import Frequency
from app.domain.servicing.schedule import installments
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, Customer, CustomerPhone, Device, Installment, Portfolio, Staff
from app.services.servicing import standing
from app.services.staff.audit import Actor

TODAY = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
_numbers = itertools.count(1)


def portfolio(session: Session, **given: Any) -> Portfolio:
    """A portfolio."""
    number = next(_numbers)
    row = Portfolio(**{"code": f"P{number}", "name": f"Portfolio {number}"} | given)
    session.add(row)
    session.flush()
    return row


def staff(session: Session, role: Role = Role.COLLECTOR, **given: Any) -> Staff:
    """A member of staff without a PIN."""
    number = next(_numbers)
    row = Staff(
        **{
            "username": f"person{number}",
            "name": f"Person {number}",
            "role": role,
            "created_at": NOW,
            "must_change_pin": False,
        }
        | given
    )
    session.add(row)
    session.flush()
    return row


def actor(person: Staff | None = None) -> Actor:
    """The actor that a member of staff is."""
    return Actor() if person is None else Actor(staff_id=person.id, name=person.name)


def customer(session: Session, book: Portfolio, **given: Any) -> Customer:
    """A customer with one phone."""
    number = next(_numbers)
    values = {"first_name": "Jordan", "last_name": f"Ellison{number}", "created_at": NOW} | given
    row = Customer(portfolio_id=book.id, **values)
    session.add(row)
    session.flush()
    session.add(CustomerPhone(customer_id=row.id, e164=f"+1614555{number % 10_000:04d}", is_primary=True))
    session.flush()
    return row


def account(
    session: Session,
    book: Portfolio | None = None,
    *,
    lines: Sequence[tuple[dt.date, int]] | None = None,
    first_due_on: dt.date = dt.date(2026, 10, 9),
    frequency: Frequency = Frequency.BIWEEKLY,
    payment_cents: int = 5_400,
    total_cents: int = 140_400,
    today: dt.date = TODAY,
    **given: Any,
) -> Account:
    """An account with its whole schedule and its standing as of `today`; `lines` replaces the schedule: (due, cents)."""
    book = book or session.scalar(select(Portfolio).limit(1)) or portfolio(session)
    number = next(_numbers)
    person = given.pop("customer", None) or customer(session, book)
    device = Device(portfolio_id=book.id, model="IPHONE 13 128GB", imei="356415207490483", cost_cents=30_000)
    session.add(device)
    session.flush()
    if lines is None:
        lines = [
            (line.due_on, line.amount_cents)
            for line in installments(frequency, first_due_on, total_cents=total_cents, payment_cents=payment_cents)
        ]
    row = Account(
        **{
            "portfolio_id": book.id,
            "customer_id": person.id,
            "device_id": device.id,
            "account_number": f"A{number:06d}",
            "approval_id": f"{7_000_000 + number}",
            "frequency": frequency,
            "start_on": lines[0][0] - dt.timedelta(days=14),
            "first_due_on": lines[0][0],
            "payment_cents": payment_cents,
            "total_cents": sum(cents for _, cents in lines),
            "status": AccountStatus.ACTIVE,
            "opened_at": NOW,
        }
        | given
    )
    session.add(row)
    session.flush()
    session.add_all(
        Installment(account_id=row.id, number=place, due_on=due, amount_cents=cents)
        for place, (due, cents) in enumerate(lines, start=1)
    )
    session.flush()
    standing.restate(session, [row.id], today=today)
    return row
