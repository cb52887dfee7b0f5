"""The Account page: everything on one page in the given columns, its forms, and whom it refuses."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import ROOT, clock
from app.domain.payments.kinds import PaymentKind, PaymentState
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, FollowUp, Note, Payment, Promise
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

SEVEN_TABLES = [
    ["#", "Due", "Amount", "Status", "Late Fee"],
    ["Date", "Amount", "Method", "Type", "Ref/Square ID"],
    ["Date", "Type", "Amount", "Days", "Status"],
    ["Date", "Amount", "Status", "Card", "Square ID / Error"],
    ["Date", "Type", "Change"],
    ["Date", "From", "To"],
    ["Date", "Time", "Action"],
]


@pytest.fixture(autouse=True)
def _friday() -> object:
    clock.set_clock(pinned_on=TODAY)
    yield None
    clock.set_clock(pinned_on=None)


@pytest.fixture
def account(session: Session) -> Account:
    due = [dt.date(2026, 10, 9), dt.date(2026, 10, 23), dt.date(2026, 11, 6), TODAY, dt.date(2026, 12, 4)]
    return factories.account(session, lines=[(on, 5_400) for on in due])


@pytest.fixture
def supervisor(client: FlaskClient, session: Session, account: Account) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.SUPERVISOR))


def heads(html: str) -> list[list[str]]:
    """The column heads of each table of a page, in order."""
    tables = re.findall(r"<table.*?</table>", html, re.S)
    cells = [re.findall(r"<th scope=\"col\".*?</th>", table, re.S) for table in tables]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells if row]


def test_the_seven_sections_stand_in_their_columns_even_when_they_are_empty(supervisor: Visitor, account: Account) -> None:
    page = supervisor.get(f"/admin/accounts/{account.id}")
    assert page.status_code == 200
    assert heads(page.text) == SEVEN_TABLES
    shared = ROOT.parent / "shared" / "spec" / "tables.json"
    if shared.exists():
        assert json.loads(shared.read_text(encoding="utf-8"))["/admin/accounts/<id>"] == SEVEN_TABLES


def test_the_effect_of_a_payment_is_told_before_it_is_posted(supervisor: Visitor, account: Account) -> None:
    effect = supervisor.get(f"/admin/accounts/{account.id}/payment/effect?amount=100.00").get_json()
    assert effect["days_past_due"] == {"before": 42, "value": 28, "detail": "$62.00 still past due", "tone": "bad"}
    assert effect["next_due"] == {"value": "Fri Oct 23", "detail": "$8.00"}
    assert effect["balance_after"] == {"value": "$170.00", "detail": "payoff $170.00"}
    assert effect["covers"] == {"value": "2 charges", "detail": "installments 1–2"}
    refused = supervisor.get(f"/admin/accounts/{account.id}/payment/effect?amount=abc")
    assert refused.status_code == 422 and "error" in refused.get_json()


def test_a_payment_is_posted_once_however_often_the_form_is_sent(supervisor: Visitor, account: Account, session: Session) -> None:
    form = supervisor.get(f"/admin/accounts/{account.id}/payment").text
    key = re.search(r'name="key"[^>]*value="([^"]+)"', form)
    assert key is not None
    sent = {"key": key[1], "amount": "100.00", "method": "zelle", "effective_on": TODAY.isoformat(), "reference": "ZL-9"}
    for _ in range(2):
        assert supervisor.post(f"/admin/accounts/{account.id}/payment", sent).status_code == 302
    payment = session.scalars(select(Payment).where(Payment.account_id == account.id)).one()
    assert (payment.amount_cents, payment.method, payment.reference) == (10_000, "zelle", "ZL-9")
    page = supervisor.get(f"/admin/accounts/{account.id}").text
    assert "ZL-9" in page and "covers #1 $54.00, #2 $46.00" in page
    why = re.sub(r"<[^>]+>", "", page)
    assert "Installment 1, due Oct 9, 2026: $54.00, leaves $46.00" in why
    assert "Installment 2, due Oct 23, 2026: $46.00, leaves nothing" in why
    assert "$170.00" in page, "the balance on the page is the balance after"


@pytest.mark.parametrize(
    ("amount", "words"),
    [("", "Enter the amount"), ("abc", "amount"), ("0", "more than $0.00"), ("-5", "more than"), ("1e9", "amount")],
)
def test_a_wrong_amount_gets_a_sentence_and_posts_nothing(
    supervisor: Visitor, account: Account, session: Session, amount: str, words: str
) -> None:
    sent = {"key": "k1", "amount": amount, "method": "cash", "effective_on": TODAY.isoformat()}
    answer = supervisor.post(f"/admin/accounts/{account.id}/payment", sent)
    assert answer.status_code == 422
    assert words.lower() in answer.text.lower()
    assert session.scalar(select(func.count()).select_from(Payment).where(Payment.account_id == account.id)) == 0


def test_a_payment_is_reversed_with_a_reason(supervisor: Visitor, account: Account, session: Session) -> None:
    sent = {"key": "k2", "amount": "54.00", "method": "cash", "effective_on": TODAY.isoformat()}
    supervisor.post(f"/admin/accounts/{account.id}/payment", sent)
    payment = session.scalars(select(Payment).where(Payment.account_id == account.id)).one()
    url = f"/admin/accounts/{account.id}/payments/{payment.id}/reverse"
    assert supervisor.post(url, {"reason": ""}).status_code == 422
    assert supervisor.post(url, {"reason": "Typed on the wrong account"}).status_code == 302
    session.expire_all()
    rows = session.execute(select(Payment.kind, Payment.state).where(Payment.account_id == account.id).order_by(Payment.id)).all()
    assert [tuple(row) for row in rows] == [
        (PaymentKind.PAYMENT, PaymentState.REVERSED),
        (PaymentKind.REVERSAL, PaymentState.COMPLETE),
    ]
    assert session.get_one(Account, account.id).balance_cents == 27_000


def test_a_payment_of_another_account_is_not_found_under_this_one(
    supervisor: Visitor, account: Account, session: Session
) -> None:
    other = factories.account(session)
    sent = {"key": "k3", "amount": "54.00", "method": "cash", "effective_on": TODAY.isoformat()}
    supervisor.post(f"/admin/accounts/{other.id}/payment", sent)
    payment = session.scalars(select(Payment).where(Payment.account_id == other.id)).one()
    url = f"/admin/accounts/{account.id}/payments/{payment.id}/reverse"
    assert supervisor.post(url, {"reason": "x"}).status_code == 404


def test_notes_promises_calls_and_follow_ups_are_kept_and_shown(supervisor: Visitor, account: Account, session: Session) -> None:
    base = f"/admin/accounts/{account.id}"
    assert supervisor.post(f"{base}/note", {"body": "Sister answers <b>only</b> at night"}).status_code == 302
    tomorrow = (TODAY + dt.timedelta(days=1)).isoformat()
    assert supervisor.post(f"{base}/promise", {"amount": "54.00", "due_on": tomorrow, "method": "cash"}).status_code == 302
    assert supervisor.post(f"{base}/call", {"phone_id": "", "disposition": "no_answer", "direction": "they"}).status_code == 302
    follow_up = {"kind": "call", "due_on": tomorrow, "due_time": "10:00", "note": "after work"}
    assert supervisor.post(f"{base}/follow-up", follow_up).status_code == 302
    page = supervisor.get(base).text
    assert "Sister answers &lt;b&gt;only&lt;/b&gt; at night" in page
    assert "They called: no answer" in page and "after work" in page
    assert session.scalars(select(Promise).where(Promise.account_id == account.id)).one().amount_cents == 5_400
    kept = session.scalars(select(FollowUp).where(FollowUp.account_id == account.id)).one()
    assert kept.due_at == clock.moment(TODAY + dt.timedelta(days=1), dt.time(10, 0))


def test_a_note_is_taken_back_by_its_author_only(supervisor: Visitor, account: Account, session: Session) -> None:
    supervisor.post(f"/admin/accounts/{account.id}/note", {"body": "wrong account"})
    note = session.scalars(select(Note).where(Note.account_id == account.id)).one()
    note.created_by_id, author = factories.staff(session).id, note.created_by_id
    session.flush()
    url = f"/admin/accounts/{account.id}/notes/{note.id}/undo"
    supervisor.post(url, {})
    session.expire_all()
    assert session.get_one(Note, note.id).withdrawn_at is None
    session.get_one(Note, note.id).created_by_id = author
    session.flush()
    supervisor.post(url, {})
    session.expire_all()
    assert session.get_one(Note, note.id).withdrawn_at is not None
    assert "wrong account" not in supervisor.get(f"/admin/accounts/{account.id}").text


def test_a_collector_cannot_see_or_touch_a_colleagues_account(client: FlaskClient, session: Session, account: Account) -> None:
    colleague, collector = factories.staff(session), factories.staff(session)
    account.assigned_to_id = colleague.id
    session.flush()
    visitor = signed_in(client, session, collector)
    base = f"/admin/accounts/{account.id}"
    for path in ("", "/payment", "/payment/effect?amount=5", "/note", "/call", "/promise", "/follow-up"):
        assert visitor.get(base + path).status_code == 404, path
    sent = {"key": "k4", "amount": "54.00", "method": "cash", "effective_on": TODAY.isoformat()}
    assert visitor.post(f"{base}/payment", sent).status_code == 404
    assert visitor.post(f"{base}/note", {"body": "x"}).status_code == 404
    assert session.scalar(select(func.count()).select_from(Payment).where(Payment.account_id == account.id)) == 0
    account.assigned_to_id = collector.id
    session.flush()
    assert visitor.get(base).status_code == 200


def test_a_payment_that_nobody_took_stands_in_the_log_with_every_column(supervisor: Visitor, account: Account) -> None:
    sent = {"key": "k5", "amount": "54.00", "method": "cash", "effective_on": TODAY.isoformat(), "reference": "NB-1"}
    supervisor.post(f"/admin/accounts/{account.id}/payment", sent)
    db.session.execute(update(Payment).where(Payment.reference == "NB-1").values(taken_by_id=None))
    page = supervisor.get("/admin/payments-log/?cols=received_at,customer,amount_cents,reference,taken_by").text
    assert "NB-1" in page
