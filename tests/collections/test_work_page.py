"""The Work account page: what stands on it, and the loop by its forms."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.servicing.charges import FeeKind
from app.domain.staff.roles import Role
from app.models import Account, Activity, Fee, FollowUp, Note, Staff, WorkClaim, WorkedToday
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import Visitor, signed_in

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)


@pytest.fixture
def me(session: Session) -> Staff:
    return factories.staff(session, name="Dana Whitfield")


@pytest.fixture
def collector(client: FlaskClient, session: Session, me: Staff) -> Visitor:
    return signed_in(client, session, me)


def account_of(session: Session, person: Staff, *, days: int, cents: int = 5_400, **given: Any) -> Account:
    lines = [(TODAY - days * DAY, cents), (TODAY, 2_000), (TODAY + 7 * DAY, 5_400)]
    account = factories.account(session, lines=lines, **given)
    session.execute(update(Account).where(Account.id == account.id).values(assigned_to_id=person.id))
    session.expire_all()
    return account


def name_on(html: str) -> str:
    found = re.search(r'<h1 class="person">(.*?)</h1>', html)
    return found[1] if found else ""


def test_everything_about_the_person_stands_on_one_page(session: Session, me: Staff, collector: Visitor) -> None:
    account = account_of(session, me, days=42, cents=5_400)
    second = account_of(session, me, days=14, cents=2_499, customer=account.customer)
    session.add(
        Fee(
            account_id=account.id,
            installment_number=1,
            kind=FeeKind.LATE,
            assessed_on=TODAY - 38 * DAY,
            amount_cents=270,
            reason="test",
            created_at=NOW,
        )
    )
    session.flush()
    from app.services.servicing import standing

    standing.restate(session, [account.id], today=TODAY)
    session.commit()
    page = collector.get("/admin/collections/work")
    assert page.status_code == 200
    html = page.text
    assert name_on(html) == account.customer.name
    for text in (
        account.account_number,
        second.account_number,
        "Past due, both accounts",
        "$81.69",  # 54.00 + 2.70 fee + 24.99
        "$56.70",  # the line with its fee
        "Weight 98",  # 56 dollars and 42 days
        f'href="tel:{account.customer.phones[0].e164}"',
        "IPHONE 13 128GB",
        "What a payment today would do",
        "Held for you until",
    ):
        assert text in html, text
    heads = re.findall(r"<table.*?</table>", html, re.S)[0]
    assert re.findall(r'<th scope="col"[^>]*>(.*?)</th>', heads) == [
        "Account",
        "Due",
        "Installment",
        "Late fee",
        "Paid",
        "Open",
        "Days",
    ]


def test_each_action_has_its_key(session: Session, me: Staff, collector: Visitor) -> None:
    account_of(session, me, days=3)
    html = collector.get("/admin/collections/work").text
    keys = re.findall(r'data-key="(.)"', html)
    assert {*"1234567", "c", "p", "f", "$", "m", "n"} <= set(keys)
    assert len(keys) == len(set(keys)), "no key twice on a page"


def test_an_outcome_is_written_and_the_next_account_comes(session: Session, me: Staff, collector: Visitor) -> None:
    first, second = account_of(session, me, days=30), account_of(session, me, days=20)
    assert name_on(collector.get("/admin/collections/work").text) == first.customer.name
    answer = collector.post(
        f"/admin/collections/work/{first.id}/outcome",
        {"outcome": "left_message", "note": "With his mother", "phone_id": str(first.customer.phones[0].id)},
    )
    assert answer.status_code == 303
    page = collector.get(answer.location or "").text
    assert name_on(page) == second.customer.name
    assert "Left message saved." in page
    session.expire_all()
    call = session.scalars(select(Activity).where(Activity.disposition.is_not(None))).one()
    assert (call.account_id, call.disposition, call.staff_id, call.phone_id) == (
        first.id,
        "left_message",
        me.id,
        first.customer.phones[0].id,
    )
    assert session.scalars(select(Note.body)).all() == ["With his mother"]
    undo = re.search(r'action="(/admin/collections/work/undo[^"]+)"', page)
    assert undo
    again = collector.post(undo[1])
    assert name_on(collector.get(again.location or "").text) == first.customer.name
    session.expire_all()
    assert session.scalars(select(WorkedToday)).all() == []
    assert call.withdrawn_at is not None


def test_the_undo_of_a_colleague_does_nothing(client: FlaskClient, session: Session, me: Staff) -> None:
    account = account_of(session, me, days=30)
    first = signed_in(client, session, me)
    first.get("/admin/collections/work")
    page = first.get(first.post(f"/admin/collections/work/{account.id}/outcome", {"outcome": "busy"}).location or "").text
    undo = re.search(r'action="(/admin/collections/work/undo[^"]+)"', page)
    assert undo
    supervisor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    assert "too late to undo" in supervisor.get(supervisor.post(undo[1]).location or "").text
    assert session.scalars(select(WorkedToday.account_id)).all() == [account.id]


def test_a_note_alone_keeps_the_account(session: Session, me: Staff, collector: Visitor) -> None:
    first = account_of(session, me, days=30)
    account_of(session, me, days=20)
    collector.get("/admin/collections/work")
    answer = collector.post(f"/admin/collections/work/{first.id}/outcome", {"outcome": "", "note": "Works nights"})
    assert name_on(collector.get(answer.location or "").text) == first.customer.name
    assert session.scalars(select(Note.body)).all() == ["Works nights"]


def test_a_paid_up_account_stays_until_the_outcome_is_said(session: Session, me: Staff, collector: Visitor) -> None:
    first, second = account_of(session, me, days=30), account_of(session, me, days=20)
    collector.get("/admin/collections/work")
    form = collector.get(f"/admin/accounts/{first.id}/payment?back=/admin/collections/work").text
    key = re.search(r'name="key"[^>]*value="([^"]+)"', form)
    assert key
    answer = collector.post(
        f"/admin/accounts/{first.id}/payment?back=/admin/collections/work",
        {"key": key[1], "amount": "54.00", "method": "cash", "effective_on": TODAY.isoformat()},
    )
    assert answer.location == "/admin/collections/work"
    page = collector.get("/admin/collections/work").text
    assert name_on(page) == first.customer.name
    assert "Nothing is left to collect today." in page
    answer = collector.post(f"/admin/collections/work/{first.id}/outcome", {"outcome": "right_party"})
    assert name_on(collector.get(answer.location or "").text) == second.customer.name


def test_next_passes_over_and_says_when_nothing_is_left(session: Session, me: Staff, collector: Visitor) -> None:
    first, second = account_of(session, me, days=30), account_of(session, me, days=20)
    collector.get("/admin/collections/work")
    answer = collector.post(f"/admin/collections/work/{first.id}/next")
    page = collector.get(answer.location or "").text
    assert name_on(page) == second.customer.name
    assert f"/admin/collections/work?account={first.id}" in page, "the way back"
    for account in (second, first):
        answer = collector.post(f"/admin/collections/work/{account.id}/outcome", {"outcome": "no_answer"})
    page = collector.get(answer.location or "").text
    assert "Everything is worked for today" in page
    assert session.scalars(select(WorkClaim)).all() == []


def test_a_page_that_is_left_lets_its_account_go(session: Session, me: Staff, collector: Visitor) -> None:
    account_of(session, me, days=30)
    old = re.search(r'data-held-until="([^"]+)"', collector.get("/admin/collections/work").text)
    clock.set_clock(pinned_on=TODAY, stopped_at=dt.time(10, 1))
    new = re.search(r'data-held-until="([^"]+)"', collector.get("/admin/collections/work").text)
    assert old and new
    assert collector.post("/admin/collections/work/leave", {"until_at": old[1]}).status_code == 204
    assert session.scalars(select(WorkClaim)).all(), "the page was opened again since"
    assert collector.post("/admin/collections/work/leave", {"until_at": new[1]}).status_code == 204
    assert session.scalars(select(WorkClaim)).all() == []


def test_who_asks_for_an_account_that_a_colleague_has_is_told_so(client: FlaskClient, session: Session, me: Staff) -> None:
    account = account_of(session, me, days=30)
    signed_in(client, session, me).get("/admin/collections/work")
    supervisor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    answer = supervisor.get(f"/admin/collections/work?account={account.id}")
    assert answer.location == f"/admin/accounts/{account.id}"
    assert "Dana Whitfield works this account until" in supervisor.get(answer.location).text


def test_a_collector_gets_nothing_of_a_colleagues_book(session: Session, me: Staff, collector: Visitor) -> None:
    theirs = account_of(session, factories.staff(session), days=30)
    page = collector.get("/admin/collections/work").text
    assert "Nothing is past due on your accounts" in page and theirs.account_number not in page
    for path in (f"/admin/collections/work?account={theirs.id}",):
        assert collector.get(path).status_code == 404
    for path in (f"/admin/collections/work/{theirs.id}/outcome", f"/admin/collections/work/{theirs.id}/next"):
        assert collector.post(path, {"outcome": "no_answer"}).status_code == 404
    assert session.scalars(select(WorkClaim)).all() == []


def test_a_supervisor_works_their_own_book_or_everybodys(client: FlaskClient, session: Session, me: Staff) -> None:
    boss = factories.staff(session, Role.SUPERVISOR)
    theirs = account_of(session, me, days=30)
    visitor = signed_in(client, session, boss)
    assert name_on(visitor.get("/admin/collections/work").text) == theirs.customer.name, "with no book of their own: all"
    own = account_of(session, boss, days=5)
    visitor.post("/admin/collections/work/leave", {"until_at": "2026-11-20T00:00:00+00:00"})
    visitor.post("/admin/collections/work/book", {"book": "own"})
    page = visitor.get("/admin/collections/work").text
    assert name_on(page) == own.customer.name and "My worklist" in page
    visitor.post("/admin/collections/work/book", {"book": "all"})
    page = visitor.get("/admin/collections/work").text
    assert name_on(page) == theirs.customer.name and "Everybody&#39;s worklist" in page


def test_a_follow_up_that_is_due_can_be_ticked_off_on_the_page(session: Session, me: Staff, collector: Visitor) -> None:
    account = account_of(session, me, days=30)
    session.add(
        FollowUp(account_id=account.id, kind="text", due_at=NOW - DAY, status="open", is_due=True, created_at=NOW - 2 * DAY)
    )
    session.flush()
    follow_up_id = session.scalars(select(FollowUp.id)).one()
    page = collector.get("/admin/collections/work").text
    assert f'action="/admin/follow-ups/{follow_up_id}/done"' in page
    answer = collector.post(f"/admin/follow-ups/{follow_up_id}/done", {"back": "/admin/collections/work"})
    assert answer.location == "/admin/collections/work"
    session.expire_all()
    assert session.get_one(FollowUp, follow_up_id).status.value == "done"
