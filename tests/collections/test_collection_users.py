"""Collection user profiles: the list, the six tabs, and what cannot be done."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.models import AuditEvent, CollectorProfile, Staff
from app.services.collections import profiles
from app.services.collections.day import assignment
from app.services.staff import audit
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import Visitor, signed_in

PAGE = "/admin/collection-users/"


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> Visitor:
    """An admin who has given the PIN again."""
    return signed_in(client, session, factories.staff(session, Role.ADMIN), stepped_up=True)


def profiled(session: Session, **given: object) -> Staff:
    """A collector with a profile."""
    person = factories.staff(session)
    session.add(CollectorProfile(staff_id=person.id, **given))
    session.flush()
    return person


def form(session: Session, person: Staff, **given: object) -> dict[str, object]:
    """What the page sends for a profile, with some fields changed."""
    row = session.get_one(CollectorProfile, person.id)
    plain = {"name_letters": "A-Z", "status_letters": "A-Z", "sort_order": "weight", "supervisor_id": 0, "default_user_id": 0}
    return plain | {"version": row.version} | given


def test_an_admin_makes_somebody_a_collection_user_like_another_one(session: Session, admin: Visitor) -> None:
    pattern = profiled(session, name_letters="ABC", minimum_cents=500, menu=["worklist"], is_supervisor=True)
    person = factories.staff(session)
    answer = admin.post(PAGE + "new", {"staff_id": person.id, "default_user_id": pattern.id})
    assert answer.status_code == 303
    row = session.get_one(CollectorProfile, person.id)
    assert (row.name_letters, row.minimum_cents, row.menu, row.default_user_id) == ("ABC", 500, ["worklist"], pattern.id)
    assert row.is_supervisor is False
    assert admin.post(PAGE + "new", {"staff_id": person.id, "default_user_id": 0}).status_code == 422
    assert person.name in admin.get(PAGE).text
    gone = profiled(session)
    gone.is_active = False
    session.flush()
    listed = admin.get(PAGE + "?active=0").text
    assert gone.name in listed and "1–1 of 1" in listed


def test_the_six_tabs_are_saved_together(session: Session, admin: Visitor) -> None:
    person, boss = profiled(session), factories.staff(session, Role.SUPERVISOR)
    book = factories.portfolio(session)
    page = admin.get(f"{PAGE}{person.id}").text
    for tab in ("Signature", "Account assignment", "Work schedule", "Menu access", "Supervisor", "Default user"):
        assert tab in page
    given = form(
        session,
        person,
        title="Senior collector",
        phone="614 555 0100",
        email="person@example.com",
        name_letters="a-f, X",
        status_letters="Z O",
        minimum_cents="50",
        maximum_cents="1,000.00",
        portfolio_ids=book.id,
        sees_all_accounts="y",
        sort_order="days_past_due",
        menu="worklist",
        is_supervisor="y",
        supervisor_id=boss.id,
    )
    assert admin.post(f"{PAGE}{person.id}", given).status_code == 303
    session.expire_all()
    row = session.get_one(CollectorProfile, person.id)
    assert (row.title, row.phone, row.name_letters, row.status_letters) == ("Senior collector", "614 555 0100", "ABCDEFX", "OZ")
    assert (row.minimum_cents, row.maximum_cents, row.portfolio_ids) == (5_000, 100_000, [book.id])
    assert (row.sort_order, row.menu, row.is_supervisor, row.supervisor_id) == ("days_past_due", ["worklist"], True, boss.id)
    assert (person.email, person.sees_all_accounts) == ("person@example.com", True)
    assert 'value="A-F X"' in admin.get(f"{PAGE}{person.id}").text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name_letters": "A-4"}, "“A-4” is neither letters nor a span of letters such as A-F."),
        ({"minimum_cents": "10", "maximum_cents": "5"}, "The largest amount is not below the smallest."),
        ({"version": "99"}, "Somebody else changed this"),
        ({"email": "nobody"}, "That is no e-mail address."),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(
    session: Session, admin: Visitor, given: dict[str, object], sentence: str
) -> None:
    person = profiled(session)
    answer = admin.post(f"{PAGE}{person.id}", form(session, person, **given))
    assert answer.status_code == 422 and sentence in answer.text


def test_a_change_counts_at_once(session: Session, admin: Visitor) -> None:
    person = profiled(session, name_letters="")
    account = factories.account(session)
    assert assignment.hand_out(session, first=0, last=2**40, on=TODAY, now=NOW) == 0
    admin.post(f"{PAGE}{person.id}", form(session, person))
    assert assignment.hand_out(session, first=0, last=2**40, on=TODAY, now=NOW) == 1
    session.expire_all()
    assert account.assigned_to_id == person.id


def test_a_collector_with_accounts_cannot_be_deleted(session: Session, admin: Visitor) -> None:
    person = profiled(session)
    account = factories.account(session, assigned_to_id=person.id)
    answer = admin.post(f"{PAGE}{person.id}/delete", follow_redirects=True)
    assert f"1 account is still assigned to {person.name}." in answer.text
    asked = admin.get(f"{PAGE}{person.id}").text
    assert f"Delete the profile of {person.name}?" in asked and "Keep it" in asked
    assert session.get(CollectorProfile, person.id) is not None
    account.assigned_to_id = None
    session.flush()
    admin.post(f"{PAGE}{person.id}/delete")
    session.expire_all()
    assert session.get(CollectorProfile, person.id) is None
    audit.write_pending(session)
    assert "collection user removed" in session.scalars(select(AuditEvent.action)).all()


def test_nobody_is_their_own_supervisor(session: Session) -> None:
    person = profiled(session, is_supervisor=True)
    with pytest.raises(RuleViolation, match="own supervisor"):
        profiles.change(
            session, person.id, {"supervisor_id": person.id}, version=1, now=NOW, actor=factories.actor(factories.staff(session))
        )


def test_the_worklist_of_a_collector_stands_in_the_order_of_their_profile(client: FlaskClient, session: Session) -> None:
    person = profiled(session, sort_order="days_past_due", menu=["worklist"])
    large = factories.account(session, assigned_to_id=person.id, lines=[(TODAY - dt.timedelta(days=3), 90_000)])
    old = factories.account(session, assigned_to_id=person.id, lines=[(TODAY - dt.timedelta(days=80), 5_000)])
    collector = signed_in(client, session, person)
    page = collector.get("/admin/collections/").text
    assert page.index(old.account_number) < page.index(large.account_number)
    session.get_one(CollectorProfile, person.id).sort_order = "weight"
    session.flush()
    page = collector.get("/admin/collections/").text
    assert page.index(large.account_number) < page.index(old.account_number)
