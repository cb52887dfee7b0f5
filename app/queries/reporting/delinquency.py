"""Delinquency as rent-to-own people look at it: rent of some days, which accounts are accounted for, what is out.

One pass makes heaps of accounts that are alike in all that the report groups by; its tables add up from them, so they agree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.domain.servicing.status import AccountStatus
from app.models import Account, Dealer, Installment, Office, Staff
from app.queries.collections.narrowing import Span
from app.queries.collections.past_due import IS_REAL, PAST_DUE_CENTS
from app.queries.listing import Criteria, Filter
from app.queries.listing.filters import Asking
from app.queries.reporting.due import IS_COLLECTED, split
from app.queries.scope import Viewer, condition
from app.queries.servicing.accounts import ACCOUNTS, IS_LATE
from app.queries.servicing.first_payments import FIRST_HAS_MATURED, FIRST_IS_MISSED, FIRST_LINE, First
from app.queries.servicing.rent import ENDED_IN_ORDER

FILTERS: dict[str, Filter] = {
    key: ACCOUNTS.filters[key] for key in ("portfolio", "company", "region", "office", "dealer", "frequency", "assigned")
}
"""What the report can be narrowed to; the same names as on the lists, so its figures lead to their rows."""


@dataclass(frozen=True, slots=True)
class Rent:
    """What is added up over accounts; amounts in cents."""

    on_rent: int = 0
    """Active accounts."""
    past_due: int = 0
    float_cents: int = 0
    """Past due on active accounts: rent that is out with customers."""
    due: int = 0
    """Accounts that were open when rent of the days fell due."""
    accounted: int = 0
    """Of these, paid in full for the days, or paid off or returned since."""
    potential_cents: int = 0
    """Rent of the days."""
    collected_cents: int = 0
    """What of it is covered."""
    first_due: int = 0
    """Accounts whose first installment fell due in the days, with its grace over."""
    first_missed: int = 0
    """Of these, not fully paid within the grace."""

    def __add__(self, other: Rent) -> Rent:
        return Rent(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Rent)))


@dataclass(frozen=True, slots=True)
class Group:
    """A value that the report groups by: what the lists filter by, and its name."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class RentHeap:
    """Accounts that are alike."""

    frequency: str
    office: Group
    dealer: Group
    collector: Group
    rent: Rent


def seen(viewer: Viewer, criteria: Criteria | None, *, today: dt.date) -> list[ColumnElement[bool]]:
    """The conditions on accounts: who looks, no test leases, what the report is narrowed to."""
    given = (criteria or Criteria()).filters
    narrowed = [each.condition(given, Asking(viewer, today)) for each in FILTERS.values() if each.is_set(given)]
    return [condition(Account, viewer), IS_REAL, *narrowed]


def heaps(session: Session, viewer: Viewer, span: Span, *, today: dt.date, criteria: Criteria | None = None) -> list[RentHeap]:
    """Everything that the viewer may see and the criteria find, in heaps. What is out is live, the rest is of the days."""
    found: dict[tuple[Any, ...], Rent] = {}
    where, parameters = seen(viewer, criteria, today=today), {"today": today}
    keys = (Account.frequency, Account.office_id, Account.dealer_id, Account.assigned_to_id)

    of_span = and_(FIRST_HAS_MATURED, Account.first_due_on.between(span.from_on, span.to_on), First.account_id.is_not(None))
    is_active = Account.status == AccountStatus.ACTIVE
    standing = (
        select(
            *keys,
            func.count().filter(is_active).label("on_rent"),
            func.count().filter(IS_LATE).label("past_due"),
            func.coalesce(func.sum(PAST_DUE_CENTS).filter(is_active), 0).label("float_cents"),
            func.count().filter(of_span).label("first_due"),
            func.count().filter(of_span, FIRST_IS_MISSED).label("first_missed"),
        )
        .outerjoin(First, FIRST_LINE)
        .where(*where, or_(is_active, Account.first_due_on.between(span.from_on, span.to_on)))
        .group_by(*keys)
    )
    for row in session.execute(standing, parameters).mappings():
        key = tuple(row[column.key] for column in keys)
        found[key] = Rent(
            on_rent=row["on_rent"],
            past_due=row["past_due"],
            float_cents=int(row["float_cents"]),
            first_due=row["first_due"],
            first_missed=row["first_missed"],
        )
    lines = (
        select(
            Installment.account_id,
            func.bool_and(IS_COLLECTED).label("is_paid"),
            func.sum(Installment.amount_cents).label("amount_cents"),
            func.sum(Installment.paid_cents).label("paid_cents"),
        )
        .join(Account, Account.id == Installment.account_id)
        .where(Installment.due_on.between(span.from_on, span.to_on), *where)
        .group_by(Installment.account_id)
    )
    for part in split(lines, span.from_on):
        line = part.subquery("line")
        is_accounted = or_(line.c.is_paid, Account.status.in_(sorted(ENDED_IN_ORDER)))
        query = (
            select(
                *keys,
                func.count().label("due"),
                func.count().filter(is_accounted).label("accounted"),
                func.sum(line.c.amount_cents).label("potential_cents"),
                func.sum(line.c.paid_cents).label("collected_cents"),
            )
            .join(line, line.c.account_id == Account.id)
            .group_by(*keys)
        )
        for row in session.execute(query, parameters).mappings():
            key = tuple(row[column.key] for column in keys)
            found[key] = found.get(key, Rent()) + Rent(
                due=row["due"],
                accounted=row["accounted"],
                potential_cents=int(row["potential_cents"]),
                collected_cents=int(row["collected_cents"]),
            )
    return _named(session, found)


def _named(session: Session, found: dict[tuple[Any, ...], Rent]) -> list[RentHeap]:
    names = [_names(session, model, {key[place] for key in found}) for place, model in ((1, Office), (2, Dealer), (3, Staff))]

    def group(place: int, value: int | None) -> Group:
        return Group("none", "None" if place < 3 else "Nobody") if value is None else Group(str(value), names[place - 1][value])

    return [
        RentHeap(str(frequency), group(1, office), group(2, dealer), group(3, collector), rent)
        for (frequency, office, dealer, collector), rent in found.items()
    ]


def _names(session: Session, model: Any, ids: set[int | None]) -> dict[int, str]:
    wanted = sorted(each for each in ids if each is not None)
    rows = session.execute(select(model.id, model.name).where(model.id.in_(wanted))) if wanted else ()
    return {int(number): str(name) for number, name in rows}
