"""The Follow-Ups page: its columns and tabs, ticking off and taking back, and whose they are."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import FollowUpKind, FollowUpStatus
from app.domain.staff.roles import Role
from app.models import Account, FollowUp, Staff
from app.queries.collections import follow_ups as questions
from app.queries.scope import Viewer
from app.services.collections import follow_ups
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import Visitor, signed_in

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)


@pytest.fixture
def me(session: Session) -> Staff:
    return factories.staff(session)


@pytest.fixture
def collector(client: FlaskClient, session: Session, me: Staff) -> Visitor:
    return signed_in(client, session, me)


def planned(session: Session, person: Staff, on: dt.date, note: str, *, hour: int = 12) -> FollowUp:
    account = factories.account(session, lines=[(TODAY - 9 * DAY, 5_400)])
    session.execute(update(Account).where(Account.id == account.id).values(assigned_to_id=person.id))
    row = FollowUp(
        account_id=account.id,
        kind=FollowUpKind.CALL,
        due_at=clock.moment(on, dt.time(hour)),
        note=note,
        status=FollowUpStatus.OPEN,
        is_due=on <= TODAY,
        created_at=NOW - 20 * DAY,
        created_by_id=person.id,
    )
    session.add(row)
    session.commit()
    return row


def test_the_columns_stand_as_they_are_written_down(session: Session, me: Staff, collector: Visitor) -> None:
    planned(session, me, TODAY, "Call back")
    html = collector.get("/admin/follow-ups/").text
    heads = [re.sub(r"<[^>]+>", "", head).strip() for head in re.findall(r'<th scope="col".*?</th>', html, re.S)]
    assert heads == ["Follow-Up Date", "Customer", "Type", "Note", "Created", "Status", "Action"]


def test_tabs_part_them_by_day(session: Session, me: Staff, collector: Visitor) -> None:
    planned(session, me, TODAY - DAY, "of yesterday")
    planned(session, me, TODAY, "of today")
    planned(session, me, TODAY + DAY, "of tomorrow")
    done = planned(session, me, TODAY - 3 * DAY, "done long ago")
    follow_ups.close(session, done.id, status=FollowUpStatus.DONE, today=TODAY, now=NOW, actor=factories.actor(me))
    session.commit()
    notes = {"of yesterday", "of today", "of tomorrow", "done long ago"}

    def shown(query: str) -> set[str]:
        html = collector.get(f"/admin/follow-ups/{query}").text
        return {note for note in notes if note in html}

    tabs = dict(
        re.findall(r'<a href="(\?[^"]*)"[^>]*>(To do|Overdue|Today|Coming|Done)<', collector.get("/admin/follow-ups/").text)
    )
    by_name = {name: shown(query.replace("&amp;", "&")) for query, name in tabs.items()}
    assert by_name == {
        "To do": {"of yesterday", "of today", "of tomorrow"},
        "Overdue": {"of yesterday"},
        "Today": {"of today"},
        "Coming": {"of tomorrow"},
        "Done": {"done long ago"},
    }
    assert shown("") == by_name["To do"]


def test_ticking_off_gives_up_the_first_place_and_undo_takes_it_back(session: Session, me: Staff, collector: Visitor) -> None:
    row = planned(session, me, TODAY, "Call back")
    account = session.get_one(Account, row.account_id)
    follow_ups.weigh(session, account.id, today=TODAY, now=NOW)
    assert account.worklist_weight == 1_000_000 + 54 + 9
    session.commit()
    answer = collector.post(f"/admin/follow-ups/{row.id}/done", {"back": "/admin/follow-ups/?status=open"})
    assert answer.location == "/admin/follow-ups/?status=open"
    page = collector.get(answer.location).text
    assert "Follow-up done." in page
    session.expire_all()
    assert (row.status, row.closed_by_id, account.worklist_weight) == (FollowUpStatus.DONE, me.id, 54 + 9)
    undo = re.search(r'<form method="post" action="(/admin/follow-ups/[^"]+)">', page)
    assert undo and undo[1] == f"/admin/follow-ups/{row.id}/open"
    collector.post(undo[1])
    session.expire_all()
    assert (row.status, row.closed_at, account.worklist_weight) == (FollowUpStatus.OPEN, None, 1_000_000 + 54 + 9)
    collector.post(f"/admin/follow-ups/{row.id}/cancel")
    session.expire_all()
    assert row.status is FollowUpStatus.CANCELLED


def test_nobody_is_led_to_another_site_after_it(session: Session, me: Staff, collector: Visitor) -> None:
    row = planned(session, me, TODAY, "Call back")
    assert collector.post(f"/admin/follow-ups/{row.id}/done", {"back": "//evil.example/"}).location == "/admin/follow-ups/"


def test_a_collector_cannot_tick_off_a_colleagues(session: Session, collector: Visitor) -> None:
    row = planned(session, factories.staff(session), TODAY, "of a colleague")
    assert "of a colleague" not in collector.get("/admin/follow-ups/").text
    assert collector.post(f"/admin/follow-ups/{row.id}/done").status_code == 404
    session.expire_all()
    assert row.status is FollowUpStatus.OPEN


def test_the_dashboard_counts_what_is_due_by_the_end_of_today(session: Session, me: Staff) -> None:
    planned(session, me, TODAY - 2 * DAY, "a")
    planned(session, me, TODAY, "b", hour=9)
    planned(session, me, TODAY, "c", hour=16)
    planned(session, me, TODAY + DAY, "d", hour=0)
    planned(session, factories.staff(session), TODAY, "of a colleague")
    noon = clock.moment(TODAY, dt.time(12))
    found = questions.waiting(session, Viewer.of(me), today=TODAY, now=noon)
    assert (found.due, found.overdue, found.next_at) == (3, 1, clock.moment(TODAY, dt.time(16)))
    everybody = Viewer(staff_id=0, role=Role.SUPERVISOR)
    assert questions.waiting(session, everybody, today=TODAY, now=noon).due == 4


def test_a_follow_up_planned_on_the_account_for_today_puts_it_first(session: Session, me: Staff, collector: Visitor) -> None:
    account = factories.account(session, lines=[(TODAY - 9 * DAY, 5_400)])
    session.execute(update(Account).where(Account.id == account.id).values(assigned_to_id=me.id))
    session.commit()
    answer = collector.post(
        f"/admin/accounts/{account.id}/follow-up",
        {"kind": "call", "due_on": TODAY.isoformat(), "due_time": "23:59", "note": ""},
    )
    assert answer.status_code == 302
    session.expire_all()
    assert account.worklist_weight == 1_000_000 + 54 + 9
