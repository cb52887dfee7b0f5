"""Going after a device: attempts, how it ends, and that recovery and status never contradict each other."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind, Disposition, FollowUpKind
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.recoveries import AttemptKind, AttemptOutcome, RecoveryState
from app.domain.servicing.returns import ReturnState
from app.domain.servicing.status import AccountStatus
from app.models import Account, Activity, FollowUp, Recovery, RecoveryAttempt, Staff
from app.services.payments import posting
from app.services.servicing import recoveries, returns
from app.services.servicing.status import set_status
from app.services.staff.audit import Actor
from tests import factories
from tests.factories import NOW, TODAY

S, R = AccountStatus, RecoveryState
AT: dict[str, Any] = {"today": TODAY, "now": NOW}


@pytest.fixture
def person(session: Session) -> Staff:
    return factories.staff(session)


@pytest.fixture
def actor(person: Staff) -> Actor:
    return factories.actor(person)


@pytest.fixture
def account(session: Session) -> Account:
    return factories.account(session, status=S.DEFAULT, default_on=TODAY)


@pytest.fixture
def recovery(session: Session, account: Account, person: Staff, actor: Actor) -> Recovery:
    return recoveries.start(
        session, account.id, reason="Gone quiet", agent="Swift Recovery", assigned_to_id=person.id, **AT, actor=actor
    )


def attempt(session: Session, recovery: Recovery, actor: Actor, **given: object) -> RecoveryAttempt:
    values = {
        "kind": AttemptKind.VISIT,
        "outcome": AttemptOutcome.NOBODY,
        "place": "12 Elm St",
        "note": None,
        "next_on": None,
    } | given
    return recoveries.add_attempt(session, recovery.id, **values, **AT, actor=actor)  # type: ignore[arg-type]


def ended(session: Session, recovery: Recovery, state: RecoveryState, actor: Actor) -> Recovery:
    return recoveries.end(session, recovery.id, state=state, outcome="That is how", **AT, actor=actor)


def test_a_default_goes_into_recovery(session: Session, account: Account, recovery: Recovery, person: Staff) -> None:
    assert account.status is S.RECOVERY
    assert (recovery.state, recovery.reason, recovery.opened_on) == (R.OPEN, "Gone quiet", TODAY)
    assert (recovery.agent, recovery.assigned_to_id) == ("Swift Recovery", person.id)


def test_only_a_default_goes_into_recovery(session: Session, actor: Actor) -> None:
    account = factories.account(session)
    with pytest.raises(RuleViolation, match="on an account in default; this one is active"):
        recoveries.start(session, account.id, reason="Late", agent=None, assigned_to_id=None, **AT, actor=actor)
    assert account.status is S.ACTIVE


def test_a_recovery_is_not_started_twice(session: Session, account: Account, recovery: Recovery, actor: Actor) -> None:
    with pytest.raises(RuleViolation, match="under way already"):
        recoveries.start(session, account.id, reason="Again", agent=None, assigned_to_id=None, **AT, actor=actor)


def test_an_attempt_stands_on_the_timeline_as_the_visit_that_it_was(
    session: Session, account: Account, recovery: Recovery, actor: Actor
) -> None:
    made = attempt(session, recovery, actor, note="Curtains drawn")
    assert (made.kind, made.outcome, made.place, made.note) == (
        AttemptKind.VISIT, AttemptOutcome.NOBODY, "12 Elm St", "Curtains drawn",
    )  # fmt: skip
    line = session.get_one(Activity, made.activity_id)
    assert (line.kind, line.summary) == (ActivityKind.VISIT, "Went there, 12 Elm St: nobody there")


@pytest.mark.parametrize(
    ("outcome", "disposition"),
    [(AttemptOutcome.WILL_RETURN, Disposition.RIGHT_PARTY), (AttemptOutcome.NOBODY, Disposition.NO_ANSWER)],
)
def test_a_call_counts_for_the_rules_on_calling(
    session: Session, recovery: Recovery, actor: Actor, outcome: AttemptOutcome, disposition: Disposition
) -> None:
    made = attempt(session, recovery, actor, kind=AttemptKind.CALL, outcome=outcome, place=None)
    line = session.get_one(Activity, made.activity_id)
    assert (line.kind, line.disposition) == (ActivityKind.CALL, disposition)


def test_the_next_attempt_becomes_a_follow_up(session: Session, account: Account, recovery: Recovery, actor: Actor) -> None:
    attempt(session, recovery, actor, next_on=TODAY + dt.timedelta(days=2))
    planned = session.scalars(select(FollowUp).where(FollowUp.account_id == account.id)).one()
    assert (planned.kind, planned.due_at) == (FollowUpKind.REVIEW, dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC))
    assert planned.note == "Recovery: try again after “Went there, 12 Elm St: nobody there”"
    with pytest.raises(RuleViolation, match="day to come"):
        attempt(session, recovery, actor, next_on=TODAY - dt.timedelta(days=1))


def test_an_attempt_is_taken_back_by_its_author_alone(session: Session, recovery: Recovery, actor: Actor) -> None:
    made = attempt(session, recovery, actor)
    with pytest.raises(RuleViolation, match="Only who wrote"):
        recoveries.withdraw_attempt(session, made.id, now=NOW, actor=factories.actor(factories.staff(session)))
    recoveries.withdraw_attempt(session, made.id, now=NOW, actor=actor)
    assert made.withdrawn_at == NOW
    assert session.get_one(Activity, made.activity_id).withdrawn_at == NOW


def test_recovered_receives_the_device_and_returns_the_account(
    session: Session, account: Account, recovery: Recovery, actor: Actor
) -> None:
    ended(session, recovery, R.RECOVERED, actor)
    assert (recovery.state, recovery.closed_on, account.status) == (R.RECOVERED, TODAY, S.RETURNED)
    back = returns.open_return(session, account.id)
    assert back is not None
    assert (back.state, back.reason, back.received_on) == (ReturnState.RECEIVED, "Recovered: That is how", TODAY)


def test_recovered_receives_the_return_that_was_under_way(
    session: Session, account: Account, recovery: Recovery, actor: Actor
) -> None:
    back = returns.start(session, account.id, reason="Promised to send it", **AT, actor=actor)
    ended(session, recovery, R.RECOVERED, actor)
    assert (back.state, account.status) == (ReturnState.RECEIVED, S.RETURNED)


@pytest.mark.parametrize("state", [R.LOST, R.CALLED_OFF])
def test_lost_or_called_off_the_account_is_a_default_again_and_can_go_on(
    session: Session, account: Account, recovery: Recovery, actor: Actor, state: RecoveryState
) -> None:
    ended(session, recovery, state, actor)
    assert (recovery.state, recovery.outcome, account.status) == (state, "That is how", S.DEFAULT)
    with pytest.raises(RuleViolation, match="nothing is added"):
        attempt(session, recovery, actor)
    recoveries.reopen(session, recovery.id, reason="It was seen", **AT, actor=actor)
    assert (recovery.state, recovery.closed_on, account.status) == (R.OPEN, None, S.RECOVERY)


@pytest.mark.parametrize("state", [R.SETTLED, R.CHARGED_OFF])
def test_giving_up_money_is_left_to_the_status(session: Session, recovery: Recovery, actor: Actor, state: RecoveryState) -> None:
    with pytest.raises(RuleViolation, match="change of the account's status"):
        ended(session, recovery, state, actor)
    assert recovery.state is R.OPEN


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (S.CHARGED_OFF, R.CHARGED_OFF),
        (S.CLOSED, R.SETTLED),
        (S.ACTIVE, R.CALLED_OFF),
        (S.DEFAULT, R.CALLED_OFF),
        (S.RETURNED, R.RECOVERED),
    ],
)
def test_a_recovery_ends_with_the_status_whoever_changed_it(
    session: Session, account: Account, recovery: Recovery, actor: Actor, status: AccountStatus, state: RecoveryState
) -> None:
    set_status(session, account, to=status, reason="Decided", business_on=TODAY, now=NOW, actor=actor)
    assert (recovery.state, recovery.closed_on, recovery.outcome) == (state, TODAY, "Decided")


def test_paying_everything_settles_the_recovery(session: Session, account: Account, recovery: Recovery, actor: Actor) -> None:
    posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=account.balance_cents, **AT, actor=actor)
    session.refresh(recovery)
    assert (account.status, recovery.state, recovery.outcome) == (S.PAID_OFF, R.SETTLED, "Paid in full")


def test_an_account_put_back_into_recovery_goes_on_with_the_same_one(
    session: Session, account: Account, recovery: Recovery, actor: Actor
) -> None:
    for status in (S.PAID_OFF, S.RECOVERY):
        set_status(session, account, to=status, reason="The payment came back", business_on=TODAY, now=NOW, actor=actor)
    assert (recovery.state, recovery.closed_on) == (R.OPEN, None)
    assert session.scalars(select(Recovery).where(Recovery.account_id == account.id)).all() == [recovery]


def test_a_status_set_by_hand_brings_a_recovery_along(session: Session, account: Account, actor: Actor) -> None:
    set_status(session, account, to=S.RECOVERY, reason="Ninety days", business_on=TODAY, now=NOW, actor=actor)
    made = session.scalars(select(Recovery).where(Recovery.account_id == account.id)).one()
    assert (made.state, made.reason) == (R.OPEN, "Ninety days")


def test_handing_over_is_kept_with_before_and_after(session: Session, account: Account, recovery: Recovery, actor: Actor) -> None:
    other = factories.staff(session, name="Dana Wu")
    recoveries.hand_over(session, recovery.id, agent="North Agents", assigned_to_id=other.id, now=NOW, actor=actor)
    assert (recovery.agent, recovery.assigned_to_id) == ("North Agents", other.id)
    last = session.scalars(select(Activity).where(Activity.account_id == account.id).order_by(Activity.id.desc())).first()
    assert last is not None and last.summary == "Recovery handed to North Agents and Dana Wu"
