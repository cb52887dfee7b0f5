"""Adding, changing and letting go of staff, as commands."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.staff.pins import pin_problem
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import AuditEvent, Staff
from app.services.staff import access, audit, people, pins
from app.services.staff.audit import SYSTEM, Actor
from app.transaction import transaction
from tests import factories
from tests.conftest import CommittedDatabase
from tests.staff.conftest import PIN, person


def given(actor: Actor = SYSTEM) -> dict[str, Any]:
    return {"now": now(), "actor": actor}


def change(session: Session, staff: Staff, actor: Actor = SYSTEM, **changes: Any) -> Staff:
    values: dict[str, Any] = {
        "name": staff.name,
        "role": staff.role,
        "portfolio_ids": [one.id for one in staff.portfolios],
        "sees_all_accounts": staff.sees_all_accounts,
        "version": staff.version,
    }
    return people.change(session, staff.id, **(values | changes), **given(actor))


def test_a_new_person_gets_a_random_pin_that_must_be_changed(session: Session) -> None:
    made = [people.add(session, username=f"p{n}", name="P", role=Role.COLLECTOR, **given()) for n in range(8)]
    assert len({pin for _, pin in made}) == 8
    for staff, pin in made:
        assert pin_problem(pin) is None
        assert staff.must_change_pin
        assert pins.is_right(pin, staff.pin_hash)
        assert pin not in (staff.pin_hash or "")


def test_the_same_pin_is_stored_differently_each_time_and_needs_the_pepper(session: Session) -> None:
    first, second = pins.hash_pin(PIN), pins.hash_pin(PIN)
    assert first != second
    assert first.startswith("$argon2id$")
    kept = pins._pepper["value"].decode()
    try:
        pins.set_pepper("another pepper, as long as the settings demand it")
        assert not pins.is_right(PIN, first)
    finally:
        pins.set_pepper(kept)
    assert pins.is_right(PIN, first)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": "ann"}, "username"),
        ({"username": "ANN "}, "username"),
        ({"username": "with space"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "x" * 41}, "username"),
        ({"name": "  "}, "name"),
        ({"pin": "123456"}, "pin"),
        ({"portfolio_ids": [999_999]}, "portfolios"),
    ],
)
def test_a_person_who_cannot_be_is_refused_by_name_of_the_field(
    session: Session, ann: Staff, wrong: dict[str, Any], field: str
) -> None:
    values: dict[str, Any] = {"username": "bob", "name": "Bob", "role": Role.COLLECTOR} | wrong
    with pytest.raises(RuleViolation) as refused:
        people.add(session, **values, **given())
    assert refused.value.field == field


def test_what_changed_and_nothing_else_is_in_the_audit_trail(session: Session, ann: Staff) -> None:
    bob = person(session, "bob", Role.COLLECTOR)
    change(session, bob, Actor(ann.id, ann.name), role=Role.SUPERVISOR)
    audit.write_pending(session)
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (event.action, event.actor_id, event.entity_id) == ("staff role changed", ann.id, bob.id)
    assert (event.before, event.after) == ({"role": "collector"}, {"role": "supervisor"})


def test_saving_without_a_change_leaves_no_trace(session: Session, ann: Staff) -> None:
    before = session.scalar(select(func.count()).select_from(AuditEvent))
    change(session, ann)
    audit.write_pending(session)
    assert session.scalar(select(func.count()).select_from(AuditEvent)) == before


def test_an_older_form_does_not_overwrite_a_newer_change(session: Session, ann: Staff) -> None:
    seen = ann.version
    change(session, ann, name="Ann New")
    with pytest.raises(RuleViolation, match="Somebody else changed Ann New"):
        change(session, ann, name="Ann Old", version=seen)


def test_a_failed_sign_in_does_not_make_an_open_form_stale(session: Session, ann: Staff) -> None:
    from app.services.staff import sign_in

    seen = ann.version
    assert not sign_in.confirm(session, ann.id, "111222", **given())
    change(session, ann, name="Ann New", version=seen)
    assert ann.name == "Ann New"


def test_nobody_deactivates_themselves(session: Session, ann: Staff) -> None:
    with pytest.raises(RuleViolation, match="You cannot deactivate yourself"):
        access.deactivate(session, ann.id, **given(Actor(ann.id, ann.name)))


def test_the_last_admin_stays(session: Session, ann: Staff) -> None:
    with pytest.raises(RuleViolation, match="is the last admin"):
        access.deactivate(session, ann.id, **given())
    with pytest.raises(RuleViolation, match="is the last admin"):
        change(session, ann, role=Role.MANAGER)
    person(session, "bea", Role.ADMIN)
    access.deactivate(session, ann.id, **given())
    assert not ann.is_active


def test_two_admins_who_remove_each_other_at_once_leave_one(committed_database: CommittedDatabase) -> None:
    with transaction() as session:
        both = [people.add(session, username=name, name=name, role=Role.ADMIN, **given())[0].id for name in ("ann", "bea")]
    refusals: list[str] = []
    ready = threading.Barrier(2)

    def remove(target: int, actor_id: int) -> None:
        with committed_database.app.app_context():
            try:
                with transaction() as own:
                    ready.wait()
                    access.deactivate(own, target, **given(Actor(actor_id, "Admin")))
            except RuleViolation as refusal:
                refusals.append(refusal.message)

    threads = [threading.Thread(target=remove, args=pair) for pair in (both, both[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    left = db.session.scalars(select(Staff.username).where(Staff.is_active)).all()
    assert len(left) == 1
    assert len(refusals) == 1


def test_a_collector_with_a_book_is_not_let_go_without_saying_so(session: Session, ann: Staff) -> None:
    cole = person(session, "cole", Role.COLLECTOR)
    for _ in range(2):
        factories.account(session, assigned_to_id=cole.id)
    with pytest.raises(RuleViolation, match=r"2 accounts are assigned to Cole Example\. Nobody works them"):
        access.deactivate(session, cole.id, **given())
    assert cole.is_active
    access.deactivate(session, cole.id, leaving_accounts=True, **given())
    assert not cole.is_active


def test_an_admin_of_one_portfolio_cannot_reach_the_others_through_somebody_else(session: Session) -> None:
    mine, other = factories.portfolio(session), factories.portfolio(session)
    boss = factories.staff(session, Role.ADMIN, portfolios=[mine])
    free = factories.staff(session, Role.ADMIN)
    actor = factories.actor(boss)
    beyond = "You work in some portfolios only"
    for ids in ([], [other.id], [mine.id, other.id]):
        with pytest.raises(RuleViolation, match=beyond):
            people.add(session, username="new", name="New", role=Role.ADMIN, portfolio_ids=ids, **given(actor))
    with pytest.raises(RuleViolation, match=beyond):
        access.set_pin(session, free.id, **given(actor))
    with pytest.raises(RuleViolation, match=beyond):
        change(session, boss, actor, portfolio_ids=[])
    people.add(session, username="new", name="New", role=Role.ADMIN, portfolio_ids=[mine.id], **given(actor))


def test_the_ten_guesses_of_ten_threads_are_all_counted(committed_database: CommittedDatabase) -> None:
    from app.services.staff import sign_in
    from tests.visitor import LIMITS

    with transaction() as session:
        people.add(session, username="ann", name="Ann", role=Role.ADMIN, pin=PIN, must_change_pin=False, **given())

    def guess() -> None:
        with committed_database.app.app_context(), transaction() as own:
            for_nobody = Actor(name="", ip="10.0.0.1")
            came = sign_in.sign_in(own, "ann", "111222", user_agent=None, limits=LIMITS, now=now(), actor=for_nobody)
            assert came is None

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    staff = db.session.scalars(select(Staff)).one()
    assert (staff.failed_sign_ins, staff.locked_until_at is not None) == (10, True)
    with transaction() as session:
        assert audit.first_broken(session) is None
