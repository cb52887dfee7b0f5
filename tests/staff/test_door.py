"""Signing in and out, in the way a browser does it."""

from __future__ import annotations

import datetime as dt
import time

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from admin_views.limits import limiter
from admin_views.staff.sign_in import REFUSED
from app import clock
from app.domain.staff.roles import Role
from app.domain.staff.sessions import token_hash
from app.models import AuditEvent, Staff, StaffSession
from app.services.staff import access
from app.services.staff.audit import Actor
from tests.staff.conftest import PIN, knock, person
from tests.visitor import Visitor, signed_in


def test_the_right_pin_opens_the_page_that_was_asked_for(stranger: Visitor, ann: Staff) -> None:
    asked = stranger.get("/admin/pin/?tab=sessions")
    assert (asked.status_code, asked.location) == (302, "/admin/sign-in/?next=/admin/pin/?tab%3Dsessions")
    came = knock(stranger, "Ann ", PIN, "/admin/pin/?tab=sessions")
    assert (came.status_code, came.location) == (302, "/admin/pin/?tab=sessions")
    assert "Ann Example" in stranger.get("/admin/pin/").text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "/\tx"])
def test_signing_in_never_leads_to_another_site(stranger: Visitor, ann: Staff, elsewhere: str) -> None:
    assert knock(stranger, "ann", PIN, elsewhere).location == "/admin/"


def test_unknown_wrong_locked_and_deactivated_get_the_same_words(stranger: Visitor, session: Session, ann: Staff) -> None:
    locked, gone = person(session, "lou", Role.COLLECTOR), person(session, "gus", Role.COLLECTOR)
    session.execute(
        update(Staff)
        .where(Staff.id == locked.id)
        .values(failed_sign_ins=10, locked_until_at=clock.now() + dt.timedelta(minutes=9))
    )
    access.deactivate(session, gone.id, now=clock.now(), actor=Actor(ann.id, ann.name))
    session.commit()
    answers = [knock(stranger, "nobody", PIN), knock(stranger, "ann", "000000")]
    answers += [knock(stranger, "lou", PIN), knock(stranger, "gus", PIN)]
    for answer in answers:
        assert answer.status_code == 401
        assert REFUSED in answer.text
        assert stranger.cookie() == ""


def test_an_unknown_name_takes_as_long_as_a_wrong_pin(stranger: Visitor, ann: Staff) -> None:
    limiter.enabled = False
    try:
        knock(stranger, "nobody", PIN)

        def seconds(username: str) -> float:
            begun = time.perf_counter()
            knock(stranger, username, "111222")
            return time.perf_counter() - begun

        unknown, wrong = (min(seconds(name) for _ in range(9)) for name in ("nobody", "ann"))
    finally:
        limiter.enabled = True
    # Half of the time is the PIN's hash: an answer without it would be far outside.
    assert 0.6 < unknown / wrong < 1.6


def test_ten_wrong_pins_lock_the_username_for_thirty_minutes_whatever_follows(
    stranger: Visitor, session: Session, ann: Staff
) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC), tick=False) as moved:
        for _ in range(10):
            assert knock(stranger, "ann", "111222").status_code == 401
        session.expire_all()
        assert ann.failed_sign_ins == 10
        assert ann.locked_until_at == dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)
        moved.shift(dt.timedelta(minutes=29, seconds=59))
        assert knock(stranger, "ann", PIN).status_code == 401
        moved.shift(dt.timedelta(seconds=1))
        assert knock(stranger, "ann", PIN).status_code == 302
    session.expire_all()
    assert (ann.failed_sign_ins, ann.locked_until_at) == (0, None)


def test_nine_wrong_pins_and_a_right_one_start_the_count_anew(stranger: Visitor, session: Session, ann: Staff) -> None:
    for _ in range(9):
        knock(stranger, "ann", "111222")
    assert knock(stranger, "ann", PIN).status_code == 302
    session.expire_all()
    assert ann.failed_sign_ins == 0


def test_twenty_refusals_of_one_address_within_a_minute_close_the_door_to_it(stranger: Visitor, ann: Staff) -> None:
    for number in range(20):
        assert knock(stranger, f"guess{number}", PIN).status_code == 401
    closed = knock(stranger, "ann", PIN)
    assert closed.status_code == 429
    assert "Reference" in closed.text


