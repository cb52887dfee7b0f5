"""Which account comes next: the ranked worklist less what is done today, what others hold and what has to wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import FollowUpStatus, PromiseStatus
from app.domain.collections.profiles import WorkOrder
from app.domain.collections.worklist import FOLLOW_UP_FIRST
from app.domain.servicing.status import OPEN_STATUSES
from app.models import Account, Customer, FollowUp, Promise, Staff, WorkClaim, WorkedToday
from app.queries.collections.worklist import HAS_FOLLOW_UP_DUE, IS_WORKED_ON
from app.queries.scope import Viewer, condition

RANK = (
    Account.worklist_weight.desc(),
    Account.past_due_cents.desc(),
    Account.days_past_due.desc(),
    Account.account_number.collate("C"),
    Account.id,
)

# Spelled with the very number, as the indexes behind the other orders are.
IS_DUE: ColumnElement[bool] = Account.worklist_weight >= literal_column(str(FOLLOW_UP_FIRST))
"""Its follow-up's time has come, so it goes first whatever the order."""
BY_COLUMN = {
    WorkOrder.AMOUNT: Account.past_due_cents,
    WorkOrder.DAYS: Account.days_past_due,
    WorkOrder.BALANCE: Account.balance_cents,
}
_NAME: ColumnElement[str] = (
    select(func.lower(Customer.last_name + " " + Customer.first_name))
    .where(Customer.id == Account.customer_id)
    .correlate(Account)
    .scalar_subquery()
)


def ranking(order: WorkOrder) -> tuple[Any, ...]:
    """The order of work by a profile: what has a follow-up due, then what it says, then by weight."""
    if order is WorkOrder.WEIGHT:
        return RANK
    own: ColumnElement[Any] = _NAME if order is WorkOrder.NAME else BY_COLUMN[order].desc()
    return (IS_DUE.desc(), own, *RANK)


@dataclass(frozen=True, slots=True)
class Loop:
    """Whose accounts are worked, by whom, when."""

    viewer: Viewer
    today: dt.date
    now: dt.datetime
    own: bool
    """Only what is assigned to the person; otherwise all that they may see."""
    profile_order: WorkOrder = WorkOrder.WEIGHT
    """In which order the person's profile lists their work."""

    @property
    def order(self) -> WorkOrder:
        """A profile speaks of one's own accounts; everybody's are worked by weight."""
        return self.profile_order if self.own else WorkOrder.WEIGHT

    @property
    def book(self) -> ColumnElement[bool]:
        """The accounts of the worklist that is worked."""
        seen = and_(IS_WORKED_ON, condition(Account, self.viewer))
        return and_(seen, Account.assigned_to_id == self.viewer.staff_id) if self.own else seen


def has_own_book(session: Session, viewer: Viewer) -> bool:
    """Whether anything to work is assigned to the person."""
    own = select(Account.id).where(IS_WORKED_ON, condition(Account, viewer), Account.assigned_to_id == viewer.staff_id)
    return session.scalar(own.limit(1)) is not None


