"""Arranging on the Account page: a preview first, a collector asks, a supervisor decides with the PIN given again."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.servicing.arrangements import ArrangementKind, ArrangementState
from app.domain.staff.roles import Role
from app.models import Account, Arrangement, Installment, Setting, Staff
from app.reports import REPORTS
from app.reports.table import Asked
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

SENT = {"key": "k1", "days": "10", "reason": "Paid on Fridays from now on"}


@pytest.fixture(autouse=True)
def _friday() -> object:
    clock.set_clock(pinned_on=TODAY)
    yield None
    clock.set_clock(pinned_on=None)


@pytest.fixture
def collector(session: Session) -> Staff:
    return factories.staff(session)


@pytest.fixture
def account(session: Session, collector: Staff) -> Account:
    return factories.account(session, total_cents=27_000, start_on=dt.date(2026, 8, 1), assigned_to_id=collector.id)


def due(session: Session, account: Account) -> list[str]:
    session.expire_all()
    rows = session.scalars(select(Installment.due_on).where(Installment.account_id == account.id).order_by(Installment.number))
    return [f"{on:%m-%d}" for on in rows]


def only(session: Session, account: Account) -> Arrangement:
    session.expire_all()
    return session.scalars(select(Arrangement).where(Arrangement.account_id == account.id)).one()


def as_supervisor(client: FlaskClient, session: Session, *, stepped_up: bool = True) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.SUPERVISOR), stepped_up=stepped_up)


def test_the_form_shows_the_new_schedule_before_anything_is_saved(
    client: FlaskClient, session: Session, account: Account, collector: Staff
) -> None:
    visitor = signed_in(client, session, collector)
    page = visitor.get(f"/admin/accounts/{account.id}/arrange/extension")
    assert page.status_code == 200 and "Oct 16" in page.text, "a week is suggested"
    answer = visitor.post(f"/admin/accounts/{account.id}/arrange/extension", {"days": "10", "key": "x", "step": "preview"})
    assert answer.status_code == 200
    text = re.sub(r"<[^>]+>|\s+", " ", answer.text)
    assert re.search(r"Days past due\s+42 →\s+32", text), text
    assert due(session, account)[0] == "10-09"
    assert session.scalar(select(Arrangement)) is None


def test_a_collector_asks_and_a_supervisor_approves(
    client: FlaskClient, session: Session, account: Account, collector: Staff
) -> None:
    visitor = signed_in(client, session, collector)
    base = f"/admin/accounts/{account.id}"
    for _ in range(2):
        assert visitor.post(f"{base}/arrange/extension", SENT).status_code == 302
    asked = only(session, account)
    assert (asked.state, asked.requested_by_id) == (ArrangementState.REQUESTED, collector.id)
    assert due(session, account)[0] == "10-09", "asking moves nothing"
    approve = f"{base}/arrangements/{asked.id}/approve"
    assert visitor.post(approve, {}).status_code == 403
    assert "Requested" in visitor.get(base).text
    supervisor = as_supervisor(client, session)
    assert "Paid on Fridays from now on" in supervisor.get(approve).text
    assert supervisor.post(approve, {}).status_code == 302
    assert due(session, account)[0] == "10-19"
    assert only(session, account).state is ArrangementState.APPLIED
    page = supervisor.get(base).text
    assert "42 by the contract" in page and "was Oct 9, 2026" in page


def test_a_supervisor_gives_the_pin_again_before_due_dates_move(client: FlaskClient, session: Session, account: Account) -> None:
    supervisor = as_supervisor(client, session, stepped_up=False)
    answer = supervisor.post(f"/admin/accounts/{account.id}/arrange/extension/now", SENT)
    assert "/admin/step-up" in (answer.location or "") or answer.status_code in (401, 403)
    assert session.scalar(select(Arrangement)) is None


def test_a_supervisor_applies_and_reverses_in_one_step_each(client: FlaskClient, session: Session, account: Account) -> None:
    supervisor = as_supervisor(client, session)
    base = f"/admin/accounts/{account.id}"
    assert supervisor.post(f"{base}/arrange/payment-plan/now", {"key": "k", "parts": "3", "reason": "New job"}).status_code == 302
    made = only(session, account)
    assert (made.kind, made.state) == (ArrangementKind.PAYMENT_PLAN, ArrangementState.APPLIED)
    assert session.get_one(Account, account.id).days_past_due == 0
    assert supervisor.post(f"{base}/arrangements/{made.id}/reverse", {"reason": ""}).status_code == 422
    assert supervisor.post(f"{base}/arrangements/{made.id}/reverse", {"reason": "Wrong account"}).status_code == 302
    assert due(session, account) == ["10-09", "10-23", "11-06", "11-20", "12-04"]
    assert session.get_one(Account, account.id).days_past_due == 42


def test_beyond_the_limits_the_sentence_stands_on_the_form(
    client: FlaskClient, session: Session, account: Account, collector: Staff
) -> None:
    visitor = signed_in(client, session, collector)
    url = f"/admin/accounts/{account.id}/arrange/extension"
    answer = visitor.post(url, SENT | {"days": "45"})
    assert answer.status_code == 422
    assert "Biweekly accounts move by 30 days at most; this moves by 45." in answer.text
    assert visitor.post(url, SENT | {"days": "45", "exception": "y"}).status_code == 302
    assert "45" in (only(session, account).beyond or "")


@pytest.mark.parametrize(
    ("slug", "sent", "words"),
    [
        ("extension", {"days": "0"}, "at least one day"),
        ("extension", {"days": "ten"}, "Enter a whole number"),
        ("deferral", {"count": "9"}, "Only 5 installments"),
        ("due-date", {"due_on": "2026-11-19"}, "a later day only"),
        ("payment-plan", {"parts": "1"}, "at least two parts"),
        ("settlement", {"amount": "270.00", "due_on": "2026-12-01"}, "a settlement is for less"),
        ("settlement", {"amount": "100.00", "due_on": "2026-11-01"}, "today or later"),
    ],
)
def test_what_cannot_be_gets_a_sentence_and_writes_nothing(
    client: FlaskClient,
    session: Session,
    account: Account,
    collector: Staff,
    slug: str,
    sent: dict[str, str],
    words: str,
) -> None:
    visitor = signed_in(client, session, collector)
    answer = visitor.post(f"/admin/accounts/{account.id}/arrange/{slug}", {"key": "k", "reason": "x", **sent})
    assert answer.status_code == 422
    assert words.lower() in answer.text.lower()
    assert session.scalar(select(Arrangement)) is None


def test_a_request_is_withdrawn_by_who_made_it_but_not_by_a_colleague(
    client: FlaskClient, session: Session, account: Account, collector: Staff
) -> None:
    visitor = signed_in(client, session, collector)
    visitor.post(f"/admin/accounts/{account.id}/arrange/extension", SENT)
    asked = only(session, account)
    url = f"/admin/accounts/{account.id}/arrangements/{asked.id}/withdraw"
    colleague = signed_in(client, session, factories.staff(session, sees_all_accounts=True))
    assert colleague.post(url, {"reason": "x"}).status_code == 403
    visitor = signed_in(client, session, collector)
    assert visitor.post(url, {"reason": "They can pay after all"}).status_code == 302
    assert only(session, account).state is ArrangementState.WITHDRAWN


def test_supervisors_find_what_waits_and_managers_what_was_given_away(
    client: FlaskClient, session: Session, account: Account, collector: Staff
) -> None:
    other = factories.account(session, total_cents=27_000, start_on=dt.date(2026, 8, 1))
    visitor = signed_in(client, session, collector)
    visitor.post(f"/admin/accounts/{account.id}/arrange/extension", SENT)
    assert visitor.get("/admin/arrangements/").status_code == 403
    supervisor = as_supervisor(client, session)
    supervisor.post(f"/admin/accounts/{other.id}/arrange/deferral/now", {"key": "k2", "count": "1", "reason": "Ill"})
    page = supervisor.get("/admin/arrangements/").text
    assert "Paid on Fridays from now on" in page and "10 days" in page and account.account_number in page
    assert other.account_number not in page, "what was decided does not wait"
    assert supervisor.get("/admin/free-money/").status_code == 403
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER))
    given = re.sub(r"<[^>]+>|\s+", " ", manager.get("/admin/free-money/").text)
    assert other.account_number in given and account.account_number not in given
    assert re.search(r"November 2026\s+Person \d+\s+Deferral\s+1\s+14\s+\$54\.00", given), given
    (table,) = REPORTS["free-money"].tables(session, Asked(TODAY, from_on=TODAY - dt.timedelta(days=30)))
    assert [row[2:] for row in table.rows] == [("Deferral", 1, 14, 5_400)]
    export = manager.get("/admin/free-money/export/csv").text
    assert other.account_number in export and account.account_number not in export


def test_a_settlement_is_approved_paid_and_carried_out_on_the_account_page(
    client: FlaskClient, session: Session, account: Account
) -> None:
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER), stepped_up=True)
    base = f"/admin/accounts/{account.id}"
    sent = {"key": "k", "amount": "200.00", "due_on": "2026-12-01", "reason": "Moves abroad"}
    form = manager.get(f"{base}/arrange/settlement/now").text
    assert "$108.00" in form and 'value="162.00"' in form, "three fifths are suggested"
    assert manager.post(f"{base}/arrange/settlement/now", sent).status_code == 302
    made = only(session, account)
    settle = f"{base}/arrangements/{made.id}/settle"
    assert "$200.00 was agreed" in manager.post(settle, {}).text
    paid = {"key": "p", "amount": "200.00", "method": "cash", "effective_on": TODAY.isoformat()}
    assert manager.post(f"{base}/payment", paid).status_code == 302
    session.expire_all()
    closed = session.get_one(Account, account.id)
    assert (closed.status.value, closed.balance_cents) == ("closed", 0)
    page = re.sub(r"<[^>]+>|\s+", " ", manager.get(base).text)
    assert "Settled for $200.00" in page and "$70.00" in page


def test_an_admin_sets_the_limits_and_they_count_at_once(client: FlaskClient, session: Session, account: Account) -> None:
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN), stepped_up=True)
    url = "/admin/settings/arrangement-limits/"
    page = admin.get(url).text
    assert 'value="14"' in page and 'value="500.00"' in page
    kept = dict(re.findall(r'name="(\w+)"[^>]*value="([\d.]+)"', page))
    assert admin.post(url, kept | {"most_days_longer": "-1"}).status_code == 422
    assert admin.post(url, kept | {"most_days_longer": "5", "charge_off_limit": "1,000"}).status_code == 302
    session.expire_all()
    assert session.get_one(Setting, "charge_off_limit_cents").value == 100_000
    answer = admin.post(f"/admin/accounts/{account.id}/arrange/extension/now", SENT)
    assert answer.status_code == 422 and "Biweekly accounts move by 5 days at most; this moves by 10." in answer.text
    assert signed_in(client, session, factories.staff(session, Role.MANAGER)).get(url).status_code == 403


def test_a_form_that_has_nothing_to_show_yet_says_why_without_scolding(
    client: FlaskClient, session: Session, collector: Staff
) -> None:
    current = factories.account(
        session, lines=[(TODAY + dt.timedelta(days=7), 5_400)], start_on=dt.date(2026, 8, 1), assigned_to_id=collector.id
    )
    visitor = signed_in(client, session, collector)
    page = visitor.get(f"/admin/accounts/{current.id}/arrange/payment-plan")
    assert page.status_code == 200
    assert "Nothing is past due, so there is nothing to spread." in page.text
    assert "could not be saved" not in page.text
