"""The people and accounts of these tests: two collectors with a book each, a supervisor, an admin."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.domain.servicing.frequency import Frequency
from app.domain.staff.roles import Role
from app.models import Account, Portfolio, Staff
from tests import factories

TODAY = factories.TODAY


@dataclass
class Cast:
    """Everybody."""

    book: Portfolio
    collector: Staff
    colleague: Staff
    supervisor: Staff
    admin: Staff
    own: Account
    """In the collector's book."""
    foreign: Account
    """In the colleague's."""


def cast(session: Session) -> Cast:
    """A portfolio with two accounts in two books."""
    book = factories.portfolio(session, code="OV", name="Ohio Valley")
    collector, colleague = factories.staff(session, name="Cora Lane"), factories.staff(session, name="Carl Boone")
    supervisor = factories.staff(session, Role.SUPERVISOR, name="Sue Park")
    admin = factories.staff(session, Role.ADMIN, name="Dana Whitfield")
    own = lease(session, book, "Jordan", "Ellison", assigned_to_id=collector.id)
    foreign = lease(session, book, "Marcy", "Ellsworth", assigned_to_id=colleague.id)
    return Cast(book, collector, colleague, supervisor, admin, own, foreign)


def lease(session: Session, book: Portfolio, first: str, last: str, **given: Any) -> Account:
    """An account of a customer of this name, two installments long unless `lines` says otherwise."""
    person = factories.customer(session, book, first_name=first, last_name=last)
    lines = given.pop("lines", [(dt.date(2026, 10, 9), 5_400), (dt.date(2026, 12, 4), 5_400)])
    return factories.account(session, book, customer=person, lines=lines, frequency=Frequency.BIWEEKLY, **given)


def ids_on(page: str) -> list[int]:
    """The ids of the rows on a page, in their order."""
    return [int(found) for found in re.findall(r'<tr data-id="(\d+)"', page)]


def texts(page: str, tag: str) -> list[str]:
    """What stands in each element of a kind, without markup."""
    return [re.sub(r"<[^>]+>", "", inside).strip() for inside in re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", page, re.S)]
