"""Bulk actions on the page: form, preview, typed count, undo, job."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.grid import bulk
from app.models import Account, Job, Note
from tasks.perform import perform
from tests.admin_views.grid.cast import Cast, lease
from tests.admin_views.grid.conftest import Enter
from tests.visitor import Visitor

ASSIGN = "/admin/accounts/bulk/assign"
NOTE = "/admin/accounts/bulk/note"
RELEASE = "/admin/accounts/bulk/release"


def flashes(visitor: Visitor) -> list[tuple[str, str]]:
    with visitor.client.session_transaction() as browser:
        return list(browser.get("_flashes", []))


def crowd(session: Session, people: Cast, size: int) -> None:
    for number in range(size):
        lease(session, people.book, "Many", f"Row{number:03d}")


def notes(session: Session) -> int:
    session.expire_all()
    return len(session.scalars(select(Note.id).where(Note.withdrawn_at.is_(None))).all())


def test_a_supervisor_sees_the_actions_and_a_collector_only_theirs(people: Cast, enter: Enter) -> None:
    assert re.findall(r'data-bulk-(?:action|sheet)="([^"]+)"', enter(people.collector).get("/admin/accounts/").text)[:1]
    page = enter(people.collector).get("/admin/accounts/").text
    assert NOTE in page
    assert ASSIGN not in page
    assert ASSIGN in enter(people.supervisor).get("/admin/accounts/").text


def test_the_preview_of_an_action_counts_shows_some_and_says_what_is_left_out(
    people: Cast, enter: Enter, session: Session
) -> None:
    lease(session, people.book, "No", "Body")
    told = enter(people.supervisor).post(f"{RELEASE}/preview", {"scope": "filter", "filter": ""}).get_json()
    assert told["question"] == "Release 3 accounts?"
    assert told["count"] == 3
    assert sorted(told["sample"]) == ["Jordan Ellison", "Marcy Ellsworth", "No Body"]
    assert told["left_out"] == [{"why": "in nobody's book already", "count": 1}]


def test_the_form_of_an_action_opens_in_the_sheet_and_says_what_is_missing(people: Cast, enter: Enter) -> None:
    visitor = enter(people.supervisor)
    sheet = visitor.get(ASSIGN, headers={"X-Fragment": "1"})
    assert "Assign to" in sheet.text
    assert "<html" not in sheet.text
    posted = {"scope": "ids", "ids": people.own.id, "staff_id": people.colleague.id, "reason": ""}
    refused = visitor.post(ASSIGN, posted, headers={"X-Fragment": "1"})
    assert refused.status_code == 422
    assert "Say why." in refused.text


def test_up_to_fifty_rows_are_changed_at_once_and_the_sheet_is_told_where_to_go(
    people: Cast, enter: Enter, session: Session
) -> None:
    visitor = enter(people.supervisor)
    posted = {"scope": "ids", "ids": people.own.id, "filter": "q=ell", "staff_id": people.colleague.id, "reason": "Holiday"}
    answer = visitor.post(ASSIGN, posted, headers={"X-Fragment": "1"})
    assert answer.get_json() == {"redirect": "/admin/accounts/?q=ell"}
    session.expire_all()
    assert session.get_one(Account, people.own.id).assigned_to_id == people.colleague.id
    ((category, message),) = flashes(visitor)
    assert message == "1 account assigned to Carl Boone."
    assert category.startswith("undo:/admin/accounts/bulk/assign/undo?token=")


def test_undo_from_the_toast_takes_it_back(people: Cast, enter: Enter, session: Session) -> None:
    visitor = enter(people.supervisor)
    visitor.post(NOTE, {"scope": "filter", "filter": "", "body": "Hello"})
    assert notes(session) == 2
    ((category, _),) = flashes(visitor)
    assert visitor.post(category.removeprefix("undo:")).status_code == 303
    assert notes(session) == 0


def test_somebody_elses_undo_is_refused(people: Cast, enter: Enter, session: Session) -> None:
    visitor = enter(people.supervisor)
    visitor.post(NOTE, {"scope": "filter", "filter": "", "body": "Hello"})
    ((category, _),) = flashes(visitor)
    assert enter(people.admin).post(category.removeprefix("undo:")).status_code == 403
    assert notes(session) == 2


def test_a_forged_undo_changes_nothing(people: Cast, enter: Enter, session: Session) -> None:
    visitor = enter(people.supervisor)
    visitor.post(NOTE, {"scope": "filter", "filter": "", "body": "Hello"})
    visitor.post(f"{NOTE}/undo?token=forged")
    assert notes(session) == 2
    assert ("error", "It is too late to undo that.") in flashes(visitor)


def test_above_fifty_the_count_must_be_typed_and_is_asked_again_when_it_changed(
    people: Cast, enter: Enter, session: Session
) -> None:
    crowd(session, people, 51)
    visitor = enter(people.supervisor)
    posted = {"scope": "filter", "filter": "q=many", "body": "Hello"}
    question = visitor.post(NOTE, posted, headers={"X-Fragment": "1"})
    assert question.status_code == 409
    assert "Type 51 to go on" in question.text
    assert "and 46 more" in question.text
    assert notes(session) == 0
    crowd(session, people, 1)
    assert visitor.post(NOTE, posted | {"confirmed_count": "51"}).status_code == 409
    assert notes(session) == 0
    assert visitor.post(NOTE, posted | {"confirmed_count": "52"}).status_code == 303
    assert notes(session) == 52


def test_ticked_rows_are_meant_even_when_the_filter_no_longer_finds_them(people: Cast, enter: Enter, session: Session) -> None:
    posted = {"scope": "ids", "ids": people.own.id, "filter": "status=default", "body": "Hello"}
    enter(people.supervisor).post(NOTE, posted)
    assert notes(session) == 1


@pytest.mark.parametrize(
    "form", [{}, {"scope": "all"}, {"scope": "ids"}, {"scope": "ids", "ids": "x"}, {"scope": "ids", "ids": "-1"}]
)
def test_a_broken_selection_is_refused(people: Cast, enter: Enter, form: dict[str, str]) -> None:
    assert enter(people.supervisor).post(NOTE, form | {"body": "Hello"}).status_code == 400


def test_an_action_that_does_not_exist_is_not_found(people: Cast, enter: Enter) -> None:
    assert enter(people.admin).get("/admin/accounts/bulk/explode").status_code == 404


def test_very_many_rows_become_a_job_that_finds_them_again_with_the_same_scope(
    people: Cast, enter: Enter, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    lease(session, people.book, "Mine", "Too", assigned_to_id=people.collector.id)
    visitor = enter(people.collector)
    visitor.post(NOTE, {"scope": "filter", "filter": "", "body": "Hello"})
    assert notes(session) == 0
    job = session.scalars(select(Job)).one()
    assert (job.kind, job.planned, job.created_by_id) == ("note_accounts", 2, people.collector.id)
    assert flashes(visitor) == [(f"job:/admin/jobs/{job.id}.json", "Add note to 2 accounts")]
    perform(job.id)
    assert notes(session) == 2
    assert session.get_one(Job, job.id).state.value == "done"


def test_assigning_very_many_is_done_by_a_job_too(
    people: Cast, enter: Enter, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    posted = {"scope": "filter", "filter": "", "staff_id": people.admin.id, "reason": "New book"}
    enter(people.supervisor).post(ASSIGN, posted)
    perform(session.scalars(select(Job.id)).one())
    session.expire_all()
    theirs = session.scalars(select(Account.id).where(Account.assigned_to_id == people.admin.id)).all()
    assert set(theirs) == {people.own.id, people.foreign.id}
