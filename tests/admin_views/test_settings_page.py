"""Settings: IMEIs by phone number, defaults, test leases, and deleting a contract for good."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.servicing.disputes import DisputeReason
from app.domain.servicing.evidence import EvidenceKind
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import (
    Account,
    AuditEvent,
    Customer,
    Device,
    Dispute,
    DisputeEvidence,
    Installment,
    Payment,
    Portfolio,
    Setting,
)
from app.services.servicing import evidence_files
from app.services.staff import audit
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import Visitor, signed_in

SETTINGS = "/admin/settings/"
IMEI = "490154203237518"


@pytest.fixture(autouse=True)
def _friday() -> Iterator[None]:
    clock.set_clock(pinned_on=TODAY)
    yield
    clock.set_clock(pinned_on=None)


def admin(client: FlaskClient, session: Session, **given: Any) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.ADMIN, **given), stepped_up=True)


def waiting(session: Session, **given: Any) -> Account:
    account = factories.account(session, status=AccountStatus.PENDING_REVIEW, **given)
    assert account.device is not None
    account.device.imei, account.device.cost_cents = None, None
    session.flush()
    return account


def phone_of(account: Account) -> str:
    return account.customer.phones[0].e164.removeprefix("+1")


def seal_of(html: str) -> str:
    found = re.search(r'name="seal" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def test_an_imei_is_assigned_by_phone_number(client: FlaskClient, session: Session) -> None:
    collector = factories.staff(session)
    account = waiting(session, assigned_to_id=collector.id)
    visitor = signed_in(client, session, collector)
    page = visitor.get(f"{SETTINGS}?phone={phone_of(account)}")
    assert account.account_number in page.text
    wrong = visitor.post(f"{SETTINGS}imei/{account.id}", {"imei": IMEI[:-1], "cost": "300", "phone": phone_of(account)})
    assert wrong.status_code == 422 and "this one has 14" in wrong.text
    form = {"imei": IMEI, "cost": "300.00", "phone": phone_of(account)}
    assert visitor.post(f"{SETTINGS}imei/{account.id}", form).status_code == 302
    session.refresh(account)
    assert account.device is not None
    assert (account.status, account.device.imei, account.device.cost_cents) == (AccountStatus.ACTIVE, IMEI, 30_000)


def test_a_doubtful_imei_is_asked_about_once(client: FlaskClient, session: Session) -> None:
    other = factories.account(session)
    account = waiting(session)
    visitor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    form = {"imei": "356415207490483", "cost": "300.00", "phone": phone_of(account)}
    asked = visitor.post(f"{SETTINGS}imei/{account.id}", form)
    assert asked.status_code == 409
    assert f"stands on account {other.account_number} already" in asked.text and "Assign anyway" in asked.text
    assert visitor.post(f"{SETTINGS}imei/{account.id}", form | {"certain": "1"}).status_code == 302


def test_a_collector_finds_no_lease_outside_their_book(client: FlaskClient, session: Session) -> None:
    account = waiting(session)
    visitor = signed_in(client, session, factories.staff(session))
    page = visitor.get(f"{SETTINGS}?phone={phone_of(account)}")
    assert account.account_number not in page.text
    assert "No lease of this number waits" in page.text
    assert visitor.post(f"{SETTINGS}imei/{account.id}", {"imei": IMEI, "cost": "1"}).status_code == 404


def test_what_an_admin_does_is_not_shown_to_others(client: FlaskClient, session: Session) -> None:
    account = factories.account(session)
    visitor = signed_in(client, session, factories.staff(session, Role.MANAGER), stepped_up=True)
    page = visitor.get(f"{SETTINGS}?contract={account.uuid}")
    assert page.status_code == 200
    assert "Look up a contract" not in page.text and account.account_number not in page.text
    assert visitor.get(f"{SETTINGS}contracts/{account.id}").status_code == 403
    assert visitor.post(f"{SETTINGS}contracts/{account.id}/delete", {}).status_code == 403
    assert visitor.post(f"{SETTINGS}default-payments", {"weekly": 1}).status_code == 403


def test_the_default_number_of_payments_is_changed_within_reason(client: FlaskClient, session: Session) -> None:
    visitor = admin(client, session)
    assert 'value="52"' in visitor.get(SETTINGS).text
    form = {"weekly": "78", "biweekly": "39", "semimonthly": "36", "monthly": "18"}
    assert visitor.post(f"{SETTINGS}default-payments", form).status_code == 302
    assert session.get_one(Setting, "default_payments").value == {"weekly": 78, "biweekly": 39, "semimonthly": 36, "monthly": 18}
    refused = visitor.post(f"{SETTINGS}default-payments", form | {"monthly": "0"})
    assert refused.status_code == 422
    assert visitor.post(f"{SETTINGS}default-payments", form | {"monthly": "x"}).status_code == 422


def test_a_test_lease_is_created_and_wiped_without_a_trace_but_the_trail(client: FlaskClient, session: Session) -> None:
    real = factories.account(session)
    visitor = admin(client, session)
    made = visitor.post(f"{SETTINGS}test-leases/create", {"portfolio": real.portfolio_id})
    test = session.scalars(select(Account).where(Account.is_test)).one()
    assert made.location == f"/admin/accounts/{test.id}"
    assert test.customer.is_test and test.device is not None and test.device.is_test
    # Eight weeks old: installments 6 and 7 are past due, the eighth is due today.
    assert (test.payments_made, test.paid_cents, test.past_due_cents) == (5, 14_995, 5_998)
    assert visitor.get(made.location).status_code == 200
    page = visitor.get(f"{SETTINGS}test-leases")
    assert visitor.post(f"{SETTINGS}test-leases/wipe", {"seal": "something else"}).location == f"{SETTINGS}test-leases"
    assert session.scalar(select(func.count(Account.id)).where(Account.is_test)) == 1
    test_id, number = test.id, test.account_number
    assert visitor.post(f"{SETTINGS}test-leases/wipe", {"seal": seal_of(page.text)}).location == SETTINGS
    for model in (Account, Customer, Device):
        assert session.scalar(select(func.count()).select_from(model).where(model.is_test)) == 0
    for hanging in (Payment, Installment):
        assert session.scalar(select(func.count()).select_from(hanging).where(hanging.account_id == test_id)) == 0
    assert session.get(Account, real.id) is not None
    audit.write_pending(session)
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "test lease wiped"))
    assert event.before is not None and event.before["account_number"] == number


def test_a_contract_is_looked_up_by_its_uuid_and_deleted_with_its_number_typed(client: FlaskClient, session: Session) -> None:
    account, other = factories.account(session), factories.account(session)
    visitor = admin(client, session)
    found = visitor.get(f"{SETTINGS}?contract={account.uuid}")
    assert account.account_number in found.text and other.account_number not in found.text
    page = visitor.get(f"{SETTINGS}contracts/{account.id}")
    assert re.search(r"Installment</th>\s*<td[^>]*>.*?26", page.text, re.S)
    address = f"{SETTINGS}contracts/{account.id}/delete"
    form = {"seal": seal_of(page.text), "reason": "Asked for by the customer", "typed": account.account_number}
    for wrong in ({"typed": "something"}, {"reason": " "}, {"seal": "old"}):
        assert visitor.post(address, form | wrong).status_code == 422
    assert session.get(Account, account.id) is not None
    account_id = account.id
    assert visitor.post(address, form).status_code == 302
    assert session.scalar(select(func.count(Account.id)).where(Account.id == account_id)) == 0
    assert session.get(Account, other.id) is not None
    assert visitor.get(f"{SETTINGS}contracts/{account_id}").status_code == 404


def test_deleting_asks_for_the_pin_again(client: FlaskClient, session: Session) -> None:
    account = factories.account(session)
    visitor = signed_in(client, session, factories.staff(session, Role.ADMIN))
    page = visitor.get(f"{SETTINGS}contracts/{account.id}")
    form = {"seal": seal_of(page.text), "reason": "x", "typed": account.account_number}
    assert visitor.post(f"{SETTINGS}contracts/{account.id}/delete", form).status_code == 403
    assert session.get(Account, account.id) is not None


def test_an_admin_of_one_portfolio_reaches_no_contract_of_another(client: FlaskClient, session: Session) -> None:
    own = factories.portfolio(session)
    elsewhere = session.scalars(select(Portfolio).where(Portfolio.id != own.id)).first()
    account = factories.account(session, elsewhere)
    visitor = admin(client, session, portfolios=[own])
    assert "No contract has this UUID" in visitor.get(f"{SETTINGS}?contract={account.uuid}").text
    assert visitor.get(f"{SETTINGS}contracts/{account.id}").status_code == 404
    assert visitor.post(f"{SETTINGS}test-leases/create", {"portfolio": account.portfolio_id}).status_code == 404


def test_uploaded_evidence_goes_from_the_disk_unless_another_dispute_has_it(client: FlaskClient, session: Session) -> None:
    account, other = factories.account(session), factories.account(session)
    home = client.application.config["SETTINGS"].home
    shared, alone = "a" * 64, "b" * 64
    for sha256 in (shared, alone):
        evidence_files.place_of(home, sha256).write_bytes(b"A letter")
    for one, kept in ((account, (shared, alone)), (other, (shared,))):
        dispute = Dispute(account_id=one.id, reason=DisputeReason.AMOUNT, amount_cents=100, opened_on=TODAY, deadline_on=TODAY)
        session.add(dispute)
        session.flush()
        for sha256 in kept:
            session.add(
                DisputeEvidence(
                    account_id=one.id,
                    dispute_id=dispute.id,
                    file_name="letter.txt",
                    kind=EvidenceKind.TXT,
                    size_bytes=8,
                    sha256=sha256,
                    uploaded_at=NOW,
                )
            )
    session.flush()
    visitor = admin(client, session)
    page = visitor.get(f"{SETTINGS}contracts/{account.id}")
    assert "1 uploaded file of evidence goes too" in page.text
    form = {"seal": seal_of(page.text), "reason": "Asked for", "typed": account.account_number}
    assert visitor.post(f"{SETTINGS}contracts/{account.id}/delete", form | {"typed": "no"}).status_code == 422
    assert evidence_files.place_of(home, alone).exists()
    assert visitor.post(f"{SETTINGS}contracts/{account.id}/delete", form).status_code == 302
    assert not evidence_files.place_of(home, alone).exists()
    assert evidence_files.place_of(home, shared).exists()
    evidence_files.place_of(home, shared).unlink()