def test_an_office_behind_one_address_may_sign_in_all_morning(stranger: Visitor, ann: Staff) -> None:
    assert {knock(stranger, "ann", PIN).status_code for _ in range(25)} == {302}


def test_a_sign_in_gives_the_browser_a_new_session_and_ends_the_one_before(
    stranger: Visitor, session: Session, ann: Staff
) -> None:
    knock(stranger, "ann", PIN)
    first = stranger.cookie()
    knock(stranger, "ann", PIN)
    second = stranger.cookie()
    assert first != second
    ended = select(StaffSession.ended_reason).where(StaffSession.token_hash == token_hash(first))
    assert session.scalar(ended) == "signed in again"


def test_only_the_hash_of_a_session_is_stored(stranger: Visitor, session: Session, ann: Staff) -> None:
    knock(stranger, "ann", PIN)
    row = session.scalars(select(StaffSession)).one()
    assert stranger.cookie() not in str(vars(row).values())
    assert row.token_hash == token_hash(stranger.cookie())
    assert len(stranger.cookie()) >= 43  # 256 bits


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(stranger: Visitor, ann: Staff) -> None:
    cookie = next(line for line in knock(stranger, "ann", PIN).headers.getlist("Set-Cookie") if "leasedesk_session" in line)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # A demonstration over plain HTTP on this machine.
    assert "Expires" not in cookie


def test_over_tls_cookies_are_for_tls_only(client: FlaskClient, ann: Staff) -> None:
    browser = Visitor(client)
    page = client.get("/admin/sign-in/", base_url="https://localhost")
    assert all("Secure" in line for line in page.headers.getlist("Set-Cookie"))
    form = {"username": "ann", "pin": PIN, "csrf_token": browser.csrf_token()}
    came = client.post("/admin/sign-in/", data=form, base_url="https://localhost", headers={"Referer": "https://localhost/"})
    lines = came.headers.getlist("Set-Cookie")
    assert any("leasedesk_session" in line for line in lines)
    assert all("Secure" in line for line in lines)


def test_signing_out_ends_the_session_itself_and_not_only_the_cookie(client: FlaskClient, session: Session, ann: Staff) -> None:
    browser = signed_in(client, session, ann)
    kept = browser.cookie()
    left = browser.post("/admin/pin/sign-out")
    assert left.location == "/admin/sign-in/"
    assert browser.cookie() == ""
    client.set_cookie("leasedesk_session", kept)
    assert browser.get("/admin/step-up/").location == "/admin/sign-in/?next=/admin/step-up/"


def test_signing_out_everywhere_ends_the_other_browser_too(client: FlaskClient, session: Session, ann: Staff) -> None:
    elsewhere = signed_in(client, session, ann).cookie()
    here = signed_in(client, session, ann)
    here.post("/admin/pin/sign-out-everywhere")
    client.set_cookie("leasedesk_session", elsewhere)
    assert here.get("/admin/step-up/").status_code == 302
    assert session.scalar(select(func.count()).where(StaffSession.ended_reason == "signed out everywhere")) == 2


def test_signing_out_needs_a_form_of_ours(client: FlaskClient, session: Session, ann: Staff) -> None:
    browser = signed_in(client, session, ann)
    assert client.post("/admin/pin/sign-out").status_code == 400
    assert browser.get("/admin/sign-out").status_code == 404
    assert browser.get("/admin/pin/").status_code == 200


def test_every_try_is_in_the_audit_trail_and_no_pin_is(stranger: Visitor, session: Session, ann: Staff) -> None:
    knock(stranger, "ann", "111222")
    knock(stranger, "830471", "ann")
    knock(stranger, "ann", PIN)
    events = session.execute(select(AuditEvent.action, AuditEvent.reason, AuditEvent.ip).order_by(AuditEvent.id)).all()
    assert [tuple(event) for event in events[-3:]] == [
        ("sign-in refused", "wrong PIN, 1 in a row", "127.0.0.1"),
        ("sign-in refused", "unknown username", "127.0.0.1"),
        ("signed in", None, "127.0.0.1"),
    ]
    everything = " ".join(str(row) for row in session.execute(select(AuditEvent.before, AuditEvent.after, AuditEvent.reason)))
    assert "111222" not in everything
    assert PIN not in everything
