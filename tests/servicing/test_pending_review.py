"""Pending Review: IMEI and cost are entered in the row, and the account becomes active."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AuditEvent, Staff, StatusChange
from app.services.servicing import standing
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

IMEI = "356415207490483"
WRONG_DIGIT = "356415207490484"
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def _business_date() -> Iterator[None]:
    clock.set_clock(pinned_on=TODAY)
    yield
    clock.set_clock(pinned_on=None)


@pytest.fixture
def collector(session: Session) -> Staff:
    return factories.staff(session, Role.COLLECTOR)


@pytest.fixture
def visitor(client: FlaskClient, session: Session, collector: Staff) -> Visitor:
    return signed_in(client, session, collector)


def pending(session: Session, collector: Staff | None, **given: Any) -> Account:
    """An account that came in without IMEI and cost."""
    owner = collector.id if collector else None
    account = factories.account(session, status=AccountStatus.PENDING_REVIEW, assigned_to_id=owner, **given)
    assert account.device is not None
    account.device.imei = account.device.cost_cents = None
    session.flush()
    standing.restate(session, [account.id], today=TODAY)
    session.commit()
    return account


def release(visitor: Visitor, account: Account, imei: str, cost: str, **more: str) -> Any:
    form = {"imei": imei, "cost": cost, **more}
    return visitor.post(f"/admin/pending-review/{account.id}/release", form, headers=JSON)


def test_what_is_missing_is_entered_and_the_account_becomes_active(visitor: Visitor, session: Session, collector: Staff) -> None:
    account = pending(session, collector)
    page = visitor.get("/admin/pending-review/").get_data(as_text=True)
    for head in ("Customer", "Device", "IMEI / Serial", "Cost", "Approval ID", "Start Date", "Actions"):
        assert f">{head}<" in page.replace("</a>", "<")
    assert account.account_number in page
    assert account.worklist_weight is None
    answer = release(visitor, account, "35-641520-749048-3", "$199.00")
    assert answer.get_json() == {"said": f"Account {account.account_number} is active now."}
    session.expire_all()
    assert account.status is AccountStatus.ACTIVE
    assert account.device is not None
    assert (account.device.imei, account.device.cost_cents) == (IMEI, 19_900)
    assert account.worklist_weight is not None, "it is 42 days late, so it enters the worklist at its true age"
    change = session.scalars(select(StatusChange).where(StatusChange.account_id == account.id)).one()
    assert (change.from_status, change.to_status, change.by_id) == (
        AccountStatus.PENDING_REVIEW,
        AccountStatus.ACTIVE,
        collector.id,
    )
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.account_id == account.id)).all()
    assert actions == ["device completed", "account status changed"]
    assert account.account_number not in visitor.get("/admin/pending-review/").get_data(as_text=True)


def test_a_serial_number_does_for_a_device_without_an_imei(visitor: Visitor, session: Session, collector: Staff) -> None:
    account = pending(session, collector)
    assert release(visitor, account, "f2lx 90ab1", "0").status_code == 200
    session.expire_all()
    assert account.device is not None
    assert (account.device.imei, account.device.serial, account.device.cost_cents) == (None, "F2LX90AB1", 0)


@pytest.mark.parametrize(
    ("imei", "cost", "field", "sentence"),
    [
        ("", "199", "imei", "Enter the 15 digits of the IMEI, or a serial number of letters and digits."),
        ("35641520749048", "199", "imei", "An IMEI has 15 digits; this one has 14."),
        (IMEI, "", "cost", "Enter the cost."),
        (IMEI, "abc", "cost", "“abc” is not an amount of money."),
        (IMEI, "-5", "cost", "A cost is between $0.00 and $10,000.00."),
        (IMEI, "19900.00", "cost", "A cost is between $0.00 and $10,000.00."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    visitor: Visitor, session: Session, collector: Staff, imei: str, cost: str, field: str, sentence: str
) -> None:
    account = pending(session, collector)
    answer = release(visitor, account, imei, cost)
    assert answer.status_code == 422
    assert answer.get_json() == {"error": {"message": sentence, "field": field}}
    session.expire_all()
    assert account.status is AccountStatus.PENDING_REVIEW


def test_a_wrong_check_digit_is_asked_about_once(visitor: Visitor, session: Session, collector: Staff) -> None:
    account = pending(session, collector)
    answer = release(visitor, account, WRONG_DIGIT, "199")
    assert answer.status_code == 409
    assert "does not fit the others" in answer.get_json()["error"]["message"]
    session.expire_all()
    assert account.status is AccountStatus.PENDING_REVIEW
    assert account.device is not None
    assert account.device.imei is None
    assert release(visitor, account, WRONG_DIGIT, "199", certain="1").status_code == 200
    session.expire_all()
    assert account.status is AccountStatus.ACTIVE


def test_an_imei_that_stands_on_another_account_is_asked_about(visitor: Visitor, session: Session, collector: Staff) -> None:
    other = factories.account(session)  # Its device has the very IMEI.
    account = pending(session, collector)
    answer = release(visitor, account, IMEI, "199")
    assert answer.status_code == 409
    assert answer.get_json()["error"]["message"] == f"This IMEI stands on account {other.account_number} already."


def test_without_a_script_the_row_comes_back_with_what_was_typed(visitor: Visitor, session: Session, collector: Staff) -> None:
    account = pending(session, collector)
    form = {"imei": WRONG_DIGIT, "cost": "199.00"}
    page = visitor.post(f"/admin/pending-review/{account.id}/release", form, follow_redirects=True).get_data(as_text=True)
    assert f'value="{WRONG_DIGIT}"' in page
    assert 'value="199.00"' in page
    assert "Release anyway" in page
    assert "does not fit the others" in page


def test_an_account_is_released_once(visitor: Visitor, session: Session, collector: Staff) -> None:
    account = pending(session, collector)
    assert release(visitor, account, IMEI, "199").status_code == 200
    answer = release(visitor, account, "352881238492190", "1")
    assert answer.status_code == 422
    assert "is active by now" in answer.get_json()["error"]["message"]
    session.expire_all()
    assert account.device is not None
    assert account.device.imei == IMEI


def test_a_collector_cannot_release_a_colleagues_account(visitor: Visitor, session: Session) -> None:
    account = pending(session, factories.staff(session))
    assert account.account_number not in visitor.get("/admin/pending-review/").get_data(as_text=True)
    assert release(visitor, account, IMEI, "199").status_code == 404
    session.expire_all()
    assert account.status is AccountStatus.PENDING_REVIEW