def _open_follow_up(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    is_open = and_(FollowUp.account_id == Account.id, FollowUp.status == FollowUpStatus.OPEN)
    return exists().where(is_open, *conditions).correlate(Account)


def is_done(loop: Loop) -> ColumnElement[bool]:
    """Handled today already, and no follow-up has come due since."""
    since = _open_follow_up(FollowUp.due_at > WorkedToday.at, FollowUp.due_at <= loop.now).correlate(Account, WorkedToday)
    return exists().where(WorkedToday.account_id == Account.id, WorkedToday.business_on == loop.today, ~since).correlate(Account)


def has_to_wait(loop: Loop) -> ColumnElement[bool]:
    """A promise is open until its day, or a follow-up is planned for later today; a follow-up whose time has come breaks in."""
    ends = clock.moment(loop.today + dt.timedelta(days=1), dt.time.min)
    is_promised = (
        exists()
        .where(Promise.account_id == Account.id, Promise.status == PromiseStatus.OPEN, Promise.due_on >= loop.today)
        .correlate(Account)
    )
    is_planned = _open_follow_up(FollowUp.due_at > loop.now, FollowUp.due_at < ends)
    has_come = and_(HAS_FOLLOW_UP_DUE, _open_follow_up(FollowUp.due_at <= loop.now))
    return and_(or_(is_promised, and_(HAS_FOLLOW_UP_DUE, is_planned)), ~has_come)


def is_held_by_another(loop: Loop) -> ColumnElement[bool]:
    """Somebody else has the account before them now."""
    return (
        exists()
        .where(
            WorkClaim.account_id == Account.id,
            WorkClaim.staff_id != loop.viewer.staff_id,
            WorkClaim.until_at > loop.now,
        )
        .correlate(Account)
    )


def waiting(loop: Loop) -> ColumnElement[bool]:
    """Accounts that this person could be given now."""
    return and_(loop.book, ~is_done(loop), ~has_to_wait(loop), ~is_held_by_another(loop))


def candidate(loop: Loop, *, after: Account | None, without: Sequence[int] = ()) -> Select[Any]:
    """The id of the first account that waits, or of the first behind `after`; rows that others lock are skipped."""
    query = select(Account.id).where(waiting(loop), Account.id.not_in(without)).order_by(*ranking(loop.order)).limit(1)
    if after is not None:
        query = query.where(behind(after, loop.order))
    return query.with_for_update(skip_locked=True, key_share=True)


def behind(account: Account, order: WorkOrder = WorkOrder.WEIGHT) -> ColumnElement[bool]:
    """Accounts that stand behind another in an order of work."""
    if order is WorkOrder.WEIGHT:
        return _lighter(account)
    if order is WorkOrder.NAME:
        name = f"{account.customer.last_name} {account.customer.first_name}".lower()
        later, level = func.lower(name) < _NAME, func.lower(name) == _NAME
    else:
        column = BY_COLUMN[order]
        value = getattr(account, column.key)
        later, level = column < value, column == value
    behind_it = or_(later, and_(level, _lighter(account)))
    if (account.worklist_weight or 0) >= FOLLOW_UP_FIRST:
        return or_(and_(IS_DUE, behind_it), ~IS_DUE)
    return and_(~IS_DUE, behind_it)


def _lighter(account: Account) -> ColumnElement[bool]:
    """Accounts behind another by weight and what decides between equal ones."""
    points, cents, days = account.worklist_weight or 0, account.past_due_cents, account.days_past_due
    number = Account.account_number.collate("C")
    is_level = and_(Account.past_due_cents == cents, Account.days_past_due == days)
    return and_(
        Account.worklist_weight <= points,
        or_(
            Account.worklist_weight < points,
            Account.past_due_cents < cents,
            and_(Account.past_due_cents == cents, Account.days_past_due < days),
            and_(is_level, number > account.account_number),
            and_(is_level, number == account.account_number, Account.id > account.id),
        ),
    )


def together(session: Session, account: Account, *, viewer: Viewer) -> list[Account]:
    """The open accounts of one person that the viewer may see: they are worked together, the given one first, then by rank."""
    query = select(Account).where(
        Account.customer_id == account.customer_id,
        or_(Account.id == account.id, Account.status.in_(sorted(OPEN_STATUSES))),
        condition(Account, viewer),
    )
    return list(session.scalars(query.order_by(Account.id != account.id, RANK[0].nulls_last(), *RANK[1:])))


def held_by(session: Session, account_ids: Sequence[int], *, staff_id: int, now: dt.datetime) -> Row[*tuple[Any, ...]] | None:
    """Who else holds any of these accounts now, and until when: (name, until_at)."""
    return session.execute(
        select(Staff.name, WorkClaim.until_at)
        .join(Staff, Staff.id == WorkClaim.staff_id)
        .where(WorkClaim.account_id.in_(account_ids), WorkClaim.staff_id != staff_id, WorkClaim.until_at > now)
        .order_by(WorkClaim.until_at.desc())
        .limit(1)
    ).one_or_none()


UP_NEXT = 3


def up_next(session: Session, loop: Loop, *, after: Account, without: Sequence[int]) -> list[Row[*tuple[Any, ...]]]:
    """The next people after an account: [(account id, first name, last name, days past due, past due cents)]."""
    query = (
        select(
            Account.id,
            Account.customer_id,
            Customer.first_name,
            Customer.last_name,
            Account.days_past_due,
            Account.past_due_cents,
        )
        .join(Customer, Customer.id == Account.customer_id)
        .where(waiting(loop), Account.id.not_in(without), Account.customer_id != after.customer_id)
        .where(behind(after, loop.order))
        .order_by(*ranking(loop.order))
        .limit(3 * UP_NEXT)
    )
    people = {row.customer_id: row for row in reversed(session.execute(query).all())}  # Of one person the first account.
    return list(reversed(people.values()))[:UP_NEXT]
