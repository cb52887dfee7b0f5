"""An account that an end of day could not do: it is shown with its reason, and tried again once that is mended."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.domain.reporting.jobs import JobState, StepName
from app.domain.staff.roles import Role
from app.models import Account, AccountSnapshot, DayChunk, Installment
from app.queries.collections import day_runs
from app.services.collections import end_of_day
from app.services.collections.day import Step, aging
from tasks import end_of_day as doorway
from tests import factories
from tests.collections.test_end_of_day import end
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)


@pytest.fixture
def avery(client: FlaskClient, session: Session) -> Visitor:
    """An admin at the screen."""
    return signed_in(client, session, factories.staff(session, Role.ADMIN))


def put_aside(session: Session) -> tuple[Account, Account]:
    """A good account, and one that yesterday's end of day could not age: its column holds no five hundred years."""
    lines = [(TODAY - 9 * DAY, 5_000), (TODAY + 9 * DAY, 5_000)]
    good, bad = factories.account(session, lines=lines), factories.account(session, lines=lines)
    first = (Installment.account_id == bad.id, Installment.number == 1)
    session.execute(update(Installment).where(*first).values(due_on=dt.date(1500, 1, 1)))
    end(session, TODAY - DAY)
    return good, bad


def mend(session: Session, bad: Account) -> None:
    """Somebody finds the wrong date."""
    first = (Installment.account_id == bad.id, Installment.number == 1)
    session.execute(update(Installment).where(*first).values(due_on=TODAY - 9 * DAY))


def test_what_was_put_aside_stands_on_the_jobs_page_and_is_tried_again(avery: Visitor, session: Session) -> None:
    good, bad = put_aside(session)
    assert good.days_past_due == 8
    found = day_runs.put_aside(session)
    assert [(row.account_number, row.step, row.business_on) for row in found] == [(bad.account_number, StepName.AGE, TODAY - DAY)]
    page = avery.get("/admin/jobs/").get_data(as_text=True)
    for said in (
        "Put aside by an end of day",
        bad.account_number,
        "out of range",
        "Try again",
        "Last end of day",
        "Nov 19, 2026",
    ):
        assert said in page
    assert avery.post(f"/admin/jobs/put-aside/{found[0].id}/again").status_code == 302
    assert "It still cannot be done: smallint out of range." in avery.get("/admin/jobs/").get_data(as_text=True)
    mend(session, bad)
    avery.post(f"/admin/jobs/put-aside/{found[0].id}/again")
    page = avery.get("/admin/jobs/").get_data(as_text=True)
    assert "Done: Age accounts of Nov 19, 2026." in page
    assert "Put aside by an end of day" not in page
    session.expire_all()
    snapshot = session.get_one(AccountSnapshot, (TODAY - DAY, bad.id))
    assert (snapshot.days_past_due, snapshot.past_due_cents) == (8, 5_000), "the day that failed"
    assert bad.days_past_due == 9, "and today's figures"
    avery.post(f"/admin/jobs/put-aside/{found[0].id}/again")
    assert "That was done already." in avery.get("/admin/jobs/").get_data(as_text=True)


def test_an_account_over_which_a_rule_stumbles_is_put_aside_as_well(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = (factories.account(session) for _ in range(2))
    aged = aging.age

    def age(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
        if first <= bad.id <= last:
            raise ValueError("no such month")
        return aged(session, first=first, last=last, on=on, now=now)

    steps = {StepName.AGE: Step(StepName.AGE, age, is_chunked=True)}
    monkeypatch.setattr(end_of_day, "_BY_NAME", end_of_day._BY_NAME | steps)
    session.execute(update(Account).values(days_past_due=0))
    end(session)
    failed = session.scalars(select(DayChunk).where(DayChunk.state == JobState.FAILED)).one()
    assert (failed.first_account_id, failed.error) == (bad.id, f"Account {bad.id}: ValueError: no such month")
    assert good.days_past_due > 0


def test_a_step_in_which_everything_fails_is_no_matter_of_single_accounts(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        factories.account(session)

    def age(session: Session, **given: object) -> int:
        raise ValueError("the program is wrong")

    steps = {StepName.AGE: Step(StepName.AGE, age, is_chunked=True)}
    monkeypatch.setattr(end_of_day, "_BY_NAME", end_of_day._BY_NAME | steps)
    monkeypatch.setattr(end_of_day, "MOST_PUT_ASIDE", 2)
    with pytest.raises(ValueError, match="the program is wrong"):
        end(session)


class Deadlock(Exception):
    """What the driver raises."""

    sqlstate = "40P01"


def test_a_deadlock_with_somebodys_payment_only_costs_another_try(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.account(session)
    session.commit()
    done, failures = end_of_day.do_next, [OperationalError("update", {}, Deadlock())] * 2

    def do_next(session: Session, run_id: int, *, now: dt.datetime) -> object:
        if failures:
            raise failures.pop()
        return done(session, run_id, now=now)

    monkeypatch.setattr(end_of_day, "do_next", do_next)
    doorway.end(TODAY)
    assert failures == []
    assert session.scalars(select(DayChunk.state).distinct()).all() == [JobState.DONE]
