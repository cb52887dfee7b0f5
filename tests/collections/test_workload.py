"""Workload: what each collector carries, what nobody looks after, and evening it out."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import Disposition, PromiseStatus
from app.domain.staff.roles import Role
from app.models import Account, Company, Office, Promise, Region, Staff, WorkedToday
from app.queries.collections import workload
from app.queries.collections.narrowing import Span
from app.queries.scope import Viewer
from app.services.collections import work
from tests import factories
from tests.factories import TODAY
from tests.visitor import signed_in

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)


def late(session: Session, person: Staff | None, *, cents: int = 5_400, **given: Any) -> Account:
    return factories.account(session, lines=[(TODAY - 20 * DAY, cents)], assigned_to_id=person.id if person else None, **given)


def call(session: Session, account: Account, person: Staff, at: dt.datetime, disposition: Disposition) -> None:
    work.log_call(session, account.id, disposition=disposition, phone_id=None, note=None, now=at, actor=factories.actor(person))


def rows(session: Session, viewer: Staff, gap_days: int = 7) -> dict[str, workload.Carried]:
    return {row.name: row for row in workload.carried(session, Viewer.of(viewer), today=TODAY, gap_days=gap_days)}


def test_each_collector_has_what_they_carry_and_did_today(session: Session) -> None:
    ann, bob = factories.staff(session, name="Ann"), factories.staff(session, name="Bob")
    boss = factories.staff(session, Role.SUPERVISOR, name="Sam")
    first, second = late(session, ann), late(session, ann, cents=10_000)
    late(session, None, cents=700)
    factories.account(session, lines=[(TODAY + 9 * DAY, 5_400)], assigned_to_id=ann.id)  # Current: nothing to work.
    now = clock.now()
    call(session, first, ann, now, Disposition.RIGHT_PARTY)
    call(session, second, ann, now, Disposition.NO_ANSWER)
    call(session, second, ann, now - 40 * DAY, Disposition.RIGHT_PARTY)
    session.add(WorkedToday(business_on=TODAY, account_id=first.id, staff_id=ann.id, at=now))
    for status, days in (
        (PromiseStatus.KEPT, 3),
        (PromiseStatus.BROKEN, 9),
        (PromiseStatus.CANCELLED, 9),
        (PromiseStatus.KEPT, 40),
    ):
        session.add(
            Promise(
                account_id=first.id, amount_cents=1, due_on=TODAY, made_at=now - days * DAY, status=status, taken_by_id=ann.id
            )
        )
    session.flush()
    seen = rows(session, boss)
    assert list(seen) == ["Ann", "Bob", "Nobody"]
    assert seen["Ann"] == workload.Carried(
        ann.id, "Ann", Role.COLLECTOR, open_items=2, past_due_cents=15_400, gaps=0, worked_today=1, contacts=1,
        promises_taken=2, promises_kept=1,
    )  # fmt: skip
    assert (seen["Bob"].open_items, seen["Bob"].staff_id) == (0, bob.id)
    assert (seen["Nobody"].open_items, seen["Nobody"].past_due_cents, seen["Nobody"].gaps) == (1, 700, 1)


def test_untouched_for_so_many_days_is_a_gap(session: Session) -> None:
    ann, boss = factories.staff(session, name="Ann"), factories.staff(session, Role.SUPERVISOR)
    called = late(session, ann)
    late(session, ann)
    call(session, called, ann, clock.moment(TODAY - 6 * DAY, dt.time(9)), Disposition.NO_ANSWER)
    assert rows(session, boss, 7)["Ann"].gaps == 1
    assert rows(session, boss, 3)["Ann"].gaps == 2


def test_a_supervisor_of_one_portfolio_sees_its_work_alone(session: Session) -> None:
    home, away = factories.portfolio(session), factories.portfolio(session)
    ann = factories.staff(session, name="Ann")
    boss = factories.staff(session, Role.SUPERVISOR, portfolios=[home])
    for book in (home, away):
        factories.account(session, book, lines=[(TODAY - 20 * DAY, 5_400)], assigned_to_id=ann.id)
    assert rows(session, boss)["Ann"].open_items == 1


def test_unassigned_accounts_are_handed_out_with_a_preview_and_taken_back(client: FlaskClient, session: Session) -> None:
    ann, bob = factories.staff(session, name="Ann Bell"), factories.staff(session, name="Bob Cole")
    for _ in range(3):
        late(session, ann)
    free = [late(session, None) for _ in range(3)]
    session.commit()
    ids = [account.id for account in free]
    boss = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    assert "Hand out unassigned" in boss.get("/admin/workload/").text
    preview = boss.get("/admin/workload/balance/unassigned").text
    assert "Ann Bell" in preview and "Bob Cole" in preview
    assert set(session.scalars(select(Account.assigned_to_id).where(Account.id.in_(ids)))) == {None}
    done = boss.post("/admin/workload/balance/unassigned", {"reason": "Monday"}, follow_redirects=True).text
    session.expire_all()
    # Bob has none and Ann has three: all three go to Bob.
    assert [account.assigned_to_id for account in free] == [bob.id] * 3
    assert "3 accounts reassigned: Bob Cole 3." in done
    undo = done.partition("/admin/workload/undo/")[2].partition('"')[0].partition("&")[0]
    assert boss.post(f"/admin/workload/undo/{undo}").status_code == 303
    session.expire_all()
    assert [account.assigned_to_id for account in free] == [None] * 3


def test_everybodys_work_is_evened_out(client: FlaskClient, session: Session) -> None:
    ann, bob = factories.staff(session, name="Ann"), factories.staff(session, name="Bob")
    accounts = [late(session, ann) for _ in range(4)]
    session.commit()
    boss = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    assert boss.post("/admin/workload/balance/everybody", {"reason": "Fair"}).status_code == 303
    session.expire_all()
    assert sorted(account.assigned_to_id or 0 for account in accounts) == sorted([ann.id, ann.id, bob.id, bob.id])


def test_a_collector_does_not_open_it_and_a_supervisor_takes_it_as_a_file(client: FlaskClient, session: Session) -> None:
    ann = factories.staff(session, name="Ann")
    late(session, ann)
    assert signed_in(client, session, ann).get("/admin/workload/").status_code == 403
    boss = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    lines = boss.get("/admin/workload/export.csv").text.splitlines()
    assert lines[1].startswith("Ann,1,54.00,0,0,0,0,1")
    assert boss.get("/admin/workload/?sort=gaps&gap=3").status_code == 200
    assert boss.get("/admin/workload/?gap=5").status_code == 404
    session.execute(update(Staff).values(is_active=False).where(Staff.id == ann.id))


def test_the_page_and_its_file_are_narrowed_alike_and_each_figure_leads_to_its_rows(
    client: FlaskClient, session: Session
) -> None:
    north, south = factories.portfolio(session), factories.portfolio(session)
    ann, bob = factories.staff(session, name="Ann"), factories.staff(session, name="Bob")
    company = Company(portfolio_id=north.id, code="N", name="North")
    session.add(company)
    session.flush()
    region = Region(portfolio_id=north.id, company_id=company.id, code="N", name="North")
    session.add(region)
    session.flush()
    office = Office(portfolio_id=north.id, region_id=region.id, code="N1", name="North 1")
    session.add(office)
    session.flush()
    for book, cents, office_id in ((north, 5_000, office.id), (north, 700, None), (south, 90, None)):
        factories.account(session, book, lines=[(TODAY - 20 * DAY, cents)], assigned_to_id=ann.id, office_id=office_id)
    factories.account(session, south, lines=[(TODAY - 20 * DAY, 3_000)], assigned_to_id=None)
    session.commit()
    boss = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))

    def lines(query: str) -> list[str]:
        return [",".join(line.split(",")[:3]) for line in boss.get(f"/admin/workload/export.csv?{query}").text.splitlines()[1:]]

    assert lines("") == ["Ann,3,57.90", "Bob,0,0.00", "Nobody,1,30.00"]
    assert lines(f"portfolio={north.id}") == ["Ann,2,57.00", "Bob,0,0.00", "Nobody,0,0.00"]
    assert lines(f"office={office.id}")[0] == "Ann,1,50.00"
    assert lines(f"collector={ann.id}") == ["Ann,3,57.90"]
    assert lines(f"collector=none&portfolio={south.id}") == ["Nobody,1,30.00"]
    assert lines(f"sort=-name&portfolio={south.id}") == ["Bob,0,0.00", "Ann,1,0.90", "Nobody,1,30.00"]
    html = boss.get(f"/admin/workload/?portfolio={north.id}&office={office.id}&collector={ann.id}").text
    rows = f"/admin/collections/?assigned={ann.id}&amp;portfolio={north.id}&amp;office={office.id}"
    assert rows in html and "take the filters off first" in html and "Unassigned" not in html
    found = boss.get(rows.replace("&amp;", "&")).text
    assert "Office" in found and "1 account" in found
    assert "No collector is in this selection" in boss.get("/admin/workload/?collector=999999").text
    assert bob.name in html  # It can be chosen still.


def test_days_of_the_work_are_chosen_and_open_items_stay_those_of_now(session: Session, client: FlaskClient) -> None:
    ann, boss = factories.staff(session, name="Ann"), factories.staff(session, Role.SUPERVISOR)
    account = late(session, ann)
    for days in (0, 2, 3):
        session.add(
            WorkedToday(business_on=TODAY - days * DAY, account_id=account.id, staff_id=ann.id, at=clock.now() - days * DAY)
        )
        call(session, account, ann, clock.now() - days * DAY, Disposition.RIGHT_PARTY)
    made_at = clock.now() - 2 * DAY
    session.add(Promise(account_id=account.id, amount_cents=1, due_on=TODAY, made_at=made_at, taken_by_id=ann.id))
    session.commit()
    span = Span(TODAY - 3 * DAY, TODAY - 2 * DAY)
    found = workload.carried(session, Viewer.of(boss), today=TODAY, gap_days=7, span=span)[0]
    assert (found.open_items, found.worked_today, found.contacts, found.promises_taken) == (1, 2, 2, 1)
    visitor = signed_in(client, session, boss)
    asked = f"from={span.from_on.isoformat()}&to={span.to_on.isoformat()}"
    head, row = visitor.get(f"/admin/workload/export.csv?{asked}").text.splitlines()[:2]
    assert (
        head.removeprefix("\ufeff").startswith("Collector,Open items,Past due,Worked,Contacts") and row == "Ann,1,54.00,2,2,1,0,0"
    )
    assert visitor.get(f"/admin/workload/?{asked}&sort=gaps").status_code == 200
    assert visitor.get("/admin/workload/?from=soon").status_code == 404
