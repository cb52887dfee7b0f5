"""Contracts in their list, and correcting what was written down of one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.opening import Applicant, Money, NewContract, Terms
from app.domain.staff.roles import Role
from app.models import Account, Activity, AuditEvent, ContractTerms
from app.services.servicing import contract_terms, opening
from app.services.staff import audit
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import signed_in

LIST = "/admin/records/contracts/"


@pytest.fixture
def account(session: Session) -> Account:
    wanted = NewContract(
        portfolio_id=factories.portfolio(session).id,
        customer=Applicant("Maria", "Delgado", state="OH"),
        money=Money(Frequency.WEEKLY, TODAY, payment_cents=2_999),
        model="iPhone 13",
        terms=Terms(program="LTO 25", rescission_on=TODAY + dt.timedelta(days=3)),
    )
    return opening.open_account(session, wanted, today=TODAY, now=NOW, actor=factories.actor())


def changed(session: Session, account: Account, **values: Any) -> bool:
    row = session.get_one(ContractTerms, account.id)
    return contract_terms.change(session, row, values, version=None, now=NOW, actor=factories.actor())


def test_a_correction_is_kept_told_and_audited(session: Session, account: Account) -> None:
    assert changed(session, account, program=" LTO 52 ", state="tx")
    terms = session.get_one(ContractTerms, account.id)
    assert (terms.program, terms.state) == ("LTO 52", "TX")
    last = session.scalars(select(Activity).where(Activity.account_id == account.id).order_by(Activity.id.desc())).first()
    assert last is not None and last.summary == "Contract corrected: program, state"
    audit.write_pending(session)
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "contract terms changed"))
    assert (event.before, event.after) == ({"program": "LTO 25", "state": "OH"}, {"program": "LTO 52", "state": "TX"})
    assert not changed(session, account, program="LTO 52")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"state": "Ohio"}, "state"),
        ({"program": "x" * 81}, "program"),
        ({"note_on": None}, "note_on"),
        ({"note_on": TODAY + dt.timedelta(days=60)}, "note_on"),
        ({"rescission_on": TODAY - dt.timedelta(days=1)}, "rescission_on"),
    ],
)
def test_what_cannot_be_is_refused(session: Session, account: Account, values: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        changed(session, account, **values)
    assert refused.value.field == field


def test_a_supervisor_corrects_a_contract_in_the_list(client: FlaskClient, session: Session, account: Account) -> None:
    visitor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    page = visitor.get(f"{LIST}?q=delgado")
    assert f"{account.account_number}LOA01" in page.text
    assert "LTO 25" in visitor.get(f"{LIST}details/?id={account.id}").text
    form = {"program": "LTO 52", "note_on": TODAY.isoformat(), "rescission_on": "", "state": "OH"}
    assert visitor.post(f"{LIST}edit/?id={account.id}", form).status_code == 303
    session.expire_all()
    terms = session.get_one(ContractTerms, account.id)
    assert (terms.program, terms.rescission_on) == ("LTO 52", None)
    refused = visitor.post(f"{LIST}edit/?id={account.id}", form | {"state": "Ohio"})
    assert refused.status_code == 422


def test_a_collector_looks_and_does_not_correct(client: FlaskClient, session: Session, account: Account) -> None:
    collector = factories.staff(session)
    visitor = signed_in(client, session, collector)
    assert account.account_number not in visitor.get(LIST).text
    account.assigned_to_id = collector.id
    session.flush()
    assert account.account_number in visitor.get(LIST).text
    assert visitor.post(f"{LIST}edit/?id={account.id}", {"program": "x"}).status_code == 403
