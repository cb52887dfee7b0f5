"""Collection statuses: what giving one does, who may, and the codes' own page."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import FollowUpKind, FollowUpStatus
from app.domain.collections.statuses import IntervalUnit
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.models import (
    Account,
    AccountCollectionStatus,
    Activity,
    CollectionStatus,
    CollectionStatusChange,
    CollectorProfile,
    FollowUp,
    Note,
    ReassignmentHold,
    Staff,
)
from app.queries.collections import statuses as queries
from app.services.collections import statuses
from tests import factories
from tests.factories import TODAY
from tests.visitor import signed_in

pytestmark = pytest.mark.usefixtures("friday")


def code(session: Session, given: str) -> CollectionStatus:
    """The row of a code."""
    return session.scalars(select(CollectionStatus).where(CollectionStatus.code == given)).one()


def give(session: Session, account: Account, to: str, by: Staff, reason: str = "") -> AccountCollectionStatus | None:
    """Give a status now."""
    who = factories.actor(by)
    return statuses.give(session, account.id, code=to, reason=reason, today=TODAY, now=clock.now(), actor=who)


def open_follow_ups(session: Session, account: Account) -> list[FollowUp]:
    """What is planned on an account."""
    planned = select(FollowUp).where(FollowUp.account_id == account.id, FollowUp.status == FollowUpStatus.OPEN)
    return list(session.scalars(planned.order_by(FollowUp.id)))


def test_an_account_that_nobody_touched_is_in_00(session: Session) -> None:
    assert queries.of_account(session, factories.account(session).id).code == "00"


@pytest.mark.parametrize(
    ("unit", "length"),
    [
        (IntervalUnit.DAYS, dt.timedelta(days=3)),
        (IntervalUnit.HOURS, dt.timedelta(hours=3)),
        (IntervalUnit.MINUTES, dt.timedelta(minutes=3)),
    ],
)
def test_giving_a_status_plans_its_follow_up(session: Session, unit: IntervalUnit, length: dt.timedelta) -> None:
    account, collector = factories.account(session), factories.staff(session)
    row = code(session, "01")
    row.follow_up_interval, row.follow_up_unit = 3, unit
    before = clock.now()
    own = give(session, account, "01", collector, "Called the employer")
    assert own is not None
    (planned,) = open_follow_ups(session, account)
    assert own.follow_up_id == planned.id
    assert (planned.kind, planned.note) == (FollowUpKind.CALL, "01 Being worked")
    assert before + length <= planned.due_at <= clock.now() + length
    change = session.scalars(select(CollectionStatusChange).where(CollectionStatusChange.account_id == account.id)).one()
    assert (change.from_code, change.to_code, change.reason, change.by_id) == ("00", "01", "Called the employer", collector.id)
    said = session.scalars(select(Activity.summary).where(Activity.account_id == account.id)).all()
    assert "Collection status: 01 Being worked (before: 00)" in said


def test_the_next_status_cancels_the_follow_up_of_the_one_before(session: Session) -> None:
    account, collector = factories.account(session), factories.staff(session)
    first = give(session, account, "01", collector)
    assert first is not None
    first_follow_up = first.follow_up_id
    give(session, account, "80", collector)
    give(session, account, "82", collector)
    assert open_follow_ups(session, account) == []  # 82 plans nothing.
    assert first_follow_up is not None
    assert session.get_one(FollowUp, first_follow_up).status is FollowUpStatus.CANCELLED


def test_a_collector_does_not_take_an_account_out_of_a_supervisors_status(session: Session) -> None:
    account, collector = factories.account(session), factories.staff(session)
    supervisor = factories.staff(session, Role.SUPERVISOR)
    code(session, "84").is_supervisor_type = True
    give(session, account, "84", supervisor)
    assert give(session, account, "01", collector, "Found him") is None
    assert queries.of_account(session, account.id).code == "84"
    note = session.scalars(select(Note).where(Note.account_id == account.id)).one()
    assert note.body == (
        "Collection status stays 84 Cannot be located: only a supervisor changes it. Wanted: 01 Being worked. Found him"
    )
    assert give(session, account, "01", supervisor) is not None


def test_the_supervisor_switch_of_a_profile_makes_a_collector_a_supervisor(session: Session) -> None:
    account, collector = factories.account(session), factories.staff(session)
    code(session, "84").is_supervisor_type = True
    give(session, account, "84", collector)  # Into it anybody may put an account.
    session.add(CollectorProfile(staff_id=collector.id, is_supervisor=True))
    session.flush()
    assert give(session, account, "01", collector) is not None


def test_deleting_the_defaults_of_a_code_leaves_it_usable(session: Session) -> None:
    account, collector = factories.account(session), factories.staff(session)
    row = code(session, "80")
    row.is_supervisor_type, row.weight = True, 50
    statuses.clear_defaults(session, row, now=clock.now(), actor=factories.actor(factories.staff(session, Role.ADMIN)))
    assert (row.is_supervisor_type, row.follow_up_interval, row.follow_up_unit, row.weight) == (False, None, None, 0)
    assert give(session, account, "80", collector) is not None
    assert open_follow_ups(session, account) == []


def test_an_eleventh_status_gets_no_weight(session: Session) -> None:
    admin = factories.actor(factories.staff(session, Role.ADMIN))
    for number in range(10):
        values = {"code": f"A{number}", "description": f"Status {number}", "weight": 10}
        statuses.create(session, CollectionStatus, values, now=clock.now(), actor=admin)
    with pytest.raises(RuleViolation, match="10 statuses have a weight already") as refusal:
        statuses.create(session, CollectionStatus, {"code": "B0", "description": "B", "weight": 1}, now=clock.now(), actor=admin)
    assert refusal.value.field == "weight"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "1", "description": "Short"}, "code"),
        ({"code": "A1", "description": " "}, "description"),
        ({"code": "A1", "description": "A", "follow_up_interval": 2}, "follow_up_unit"),
        ({"code": "A1", "description": "A", "follow_up_interval": 0, "follow_up_unit": IntervalUnit.DAYS}, "follow_up_interval"),
        ({"code": "00", "description": "Again"}, "code"),
    ],
)
def test_what_is_no_status_is_refused_beside_its_field(session: Session, values: dict[str, object], field: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        statuses.create(
            session,
            CollectionStatus,
            values,
            now=clock.now(),
            actor=factories.actor(factories.staff(session, Role.ADMIN)),
        )
    assert refusal.value.field == field


def test_an_admin_changes_a_status_on_its_page(client: FlaskClient, session: Session) -> None:
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    page = admin.get("/admin/collection-statuses/")
    assert "First payment default" in page.text
    row = code(session, "01")
    form = {"code": "01", "description": "Working", "follow_up_interval": "2", "follow_up_unit": "h", "weight": "40"}
    answer = admin.post(f"/admin/collection-statuses/edit/?id={row.id}", form | {"is_active": "y", "version": str(row.version)})
    assert answer.status_code == 303
    session.expire_all()
    assert (row.description, row.follow_up_interval, row.follow_up_unit, row.weight) == ("Working", 2, IntervalUnit.HOURS, 40)
    assert admin.get(f"/admin/collection-statuses/delete/?id={row.id}").text.count("The code itself stays") == 1
    assert admin.post(f"/admin/collection-statuses/delete/?id={row.id}").status_code == 303
    session.expire_all()
    assert (row.code, row.weight, row.follow_up_interval) == ("01", 0, None)


def test_an_admin_adds_a_status_on_its_page(client: FlaskClient, session: Session) -> None:
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    form = {"code": "45", "description": "Skip tracing", "is_supervisor_type": "y", "weight": "20", "is_active": "y"}
    given = form | {"follow_up_interval": "30", "follow_up_unit": "m"}
    assert admin.post("/admin/collection-statuses/new/", given).status_code == 303
    row = code(session, "45")
    assert (row.description, row.is_supervisor_type, row.weight) == ("Skip tracing", True, 20)
    assert (row.follow_up_interval, row.follow_up_unit) == (30, IntervalUnit.MINUTES)


def test_a_collector_gives_a_status_on_the_account(client: FlaskClient, session: Session) -> None:
    person = factories.staff(session)
    account = factories.account(session, assigned_to_id=person.id)
    collector = signed_in(client, session, person)
    path = f"/admin/accounts/{account.id}/collection-status"
    assert "80 Returned payment, follow-up in 1 day" in collector.get(path).text
    assert collector.post(path, {"code": "80", "reason": ""}).status_code == 302
    assert queries.of_account(session, account.id).code == "80"
    assert "80 Returned payment" in collector.get(f"/admin/accounts/{account.id}").text
    assert collector.post(path, {"code": "ZZ"}).status_code == 422


def test_a_supervisor_forbids_that_the_end_of_day_reassigns_an_account(client: FlaskClient, session: Session) -> None:
    account = factories.account(session)
    supervisor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    path = f"/admin/accounts/{account.id}/automatic-reassignment"
    assert supervisor.post(path, {"is_held": "y"}).status_code == 302
    assert session.get(ReassignmentHold, account.id) is not None
    supervisor.post(path, {})
    session.expire_all()
    assert session.get(ReassignmentHold, account.id) is None
