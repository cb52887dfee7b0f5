"""Assigning many accounts: the book, its history, the timeline, the audit trail, and the way back."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.servicing.status import AccountStatus
from app.models import Account, Activity, Assignment, StaffPortfolio
from app.services.collections import assignments
from app.services.staff import audit
from tests import factories
from tests.admin_views.grid.cast import Cast, lease

NOW = factories.NOW
LATER = NOW + dt.timedelta(minutes=1)


def books(session: Session, *rows: Account) -> list[int | None]:
    session.expire_all()
    return [session.get_one(Account, row.id).assigned_to_id for row in rows]


def test_assigning_moves_accounts_and_writes_their_history(people: Cast, session: Session) -> None:
    nobodys = lease(session, people.book, "No", "Body")
    boss = factories.actor(people.supervisor)
    done = assignments.assign(session, [people.own.id, nobodys.id], people.colleague.id, reason="Holiday", now=NOW, actor=boss)
    assert (done.count, done.sentence) == (2, "2 accounts assigned to Carl Boone.")
    assert books(session, people.own, nobodys) == [people.colleague.id] * 2
    history = session.execute(
        select(Assignment.staff_id, Assignment.until_at, Assignment.is_manual, Assignment.reason, Assignment.by_id)
        .where(Assignment.account_id == people.own.id)
        .order_by(Assignment.from_at)
    ).all()
    assert [tuple(row) for row in history] == [
        (people.collector.id, NOW, False, "Before its history began", None),
        (people.colleague.id, None, True, "Holiday", people.supervisor.id),
    ]
    told = session.execute(select(Activity.account_id, Activity.summary).where(Activity.kind == ActivityKind.ASSIGNMENT))
    assert {row[0]: row[1] for row in told} == {
        people.own.id: "Assigned to Carl Boone (before: Cora Lane)",
        nobodys.id: "Assigned to Carl Boone",
    }


def test_the_audit_trail_names_who_assigned_what_to_whom(people: Cast, session: Session) -> None:
    boss = factories.actor(people.supervisor)
    assignments.assign(session, [people.own.id], people.colleague.id, reason="Holiday", now=NOW, actor=boss)
    audit.write_pending(session)
    from app.models import AuditEvent

    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "accounts assigned")).one()
    assert event.actor_id == people.supervisor.id
    assert event.reason == "Holiday"
    assert event.after == {"to": "Carl Boone", "accounts": 1, "ids": [people.own.id]}


def test_accounts_that_are_finished_theirs_already_or_not_for_them_are_left_alone(people: Cast, session: Session) -> None:
    finished = lease(session, people.book, "Paid", "Off", status=AccountStatus.PAID_OFF)
    elsewhere = lease(session, factories.portfolio(session), "Else", "Where")
    session.add(StaffPortfolio(staff_id=people.colleague.id, portfolio_id=people.book.id))
    session.flush()
    session.expire_all()
    chosen = [people.own.id, people.foreign.id, finished.id, elsewhere.id]
    assert assignments.left_out(session, chosen, people.colleague.id) == [
        ("paid off, cancelled, void or closed", 1),
        ("assigned to Carl Boone already", 1),
        ("in a portfolio that Carl Boone does not see", 1),
    ]
    done = assignments.assign(
        session, chosen, people.colleague.id, reason="Holiday", now=NOW, actor=factories.actor(people.supervisor)
    )
    assert done.count == 1
    assert books(session, people.own, finished, elsewhere) == [people.colleague.id, None, None]


def test_assigning_again_changes_nothing(people: Cast, session: Session) -> None:
    boss = factories.actor(people.supervisor)
    assignments.assign(session, [people.own.id], people.colleague.id, reason="Holiday", now=NOW, actor=boss)
    again = assignments.assign(session, [people.own.id], people.colleague.id, reason="Holiday", now=LATER, actor=boss)
    assert (again.count, again.undo) == (0, None)
    assert len(session.scalars(select(Assignment).where(Assignment.account_id == people.own.id)).all()) == 2


def test_undo_gives_each_account_back_to_whom_it_was_taken_from(people: Cast, session: Session) -> None:
    nobodys = lease(session, people.book, "No", "Body")
    boss = factories.actor(people.supervisor)
    chosen = [people.own.id, people.foreign.id, nobodys.id]
    done = assignments.assign(session, chosen, people.supervisor.id, reason="Holiday", now=NOW, actor=boss)
    assert done.undo is not None
    back = assignments.undo(session, done.undo, now=LATER, actor=boss)
    assert back.count == 3
    assert books(session, people.own, people.foreign, nobodys) == [people.collector.id, people.colleague.id, None]
    told = session.scalars(select(Activity.withdrawn_at).where(Activity.kind == ActivityKind.ASSIGNMENT)).all()
    assert set(told) == {LATER}
    current = session.execute(select(Assignment.account_id, Assignment.staff_id).where(Assignment.until_at.is_(None)))
    assert {row[0]: row[1] for row in current} == {people.own.id: people.collector.id, people.foreign.id: people.colleague.id}


def test_undo_leaves_an_account_that_moved_on_where_it_is(people: Cast, session: Session) -> None:
    boss = factories.actor(people.supervisor)
    done = assignments.assign(session, [people.own.id], people.colleague.id, reason="Holiday", now=NOW, actor=boss)
    assignments.assign(session, [people.own.id], people.admin.id, reason="Complaint", now=LATER, actor=boss)
    assert done.undo is not None
    assert assignments.undo(session, done.undo, now=LATER, actor=boss).count == 0
    assert books(session, people.own) == [people.admin.id]


def test_releasing_empties_the_book_and_can_be_undone(people: Cast, session: Session) -> None:
    nobodys = lease(session, people.book, "No", "Body")
    boss = factories.actor(people.supervisor)
    chosen = [people.own.id, nobodys.id]
    assert assignments.nobodys(session, chosen) == [("in nobody's book already", 1)]
    done = assignments.release(session, chosen, now=NOW, actor=boss)
    assert (done.count, done.sentence) == (1, "1 account released.")
    assert books(session, people.own, nobodys) == [None, None]
    assert done.undo is not None
    assert assignments.undo(session, done.undo, now=LATER, actor=boss).count == 1
    assert books(session, people.own, nobodys) == [people.collector.id, None]


@pytest.mark.parametrize(("reason", "gone"), [("", False), ("  ", False), ("x" * 201, False), ("Holiday", True)])
def test_assigning_needs_a_reason_and_somebody_who_works_here(people: Cast, session: Session, reason: str, gone: bool) -> None:
    people.colleague.is_active = not gone
    session.flush()
    with pytest.raises(RuleViolation) as refused:
        assignments.assign(
            session, [people.own.id], people.colleague.id, reason=reason, now=NOW, actor=factories.actor(people.supervisor)
        )
    assert refused.value.field == ("staff_id" if gone else "reason")
    assert books(session, people.own) == [people.collector.id]
