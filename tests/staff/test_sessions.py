"""How long a session lives and what ends it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.staff.roles import Role
from app.models import Staff, StaffSession
from app.services.staff import access, people, sessions
from app.services.staff.audit import SYSTEM
from tests.staff.conftest import PIN, knock, person
from tests.visitor import LIMITS, Visitor, signed_in

NINE = dt.datetime(2026, 11, 20, 14, 0, tzinfo=dt.UTC)


def test_fifteen_minutes_without_a_click_end_it(client: FlaskClient, session: Session, ann: Staff) -> None:
    with time_machine.travel(NINE, tick=False) as moved:
        browser = signed_in(client, session, ann)
        moved.shift(dt.timedelta(minutes=14, seconds=59))
        assert browser.get("/admin/pin/").status_code == 200
        moved.shift(dt.timedelta(minutes=14, seconds=59))
        assert browser.get("/admin/pin/").status_code == 200
        moved.shift(dt.timedelta(minutes=15))
        assert browser.get("/admin/pin/").status_code == 302


def test_ten_hours_end_it_however_busy_somebody_is(client: FlaskClient, session: Session, ann: Staff) -> None:
    with time_machine.travel(NINE, tick=False) as moved:
        browser = signed_in(client, session, ann)
        for _ in range(59):
            moved.shift(dt.timedelta(minutes=10))
            assert browser.get("/admin/pin/").status_code == 200
        moved.shift(dt.timedelta(minutes=10))
        assert browser.get("/admin/pin/").status_code == 302


def test_a_click_is_written_down_once_a_minute(client: FlaskClient, session: Session, ann: Staff) -> None:
    with time_machine.travel(NINE, tick=False) as moved:
        browser = signed_in(client, session, ann)
        moved.shift(dt.timedelta(seconds=59))
        browser.get("/admin/pin/")
        assert _last_seen(session) == NINE
        moved.shift(dt.timedelta(seconds=1))
        browser.get("/admin/pin/")
        assert _last_seen(session) == NINE + dt.timedelta(seconds=60)


def test_staying_signed_in_is_written_down_at_once(client: FlaskClient, session: Session, ann: Staff) -> None:
    with time_machine.travel(NINE, tick=False) as moved:
        browser = signed_in(client, session, ann)
        moved.shift(dt.timedelta(seconds=10))
        assert browser.post("/admin/pin/stay").status_code == 204
        assert _last_seen(session) == NINE + dt.timedelta(seconds=10)


def test_a_page_that_polls_by_itself_does_not_keep_an_empty_chair_signed_in(
    client: FlaskClient, session: Session, ann: Staff
) -> None:
    with time_machine.travel(NINE, tick=False) as moved:
        browser = signed_in(client, session, ann)
        for _ in range(14):
            moved.shift(dt.timedelta(minutes=1))
            assert browser.get("/admin/pin/", headers={"X-Background": "1"}).status_code == 200
        moved.shift(dt.timedelta(minutes=1))
        assert browser.get("/admin/pin/").status_code == 302


def test_the_page_says_how_many_seconds_are_left(client: FlaskClient, session: Session, ann: Staff) -> None:
    with time_machine.travel(NINE, tick=False) as moved:
        browser = signed_in(client, session, ann)
        moved.shift(dt.timedelta(minutes=5))
        assert 'data-idle-seconds="900"' in browser.get("/admin/pin/").text
        moved.shift(dt.timedelta(seconds=30))
        assert 'data-idle-seconds="870"' in browser.get("/admin/pin/").text


@pytest.mark.parametrize("change", ["role", "deactivate", "set_pin", "end_session"])
def test_what_an_admin_changes_about_somebody_ends_their_session_at_once(
    client: FlaskClient, session: Session, ann: Staff, change: str
) -> None:
    cole = person(session, "cole", Role.COLLECTOR)
    browser = signed_in(client, session, cole)
    assert browser.get("/admin/pin/").status_code == 200
    given: dict[str, Any] = {"now": clock.now(), "actor": SYSTEM}
    if change == "role":
        people.change(
            session,
            cole.id,
            name=cole.name,
            role=Role.MANAGER,
            portfolio_ids=[],
            sees_all_accounts=False,
            version=cole.version,
            **given,
        )
    elif change == "deactivate":
        access.deactivate(session, cole.id, **given)
    elif change == "set_pin":
        access.set_pin(session, cole.id, **given)
    else:
        only = session.scalars(select(StaffSession.id).where(StaffSession.staff_id == cole.id)).one()
        access.end_session(session, cole.id, only, **given)
    session.commit()
    assert browser.get("/admin/pin/").status_code == 302


def test_a_changed_name_leaves_the_session_alone(client: FlaskClient, session: Session, ann: Staff) -> None:
    browser = signed_in(client, session, ann)
    people.change(
        session,
        ann.id,
        name="Ann Other",
        role=Role.ADMIN,
        portfolio_ids=[],
        sees_all_accounts=False,
        version=ann.version,
        now=clock.now(),
        actor=SYSTEM,
    )
    session.commit()
    assert "Ann Other" in browser.get("/admin/pin/").text


def test_a_session_of_somebody_else_cannot_be_ended_in_ones_own_name(session: Session, ann: Staff) -> None:
    cole = person(session, "cole", Role.COLLECTOR)
    sessions.begin(session, ann.id, ip=None, user_agent=None, limits=LIMITS, now=clock.now())
    session.flush()
    only = session.scalars(select(StaffSession)).one()
    access.end_session(session, cole.id, only.id, now=clock.now(), actor=SYSTEM)
    session.refresh(only)
    assert only.ended_at is None


def test_the_first_page_after_a_given_pin_is_the_one_that_changes_it(stranger: Visitor, session: Session) -> None:
    person(session, "nia", Role.COLLECTOR, must_change_pin=True)
    knock(stranger, "nia", PIN)
    for path in ("/admin/", "/admin/step-up/", "/admin/pin/?x=1"):
        answer = stranger.get(path)
        assert answer.location == "/admin/pin/" if path != "/admin/pin/?x=1" else answer.status_code == 200
    refused = stranger.get("/admin/", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "change_pin")  # type: ignore[index]


def test_choosing_a_pin_opens_the_rest_and_closes_the_other_browsers(
    stranger: Visitor, client: FlaskClient, session: Session
) -> None:
    nia = person(session, "nia", Role.COLLECTOR, must_change_pin=True)
    elsewhere = signed_in(client, session, nia).cookie()
    knock(stranger, "nia", PIN)
    before = stranger.cookie()
    changed = stranger.post("/admin/pin/", {"current": PIN, "pin": "904417", "again": "904417"})
    assert (changed.status_code, changed.location) == (302, "/admin/")
    assert stranger.cookie() not in {before, ""}
    assert stranger.get("/admin/step-up/").status_code == 200
    client.set_cookie("leasedesk_session", elsewhere)
    assert stranger.get("/admin/step-up/").status_code == 302
    assert knock(stranger, "nia", PIN).status_code == 401
    assert knock(stranger, "nia", "904417").status_code == 302


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"current": "111222", "pin": "904417", "again": "904417"}, "That is not the PIN you have now."),
        ({"current": PIN, "pin": "904417", "again": "904418"}, "The two new PINs are not the same."),
        ({"current": PIN, "pin": "123456", "again": "123456"}, "too easy to guess"),
        ({"current": PIN, "pin": "90441", "again": "90441"}, "A PIN has 6 to 12 digits."),
        ({"current": PIN, "pin": PIN, "again": PIN}, "not the one you have now"),
        ({}, "Type the PIN you have now."),
    ],
)
def test_a_pin_that_will_not_do_changes_nothing(
    client: FlaskClient, session: Session, ann: Staff, form: dict[str, str], sentence: str
) -> None:
    browser = signed_in(client, session, ann)
    kept = ann.pin_hash
    answer = browser.post("/admin/pin/", form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not any(pin in answer.text for pin in (PIN, "904417", "123456"))
    session.expire_all()
    assert ann.pin_hash == kept
    assert browser.get("/admin/pin/").status_code == 200


def test_guessing_the_current_pin_on_an_open_screen_locks_like_the_door_does(
    client: FlaskClient, session: Session, ann: Staff
) -> None:
    browser = signed_in(client, session, ann)
    for _ in range(10):
        browser.post("/admin/pin/", {"current": "111222", "pin": "904417", "again": "904417"})
    session.expire_all()
    assert ann.locked_until_at is not None
    assert browser.get("/admin/pin/").status_code == 302


def _last_seen(session: Session) -> dt.datetime:
    session.expire_all()
    return session.scalars(select(StaffSession.last_seen_at)).one()
