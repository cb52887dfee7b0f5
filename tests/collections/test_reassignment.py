"""Collection Reassignment: who gets what, the limit of the list, holds, history and the way back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.reassignment import ReassignmentPage
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.models import Account, Assignment, Company, Office, Portfolio, Reassignment, ReassignmentHold, Region, Staff
from app.queries.collections.reassignment import REASSIGNABLE
from app.queries.listing import Criteria
from app.queries.scope import EVERYTHING
from app.services.collections import reassignment
from app.services.outcome import Done
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import Visitor, signed_in

LATE = [(dt.date(2026, 10, 20), 5_400), (dt.date(2026, 11, 30), 5_400)]
PAGE = "/admin/reassignment/"


@pytest.fixture
def book(session: Session) -> Portfolio:
    return factories.portfolio(session)


@pytest.fixture
def ann(session: Session) -> Staff:
    return factories.staff(session, name="Ann Boyd")


@pytest.fixture
def ben(session: Session) -> Staff:
    return factories.staff(session, name="Ben Cole")


@pytest.fixture
def sue(session: Session) -> Staff:
    return factories.staff(session, Role.SUPERVISOR, name="Sue Dale")


def late(session: Session, book: Portfolio, count: int = 1, **given: object) -> list[Account]:
    return [factories.account(session, book, lines=LATE, **given) for _ in range(count)]  # type: ignore[arg-type]


def owners(session: Session, accounts: list[Account]) -> list[int | None]:
    session.expire_all()
    return [account.assigned_to_id for account in accounts]


def spread(session: Session, accounts: list[Account], *staff: Staff, by: Staff) -> Done:
    ids = [account.id for account in accounts]
    return reassignment.spread(session, ids, [one.id for one in staff], reason="New team", now=NOW, actor=factories.actor(by))


def test_accounts_are_shared_out_evenly_and_a_persons_accounts_stay_together(
    session: Session, book: Portfolio, ann: Staff, ben: Staff, sue: Staff
) -> None:
    jordan = factories.customer(session, book)
    twice = late(session, book, 2, customer=jordan)
    others = late(session, book, 4)
    done = spread(session, twice + others, ann, ben, by=sue)
    assert done.count == 6
    assert len(set(owners(session, twice))) == 1
    found = owners(session, twice + others)
    assert (found.count(ann.id), found.count(ben.id)) == (3, 3)


def test_who_carries_accounts_already_gets_fewer(session: Session, book: Portfolio, ann: Staff, ben: Staff, sue: Staff) -> None:
    late(session, book, 3, assigned_to_id=ann.id)
    fresh = late(session, book, 5)
    spread(session, fresh, ann, ben, by=sue)
    found = owners(session, fresh)
    assert (found.count(ann.id), found.count(ben.id)) == (1, 4)


def test_nobody_gets_accounts_of_a_portfolio_they_may_not_see(
    session: Session, book: Portfolio, ann: Staff, ben: Staff, sue: Staff
) -> None:
    elsewhere = factories.portfolio(session)
    ann.portfolios = [elsewhere]
    session.flush()
    here = late(session, book, 4)
    spread(session, here, ann, ben, by=sue)
    assert owners(session, here) == [ben.id] * 4


def test_a_reassignment_is_kept_with_its_history_and_taken_back_whole(
    session: Session, book: Portfolio, ann: Staff, ben: Staff, sue: Staff
) -> None:
    accounts = late(session, book, 2, assigned_to_id=ann.id) + late(session, book, 1)
    spread(session, accounts, ben, by=sue)
    (row,) = session.scalars(select(Reassignment)).all()
    assert (row.accounts, row.reason, [move["name"] for move in row.moves]) == (3, "New team", ["Ben Cole"])
    manual = session.scalars(select(Assignment.is_manual).where(Assignment.until_at.is_(None))).all()
    assert manual == [True] * 3
    later = NOW + dt.timedelta(minutes=5)
    done = reassignment.undo(session, row.id, now=later, actor=factories.actor(sue))
    assert done.sentence == "3 accounts given back."
    assert owners(session, accounts) == [ann.id, ann.id, None]
    with pytest.raises(RuleViolation, match="taken back already"):
        reassignment.undo(session, row.id, now=later, actor=factories.actor(sue))


def test_what_moved_on_since_stays_where_it_is(session: Session, book: Portfolio, ann: Staff, ben: Staff, sue: Staff) -> None:
    one, two = late(session, book, 2)
    spread(session, [one, two], ben, by=sue)
    first = session.scalars(select(Reassignment)).one()
    later = NOW + dt.timedelta(hours=1)
    reassignment.spread(session, [two.id], [ann.id], reason="Holiday", now=later, actor=factories.actor(sue))
    done = reassignment.undo(session, first.id, now=later + dt.timedelta(hours=1), actor=factories.actor(sue))
    assert done.sentence == "1 account given back. 1 moved on since and stayed."
    assert owners(session, [one, two]) == [None, ann.id]


def test_a_hold_is_set_and_lifted(session: Session, book: Portfolio, sue: Staff) -> None:
    (account,) = late(session, book)
    done = reassignment.hold(session, [account.id], is_held=True, now=NOW, actor=factories.actor(sue))
    assert done.sentence == "1 account is never reassigned automatically."
    assert session.scalars(select(ReassignmentHold.account_id)).all() == [account.id]
    again = reassignment.hold(session, [account.id], is_held=True, now=NOW, actor=factories.actor(sue))
    assert (again.count, again.undo) == (0, None)
    reassignment.hold(session, [account.id], is_held=False, now=NOW, actor=factories.actor(sue))
    assert session.scalars(select(ReassignmentHold.account_id)).all() == []


@pytest.mark.parametrize(("ids", "sentence"), [([], "Choose at least one collector."), ([0], "Choose people who work here.")])
def test_nobody_or_a_stranger_is_refused(session: Session, book: Portfolio, ids: list[int], sentence: str) -> None:
    (account,) = late(session, book)
    with pytest.raises(RuleViolation, match=sentence):
        reassignment.spread(session, [account.id], ids, reason="Why not", now=NOW, actor=factories.actor())


def test_the_page_lists_late_accounts_and_says_who_would_get_what_before_anything_moves(
    client: FlaskClient, session: Session, book: Portfolio, ann: Staff, ben: Staff, sue: Staff
) -> None:
    one, two = late(session, book, 2)
    factories.account(session, book, lines=[(TODAY + dt.timedelta(days=9), 5_400)])
    page: Visitor = signed_in(client, session, sue)
    listed = page.get(PAGE).text
    assert one.account_number in listed
    assert two.account_number in listed
    assert listed.count("data-tick ") + listed.count("data-tick>") == 2
    staff = [("staff_ids", ann.id), ("staff_ids", ben.id)]
    form = [("scope", "filter"), ("filter", ""), ("reason", "New team"), *staff]
    asked = page.post(f"{PAGE}bulk/reassign", form, headers={"X-Fragment": "1"})
    assert asked.status_code == 409
    assert "<dt>Ann Boyd</dt><dd>1 account, $54.00 past due</dd>" in asked.text
    assert owners(session, [one, two]) == [None, None]
    page.post(f"{PAGE}bulk/reassign", [*form, ("confirmed_count", "2")], headers={"X-Fragment": "1"})
    assert sorted(owners(session, [one, two])) == sorted([ann.id, ben.id])  # type: ignore[type-var]
    history = page.get(PAGE).text
    assert "Ann Boyd 1, Ben Cole 1" in history
    row = session.scalars(select(Reassignment)).one()
    page.post(f"{PAGE}{row.id}/undo", {})
    assert owners(session, [one, two]) == [None, None]


def test_a_form_without_collectors_comes_back_with_a_sentence(
    client: FlaskClient, session: Session, book: Portfolio, sue: Staff
) -> None:
    late(session, book)
    page = signed_in(client, session, sue)
    answer = page.post(f"{PAGE}bulk/reassign", {"scope": "filter", "filter": "", "reason": "x"}, headers={"X-Fragment": "1"})
    assert answer.status_code == 422
    assert "Choose at least one collector." in answer.text


def test_more_than_are_listed_are_announced_and_do_not_page_on(
    client: FlaskClient, session: Session, book: Portfolio, sue: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ReassignmentPage.most_listed == 500
    monkeypatch.setattr(ReassignmentPage, "most_listed", 25)
    late(session, book, 27)
    page = signed_in(client, session, sue)
    first = page.get(f"{PAGE}?size=25").text
    assert "27 accounts match; only the first 25 are listed." in first
    assert "after=" not in first
    assert "only the first" not in page.get(f"{PAGE}?size=25&days_from=1000").text


def test_a_selection_is_by_place_collector_days_amount_and_number(session: Session, book: Portfolio, ann: Staff) -> None:
    company = Company(portfolio_id=book.id, code="C", name="Company")
    session.add(company)
    session.flush()
    region = Region(portfolio_id=book.id, company_id=company.id, code="R", name="Region")
    session.add(region)
    session.flush()
    office = Office(portfolio_id=book.id, region_id=region.id, code="O", name="Office")
    session.add(office)
    session.flush()
    place: Any = {"company_id": company.id, "region_id": region.id, "office_id": office.id}
    person = factories.customer(session, book, last_name="Okafor")
    lines = [(TODAY - dt.timedelta(days=10), 7_000), (TODAY + dt.timedelta(days=20), 5_400)]
    wanted = factories.account(session, book, lines=lines, customer=person, assigned_to_id=ann.id, **place)
    # One less and one more in everything, in another portfolio, in no company, in nobody's book.
    for days, cents in ((9, 6_999), (11, 7_001)):
        other = [(TODAY - dt.timedelta(days=days), cents), (TODAY + dt.timedelta(days=20), 5_400)]
        factories.account(session, factories.portfolio(session), lines=other)
    selections = (
        f"portfolio={book.id}",
        f"company={company.id}",
        f"region={region.id}",
        f"office={office.id}",
        f"assigned={ann.id}",
        "days_from=10&days_to=10",
        "past_due_from=70.00&past_due_to=70.00",
        f"account={wanted.account_number}",
        "last_name=okafor",
        f"customer_number_from={person.id}&customer_number_to={person.id}",
    )
    for selection in selections:
        criteria = Criteria.parse(selection, REASSIGNABLE.parameters)
        rows = REASSIGNABLE.rows(session, EVERYTHING, today=TODAY, criteria=criteria, fields=["account_number"])
        assert [row.id for row in rows] == [wanted.id], selection


def test_who_is_restricted_to_a_portfolio_sees_no_other_ones_accounts(
    client: FlaskClient, session: Session, book: Portfolio, sue: Staff
) -> None:
    (here,), (elsewhere,) = late(session, book), late(session, factories.portfolio(session))
    sue.portfolios = [book]
    session.flush()
    listed = signed_in(client, session, sue).get(PAGE).text
    assert here.account_number in listed and elsewhere.account_number not in listed


def test_a_collector_does_not_get_in(client: FlaskClient, session: Session, ann: Staff) -> None:
    assert signed_in(client, session, ann).get(PAGE).status_code == 403


def test_more_accounts_than_a_statement_has_parameters_are_shared_out(session: Session) -> None:
    account = factories.account(session)
    collector = factories.staff(session)
    others = range(account.id + 1, account.id + 70_000)
    (share,) = reassignment.shares(session, [account.id, *others], [collector.id])
    assert share.account_ids == [account.id]
