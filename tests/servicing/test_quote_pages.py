"""Quotes on the Account page: shown, given, printed, used; and trying a payment before it is made."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, Adjustment, Allocation, Payment, Quote
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in


@pytest.fixture(autouse=True)
def _friday() -> object:
    clock.set_clock(pinned_on=TODAY)
    yield None
    clock.set_clock(pinned_on=None)


@pytest.fixture
def account(session: Session) -> Account:
    """Hawaii, cash $799.00, 78 × $29.99 weekly, two past due: early purchase 838.49, payoff 2,339.22."""
    book = factories.portfolio(session)
    return factories.account(
        session,
        book,
        customer=factories.customer(session, book, state="HI"),
        first_due_on=TODAY - dt.timedelta(days=14),
        frequency=Frequency.WEEKLY,
        payment_cents=2_999,
        total_cents=78 * 2_999,
        cash_price_cents=79_900,
    )


@pytest.fixture
def collector(client: FlaskClient, session: Session, account: Account) -> Visitor:
    person = factories.staff(session, Role.COLLECTOR)
    account.assigned_to_id = person.id
    session.flush()
    return signed_in(client, session, person)


def test_a_quote_is_given_shown_printed_and_used(collector: Visitor, session: Session, account: Account) -> None:
    base = f"/admin/accounts/{account.id}"
    form = collector.get(f"{base}/quote").text
    assert "$838.49" in form and "$2,339.22" in form and "$1,500.73" in form
    answer = collector.post(f"{base}/quote", {"kind": "early_purchase", "on": TODAY.isoformat()})
    quote = session.scalars(select(Quote).where(Quote.account_id == account.id)).one()
    assert answer.status_code == 302 and answer.location.endswith(f"{base}/quotes/{quote.id}")
    page = collector.get(f"{base}/quotes/{quote.id}").text
    for words in ("Early purchase quote", "$59.98", "$778.51", "$838.49", "Nov 20, 2026"):
        assert words in page, words
    assert collector.get(f"{base}/quotes/{quote.id}.pdf").mimetype == "application/pdf"
    sheet = collector.get(f"{base}/quotes/{quote.id}/pay-off").text
    key = re.search(r'name="key"[^>]*value="([^"]+)"', sheet)
    assert key is not None
    for _ in range(2):
        sent = {"key": key[1], "method": "zelle", "reference": "ZL-1"}
        assert collector.post(f"{base}/quotes/{quote.id}/pay-off", sent).status_code == 302
    session.expire_all()
    paid = session.scalars(select(Payment).where(Payment.account_id == account.id)).one()
    assert (paid.amount_cents, paid.reference, session.get_one(Quote, quote.id).payment_id) == (83_849, "ZL-1", paid.id)
    assert session.get_one(Account, account.id).status is AccountStatus.PAID_OFF
    assert "This quote was used" in collector.get(f"{base}/quotes/{quote.id}").text
    again = collector.post(f"{base}/quotes/{quote.id}/pay-off", {"key": "other", "method": "cash"})
    assert again.status_code == 422 and "used already" in again.text


def test_a_quote_for_a_day_that_has_passed_is_refused(collector: Visitor, session: Session, account: Account) -> None:
    sent = {"kind": "payoff", "on": "2026-11-19"}
    answer = collector.post(f"/admin/accounts/{account.id}/quote", sent)
    assert answer.status_code == 422 and "today or a day to come" in answer.text
    assert session.scalar(select(func.count()).select_from(Quote).where(Quote.account_id == account.id)) == 0


def test_a_quote_is_found_under_its_own_account_only(collector: Visitor, session: Session, account: Account) -> None:
    collector.post(f"/admin/accounts/{account.id}/quote", {"kind": "payoff", "on": TODAY.isoformat()})
    quote = session.scalars(select(Quote).where(Quote.account_id == account.id)).one()
    other = factories.account(session, account.portfolio, assigned_to_id=account.assigned_to_id)
    for path in (f"quotes/{quote.id}", f"quotes/{quote.id}.pdf", f"quotes/{quote.id}/pay-off"):
        assert collector.get(f"/admin/accounts/{other.id}/{path}").status_code == 404


def test_the_page_without_a_cash_price_says_why_there_is_no_price(collector: Visitor, session: Session, account: Account) -> None:
    account.cash_price_cents = None
    session.flush()
    assert "this account has none" in collector.get(f"/admin/accounts/{account.id}/quote").text
    assert collector.get(f"/admin/accounts/{account.id}").status_code == 200


def test_trying_a_payment_shows_its_effect_and_saves_nothing(collector: Visitor, session: Session, account: Account) -> None:
    base = f"/admin/accounts/{account.id}/what-if"
    assert "Enter an amount and a day" in collector.get(base).text
    page = collector.get(f"{base}?amount=70.00&on=2026-11-20").text
    # 29.99 + 29.99 are late; 10.02 of what is due today; 2,339.22 - 70.00 is left.
    for words in ("14 → 0", "cured", "$10.02", "$19.97", "$2,269.22"):
        assert words in page, words
    assert collector.get(f"{base}?amount=x&on=2026-11-20").status_code == 422
    assert collector.get(f"{base}?amount=5&on=yesterday").status_code == 422
    assert session.scalar(select(func.count()).select_from(Payment).where(Payment.account_id == account.id)) == 0
    assert session.scalar(select(func.count()).select_from(Allocation).where(Allocation.account_id == account.id)) == 0
    assert session.scalar(select(func.count()).select_from(Adjustment).where(Adjustment.account_id == account.id)) == 0


def test_a_collector_cannot_quote_a_colleagues_account(collector: Visitor, session: Session, account: Account) -> None:
    account.assigned_to_id = factories.staff(session).id
    session.flush()
    base = f"/admin/accounts/{account.id}"
    assert collector.get(f"{base}/quote").status_code == 404
    assert collector.get(f"{base}/what-if?amount=5").status_code == 404
    assert collector.post(f"{base}/quote", {"kind": "payoff", "on": TODAY.isoformat()}).status_code == 404
    assert session.scalar(select(func.count()).select_from(Quote).where(Quote.account_id == account.id)) == 0


def test_a_supervisor_enters_a_cash_price_and_a_collector_does_not(
    client: FlaskClient, collector: Visitor, session: Session, account: Account
) -> None:
    account.cash_price_cents = None
    session.flush()
    page = f"/admin/accounts/{account.id}/cash-price"
    assert collector.get(page).status_code == 403
    assert collector.post(page, {"cash_price": "799.00"}).status_code == 403
    supervisor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    assert "Enter the cash price" in supervisor.get(f"/admin/accounts/{account.id}/quote").text
    for wrong in ("0", "9999", "abc"):
        assert supervisor.post(page, {"cash_price": wrong}).status_code == 422, wrong
    assert supervisor.post(page, {"cash_price": "799.00"}).status_code == 302
    session.expire_all()
    assert session.get_one(Account, account.id).cash_price_cents == 79_900
    assert "$838.49" in supervisor.get(f"/admin/accounts/{account.id}/quote").text


def test_quotes_are_listed_among_the_records(client: FlaskClient, session: Session, account: Account) -> None:
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    admin.post(f"/admin/accounts/{account.id}/quote", {"kind": "payoff", "on": TODAY.isoformat()})
    page = admin.get("/admin/records/quotes/").text
    assert "$2,339.22" in page and account.customer.last_name in page
    assert "/admin/records/quotes/" in admin.get("/admin/records/").text
