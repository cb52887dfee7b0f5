"""Rent of a span of days: which accounts owed any of it, and which of them are accounted for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from app.domain.servicing.status import AccountStatus
from app.models import Account, Installment
from app.queries.listing import Dates
from app.queries.listing.filters import Asking, Given
from app.queries.reporting.due import IS_COLLECTED, WAS_OPEN

ENDED_IN_ORDER = frozenset({AccountStatus.PAID_OFF, AccountStatus.RETURNED})
"""Bought, or the device is back: nothing is out with the customer any more."""


@dataclass(frozen=True)
class RentDue(Dates):
    """Accounts that were open when rent of these days fell due: `rent_from=2026-11-14&rent_to=2026-11-20`."""

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """At least one installment of the days."""
        return _has(self._between(given, asking))

    def _between(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        on = Dates(self.key, self.label, Installment.due_on)
        return on.condition(given, asking)


@dataclass(frozen=True)
class RentAccounted(RentDue):
    """Of these, the ones whose rent is all in, or that have ended in order since."""

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """Nothing of the days is unpaid, or the account is paid off or returned."""
        between = self._between(given, asking)
        is_in_order = or_(Account.status.in_(sorted(ENDED_IN_ORDER)), ~_has(and_(between, ~IS_COLLECTED)))
        return and_(_has(between), is_in_order)


def _has(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Installment.number).where(Installment.account_id == Account.id, which, WAS_OPEN).correlate(Account).exists()
