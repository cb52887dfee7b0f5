"""Policies that came with the program say plainly that nobody has verified them; who does is kept."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.staff.roles import Role
from app.models import AuditEvent, FeePolicy
from app.queries.payments.fee_policies import active
from tests import factories
from tests.factories import TODAY
from tests.visitor import signed_in

PAGES = ("fee-policies", "payoff-policies", "reinstatement-policies")


@pytest.fixture(autouse=True)
def _friday() -> object:
    clock.set_clock(pinned_on=TODAY)
    yield None
    clock.set_clock(pinned_on=None)


def form_of(page: str) -> dict[str, str]:
    """What the edit form would send unchanged."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            fields[name[1]] = value[1] if value else "y"
    for name, body in re.findall(r'<select[^>]*name="(\w+)".*?>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option[^>]*selected[^>]*value="([^"]*)"|<option[^>]*value="([^"]*)"[^>]*selected', body)
        fields[name] = (chosen[1] or chosen[2]) if chosen else ""
    return {name: value for name, value in fields.items() if name != "csrf_token"}


def test_every_policy_page_says_that_nobody_has_verified_its_rows(client: FlaskClient, session: Session) -> None:
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    for page in PAGES:
        shown = admin.get(f"/admin/settings/{page}/").text
        assert '<span class="st warn">Not verified</span>' in shown, page
    assert "Cal. Civ. Code 1812.626" in admin.get("/admin/settings/fee-policies/?active=1&verified=0").text
    assert "Not verified" not in admin.get("/admin/settings/fee-policies/?verified=1").text.partition("<tbody")[2]


def test_a_verification_is_kept_with_its_day_and_who_did_it(client: FlaskClient, session: Session) -> None:
    person = factories.staff(session, Role.ADMIN, name="Mia Torres")
    admin = signed_in(client, session, person)
    policy = session.scalars(select(FeePolicy).where(FeePolicy.state == "CA").order_by(FeePolicy.id)).first()
    assert policy is not None
    url = f"/admin/settings/fee-policies/edit/?id={policy.id}"
    sent = form_of(admin.get(url).text)
    ahead = admin.post(url, sent | {"verified_on": "2030-01-01"})
    assert ahead.status_code == 422 and "a day to come" in ahead.text
    assert admin.post(url, sent | {"verified_on": "2026-11-19"}).status_code == 303
    session.expire_all()
    assert (str(policy.verified_on), policy.verified_by_id) == ("2026-11-19", person.id)
    assert policy.id in active(session), "it was in force before and is"
    assert "Nov 19, 2026 by Mia Torres" in admin.get("/admin/settings/fee-policies/?verified=1").text
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "fee policy changed")).one()
    assert event.after is not None and event.after["verified_on"] == "2026-11-19"
