"""What each collector has before them and did today, what nobody has, and what nobody looked after lately."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import CONTACT_KINDS, CONVERSATIONS, PromiseStatus
from app.domain.staff.roles import Role
from app.models import Account, Activity, Promise, ReassignmentHold, Staff, WorkedToday
from app.queries.collections.narrowing import Narrowed, Span
from app.queries.collections.worklist import IS_WORKED_ON
from app.queries.listing import Criteria
from app.queries.scope import Viewer, condition

PROMISE_DAYS = 30
"""Promises taken and kept are those of so many days, today's included."""


@dataclass(frozen=True, slots=True)
class Carried:
    """One collector's row; `staff_id` is None for what is in nobody's book."""

    staff_id: int | None
    name: str
    role: Role | None
    open_items: int
    past_due_cents: int
    gaps: int
    """Open items that nobody touched for so many days."""
    worked_today: int = 0
    """Today, or in the days that were asked for."""
    contacts: int = 0
    """Conversations of today, or of those days."""
    promises_taken: int = 0
    promises_kept: int = 0


def untouched(since: dt.datetime) -> ColumnElement[bool]:
    """Nobody tried to reach the customer of an account since a moment."""
    return ~exists().where(
        Activity.account_id == Account.id,
        Activity.at >= since,
        Activity.kind.in_(sorted(CONTACT_KINDS)),
        Activity.withdrawn_at.is_(None),
    ).correlate(Account)


def carried(
    session: Session,
    viewer: Viewer,
    *,
    today: dt.date,
    gap_days: int,
    criteria: Criteria | None = None,
    span: Span | None = None,
) -> list[Carried]:
    """Each collector who works here or has open items, by name; what nobody has stands last, unless collectors were asked for.

    Five statements. `gap_days`: untouched for so many days is a gap. With `span`, what was done and promised is of those days;
    open items are always those of now.
    """
    asked = Narrowed(viewer, today, criteria or Criteria())
    done = span or Span(today, today)
    promised = span or Span(today - dt.timedelta(days=PROMISE_DAYS - 1), today)
    since = clock.moment(today - dt.timedelta(days=gap_days - 1), dt.time.min)
    books = {
        row.assigned_to_id: row
        for row in session.execute(
            select(
                Account.assigned_to_id,
                func.count().label("items"),
                func.coalesce(func.sum(Account.past_due_cents), 0).label("cents"),
                func.count().filter(untouched(since)).label("gaps"),
            )
            .where(IS_WORKED_ON, asked.accounts)
            .group_by(Account.assigned_to_id)
        )
    }
    counts = [_worked(session, asked, done), _contacts(session, asked, done), *_promises(session, asked, promised)]
    theirs = or_(and_(Staff.role == Role.COLLECTOR, Staff.is_active), Staff.id.in_([one for one in books if one is not None]))
    people = session.scalars(select(Staff).where(theirs, asked.people).order_by(func.lower(Staff.name), Staff.id))
    rows = [_row(one.id, one.name, one.role, books.get(one.id), *(each.get(one.id, 0) for each in counts)) for one in people]
    return [*rows, _row(None, "Nobody", None, books.get(None), 0, 0, 0, 0)] if asked.has_nobody else rows


def _row(
    staff_id: int | None, name: str, role: Role | None, book: Any, worked: int, contacts: int, taken: int, kept: int
) -> Carried:
    return Carried(
        staff_id=staff_id,
        name=name,
        role=role,
        open_items=book.items if book else 0,
        past_due_cents=int(book.cents) if book else 0,
        gaps=book.gaps if book else 0,
        worked_today=worked,
        contacts=contacts,
        promises_taken=taken,
        promises_kept=kept,
    )


def _by_person(session: Session, query: Select[*tuple[Any, ...]]) -> dict[int, int]:
    return {row[0]: row[1] for row in session.execute(query)}


def _worked(session: Session, asked: Narrowed, span: Span) -> dict[int, int]:
    query = (
        select(WorkedToday.staff_id, func.count())
        .join(Account, Account.id == WorkedToday.account_id)
        .where(WorkedToday.business_on.between(span.from_on, span.to_on), asked.accounts)
    )
    return _by_person(session, query.group_by(WorkedToday.staff_id))


def _contacts(session: Session, asked: Narrowed, span: Span) -> dict[int, int]:
    query = select(Activity.staff_id, func.count()).where(
        Activity.at >= span.begins,
        Activity.at < span.ends,
        Activity.disposition.in_(sorted(CONVERSATIONS)),
        Activity.withdrawn_at.is_(None),
        Activity.staff_id.is_not(None),
        asked.hanging(Activity),
    )
    return _by_person(session, query.group_by(Activity.staff_id))


def _promises(session: Session, asked: Narrowed, span: Span) -> tuple[dict[int, int], dict[int, int]]:
    """Promises taken in these days, and those of them that were kept."""
    query = (
        select(Promise.taken_by_id, func.count(), func.count().filter(Promise.status == PromiseStatus.KEPT))
        .where(
            Promise.made_at >= span.begins,
            Promise.made_at < span.ends,
            Promise.status != PromiseStatus.CANCELLED,
            Promise.taken_by_id.is_not(None),
            asked.hanging(Promise),
        )
        .group_by(Promise.taken_by_id)
    )
    rows: Sequence[Any] = session.execute(query).all()
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


def to_hand_out(viewer: Viewer, *, everybody: bool) -> Select[Any]:
    """Ids of open items in nobody's book, or of all of them but those that are never moved by a machine."""
    query = select(Account.id).where(IS_WORKED_ON, condition(Account, viewer))
    if not everybody:
        return query.where(Account.assigned_to_id.is_(None))
    return query.where(~exists().where(ReassignmentHold.account_id == Account.id).correlate(Account))


def collectors_of(session: Session, viewer: Viewer) -> list[int]:
    """Who shares the work: the active collectors who may see a portfolio of the viewer's."""
    people = session.scalars(select(Staff).where(Staff.role == Role.COLLECTOR, Staff.is_active).order_by(Staff.id))
    return [
        person.id
        for person in people
        if not viewer.portfolio_ids or not (seen := Viewer.of(person).portfolio_ids) or seen & viewer.portfolio_ids
    ]
