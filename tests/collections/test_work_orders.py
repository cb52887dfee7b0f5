"""The order of somebody's profile in the next-account flow, who comes after, and the three facts of the day."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import Disposition, FollowUpKind
from app.domain.collections.contact_rules import RestrictionKind
from app.domain.collections.profiles import MenuEntry, WorkOrder
from app.domain.payments.kinds import PaymentMethod
from app.domain.staff.roles import Role
from app.models import Account, CollectorProfile, Draft, Staff, WorkClaim, WorkedToday
from app.queries.collections import next_account, today_facts
from app.queries.collections.next_account import Loop
from app.queries.scope import Viewer
from app.services.collections import claims, contacts, drafts, follow_ups, promises, work
from app.services.payments import posting
from tests import factories
from tests.factories import TODAY
from tests.visitor import signed_in

pytestmark = pytest.mark.usefixtures("friday")


@pytest.fixture
def collector(session: Session) -> Staff:
    """Somebody with a book."""
    return factories.staff(session, name="Casey Brandt")


def late(session: Session, collector: Staff, name: str, *, days: int, cents: int, balance: int = 0) -> Account:
    """An account that is late by one line, with another one to come that makes up its balance."""
    book = factories.portfolio(session)
    lines = [(TODAY - dt.timedelta(days=days), cents), (TODAY + dt.timedelta(days=30), balance + 1)]
    person = factories.customer(session, book, first_name="Jordan", last_name=name)
    return factories.account(session, book, customer=person, lines=lines, payment_cents=cents, assigned_to_id=collector.id)


def loop(collector: Staff, order: WorkOrder = WorkOrder.WEIGHT) -> Loop:
    return Loop(viewer=Viewer.of(collector), today=TODAY, now=clock.now(), own=True, profile_order=order)


ORDERS = {
    # Weights: a point a day and a dollar. Few 90 + 10, Much 3 + 300, Slow 60 + 80, Large 5 + 20.
    WorkOrder.WEIGHT: ["Much", "Slow", "Few", "Large"],
    WorkOrder.AMOUNT: ["Much", "Slow", "Large", "Few"],
    WorkOrder.DAYS: ["Few", "Slow", "Large", "Much"],
    WorkOrder.BALANCE: ["Large", "Much", "Few", "Slow"],
    WorkOrder.NAME: ["Few", "Large", "Much", "Slow"],
}


@pytest.mark.parametrize("order", list(WorkOrder))
def test_accounts_come_in_the_order_of_the_profile_and_one_with_a_follow_up_first(
    session: Session, collector: Staff, order: WorkOrder
) -> None:
    late(session, collector, "Few", days=90, cents=1_000, balance=40_000)
    late(session, collector, "Much", days=3, cents=30_000, balance=30_000)
    late(session, collector, "Slow", days=60, cents=8_000)
    late(session, collector, "Large", days=5, cents=2_000, balance=90_000)
    called = late(session, collector, "Zoe", days=1, cents=100)
    now = clock.now()
    follow_ups.plan(
        session, called.id, kind=FollowUpKind.CALL, due_at=now, note=None, today=TODAY, now=now, actor=factories.actor()
    )
    asked = loop(collector, order)
    found: list[str] = []
    account: Account | None = claims.take_next(session, asked)
    expected = ["Zoe", *ORDERS[order]]
    while account is not None and len(found) < len(expected):
        found.append(account.customer.last_name)
        names = [row.last_name for row in next_account.up_next(session, asked, after=account, without=[account.id])]
        assert names == expected[len(found) :][:3]
        account = claims.take_next(session, asked, after=account)
    assert found == expected


def test_everybodys_accounts_are_worked_by_weight_whatever_the_profile_says(session: Session, collector: Staff) -> None:
    asked = Loop(viewer=Viewer.of(collector), today=TODAY, now=clock.now(), own=False, profile_order=WorkOrder.NAME)
    assert asked.order is WorkOrder.WEIGHT


def test_the_page_follows_the_profile(client: FlaskClient, session: Session, collector: Staff) -> None:
    late(session, collector, "Much", days=3, cents=30_000)
    late(session, collector, "Slow", days=60, cents=8_000)
    session.add(CollectorProfile(staff_id=collector.id, sort_order=WorkOrder.DAYS.value, menu=list(MenuEntry)))
    session.commit()
    page = signed_in(client, session, collector).get("/admin/collections/work").text
    assert "Jordan Slow</h1>" in page and "Jordan Much</a>" in page


def test_handled_promised_and_paid_are_three_facts(client: FlaskClient, session: Session, collector: Staff) -> None:
    account = late(session, collector, "Much", days=3, cents=30_000)
    actor, now = factories.actor(collector), clock.now()
    assert today_facts.of_accounts(session, [account.id], today=TODAY) == today_facts.Facts()
    promises.take(session, account.id, amount_cents=5_000, due_on=TODAY, method=None, today=TODAY, now=now, actor=actor)
    facts = today_facts.of_accounts(session, [account.id], today=TODAY)
    assert (facts.handled_at, facts.promised_cents, facts.paid_cents) == (None, 5_000, 0)
    posting.post(
        session, account.id, method=PaymentMethod.CASH, amount_cents=1_234, effective_on=TODAY, reference=None, note=None,
        idempotency_key="p-1", today=TODAY, now=now, actor=actor,
    )  # fmt: skip
    session.execute(insert(WorkedToday).values(business_on=TODAY, account_id=account.id, staff_id=collector.id, at=now))
    session.commit()
    facts = today_facts.of_accounts(session, [account.id], today=TODAY)
    assert (facts.handled_by, facts.promised_cents, facts.paid_cents) == ("Casey Brandt", 5_000, 1_234)
    assert today_facts.of_accounts(session, [account.id], today=TODAY + dt.timedelta(days=1)) == today_facts.Facts()
    visitor = signed_in(client, session, collector)
    row = visitor.get("/admin/collections/").text
    for said in ("Handled 10:00 AM", "Promised $50.00", "Paid $12.34"):
        assert said in row
    page = visitor.get(f"/admin/collections/work?account={account.id}").text
    assert "Handled 10:00 AM by Casey Brandt" in page and "Promised today" in page and "$12.34" in page


def outcome(note: str = "", **given: str) -> dict[str, str]:
    return {"outcome": "no_answer", "phone_id": "", "note": note} | given


def test_the_outcome_of_a_forbidden_call_is_not_saved_until_a_supervisor_says_so(
    client: FlaskClient, session: Session, collector: Staff
) -> None:
    account = late(session, collector, "Much", days=3, cents=30_000)
    work.log_call(
        session, account.id, disposition=Disposition.REFUSED, phone_id=None, note=None,
        now=clock.now() - dt.timedelta(days=1), actor=factories.actor(),
    )  # fmt: skip
    session.commit()
    visitor = signed_in(client, session, collector)
    visitor.get("/admin/collections/work")
    url = f"/admin/collections/work/{account.id}/outcome"
    refused = visitor.post(url, outcome("They live elsewhere"), follow_redirects=True).text
    assert "Nothing was saved. Not before Thu Nov 26, 8:00 AM" in refused and "A supervisor can set the rule aside" in refused
    assert session.scalars(select(WorkedToday)).all() == []
    kept = session.get_one(Draft, (collector.id, account.id, "work"))
    assert kept.fields == {"note": "They live elsewhere"}
    supervisor = factories.staff(session, Role.SUPERVISOR)
    boss = signed_in(client, session, supervisor, stepped_up=True)
    session.query(WorkClaim).delete()
    session.commit()
    sent = boss.post(url, outcome())
    assert sent.status_code == 303 and f"/admin/accounts/{account.id}/contact/override?back=" in (sent.location or "")
    assert boss.post(sent.location or "", {"reason": "They mailed us"}).status_code == 302
    session.query(WorkClaim).delete()
    session.commit()
    assert signed_in(client, session, collector).post(url, outcome("They live elsewhere")).status_code == 303
    assert [one.account_id for one in session.scalars(select(WorkedToday))] == [account.id]
    session.expire_all()
    assert session.get(Draft, (collector.id, account.id, "work")) is None


def test_a_call_of_theirs_is_always_written_down(client: FlaskClient, session: Session, collector: Staff) -> None:
    account = late(session, collector, "Much", days=3, cents=30_000)
    contacts.restrict(session, account.id, kind=RestrictionKind.CEASE, note="Letter", now=clock.now(), actor=factories.actor())
    session.commit()
    visitor = signed_in(client, session, collector)
    visitor.get("/admin/collections/work")
    url = f"/admin/collections/work/{account.id}/outcome"
    assert visitor.post(url, outcome(outcome="right_party", direction="they")).status_code == 303
    assert [one.account_id for one in session.scalars(select(WorkedToday))] == [account.id]


def test_a_draft_is_kept_for_its_writer_alone_and_goes_when_it_is_saved(
    client: FlaskClient, session: Session, collector: Staff
) -> None:
    account = late(session, collector, "Much", days=3, cents=30_000)
    visitor = signed_in(client, session, collector)
    url = f"/admin/accounts/{account.id}/drafts/note"
    assert visitor.get(url).json == {"fields": {}}
    token = {"X-CSRFToken": visitor.csrf_token()}
    kept = visitor.client.post(url, json={"fields": {"body": "Half a sent"}}, headers=token)
    assert kept.status_code == 204
    # Signed out and in again, the draft is there still; nobody else has it.
    again = signed_in(client, session, collector)
    assert again.get(url).json == {"fields": {"body": "Half a sent"}}
    other = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    assert other.get(url).json == {"fields": {}}
    assert signed_in(client, session, factories.staff(session)).get(url).status_code == 404
    again = signed_in(client, session, collector)
    assert again.post(f"/admin/accounts/{account.id}/note", {"body": "A whole sentence"}).status_code == 302
    assert again.get(url).json == {"fields": {}}


@pytest.mark.parametrize(
    ("form", "body", "status"),
    [
        ("note", {"fields": {"body": "x" * 4_001}}, 422),
        ("note", {"fields": {str(number): "x" for number in range(21)}}, 422),
        ("note", {"fields": {"body": ["x"]}}, 422),
        ("note", {"fields": "x"}, 422),
        ("note", [], 422),
        ("lease", {"fields": {}}, 404),
    ],
)
def test_what_is_no_draft_is_refused(
    client: FlaskClient, session: Session, collector: Staff, form: str, body: object, status: int
) -> None:
    account = late(session, collector, "Much", days=3, cents=30_000)
    visitor = signed_in(client, session, collector)
    headers = {"X-CSRFToken": visitor.csrf_token()}
    answer = visitor.client.post(f"/admin/accounts/{account.id}/drafts/{form}", json=body, headers=headers)
    assert answer.status_code == status
    assert session.scalars(select(Draft)).all() == []


def test_a_draft_nobody_came_back_to_is_thrown_away(session: Session, collector: Staff) -> None:
    account = late(session, collector, "Much", days=3, cents=30_000)
    now = clock.now()
    for form, age in (("note", 15), ("call", 13)):
        drafts.keep(
            session, staff_id=collector.id, account_id=account.id, form=form, fields={"note": "x"},
            now=now - dt.timedelta(days=age),
        )  # fmt: skip
    drafts.throw_away_old(session, now=now)
    assert session.scalars(select(Draft.form)).all() == ["call"]


PAGES = {
    MenuEntry.CUSTOMER_SUMMARY: "/admin/records/customers/",
    MenuEntry.ACCOUNT_SELECTION: "/admin/accounts/",
    MenuEntry.ACCOUNT_SUMMARY: "/admin/accounts/{account}",
    MenuEntry.WORKLIST: "/admin/collections/",
    MenuEntry.RECOVERY_REQUEST: "/admin/recoveries/",
}


@pytest.mark.parametrize("ticked", [None, *MenuEntry])
def test_each_tick_of_the_menu_opens_its_page_and_nothing_else(
    client: FlaskClient, session: Session, collector: Staff, ticked: MenuEntry | None
) -> None:
    account = late(session, collector, "Much", days=3, cents=30_000)
    session.add(CollectorProfile(staff_id=collector.id, menu=[ticked.value] if ticked else []))
    session.commit()
    visitor = signed_in(client, session, collector)
    answers = {entry: visitor.get(page.format(account=account.id)).status_code for entry, page in PAGES.items()}
    assert answers == {entry: 200 if entry is ticked else 403 for entry in MenuEntry}
    assert (visitor.get("/admin/collections/work").status_code == 200) is (ticked is MenuEntry.WORKLIST)
    # Forms that the worklist opens stay open: a note is taken wherever the person works.
    assert visitor.get(f"/admin/accounts/{account.id}/note").status_code == 200
    menu = visitor.get("/admin/").text
    assert ('href="/admin/collections/work"' in menu) is (ticked is MenuEntry.WORKLIST)


def test_without_a_profile_and_above_collector_the_role_decides(client: FlaskClient, session: Session, collector: Staff) -> None:
    account = late(session, collector, "Much", days=3, cents=30_000)
    supervisor = factories.staff(session, Role.SUPERVISOR)
    session.add(CollectorProfile(staff_id=supervisor.id))
    session.commit()
    for person in (collector, supervisor):
        visitor = signed_in(client, session, person)
        assert {visitor.get(page.format(account=account.id)).status_code for page in PAGES.values()} == {200}
