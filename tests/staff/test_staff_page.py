"""The staff page, as an admin uses it."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.staff.roles import Role
from app.models import Staff, StaffSession
from app.services.staff import pins
from tests import factories
from tests.staff.conftest import PIN, knock, person
from tests.visitor import Visitor, signed_in


@pytest.fixture
def admin(client: FlaskClient, session: Session, ann: Staff) -> Visitor:
    """Ann's browser, with her PIN just given again."""
    return signed_in(client, session, ann, stepped_up=True)


def shown_pin(text: str) -> str:
    found = re.search(r"data-new-pin>(\d+)<", text)
    assert found is not None
    return found[1]


def test_the_list_has_the_four_columns_of_the_contract_and_no_pin(admin: Visitor, session: Session, ann: Staff) -> None:
    person(session, "nia", Role.COLLECTOR, must_change_pin=True)
    gone = person(session, "gus", Role.MANAGER)
    gone.is_active = False
    session.commit()
    page = admin.get("/admin/staff/").text
    heads = [re.sub(r"<[^>]+>", "", head).strip() for head in re.findall(r'<th scope="col".*?</th>', page, re.DOTALL)]
    assert heads == ["Name", "PIN", "Role", "Status"]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "Nia Example nia Must be changed Collector Active" in text
    assert "Gus Example gus Set Manager Deactivated" in text
    assert "argon2" not in page
    assert (ann.pin_hash or "?") not in page


def test_an_export_holds_no_pin_and_no_hash(admin: Visitor) -> None:
    columns = "name,pin,role,status,username,accounts,sees_all_accounts,last_signed_in_at,created_at"
    answer = admin.get(f"/admin/staff/export/csv?cols={columns}")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [(row["Name"], row["PIN"], row["Role"], row["Status"]) for row in rows] == [("Ann Example", "Set", "Admin", "Active")]
    assert "argon2" not in answer.text


def test_a_new_person_signs_in_with_the_pin_that_was_shown_once(admin: Visitor, client: FlaskClient, session: Session) -> None:
    book = factories.portfolio(session, name="Ohio Valley")
    session.commit()
    form = {"username": "nia", "name": "Nia  Okafor", "role": "collector", "portfolios": str(book.id)}
    answer = admin.post("/admin/staff/new", form)
    assert answer.status_code == 200
    pin = shown_pin(answer.text)
    nia = session.scalars(select(Staff).where(Staff.username == "nia")).one()
    assert (nia.name, nia.role, nia.must_change_pin) == ("Nia Okafor", Role.COLLECTOR, True)
    assert [one.name for one in nia.portfolios] == ["Ohio Valley"]
    assert pin not in admin.get(f"/admin/staff/{nia.id}").text
    stranger = Visitor(client)
    client.delete_cookie("leasedesk_session")
    assert knock(stranger, "nia", pin).status_code == 302


def test_a_taken_username_is_said_beside_its_field_and_nothing_is_added(admin: Visitor, session: Session) -> None:
    answer = admin.post("/admin/staff/new", {"username": "Ann", "name": "Another", "role": "collector"})
    assert answer.status_code == 422
    assert "The username ann is taken." in answer.text
    assert session.scalars(select(Staff.name)).all() == ["Ann Example"]


@pytest.mark.parametrize("role", ["owner", "", "ADMIN"])
def test_a_role_that_does_not_exist_cannot_be_given(admin: Visitor, session: Session, role: str) -> None:
    assert admin.post("/admin/staff/new", {"username": "eve", "name": "Eve", "role": role}).status_code == 422
    assert session.scalar(select(Staff).where(Staff.username == "eve")) is None


def test_fields_that_the_form_does_not_show_cannot_be_written(admin: Visitor, session: Session) -> None:
    bob = person(session, "bob", Role.COLLECTOR)
    kept = bob.pin_hash
    form = {"name": "Bob", "role": "manager", "version": str(bob.version), "username": "root", "pin_hash": "x", "is_active": ""}
    assert admin.post(f"/admin/staff/{bob.id}/edit", form).status_code == 302
    session.expire_all()
    assert (bob.name, bob.role, bob.username, bob.pin_hash, bob.is_active) == ("Bob", Role.MANAGER, "bob", kept, True)


