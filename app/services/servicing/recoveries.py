"""Recoveries: going after a device, attempt by attempt, until it is here, lost or given up."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import ActivityKind, Disposition, FollowUpKind
from app.domain.errors import RuleViolation
from app.domain.servicing.recoveries import (
    ACCOUNT_AFTER,
    ANSWERED,
    WRITE_OFFS,
    AttemptKind,
    AttemptOutcome,
    RecoveryState,
    may_step,
)
from app.domain.servicing.returns import ReturnState
from app.domain.servicing.status import AccountStatus, may_become
from app.models import Activity, Recovery, RecoveryAttempt, Staff
from app.services.collections import follow_ups
from app.services.servicing import returns
from app.services.servicing.case_notes import locked_account, write_down
from app.services.servicing.recovery_following import open_recovery
from app.services.servicing.status import change_status
from app.services.staff.audit import Actor

LONGEST_REASON = 200
FOLLOW_UP_AT = dt.time(10, 0)

ACTIVITIES = {
    AttemptKind.CALL: ActivityKind.CALL,
    AttemptKind.TEXT: ActivityKind.TEXT,
    AttemptKind.LETTER: ActivityKind.LETTER,
    AttemptKind.VISIT: ActivityKind.VISIT,
}
"""Attempts that reach for the customer stand on the timeline as such, so that "last contact" knows of them."""


def start(
    session: Session,
    account_id: int,
    *,
    reason: str,
    agent: str | None,
    assigned_to_id: int | None,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Recovery:
    """Go after the device of an account in default. Raises RuleViolation for one that is not."""
    account = locked_account(session, account_id)
    reason = _said(reason, "reason", "Say why the device is wanted back now.")
    if account.status is AccountStatus.RECOVERY:
        raise RuleViolation("A recovery of this device is under way already.")
    if not may_become(account.status, AccountStatus.RECOVERY):
        raise RuleViolation(
            f"A recovery begins on an account in default; this one is {account.status.label.lower()}.", field="reason"
        )
    change_status(session, account, AccountStatus.RECOVERY, reason, today=today, now=now, actor=actor)
    recovery = open_recovery(session, account_id)
    assert recovery is not None  # The status carries it along.
    recovery.agent = (agent or "").strip() or None
    recovery.assigned_to_id = assigned_to_id
    session.flush()
    _say(session, recovery, f"Recovery started: {reason}", now=now, actor=actor)
    return recovery


def hand_over(
    session: Session,
    recovery_id: int,
    *,
    agent: str | None,
    assigned_to_id: int | None,
    now: dt.datetime,
    actor: Actor,
) -> Recovery:
    """Give the recovery to another agent or colleague."""
    recovery = _locked(session, recovery_id)
    _refuse_ended(recovery)
    before = {"agent": recovery.agent, "assigned_to_id": recovery.assigned_to_id}
    recovery.agent = (agent or "").strip() or None
    recovery.assigned_to_id = assigned_to_id
    after = {"agent": recovery.agent, "assigned_to_id": assigned_to_id}
    if before == after:
        return recovery
    name = session.scalar(select(Staff.name).where(Staff.id == assigned_to_id)) if assigned_to_id else None
    to = " and ".join(part for part in (recovery.agent, name) if part) or "nobody"
    write_down(
        session,
        recovery,
        action="recovery handed over",
        summary=f"Recovery handed to {to}",
        kind=ActivityKind.RECOVERY,
        now=now,
        actor=actor,
        before=before,
        after=after,
    )
    return recovery


def add_attempt(
    session: Session,
    recovery_id: int,
    *,
    kind: AttemptKind,
    outcome: AttemptOutcome,
    place: str | None,
    note: str | None,
    next_on: dt.date | None,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> RecoveryAttempt:
    """Write down one thing that was tried; with `next_on` a follow-up says when to try again."""
    recovery = _locked(session, recovery_id)
    _refuse_ended(recovery)
    if next_on is not None and next_on < today:
        raise RuleViolation("Choose a day to come for the next attempt.", field="next_on")
    place, note = (place or "").strip() or None, (note or "").strip() or None
    told = f"{kind.label}{f', {place}' if place else ''}: {outcome.label.lower()}"
    is_call = kind is AttemptKind.CALL
    activity = write_down(
        session,
        recovery,
        action="recovery attempt noted",
        summary=told,
        kind=ACTIVITIES.get(kind, ActivityKind.RECOVERY),
        now=now,
        actor=actor,
        after={"kind": kind, "outcome": outcome, "place": place, "next_on": next_on},
        reason=note,
        # A call counts for the rules on how often somebody may be called, wherever it was written down.
        disposition=(Disposition.RIGHT_PARTY if outcome in ANSWERED else Disposition.NO_ANSWER) if is_call else None,
    )
    attempt = RecoveryAttempt(
        recovery_id=recovery.id,
        account_id=recovery.account_id,
        kind=kind,
        outcome=outcome,
        place=place,
        note=note,
        next_on=next_on,
        at=now,
        by_id=actor.staff_id,
        activity_id=activity.id,
    )
    session.add(attempt)
    session.flush()
    if next_on is not None:
        _remind(session, recovery, next_on, f"Recovery: try again after “{told}”"[:500], today=today, now=now, actor=actor)
    return attempt


def withdraw_attempt(session: Session, attempt_id: int, *, now: dt.datetime, actor: Actor) -> RecoveryAttempt:
    """Take back an attempt that was written on the wrong account; only its author may."""
    attempt = session.get_one(RecoveryAttempt, attempt_id)
    recovery = _locked(session, attempt.recovery_id)
    session.refresh(attempt)
    if attempt.by_id != actor.staff_id:
        raise RuleViolation("Only who wrote an attempt down takes it back.")
    if attempt.withdrawn_at is not None:
        return attempt
    attempt.withdrawn_at = now
    if attempt.activity_id is not None:
        session.get_one(Activity, attempt.activity_id).withdrawn_at = now
    write_down(
        session,
        recovery,
        action="recovery attempt taken back",
        summary=f"Attempt taken back: {attempt.kind.label.lower()}, {attempt.outcome.label.lower()}",
        kind=ActivityKind.RECOVERY,
        now=now,
        actor=actor,
        before={"kind": attempt.kind, "outcome": attempt.outcome},
    )
    return attempt


def end(
    session: Session,
    recovery_id: int,
    *,
    state: RecoveryState,
    outcome: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Recovery:
    """End a recovery: recovered (the device is received), lost or called off (the account is in default again).

    What gives up money (settled, charged off) is a change of the account's status, and the recovery ends with it.
    """
    recovery = _locked(session, recovery_id)
    outcome = _said(outcome, "outcome", "Say how it ended.")
    if not may_step(recovery.state, state) or state is RecoveryState.OPEN:
        raise RuleViolation(f"A recovery that is {recovery.state.label.lower()} cannot become {state.label.lower()}.")
    if state in WRITE_OFFS:
        raise RuleViolation(
            f"{state.label} is a change of the account's status; make it there, and the recovery ends with it.", field="state"
        )
    if state is RecoveryState.RECOVERED:
        _receive(session, recovery, outcome, today=today, now=now, actor=actor)
    recovery.state, recovery.closed_on, recovery.outcome = state, today, outcome
    session.flush()
    account = locked_account(session, recovery.account_id)
    if account.status is not ACCOUNT_AFTER[state]:
        change_status(session, account, ACCOUNT_AFTER[state], outcome, today=today, now=now, actor=actor)
    write_down(
        session,
        recovery,
        action="recovery ended",
        summary=f"Recovery ended, {state.label.lower()}: {outcome}",
        kind=ActivityKind.RECOVERY,
        now=now,
        actor=actor,
        before={"state": RecoveryState.OPEN},
        after={"state": state},
        reason=outcome,
    )
    return recovery


def reopen(session: Session, recovery_id: int, *, reason: str, today: dt.date, now: dt.datetime, actor: Actor) -> Recovery:
    """Go on with a recovery that was lost or called off. A recovered device's receipt is taken back on its return."""
    recovery = _locked(session, recovery_id)
    reason = _said(reason, "reason", "Say why it goes on.")
    account = locked_account(session, recovery.account_id)
    if recovery.state is RecoveryState.RECOVERED:
        raise RuleViolation("The device was received: take that step back on its return, and the recovery goes on.")
    if open_recovery(session, recovery.account_id) is not None:
        raise RuleViolation("A later recovery of this device is under way already.")
    if not may_step(recovery.state, RecoveryState.OPEN) or not may_become(account.status, AccountStatus.RECOVERY):
        raise RuleViolation(f"The account is {account.status.label.lower()}; its recovery does not go on.")
    before = recovery.state
    recovery.state, recovery.closed_on, recovery.outcome = RecoveryState.OPEN, None, None
    session.flush()
    change_status(session, account, AccountStatus.RECOVERY, reason, today=today, now=now, actor=actor)
    write_down(
        session,
        recovery,
        action="recovery open again",
        summary=f"Recovery goes on: {reason}",
        kind=ActivityKind.RECOVERY,
        now=now,
        actor=actor,
        before={"state": before},
        after={"state": RecoveryState.OPEN},
        reason=reason,
    )
    return recovery


