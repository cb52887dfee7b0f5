"""The Collections Dashboard page: live aging, alerts, the worklist with its columns and files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind, Disposition, FollowUpKind, FollowUpStatus, PromiseStatus
from app.domain.payments.kinds import PaymentMethod
from app.domain.staff.roles import Role
from app.models import Account, Activity, FollowUp, Promise, Staff, ThresholdCrossing
from app.services.collections import follow_ups
from app.services.payments import posting
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


def late(session: Session, person: Staff, days: int, cents: int = 5_400) -> Account:
    account = factories.account(session, lines=[(TODAY - days * DAY, cents), (TODAY + 30 * DAY, 1_000)])
    session.execute(update(Account).where(Account.id == account.id).values(assigned_to_id=person.id))
    session.expire_all()
    return account


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_row_says_why_it_stands_there_and_what_was_done(session: Session, me: Staff, collector: Visitor) -> None:
    account = late(session, me, 42, 20_158)
    session.add_all(
        [
            Activity(
                account_id=account.id,
                kind=ActivityKind.CALL,
                at=NOW - 8 * DAY,
                disposition=Disposition.RIGHT_PARTY,
                summary="x",
                staff_id=me.id,
            ),
            Promise(
                account_id=account.id,
                amount_cents=14_910,
                due_on=TODAY - 3 * DAY,
                status=PromiseStatus.BROKEN,
                made_at=NOW - 8 * DAY,
            ),
            FollowUp(
                account_id=account.id,
                kind=FollowUpKind.CALL,
                due_at=NOW - 2 * DAY,
                status=FollowUpStatus.OPEN,
                is_due=True,
                created_at=NOW - 8 * DAY,
            ),
        ]
    )
    session.flush()
    follow_ups.weigh(session, account.id, today=TODAY, now=NOW)
    session.commit()
    html = collector.get("/admin/collections/").text
    heads = [text(head) for head in re.findall(r'<th scope="col".*?</th>', html, re.S)]
    assert heads == [
        "Customer",
        "Weight",
        "Bucket",
        "Days",
        "Past due",
        "Why here",
        "Last contact",
        "Next follow-up",
        "Promise",
        "Assigned to",
    ]
    (row,) = re.findall(r"<tr data-id=.*?</tr>", html, re.S)
    told = "Follow-up due, broken promise Nov 12 right party Nov 18 Broken Dana W."
    assert text(row).endswith(f"{account.account_number} 243 31-60 42 $201.58 {told}")
    assert "A follow-up is due, so it goes first." in row
    lines = list(csv.reader(io.StringIO(collector.get("/admin/collections/export/csv").get_data(as_text=True))))
    assert lines[1][1:6] == ["243", "31-60", "42", "201.58", "Follow-up due, broken promise"]


def test_the_band_is_live_and_a_payment_moves_it(session: Session, me: Staff, collector: Visitor) -> None:
    account = late(session, me, 42, 20_158)
    late(session, me, 5, 1_000)
    session.commit()
    before = collector.get("/admin/collections/live.json", headers={"X-Background": "1"}).get_json()
    assert (before["count1"], before["amount1"], before["share1"]) == ("1", "$10.00 past due", "50.0%")
    assert (before["count2"], before["amount2"]) == ("1", "$201.58 past due")
    posting.post(
        session,
        account.id,
        method=PaymentMethod.CASH,
        amount_cents=20_158,
        today=TODAY,
        now=NOW,
        actor=factories.actor(me),
    )
    session.commit()
    after = collector.get("/admin/collections/live.json").get_json()
    assert (after["count0"], after["amount0"], after["count2"], after["amount2"]) == (
        "1",
        "$10.00 to come",
        "0",
        "$0.00 past due",
    )
    html = collector.get("/admin/collections/").text
    assert set(re.findall(r'data-live="(\w+)"', html)) == set(after)


def test_each_bucket_leads_to_its_accounts(session: Session, me: Staff, collector: Visitor) -> None:
    for days in (0, 5, 9, 100):
        late(session, me, days)
    session.commit()
    html = collector.get("/admin/collections/").text
    urls = [url.replace("&amp;", "&") for url in re.findall(r'<a class="fig" href="([^"]+)"', html)]
    rows = [len(re.findall(r"<tr data-id=", collector.get(url).text)) for url in urls]
    assert rows == [1, 2, 0, 0, 1]


def test_alerts_name_who_crossed_and_lead_to_the_rest(session: Session, me: Staff, collector: Visitor) -> None:
    names = []
    for days in (61, 31, 32, 33):
        account = late(session, me, days)
        threshold = 60 if days == 61 else 30
        session.add(
            ThresholdCrossing(account_id=account.id, business_on=TODAY - (days - threshold - 1) * DAY, threshold=threshold)
        )
        names.append(account.customer.name)
    session.commit()
    strip = re.search(r'aria-label="Alerts and my day".*?</section>', collector.get("/admin/collections/").text, re.S)
    assert strip
    said = text(strip[0])
    assert "4 alerts in 7 days" in said
    assert f"Crossed 60 days: {names[0]}" in said
    assert "Crossed 30 days: 3 accounts" in said
    rows = collector.get("/admin/collections/?crossed=30").text
    assert len(re.findall(r"<tr data-id=", rows)) == 3


def test_a_colleagues_accounts_are_in_none_of_it(session: Session, me: Staff, collector: Visitor) -> None:
    theirs = late(session, factories.staff(session), 42)
    session.commit()
    page = collector.get("/admin/collections/")
    assert theirs.account_number not in page.text and "Nothing is past due" in page.text
    assert collector.get("/admin/collections/live.json").get_json()["count2"] == "0"
    supervisor = signed_in(collector.client, session, factories.staff(session, Role.SUPERVISOR))
    assert theirs.account_number in supervisor.get("/admin/collections/").text


def test_the_list_begins_the_loop(session: Session, me: Staff, collector: Visitor) -> None:
    late(session, me, 3)
    session.commit()
    html = collector.get("/admin/collections/").text
    assert re.search(r'<a class="btn btn-primary[^>]*href="/admin/collections/work"[^>]*data-key="n"', html)