def test_two_admins_who_edit_the_same_person_do_not_overwrite_each_other(admin: Visitor, session: Session) -> None:
    bob = person(session, "bob", Role.COLLECTOR)
    form = {"name": "Bob One", "role": "collector", "version": str(bob.version)}
    assert admin.post(f"/admin/staff/{bob.id}/edit", form).status_code == 302
    late = admin.post(f"/admin/staff/{bob.id}/edit", form | {"name": "Bob Two"})
    assert late.status_code == 422
    assert "Somebody else changed Bob One" in late.text


def test_a_new_pin_replaces_the_old_one_and_ends_the_sessions(admin: Visitor, session: Session) -> None:
    bob = person(session, "bob", Role.COLLECTOR)
    answer = admin.post(f"/admin/staff/{bob.id}/pin")
    session.expire_all()
    assert pins.is_right(shown_pin(answer.text), bob.pin_hash)
    assert not pins.is_right(PIN, bob.pin_hash)
    assert bob.must_change_pin


def test_a_collector_with_a_book_is_named_in_the_dialog_and_in_the_refusal(admin: Visitor, session: Session) -> None:
    cole = person(session, "cole", Role.COLLECTOR)
    page = admin.get(f"/admin/staff/{cole.id}").text
    assert "assigned to Cole" not in page
    factories.account(session, assigned_to_id=cole.id)
    session.commit()
    sentence = "1 account is assigned to Cole Example."
    refused = admin.post(f"/admin/staff/{cole.id}/deactivate")
    assert refused.status_code == 303
    session.expire_all()
    assert cole.is_active
    page = admin.get(f"/admin/staff/{cole.id}").text
    assert page.count(sentence) == 2  # What was refused, and what the dialog will say.
    admin.post(f"/admin/staff/{cole.id}/deactivate", {"leaving_accounts": "1"})
    session.expire_all()
    assert not cole.is_active


def test_an_admin_cannot_deactivate_themselves(admin: Visitor, session: Session, ann: Staff) -> None:
    admin.post(f"/admin/staff/{ann.id}/deactivate")
    session.expire_all()
    assert ann.is_active
    assert "You cannot deactivate yourself" in admin.get("/admin/staff/").text


def test_one_browser_of_somebody_can_be_signed_out(admin: Visitor, client: FlaskClient, session: Session, ann: Staff) -> None:
    mine = admin.cookie()
    cole = person(session, "cole", Role.COLLECTOR)
    theirs = signed_in(client, session, cole).cookie()
    client.set_cookie("leasedesk_session", mine)
    only = session.scalars(select(StaffSession.id).where(StaffSession.staff_id == cole.id)).one()
    assert f"/admin/staff/{cole.id}/sessions/{only}/end" in admin.get(f"/admin/staff/{cole.id}").text
    # A session id of somebody else's page ends nothing.
    admin.post(f"/admin/staff/{ann.id}/sessions/{only}/end")
    session.expire_all()
    assert session.get_one(StaffSession, only).ended_at is None
    admin.post(f"/admin/staff/{cole.id}/sessions/{only}/end")
    client.set_cookie("leasedesk_session", theirs)
    assert admin.get("/admin/step-up/").location.startswith("/admin/sign-in/")


def test_every_change_to_staff_asks_for_the_pin_again(client: FlaskClient, session: Session, ann: Staff) -> None:
    browser = signed_in(client, session, ann)
    bob = person(session, "bob", Role.COLLECTOR)
    for path in ("new", f"{bob.id}/edit", f"{bob.id}/pin", f"{bob.id}/deactivate", f"{bob.id}/reactivate", f"{bob.id}/unlock"):
        answer = browser.post(f"/admin/staff/{path}", {"name": "X", "username": "x", "role": "admin", "version": "1"})
        assert answer.status_code == 403, path
        assert 'name="step_up_pin"' in answer.text, path
    session.expire_all()
    assert (bob.name, bob.is_active) == ("Bob Example", True)
    dialog = browser.get(f"/admin/staff/{bob.id}").text
    assert dialog.count('name="step_up_pin"') == 2  # In the dialogs for a new PIN and for deactivating.
    assert browser.post(f"/admin/staff/{bob.id}/deactivate", {"step_up_pin": PIN}).status_code == 303
    session.expire_all()
    assert not bob.is_active
