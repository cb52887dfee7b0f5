"""A clock that tests move, a processor without a network, and accounts that agreed to AutoPay."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import clock
from app.models import Account, Card, Customer
from app.services.autopay import enrollment
from app.services.staff.audit import SYSTEM
from tasks.gateways import FAKE
from tests import factories
from tests.autopay.processor import Processor
from tests.factories import TODAY

CONSENT = "I authorize the company to charge my card on each due date."
_numbers = itertools.count(1)


class Clock:
    """The program's clock, pinned to the test's day and moved by hand."""

    def __init__(self) -> None:
        self.now = dt.datetime.combine(TODAY, dt.time(11, 0), tzinfo=dt.UTC)
        self.forward()

    def forward(self, **wait: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(**wait)
        local = self.now.astimezone(clock.zone())
        clock.set_clock(pinned_on=local.date(), stopped_at=local.time())

    @property
    def today(self) -> dt.date:
        """The business date."""
        return clock.today()


@pytest.fixture
def time() -> Iterator[Clock]:
    yield Clock()
    clock.set_clock(pinned_on=None)


@pytest.fixture
def square(headless_app: Flask, app: Flask, time: Clock) -> Iterator[Processor]:
    """The processor that all doorways use in this test."""
    processor = Processor(now=lambda: time.now)
    for each in (headless_app, app):
        each.config[FAKE] = processor
    yield processor
    for each in (headless_app, app):
        del each.config[FAKE]


def card_of(session: Session, customer: Customer, **given: Any) -> Card:
    """A card on file at Square."""
    number = next(_numbers)
    values = {
        "square_card_id": f"ccof:{number}",
        "brand": "VISA",
        "last_four": f"{number % 10_000:04d}",
        "expires_month": 12,
        "expires_year": 2030,
        "square_version": 1,
        "is_primary": True,
        "created_at": factories.NOW,
    }
    row = Card(customer_id=customer.id, **values | given)
    customer.square_customer_id = customer.square_customer_id or f"CUST{number}"
    session.add(row)
    session.flush()
    return row


def enrolled(session: Session, *, card: dict[str, Any] | None = None, **given: Any) -> tuple[Account, Card]:
    """An account whose installment of $54.00 falls due today, with a card and a consent."""
    first_due_on = given.pop("first_due_on", TODAY)
    account = factories.account(session, first_due_on=first_due_on, **given)
    on_file = card_of(session, account.customer, **(card or {}))
    enrollment.enroll(session, account.id, consent=CONSENT, source="signed lease", now=factories.NOW, actor=SYSTEM)
    return account, on_file
