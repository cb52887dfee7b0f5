"""How far somebody is with the worklist of the day, and what of it is put off."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import FollowUpStatus
from app.models import Account, FollowUp, WorkedToday
from app.queries.collections.next_account import Loop, behind, has_to_wait, is_done, is_held_by_another

MOST_COUNTED = 1_000
"""Nobody works through more in a day; beyond it a list is "1,000+", and counting it would cost every page."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is with the worklist of the day."""

    place: int | None
    """Of the account before them, by rank; None when it stands on no list, or far down a long one."""
    accounts: int
    worked: int
    """Accounts of this list that are done today."""
    is_capped: bool
    """There are more accounts than were counted."""


def progress_of(session: Session, loop: Loop, account: Account | None) -> Progress:
    """Place of an account in the list, how long the list is, and how much of it is done."""
    listed = select(Account.id).where(loop.book)
    accounts = session.scalar(select(func.count()).select_from(listed.limit(MOST_COUNTED).subquery())) or 0
    place = None
    if account is not None and account.worklist_weight is not None:
        before = listed.where(~behind(account, loop.order), Account.id != account.id)
        ahead = session.scalar(select(func.count()).select_from(before.limit(MOST_COUNTED).subquery())) or 0
        place = 1 + ahead if ahead < MOST_COUNTED else None
    worked = select(func.count()).where(WorkedToday.business_on == loop.today, WorkedToday.staff_id == loop.viewer.staff_id)
    return Progress(place, int(accounts), int(session.scalar(worked) or 0), is_capped=accounts >= MOST_COUNTED)


@dataclass(frozen=True, slots=True)
class PutOff:
    """Accounts of the worklist that are not given to anybody now."""

    promised: int
    """Wait for a promise, or for a follow-up later today."""
    held: int
    """Somebody else has them before them."""
    next_at: dt.datetime | None
    """The next follow-up of today whose time is still to come."""


def put_off(session: Session, loop: Loop) -> PutOff:
    """Why nothing may be left although the list is not empty."""
    ends = clock.moment(loop.today + dt.timedelta(days=1), dt.time.min)
    rest = select(func.count()).where(loop.book, ~is_done(loop))
    next_at = session.scalar(
        select(func.min(FollowUp.due_at))
        .join(Account, Account.id == FollowUp.account_id)
        .where(loop.book, FollowUp.status == FollowUpStatus.OPEN, FollowUp.due_at > loop.now, FollowUp.due_at < ends)
    )
    return PutOff(
        promised=int(session.scalar(rest.where(has_to_wait(loop))) or 0),
        held=int(session.scalar(rest.where(is_held_by_another(loop))) or 0),
        next_at=next_at,
    )