def _receive(session: Session, recovery: Recovery, outcome: str, *, today: dt.date, now: dt.datetime, actor: Actor) -> None:
    """The device is here: its return is received, the one under way or a new one."""
    back = returns.open_return(session, recovery.account_id)
    if back is None:
        back = returns.start(session, recovery.account_id, reason=f"Recovered: {outcome}", today=today, now=now, actor=actor)
    if back.state in (ReturnState.INITIATED, ReturnState.LABEL):
        returns.receive(session, back.id, received_on=today, today=today, now=now, actor=actor)


def _remind(
    session: Session, recovery: Recovery, on: dt.date, note: str, *, today: dt.date, now: dt.datetime, actor: Actor
) -> None:
    follow_ups.plan(
        session,
        recovery.account_id,
        kind=FollowUpKind.REVIEW,
        due_at=max(clock.moment(on, FOLLOW_UP_AT), now),
        note=note,
        today=today,
        now=now,
        actor=actor,
    )


def _say(session: Session, recovery: Recovery, summary: str, *, now: dt.datetime, actor: Actor) -> None:
    """A line on the timeline alone: the audit trail has it from the change of status already."""
    session.add(
        Activity(
            account_id=recovery.account_id, kind=ActivityKind.RECOVERY, at=now, summary=summary[:300], staff_id=actor.staff_id
        )
    )
    session.flush()


def _locked(session: Session, recovery_id: int) -> Recovery:
    """The recovery, behind the lock of its account."""
    account_id = session.scalars(select(Recovery.account_id).where(Recovery.id == recovery_id)).one()
    locked_account(session, account_id)
    return session.get_one(Recovery, recovery_id, populate_existing=True)


def _refuse_ended(recovery: Recovery) -> None:
    if recovery.state is not RecoveryState.OPEN:
        raise RuleViolation(f"This recovery is {recovery.state.label.lower()}; nothing is added to it any more.")


def _said(text: str, field: str, otherwise: str) -> str:
    bare = text.strip()
    if not bare:
        raise RuleViolation(otherwise, field=field)
    return bare[:LONGEST_REASON]
