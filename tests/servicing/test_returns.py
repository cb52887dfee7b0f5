"""A device comes back: step by step, what becomes of its account, and slips that are taken back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.servicing.recoveries import RecoveryState
from app.domain.servicing.returns import Grade, ReturnState
from app.domain.servicing.status import AccountStatus
from app.models import Account, Activity, DeviceReturn, Staff, StatusChange
from app.services.servicing import recoveries, returns
from app.services.servicing.recovery_following import open_recovery
from app.services.servicing.status import set_status
from app.services.staff.audit import Actor
from tests import factories
from tests.factories import NOW, TODAY

S, R = AccountStatus, ReturnState
AT: dict[str, Any] = {"today": TODAY, "now": NOW}


@pytest.fixture
def person(session: Session) -> Staff:
    return factories.staff(session)


@pytest.fixture
def actor(person: Staff) -> Actor:
    return factories.actor(person)


@pytest.fixture
def account(session: Session) -> Account:
    return factories.account(session, status=S.DEFAULT, default_on=TODAY - dt.timedelta(days=3))


def started(session: Session, account: Account, actor: Actor) -> DeviceReturn:
    return returns.start(session, account.id, reason="Gives it up", **AT, actor=actor)


def statuses(session: Session, account: Account) -> list[tuple[AccountStatus | None, AccountStatus]]:
    rows = session.scalars(select(StatusChange).where(StatusChange.account_id == account.id).order_by(StatusChange.id))
    return [(row.from_status, row.to_status) for row in rows]


def test_a_device_goes_from_the_customer_to_the_shelf(session: Session, account: Account, actor: Actor) -> None:
    back = started(session, account, actor)
    assert (back.state, back.initiated_on, account.status) == (R.INITIATED, TODAY, S.DEFAULT)
    returns.send_label(session, back.id, carrier=" UPS ", tracking="1z 999 aa1", **AT, actor=actor)
    assert (back.state, back.carrier, back.tracking, back.label_on) == (R.LABEL, "UPS", "1Z999AA1", TODAY)
    later = TODAY + dt.timedelta(days=4)
    returns.receive(session, back.id, received_on=TODAY + dt.timedelta(days=3), today=later, now=NOW, actor=actor)
    assert (back.state, back.received_on) == (R.RECEIVED, TODAY + dt.timedelta(days=3))
    assert account.status is S.RETURNED
    returns.inspect(session, back.id, grade=Grade.C, note="Cracked corner", today=later, now=NOW, actor=actor)
    returns.restock(session, back.id, refurb_cost_cents=4_500, today=later, now=NOW, actor=actor)
    assert (back.state, back.grade, back.inspection_note) == (R.RESTOCKED, Grade.C, "Cracked corner")
    assert (back.restocked_on, back.refurb_cost_cents) == (later, 4_500)
    assert statuses(session, account) == [(S.DEFAULT, S.RETURNED)]


def test_each_step_stands_on_the_timeline_with_who_did_it(
    session: Session, account: Account, actor: Actor, person: Staff
) -> None:
    back = started(session, account, actor)
    returns.receive(session, back.id, received_on=TODAY, **AT, actor=actor)
    lines = session.scalars(select(Activity).where(Activity.account_id == account.id).order_by(Activity.id)).all()
    assert [(line.kind, line.summary, line.staff_id) for line in lines] == [
        (ActivityKind.RETURN, "Return started: Gives it up", person.id),
        (ActivityKind.RETURN, "Device received on Nov 20, 2026", person.id),
    ]


def test_a_returned_account_leaves_the_worklist(session: Session, account: Account, actor: Actor) -> None:
    assert account.worklist_weight is not None
    back = started(session, account, actor)
    returns.receive(session, back.id, received_on=TODAY, **AT, actor=actor)
    assert account.worklist_weight is None


def test_a_receipt_that_was_a_slip_gives_the_status_back(session: Session, account: Account, actor: Actor) -> None:
    back = started(session, account, actor)
    returns.receive(session, back.id, received_on=TODAY, **AT, actor=actor)
    returns.step_back(session, back.id, reason="Another phone was in the box", **AT, actor=actor)
    assert (back.state, back.received_on, account.status) == (R.INITIATED, None, S.DEFAULT)
    assert account.worklist_weight is not None


def test_a_receipt_taken_back_goes_on_with_the_recovery(session: Session, account: Account, actor: Actor) -> None:
    recovery = recoveries.start(session, account.id, reason="Gone quiet", agent=None, assigned_to_id=None, **AT, actor=actor)
    back = started(session, account, actor)
    returns.receive(session, back.id, received_on=TODAY, **AT, actor=actor)
    assert (recovery.state, recovery.closed_on, account.status) == (RecoveryState.RECOVERED, TODAY, S.RETURNED)
    returns.step_back(session, back.id, reason="Wrong IMEI", **AT, actor=actor)
    assert (recovery.state, recovery.closed_on, account.status) == (RecoveryState.OPEN, None, S.RECOVERY)
    assert open_recovery(session, account.id) == recovery


def test_a_receipt_is_not_taken_back_once_the_account_moved_on(session: Session, account: Account, actor: Actor) -> None:
    back = started(session, account, actor)
    returns.receive(session, back.id, received_on=TODAY, **AT, actor=actor)
    set_status(session, account, to=S.CLOSED, reason="Written off", business_on=TODAY, now=NOW, actor=actor)
    with pytest.raises(RuleViolation, match="closed meanwhile"):
        returns.step_back(session, back.id, reason="Slip", **AT, actor=actor)


def test_every_other_step_is_taken_back_with_what_it_wrote(session: Session, account: Account, actor: Actor) -> None:
    back = started(session, account, actor)
    returns.send_label(session, back.id, carrier="UPS", tracking="1Z", **AT, actor=actor)
    returns.receive(session, back.id, received_on=TODAY, **AT, actor=actor)
    returns.inspect(session, back.id, grade=Grade.A, note=None, **AT, actor=actor)
    returns.restock(session, back.id, refurb_cost_cents=None, **AT, actor=actor)
    seen = []
    for _ in range(4):
        returns.step_back(session, back.id, reason="Slip", **AT, actor=actor)
        seen.append((back.state, back.restocked_on, back.grade, back.received_on, back.tracking))
    assert seen == [
        (R.INSPECTED, None, Grade.A, TODAY, "1Z"),
        (R.RECEIVED, None, None, TODAY, "1Z"),
        (R.LABEL, None, None, None, "1Z"),
        (R.INITIATED, None, None, None, None),
    ]
    with pytest.raises(RuleViolation, match="no step to take back"):
        returns.step_back(session, back.id, reason="Slip", **AT, actor=actor)


def test_a_return_is_cancelled_while_the_device_is_on_its_way_only(session: Session, account: Account, actor: Actor) -> None:
    back = started(session, account, actor)
    returns.cancel(session, back.id, reason="Pays after all", now=NOW, actor=actor)
    assert (back.state, account.status) == (R.CANCELLED, S.DEFAULT)
    again = started(session, account, actor)
    returns.receive(session, again.id, received_on=TODAY, **AT, actor=actor)
    with pytest.raises(RuleViolation, match="cannot become cancelled"):
        returns.cancel(session, again.id, reason="No", now=NOW, actor=actor)


@pytest.mark.parametrize("status", [S.CHARGED_OFF, S.CANCELLED])
def test_the_device_of_an_ended_account_comes_back_without_a_change_of_status(
    session: Session, actor: Actor, status: AccountStatus
) -> None:
    account = factories.account(session, status=status)
    back = started(session, account, actor)
    returns.receive(session, back.id, received_on=TODAY, **AT, actor=actor)
    assert (back.state, account.status, statuses(session, account)) == (R.RECEIVED, status, [])


@pytest.mark.parametrize("status", [S.PAID_OFF, S.VOID, S.CLOSED])
def test_a_device_that_is_not_the_companys_is_not_returned(session: Session, actor: Actor, status: AccountStatus) -> None:
    account = factories.account(session, status=status)
    with pytest.raises(RuleViolation, match="is not returned"):
        started(session, account, actor)


def test_what_cannot_be_is_refused_with_a_sentence(session: Session, account: Account, actor: Actor) -> None:
    with pytest.raises(RuleViolation, match="Say why"):
        returns.start(session, account.id, reason="  ", **AT, actor=actor)
    back = started(session, account, actor)
    with pytest.raises(RuleViolation, match="under way already"):
        started(session, account, actor)
    with pytest.raises(RuleViolation, match="in the future"):
        returns.receive(session, back.id, received_on=TODAY + dt.timedelta(days=1), **AT, actor=actor)
    with pytest.raises(RuleViolation, match="was started on"):
        returns.receive(session, back.id, received_on=TODAY - dt.timedelta(days=1), **AT, actor=actor)
    with pytest.raises(RuleViolation, match="tracking number"):
        returns.send_label(session, back.id, carrier="UPS", tracking=" ", **AT, actor=actor)
    with pytest.raises(RuleViolation, match="cannot become restocked"):
        returns.restock(session, back.id, refurb_cost_cents=None, **AT, actor=actor)


def test_an_account_without_a_device_has_nothing_to_return(session: Session, actor: Actor) -> None:
    account = factories.account(session)
    account.device_id = None
    session.flush()
    with pytest.raises(RuleViolation, match="no device"):
        started(session, account, actor)
