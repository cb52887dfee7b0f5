"""The PIN again, before something dangerous. The screens here stand for any that marks a route."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
import time_machine
from flask import Flask, request
from flask.testing import FlaskClient
from flask_admin import Admin, expose
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from admin_views import gate
from admin_views.gate import Gated, needs
from app.domain.staff.roles import Role
from app.models import AuditEvent, Staff
from app.settings import Settings
from tests.staff.conftest import PIN
from tests.visitor import Visitor, signed_in

DANGER = "/admin/danger/"


class Danger(Gated):
    """A page with one dangerous button."""

    minimum_role = Role.COLLECTOR

    @expose("/")
    @needs(step_up=True)
    def index(self) -> str:
        """Show it."""
        return "the dangerous page"

    @expose("/do", methods=("POST",))
    @needs(step_up=True)
    def do(self) -> str:
        """Say what arrived."""
        return repr(sorted(request.form.items(multi=True))) + repr(sorted(request.files))


@pytest.fixture(scope="session")
def app(settings: Settings, headless_app: Flask) -> Flask:
    """The product with one screen more."""
    from wsgi import create_app

    made = create_app(settings)
    made.config["TESTING"] = True
    admin: Admin = made.extensions["admin"][0]
    admin.add_view(Danger(name="Danger", endpoint="danger", url=DANGER.rstrip("/")))
    gate.seal(made)
    return made


@pytest.fixture
def visitor(client: FlaskClient, session: Session, ann: Staff) -> Visitor:
    """Ann's browser; she signed in, but did not give her PIN again."""
    return signed_in(client, session, ann)


def test_a_page_asks_for_the_pin_and_then_opens(visitor: Visitor) -> None:
    asked = visitor.get(f"{DANGER}?tab=2")
    assert (asked.status_code, asked.location) == (302, "/admin/step-up/?next=/admin/danger/?tab%3D2")
    before = visitor.cookie()
    given = visitor.post(asked.location or "", {"step_up_pin": PIN})
    assert (given.status_code, given.location) == (302, f"{DANGER}?tab=2")
    assert visitor.cookie() not in {before, ""}
    assert visitor.get(f"{DANGER}?tab=2").text == "the dangerous page"


def test_the_old_cookie_is_worth_nothing_after_the_pin_was_given_again(visitor: Visitor) -> None:
    old = visitor.cookie()
    visitor.post("/admin/step-up/", {"step_up_pin": PIN})
    visitor.client.set_cookie("leasedesk_session", old)
    assert visitor.get("/admin/step-up/").status_code == 302


def test_a_form_is_kept_while_the_pin_is_asked_and_the_route_never_sees_the_pin(visitor: Visitor) -> None:
    asked = visitor.post(f"{DANGER}do?from=page", [("ids", "1"), ("ids", "2"), ("reason", '"> <b>why</b>')])
    assert asked.status_code == 403
    action = re.search(r'<form class="form-x[^>]+action="([^"]+)"', asked.text)
    assert action is not None
    assert action[1] == "/admin/danger/do?from=page"
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.text.split("form-x")[1])
    assert [pair for pair in hidden if pair[0] != "csrf_token"] == [
        ("ids", "1"),
        ("ids", "2"),
        ("reason", "&#34;&gt; &lt;b&gt;why&lt;/b&gt;"),
    ]
    kept = [("ids", "1"), ("ids", "2"), ("reason", "why"), ("step_up_pin", PIN)]
    done = visitor.post(action[1], kept)
    assert done.status_code == 200
    assert done.text.startswith("[('csrf_token', ")
    assert "('ids', '1'), ('ids', '2'), ('reason', 'why')" in done.text
    assert "pin" not in done.text


def test_a_dialog_that_asks_right_away_needs_no_second_page(visitor: Visitor) -> None:
    assert visitor.post(f"{DANGER}do", {"step_up_pin": PIN}).status_code == 200
    assert visitor.post(f"{DANGER}do", {"reason": "again"}).status_code == 200


