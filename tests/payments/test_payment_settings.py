"""Payment settings: when money counts and how much each role may move, set on a page."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.payments.kinds import PaymentMethod
from app.domain.payments.limits import Act, limit_of
from app.domain.staff.roles import Role
from app.models import AuditEvent, Setting
from app.queries.payments.settings import payment_settings
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

URL = "/admin/settings/payments/"


@pytest.fixture(autouse=True)
def _friday() -> object:
    clock.set_clock(pinned_on=TODAY)
    yield None
    clock.set_clock(pinned_on=None)


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.ADMIN), stepped_up=True)


def limits_of(page: str) -> dict[str, str]:
    found = re.findall(r"<input[^>]*>", page)
    fields = [re.search(r'name="((?:waive|charge|adjust|refund)_\w+)"[^>]*value="([^"]*)"', each) for each in found]
    return {each[1]: each[2] for each in fields if each}


def test_the_page_shows_what_holds(admin: Visitor) -> None:
    page = admin.get(URL).text
    assert 'value="15:00"' in page and 'value="21:00"' in page
    assert limits_of(page)["waive_collector"] == "10.00" and limits_of(page)["waive_manager"] == ""
    assert limits_of(page)["refund_supervisor"] == "500.00"


def test_what_is_set_holds_at_once_and_stands_in_the_trail(admin: Visitor, session: Session) -> None:
    sent = [("settles_later", "check"), ("settles_later", "zelle"), ("cut_off", "16:30"), ("settles_at", "20:00")]
    assert admin.post(f"{URL}times", [*sent, ("late_fees_after", "2026-12-31")]).status_code == 303
    session.expire_all()
    found = payment_settings(session)
    assert found.settles_later == {PaymentMethod.CHECK, PaymentMethod.ZELLE}
    assert (found.cut_off, found.settles_at) == (dt.time(16, 30), dt.time(20, 0))
    assert session.get_one(Setting, "late_fees_after").value == "2026-12-31"
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "payment times changed")).one()
    assert event.before is not None and event.before["cut_off"] == "15:00"
    assert admin.post(f"{URL}times", [*sent, ("late_fees_after", "")]).status_code == 303
    session.expire_all()
    assert session.get(Setting, "late_fees_after") is None


def test_limits_hold_for_the_role_and_ask_for_the_pin_again(client: FlaskClient, admin: Visitor, session: Session) -> None:
    kept = limits_of(admin.get(URL).text)
    assert admin.post(f"{URL}limits", kept | {"waive_collector": "5", "refund_manager": "2,000"}).status_code == 303
    session.expire_all()
    found = payment_settings(session).limits
    assert limit_of(Role.COLLECTOR, found[Act.WAIVE]) == 500 and limit_of(Role.ADMIN, found[Act.REFUND]) == 200_000
    assert limit_of(Role.SUPERVISOR, found[Act.WAIVE]) == 10_000
    again = signed_in(client, session, factories.staff(session, Role.ADMIN))
    answer = again.post(f"{URL}limits", kept | {"waive_collector": "9"})
    session.expire_all()
    assert answer.status_code != 303 or "step" in answer.headers["Location"]
    assert limit_of(Role.COLLECTOR, payment_settings(session).limits[Act.WAIVE]) == 500


@pytest.mark.parametrize(
    ("route", "sent", "said"),
    [
        ("times", {"cut_off": "22:00", "settles_at": "21:00"}, "The cut-off cannot be later than the settlement run."),
        ("times", {"cut_off": "noon", "settles_at": "21:00"}, "Enter a time, such as 3:30 PM."),
        ("times", {"cut_off": "15:00", "settles_at": "21:00", "late_fees_after": "2062-01-01"}, "the year was mistyped"),
        ("limits", {"waive_collector": "200"}, "A supervisor cannot have less than a collector."),
        ("limits", {"waive_collector": ""}, "A supervisor cannot have less than a collector."),
        ("limits", {"refund_supervisor": "1,000,000"}, "Enter an amount from $0.00 to $100,000.00"),
        ("limits", {"charge_manager": "much"}, "much"),
    ],
)
def test_wrong_input_is_named_and_changes_nothing(
    admin: Visitor, session: Session, route: str, sent: dict[str, str], said: str
) -> None:
    before = payment_settings(session)
    answer = admin.post(f"{URL}{route}", (limits_of(admin.get(URL).text) if route == "limits" else {}) | sent)
    assert answer.status_code == 422 and said in answer.text
    session.expire_all()
    assert payment_settings(session) == before


def test_only_an_admin_opens_it(client: FlaskClient, session: Session) -> None:
    assert signed_in(client, session, factories.staff(session, Role.MANAGER)).get(URL).status_code == 403
