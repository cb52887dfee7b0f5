"""What is past due on the business date, whichever date the figures on the account are of.

The end of day and every posting write days and amounts on the account. Between midnight and the opening of the new day those
are a day old; then the amount is added up from the lines themselves, so that no page ever shows yesterday's.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, and_, case, cast, func, select
from sqlalchemy.orm import aliased

from app.domain.servicing.status import AGED_STATUSES, OPEN_STATUSES
from app.models import Account, Fee, Installment, Portfolio
from app.queries.listing import TODAY, Aside

IS_AGED: ColumnElement[bool] = Account.status.in_(sorted(AGED_STATUSES))

_Test = aliased(Account, name="test")


def is_test_lease(account_id: Any) -> ColumnElement[bool]:
    """Whether a row is about a test lease. By a list of the few, so that an index alone still answers about the many."""
    found: ColumnElement[bool] = account_id.in_(select(_Test.id).where(_Test.is_test))
    return found


def only_test_leases(account_id: Any) -> Aside:
    """The filter of a list that shows test leases only to who asks for them; they count in no total and no tab."""
    return Aside("test", "Test leases", is_test_lease(account_id))


IS_REAL: ColumnElement[bool] = ~is_test_lease(Account.id)
"""No test lease: these stand in no figure."""

IS_OPEN: ColumnElement[bool] = and_(Account.status.in_(sorted(OPEN_STATUSES)), IS_REAL)
"""Owed and worked: what aging, worklists and totals are about."""

DAYS_PAST_DUE: ColumnElement[int] = case(
    # `next_due_on` is the oldest line that is still open; accounts that no longer age keep the number they ended with.
    (IS_AGED, func.greatest(0, func.coalesce(TODAY - Account.next_due_on, 0))),
    else_=cast(Account.days_past_due, Integer),
)
"""Days past due as of the business date."""

_FEES = (
    select(func.coalesce(func.sum(Fee.amount_cents - Fee.paid_cents - Fee.waived_cents), 0))
    .where(Fee.account_id == Installment.account_id, Fee.installment_number == Installment.number)
    .correlate(Installment)
    .scalar_subquery()
)
_UNPAID = Installment.amount_cents - Installment.paid_cents + _FEES
_TOLERANCE = select(Portfolio.tolerance_cents).where(Portfolio.id == Account.portfolio_id).correlate(Account).scalar_subquery()

FROM_LINES: ColumnElement[int] = (
    # A financed contract that was paid ahead owes less than its lines say.
    select(func.least(cast(func.coalesce(func.sum(_UNPAID), 0), BigInteger), Account.balance_cents))
    .where(Installment.account_id == Account.id, Installment.due_on < TODAY, _UNPAID > _TOLERANCE)
    .correlate(Account)
    .scalar_subquery()
)
"""Added up from the lines and the late fees that hang on them (domain.md part 8)."""

PAST_DUE_CENTS: ColumnElement[int] = case(
    # The same number of days means that nobody's day has changed since the figures were written.
    (Account.days_past_due == DAYS_PAST_DUE, Account.past_due_cents),
    else_=FROM_LINES,
)
"""What is past due as of the business date."""