def test_a_wrong_pin_keeps_the_form_and_does_nothing(visitor: Visitor) -> None:
    answer = visitor.post(f"{DANGER}do", {"reason": "why", "step_up_pin": "111222"})
    assert answer.status_code == 403
    assert "That was not your PIN." in answer.text
    assert 'name="reason" value="why"' in answer.text
    assert "111222" not in answer.text


def test_a_pin_in_a_form_from_elsewhere_is_not_even_tried(visitor: Visitor, session: Session, ann: Staff) -> None:
    answer = visitor.client.post(f"{DANGER}do", data={"step_up_pin": "111222"})
    assert answer.status_code == 400
    session.expire_all()
    assert ann.failed_sign_ins == 0


def test_the_pin_counts_for_five_minutes(visitor: Visitor) -> None:
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as moved:
        visitor.post("/admin/step-up/", {"step_up_pin": PIN})
        moved.shift(dt.timedelta(minutes=4, seconds=59))
        assert visitor.get(DANGER).status_code == 200
        moved.shift(dt.timedelta(seconds=1))
        assert visitor.get(DANGER).status_code == 302


def test_signing_in_is_not_giving_the_pin_again(visitor: Visitor) -> None:
    visitor.post("/admin/sign-in/", {"username": "ann", "pin": PIN})
    assert visitor.get(DANGER).status_code == 302


def test_a_file_cannot_be_kept_so_the_way_leads_back_to_its_form(visitor: Visitor) -> None:
    form = {"file": (io.BytesIO(b"rows"), "rows.csv"), "reason": "why"}
    answer = visitor.post(f"{DANGER}do", form, headers={"Referer": "http://localhost/admin/import/?x=1"})
    assert answer.status_code == 403
    assert "was not kept" in answer.text
    assert 'action="/admin/step-up/?next=/admin/import/?x%3D1"' in answer.text


def test_a_script_is_told_where_to_ask(visitor: Visitor) -> None:
    answer = visitor.post(f"{DANGER}do", headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert answer.json["error"]["code"] == "step_up"  # type: ignore[index]
    assert visitor.post("/admin/step-up/", {"step_up_pin": PIN}, headers={"Accept": "application/json"}).status_code == 204
    assert visitor.post(f"{DANGER}do", headers={"Accept": "application/json"}).status_code == 200


def test_a_side_sheet_gets_the_question_as_a_fragment(visitor: Visitor) -> None:
    answer = visitor.post(f"{DANGER}do", {"reason": "why"}, headers={"X-Fragment": "1"})
    assert answer.status_code == 403
    assert answer.text.lstrip().startswith("<div data-fragment")
    assert 'name="step_up_pin"' in answer.text


def test_ten_wrong_pins_lock_and_end_the_session(visitor: Visitor, session: Session, ann: Staff) -> None:
    answers = [visitor.post(f"{DANGER}do", {"step_up_pin": "111222"}) for _ in range(10)]
    assert [answer.status_code for answer in answers] == [403] * 9 + [302]
    assert answers[-1].location == "/admin/sign-in/"
    assert visitor.get("/admin/step-up/").status_code == 302
    session.expire_all()
    assert ann.locked_until_at is not None


def test_giving_the_pin_again_is_in_the_audit_trail(visitor: Visitor, session: Session, ann: Staff) -> None:
    visitor.post("/admin/step-up/", {"step_up_pin": PIN})
    last = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (last.action, last.actor_id, last.entity_id) == ("PIN given again", ann.id, ann.id)


def test_a_large_export_asks_for_the_pin_and_a_small_one_does_not(visitor: Visitor, session: Session) -> None:
    session.execute(
        text(
            "insert into staff (username, name, role, created_at, must_change_pin)"
            " select 'p' || n, 'Many', 'collector', now(), false from generate_series(1, 1000) n"
        )
    )
    session.commit()
    assert visitor.get("/admin/staff/export/csv?role=admin").status_code == 200
    asked = visitor.get("/admin/staff/export/csv")
    assert asked.status_code == 302
    given = visitor.post(asked.location, {"step_up_pin": PIN})
    answer = visitor.get(given.location)
    assert answer.status_code == 200
    assert answer.text.count("Many") == 1000
