"""Returns: a device comes back step by step, and its account ends with it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing.returns import (
    ENDS_THE_LEASE,
    MAY_BE_RETURNED,
    OPEN_RETURNS,
    Grade,
    ReturnState,
    may_step,
    step_before,
)
from app.domain.servicing.status import AccountStatus
from app.models import DeviceReturn
from app.services.servicing.case_notes import locked_account, write_down
from app.services.servicing.status import change_status
from app.services.staff.audit import Actor

LONGEST_REASON = 200
MOST_REFURB_CENTS = 2_000_00
"""To mend a device for more than that is a slip of the finger: a new one costs less."""


def open_return(session: Session, account_id: int) -> DeviceReturn | None:
    """The return of an account that is under way."""
    return session.scalar(
        select(DeviceReturn).where(DeviceReturn.account_id == account_id, DeviceReturn.state.in_(sorted(OPEN_RETURNS)))
    )


def start(session: Session, account_id: int, *, reason: str, today: dt.date, now: dt.datetime, actor: Actor) -> DeviceReturn:
    """Begin a return. Raises RuleViolation when there is nothing to return, or a return is under way already."""
    account = locked_account(session, account_id)
    reason = _said(reason, "reason", "Say why the device comes back.")
    if account.status not in MAY_BE_RETURNED:
        raise RuleViolation(f"The device of an account that is {account.status.label.lower()} is not returned.")
    if account.device_id is None:
        raise RuleViolation("This account has no device that could come back.")
    if open_return(session, account_id) is not None:
        raise RuleViolation("A return of this device is under way already.")
    back = DeviceReturn(
        account_id=account.id,
        device_id=account.device_id,
        state=ReturnState.INITIATED,
        reason=reason,
        initiated_on=today,
        updated_at=now,
    )
    session.add(back)
    write_down(
        session,
        back,
        action="return started",
        summary=f"Return started: {reason}",
        kind=ActivityKind.RETURN,
        now=now,
        actor=actor,
        after={"state": back.state},
        reason=reason,
    )
    return back


def send_label(
    session: Session,
    return_id: int,
    *,
    carrier: str,
    tracking: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> DeviceReturn:
    """Note the label that the customer was sent, or correct it while the device is on its way."""
    back = _locked(session, return_id)
    carrier, tracking = carrier.strip(), "".join(tracking.split()).upper()
    if not carrier:
        raise RuleViolation("Enter the carrier.", field="carrier")
    if not tracking:
        raise RuleViolation("Enter the tracking number.", field="tracking")
    before = {"carrier": back.carrier, "tracking": back.tracking}
    if back.state is not ReturnState.LABEL:
        _step(back, ReturnState.LABEL)
        back.label_on = today
    back.carrier, back.tracking = carrier, tracking
    _note(session, back, "return label sent", f"Return label sent: {carrier} {tracking}", now=now, actor=actor, before=before)
    return back


def receive(
    session: Session,
    return_id: int,
    *,
    received_on: dt.date,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> DeviceReturn:
    """The device is here: its lease ends as returned, and a recovery that was after it ends as recovered.

    An account that had ended already (charged off, cancelled) stays what it is.
    """
    back = _locked(session, return_id)
    if received_on > today:
        raise RuleViolation("The date is in the future; enter the day on which the device came.", field="received_on")
    if received_on < back.initiated_on:
        raise RuleViolation(f"The return was started on {back.initiated_on:%b %-d, %Y}, after that day.", field="received_on")
    _step(back, ReturnState.RECEIVED)
    back.received_on = received_on
    account = locked_account(session, back.account_id)
    if account.status in ENDS_THE_LEASE:
        back.account_status_before = account.status
        change_status(session, account, AccountStatus.RETURNED, "The device was received", today=today, now=now, actor=actor)
    _note(session, back, "return received", f"Device received on {received_on:%b %-d, %Y}", now=now, actor=actor)
    return back


def inspect(
    session: Session,
    return_id: int,
    *,
    grade: Grade,
    note: str | None,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> DeviceReturn:
    """Note in what state the device is."""
    back = _locked(session, return_id)
    _step(back, ReturnState.INSPECTED)
    back.inspected_on, back.grade = today, grade
    back.inspection_note = (note or "").strip() or None
    found = f": {back.inspection_note}" if back.inspection_note else ""
    _note(session, back, "return inspected", f"Device inspected, grade {grade.label}{found}", now=now, actor=actor)
    return back


def restock(
    session: Session,
    return_id: int,
    *,
    refurb_cost_cents: int | None,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> DeviceReturn:
    """The device can be leased again."""
    back = _locked(session, return_id)
    if refurb_cost_cents is not None and not 0 <= refurb_cost_cents <= MOST_REFURB_CENTS:
        raise RuleViolation(f"Enter a cost of at most {as_text(MOST_REFURB_CENTS)}.", field="refurb_cost")
    _step(back, ReturnState.RESTOCKED)
    back.restocked_on, back.refurb_cost_cents = today, refurb_cost_cents
    cost = f", made fit for {as_text(refurb_cost_cents)}" if refurb_cost_cents else ""
    _note(session, back, "return restocked", f"Device restocked{cost}", now=now, actor=actor)
    return back


def cancel(session: Session, return_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> DeviceReturn:
    """The device does not come back after all; only while it is on its way."""
    back = _locked(session, return_id)
    reason = _said(reason, "reason", "Say why the return is cancelled.")
    _step(back, ReturnState.CANCELLED)
    _note(session, back, "return cancelled", f"Return cancelled: {reason}", now=now, actor=actor, reason=reason)
    return back


def step_back(session: Session, return_id: int, *, reason: str, today: dt.date, now: dt.datetime, actor: Actor) -> DeviceReturn:
    """Take the last step back. A receipt that is taken back gives the account the status that it had before."""
    back = _locked(session, return_id)
    reason = _said(reason, "reason", "Say what went wrong.")
    earlier = step_before(back.state, has_label=back.label_on is not None)
    if earlier is None:
        raise RuleViolation(f"A return that is {back.state.label.lower()} has no step to take back.")
    undone = back.state
    _step(back, earlier)
    if undone is ReturnState.LABEL:
        back.label_on = back.carrier = back.tracking = None
    elif undone is ReturnState.INSPECTED:
        back.inspected_on = back.grade = back.inspection_note = None
    elif undone is ReturnState.RESTOCKED:
        back.restocked_on = back.refurb_cost_cents = None
    elif undone is ReturnState.RECEIVED:
        back.received_on = None
        _give_back_status(session, back, today=today, now=now, actor=actor)
    _note(
        session,
        back,
        "return step taken back",
        f"Return is {back.state.label.lower()} again: {reason}",
        now=now,
        actor=actor,
        before={"state": undone},
        reason=reason,
    )
    return back


def _give_back_status(session: Session, back: DeviceReturn, *, today: dt.date, now: dt.datetime, actor: Actor) -> None:
    account = locked_account(session, back.account_id)
    before = back.account_status_before
    back.account_status_before = None
    if before is None:
        return
    if account.status is not AccountStatus.RETURNED:
        raise RuleViolation(f"The account is {account.status.label.lower()} meanwhile; the receipt stands.")
    change_status(session, account, before, "The receipt of the device was taken back", today=today, now=now, actor=actor)


def _locked(session: Session, return_id: int) -> DeviceReturn:
    """The return, behind the lock of its account."""
    account_id = session.scalars(select(DeviceReturn.account_id).where(DeviceReturn.id == return_id)).one()
    locked_account(session, account_id)
    return session.get_one(DeviceReturn, return_id, populate_existing=True)


def _step(back: DeviceReturn, to: ReturnState) -> None:
    if not may_step(back.state, to):
        raise RuleViolation(f"A return that is {back.state.label.lower()} cannot become {to.label.lower()}.")
    back.state = to


def _said(text: str, field: str, otherwise: str) -> str:
    bare = text.strip()
    if not bare:
        raise RuleViolation(otherwise, field=field)
    return bare[:LONGEST_REASON]


def _note(
    session: Session,
    back: DeviceReturn,
    action: str,
    summary: str,
    *,
    now: dt.datetime,
    actor: Actor,
    before: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    back.updated_at = now
    after: dict[str, Any] = {"state": back.state}
    for name in ("carrier", "tracking", "received_on", "grade", "refurb_cost_cents"):
        if getattr(back, name) is not None:
            after[name] = getattr(back, name)
    write_down(
        session,
        back,
        action=action,
        summary=summary,
        kind=ActivityKind.RETURN,
        now=now,
        actor=actor,
        before=before,
        after=after,
        reason=reason,
    )
