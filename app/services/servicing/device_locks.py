"""Locking a device and unlocking it: asked for (commit), sent outside of any transaction, settled (commit).

The row stands before Hexnode hears of it. Only a certain "no" leaves a device unlocked in our books; whatever is uncertain
counts as locked, so that it is unlocked when nothing is past due. Unlocking is tried until Hexnode has taken it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.collections.contact_rules import Channel
from app.domain.errors import RuleViolation
from app.domain.servicing.device_locks import (
    HELD_LOCKS,
    WRITTEN_HERE,
    LockState,
    NoticeBy,
    wait_after,
    why_not,
)
from app.domain.servicing.status import OPEN_STATUSES
from app.gateways.devices import Done, Outcome, Refused
from app.models import Account, DeviceLock, Job, LockNotice, ManagedDevice
from app.queries.servicing import device_checks, lock_clauses
from app.services.collections import messages
from app.services.reporting import jobs
from app.services.servicing.case_notes import locked_account, write_down
from app.services.staff.audit import SYSTEM, Actor

TASK = "unlock_device"
ABANDONED_AFTER = dt.timedelta(minutes=2)
"""A command that is being sent for so long has lost its worker; Hexnode answers within 15 seconds."""
LONGEST_REASON, LONGEST_MESSAGE, LONGEST_WORDS = 200, 300, 2_000
PAID = "Nothing is past due any more"
CHANNELS = {NoticeBy.TEXT: Channel.TEXT, NoticeBy.EMAIL: Channel.EMAIL}


@dataclass(frozen=True, slots=True)
class Command:
    """What is to be sent to Hexnode."""

    lock_id: int
    account_id: int
    hexnode_id: int
    message: str
    tries: int


def give_notice(
    session: Session,
    account_id: int,
    *,
    by: NoticeBy,
    words: str,
    given_on: dt.date,
    key: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Job | None:
    """Tell the customer that their device may be locked, or write down that they were told; the job that sends it, to ring for.

    A text or an e-mail goes through the outbox and its contact rules and counts from today; `key` is its key there. Raises
    RuleViolation when the agreement has no clause, nothing is past due, or the rules forbid the message.
    """
    account = locked_account(session, account_id)
    words = words.strip()
    clause = lock_clauses.clause_of(session, account)
    if clause is None:
        raise RuleViolation("No clause of this agreement allows a lock; a notice would say what is not so.")
    if account.status not in OPEN_STATUSES or account.past_due_cents <= 0:
        raise RuleViolation("Nothing is past due on this account.")
    if not words or len(words) > LONGEST_WORDS:
        raise RuleViolation(f"Enter what the customer is told, {LONGEST_WORDS:,} characters at most.", field="words")
    if given_on > today:
        raise RuleViolation("That day is still to come.", field="given_on")
    if given_on < account.start_on:
        raise RuleViolation("That is before the agreement began.", field="given_on")
    message, job = None, None
    if by in WRITTEN_HERE:
        given_on = today
        message, job = messages.queue(
            session,
            account_id,
            channel=CHANNELS[by],
            body=words,
            subject="Notice about your device" if by is NoticeBy.EMAIL else None,
            key=key,
            today=today,
            now=now,
            actor=actor,
        )
        if session.scalar(select(LockNotice.id).where(LockNotice.message_id == message.id)) is not None:
            return job  # The form was sent twice.
    notice = LockNotice(
        account_id=account_id,
        by=by,
        given_on=given_on,
        words=words,
        message_id=message.id if message else None,
        noted_at=now,
        noted_by_id=actor.staff_id,
    )
    session.add(notice)
    write_down(
        session,
        notice,
        action="lock notice given",
        summary=f"Notice that the device may be locked: {by.label.lower()}, {given_on:%b %-d, %Y} ({clause.name})",
        kind=ActivityKind.SYSTEM,
        now=now,
        actor=actor,
        after={"by": by.value, "given_on": given_on, "under": clause.name},
    )
    return job


def ask_lock(
    session: Session, account_id: int, *, reason: str, message: str, today: dt.date, now: dt.datetime, actor: Actor
) -> Command:
    """Write down that a device is to be locked, and return what to send once this is committed.

    Raises RuleViolation with the sentence that says what stands in the way. The caller is a supervisor.
    """
    account = locked_account(session, account_id)
    reason, message = " ".join(reason.split()), " ".join(message.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise RuleViolation(f"Say why, in {LONGEST_REASON} characters at most.", field="reason")
    if not message or len(message) > LONGEST_MESSAGE:
        raise RuleViolation(f"Say what stands on the screen, in {LONGEST_MESSAGE} characters at most.", field="message")
    refusal = why_not(lock_clauses.standing_of(session, account, today=today), today=today)
    if refusal is not None:
        raise RuleViolation(refusal)
    clause, notices = lock_clauses.clause_of(session, account), lock_clauses.notices_of(session, account_id)
    check = device_checks.check_of(session, account_id)
    assert clause is not None and notices and check is not None and check.managed_device is not None
    lock = DeviceLock(
        account_id=account_id,
        managed_device_id=check.managed_device.id,
        clause_id=clause.id,
        notice_id=notices[0].id,
        state=LockState.LOCKING,
        reason=reason,
        message=message,
        past_due_cents=account.past_due_cents,
        asked_at=now,
        asked_by_id=actor.staff_id,
        claimed_at=func.clock_timestamp(),
    )
    session.add(lock)
    write_down(
        session,
        lock,
        action="device lock asked for",
        summary=f"Lock of the device asked for under {clause.name}: {reason}",
        kind=ActivityKind.SYSTEM,
        now=now,
        actor=actor,
        after={"under": clause.name, "notice_on": notices[0].given_on, "past_due_cents": account.past_due_cents},
        reason=reason,
    )
    return Command(lock.id, account_id, check.managed_device.hexnode_id, message, 0)


def settle_lock(session: Session, command: Command, outcome: Outcome, *, now: dt.datetime, actor: Actor) -> DeviceLock:
    """Note what became of a lock. One that was given up meanwhile is only confirmed, never taken back."""
    lock = _locked(session, command.lock_id)
    if isinstance(outcome, Done):
        lock.locked_at = now
    may_settle = lock.state is LockState.LOCKING or (lock.state is LockState.UNCERTAIN and isinstance(outcome, Done))
    if not may_settle:
        return lock
    lock.claimed_at = None
    if isinstance(outcome, Done):
        lock.state, lock.failure, said, action = LockState.LOCKED, None, "Device locked", "device locked"
    elif isinstance(outcome, Refused):
        lock.state, lock.failure = LockState.REFUSED, outcome.reason[:300]
        said, action = f"Device not locked: {outcome.reason}", "device not locked"
    else:
        lock.state, lock.failure = LockState.UNCERTAIN, outcome.reason[:300]
        said, action = f"The device may be locked: {outcome.reason}", "device may be locked"
    _note(session, lock, action, said, now=now, actor=actor)
    return lock


def ask_unlock(session: Session, account_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> DeviceLock:
    """Write down that the device of an account is to be unlocked, and by whom. Raises RuleViolation when it is not locked."""
    locked_account(session, account_id)
    lock = lock_clauses.lock_of(session, account_id)
    if lock is None:
        raise RuleViolation("The device is not locked.")
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise RuleViolation(f"Say why, in {LONGEST_REASON} characters at most.", field="reason")
    if lock.state is LockState.LOCKING:
        raise RuleViolation("The device is being locked this very moment; try again in a minute.")
    if lock.state in HELD_LOCKS:
        _want_unlocked(session, lock, reason, now=now, actor=actor)
    else:
        lock.next_try_at = now  # It waits for its next try: make it now.
    return lock


def _want_unlocked(session: Session, lock: DeviceLock, reason: str, *, now: dt.datetime, actor: Actor) -> None:
    lock.state, lock.unlock_reason, lock.next_try_at = LockState.TO_UNLOCK, reason, now
    lock.unlock_asked_at, lock.unlock_asked_by_id = now, actor.staff_id
    _note(session, lock, "device unlock asked for", f"Device is to be unlocked: {reason}", now=now, actor=actor)


def claim_unlock(session: Session, lock_id: int, *, now: dt.datetime) -> Command | None:
    """Take a device that is to be unlocked for one try; None when another worker has it or its time has not come."""
    taken = session.execute(
        update(DeviceLock)
        .where(DeviceLock.id == lock_id, DeviceLock.state == LockState.TO_UNLOCK, DeviceLock.next_try_at <= now)
        .values(state=LockState.UNLOCKING, claimed_at=func.clock_timestamp(), tries=DeviceLock.tries + 1)
        .returning(DeviceLock.id)
    ).one_or_none()
    if taken is None:
        return None
    lock = session.get_one(DeviceLock, lock_id, populate_existing=True)
    hexnode_id = session.get_one(ManagedDevice, lock.managed_device_id).hexnode_id
    return Command(lock.id, lock.account_id, hexnode_id, "", lock.tries)


def settle_unlock(session: Session, command: Command, outcome: Outcome, *, now: dt.datetime, actor: Actor) -> DeviceLock:
    """Note what became of a try to unlock; what did not come through is tried again later, whatever the reason."""
    lock = _locked(session, command.lock_id)
    if lock.state is LockState.UNLOCKED or lock.tries != command.tries:
        return lock
    lock.claimed_at = None
    if isinstance(outcome, Done):
        lock.state, lock.unlocked_at, lock.next_try_at, lock.failure = LockState.UNLOCKED, now, None, None
        _note(session, lock, "device unlocked", "Device unlocked", now=now, actor=actor)
        return lock
    lock.state, lock.failure = LockState.TO_UNLOCK, outcome.reason[:300]
    lock.next_try_at = now + wait_after(lock.tries)
    if lock.tries == 1:
        said = f"Device not unlocked yet: {outcome.reason} It is tried again by itself."
        _note(session, lock, "device unlock failed", said, now=now, actor=actor)
    return lock


def give_up_abandoned(session: Session) -> int:
    """What lost its worker while it was sent may have come through: count it as such. Returns how many there were."""
    is_old = DeviceLock.claimed_at < func.clock_timestamp() - ABANDONED_AFTER
    given_up = 0
    for state, then in ((LockState.LOCKING, LockState.UNCERTAIN), (LockState.UNLOCKING, LockState.TO_UNLOCK)):
        rows = session.execute(
            update(DeviceLock)
            .where(DeviceLock.state == state, is_old)
            .values(state=then, claimed_at=None, failure="The program ended while the command was sent.")
            .returning(DeviceLock.id)
            .execution_options(synchronize_session=False)
        ).all()
        given_up += len(rows)
    if given_up:
        session.expire_all()
    return given_up


def release_paid(session: Session, *, now: dt.datetime) -> int:
    """Let every device be unlocked on whose account nothing is past due, or is owed, any more; returns how many."""
    is_free = or_(Account.past_due_cents == 0, Account.status.not_in(OPEN_STATUSES))
    rows = session.scalars(
        select(DeviceLock)
        .join(Account, Account.id == DeviceLock.account_id)
        .where(DeviceLock.state.in_(HELD_LOCKS), is_free)
        .with_for_update(of=DeviceLock, skip_locked=True)
    ).all()
    for lock in rows:
        _want_unlocked(session, lock, PAID, now=now, actor=SYSTEM)
    return len(rows)


def plan_unlocks(session: Session, *, now: dt.datetime) -> Sequence[Job]:
    """Plan the tries whose time has come; returns their jobs, to ring for."""
    is_due = and_(DeviceLock.state == LockState.TO_UNLOCK, DeviceLock.next_try_at <= now)
    due = session.execute(
        select(DeviceLock.id, Account.account_number).join(Account, Account.id == DeviceLock.account_id).where(is_due)
    ).all()
    return [plan_unlock(session, lock_id, number, now=now) for lock_id, number in due]


def plan_unlock(session: Session, lock_id: int, account_number: str, *, now: dt.datetime) -> Job:
    """Plan the unlocking of a device, or give the job that has it already."""
    return jobs.plan(
        session,
        TASK,
        f"Unlock the device of {account_number}",
        arguments={"lock_id": lock_id},
        unique_key=f"{TASK}:{lock_id}",
        planned=1,
        now=now,
        actor=SYSTEM,
    )


def _locked(session: Session, lock_id: int) -> DeviceLock:
    statement = select(DeviceLock).where(DeviceLock.id == lock_id).with_for_update(of=DeviceLock)
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def _note(session: Session, lock: DeviceLock, action: str, summary: str, *, now: dt.datetime, actor: Actor) -> None:
    write_down(session, lock, action=action, summary=summary, kind=ActivityKind.SYSTEM, now=now, actor=actor)
