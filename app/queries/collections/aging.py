"""Live aging: the open accounts by report bucket, as they stand on the business date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select, true
from sqlalchemy.orm import Session

from app.domain.servicing.buckets import BucketRange
from app.domain.servicing.status import AccountStatus
from app.models import Account
from app.queries.collections.buckets import buckets
from app.queries.collections.past_due import DAYS_PAST_DUE, FROM_LINES, IS_OPEN
from app.queries.scope import Viewer, condition


@dataclass(frozen=True, slots=True)
class Aged:
    """The open accounts of one bucket: how many, what is past due on them, their whole balance."""

    bucket: BucketRange
    accounts: int
    past_due_cents: int
    balance_cents: int
    active: int
    """Those of status Active; the others are in default or recovery."""
    started: int
    """Those whose lease began on or after a given day."""

    @property
    def is_late(self) -> bool:
        """Whether anything is past due here."""
        return self.bucket.from_days > 0


def live(
    session: Session, viewer: Viewer, *, today: dt.date, started_since: dt.date, portfolio_id: int | None = None
) -> list[Aged]:
    """A row for each report bucket from the lowest up, in one pass over the accounts that the viewer may see."""
    bands = buckets(session, "report")
    band = case(*((bucket.from_days <= DAYS_PAST_DUE, place) for place, bucket in reversed(list(enumerate(bands)))), else_=0)
    stands = Account.days_past_due == DAYS_PAST_DUE
    seen = (IS_OPEN, condition(Account, viewer), in_portfolio(portfolio_id))
    rows = session.execute(
        select(
            band.label("band"),
            func.count(),
            func.coalesce(func.sum(Account.past_due_cents).filter(stands), 0),
            func.coalesce(func.sum(Account.balance_cents), 0),
            func.count().filter(Account.status == AccountStatus.ACTIVE),
            func.count().filter(Account.start_on >= started_since),
            func.count().filter(~stands),
        )
        .where(*seen)
        .group_by(band),
        {"today": today},
    ).all()
    found = {row[0]: [int(value) for value in row[1:6]] for row in rows}
    if any(row[6] for row in rows):
        # The day has changed and is not opened yet: amounts of these accounts are added up from their lines.
        late = session.execute(
            select(band.label("band"), func.sum(FROM_LINES)).where(*seen, ~stands).group_by(band), {"today": today}
        )
        for place, cents in late:
            found[place][1] += int(cents)
    return [Aged(bucket, *found.get(place, [0] * 5)) for place, bucket in enumerate(bands)]


def in_portfolio(portfolio_id: int | None) -> ColumnElement[bool]:
    """The accounts of one portfolio, or of all."""
    return true() if portfolio_id is None else Account.portfolio_id == portfolio_id
