"""Who can get in: letting people go and back, their PINs, their locks, their open sessions. Takes effect at once."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.staff.pins import check_pin
from app.domain.staff.roles import Role
from app.models import Staff
from app.queries.staff.people import assigned_accounts
from app.services.staff import pins, reach, sessions
from app.services.staff.audit import Actor


def deactivate(session: Session, staff_id: int, *, leaving_accounts: bool = False, now: dt.datetime, actor: Actor) -> Staff:
    """Let nobody sign in as this person any more. What they did stays theirs.

    `leaving_accounts` says that it is known that their accounts stay assigned to them.

    Raises:
        RuleViolation: it is the actor, the last admin, or somebody with accounts of whom that was not said.
    """
    reach.one_at_a_time(session)
    staff = reach.locked(session, staff_id, actor)
    if staff.id == actor.staff_id:
        raise RuleViolation("You cannot deactivate yourself. Ask another admin.")
    if not staff.is_active:
        return staff
    if staff.role is Role.ADMIN:
        reach.keep_an_admin(session, staff)
    accounts = assigned_accounts(session, staff.id)
    if accounts and not leaving_accounts:
        raise RuleViolation(left_behind(staff.name, accounts), field="leaving_accounts")
    staff.is_active = False
    sessions.end_all(session, staff.id, reason="deactivated", now=now)
    reach.record(session, "staff deactivated", staff, after={"accounts_left": accounts}, now=now, actor=actor)
    return staff


def left_behind(name: str, accounts: int) -> str:
    """What deactivating a person with a book of accounts means, as a sentence."""
    one = accounts == 1
    return (
        f"{accounts:,} account{'' if one else 's'} {'is' if one else 'are'} assigned to {name}. "
        f"Nobody works {'it' if one else 'them'} until {'it is' if one else 'they are'} assigned to somebody else."
    )


def reactivate(session: Session, staff_id: int, *, now: dt.datetime, actor: Actor) -> Staff:
    """Let somebody back in, with the PIN they had."""
    staff = reach.locked(session, staff_id, actor)
    if not staff.is_active:
        staff.is_active = True
        reach.record(session, "staff reactivated", staff, now=now, actor=actor)
    return staff


def unlock(session: Session, staff_id: int, *, now: dt.datetime, actor: Actor) -> Staff:
    """End a lock before its time, and forget the failures."""
    staff = reach.locked(session, staff_id, actor)
    before = {"failed_sign_ins": staff.failed_sign_ins}
    session.execute(update(Staff).where(Staff.id == staff.id).values(failed_sign_ins=0, locked_until_at=None))
    session.refresh(staff)
    reach.record(session, "staff unlocked", staff, before=before, after={"failed_sign_ins": 0}, now=now, actor=actor)
    return staff


def set_pin(session: Session, staff_id: int, *, now: dt.datetime, actor: Actor) -> str:
    """Give somebody a new random PIN, to be changed at the next sign-in, and return it: the only time it is seen.

    Ends their sessions and a lock: whoever held the old PIN is out.
    """
    staff = reach.locked(session, staff_id, actor)
    pin = pins.random_pin()
    _keep_pin(session, staff, pin, must_change=True, now=now)
    reach.record(session, "staff PIN set", staff, now=now, actor=actor)
    return pin


def change_own_pin(session: Session, staff_id: int, pin: str, *, now: dt.datetime, actor: Actor) -> None:
    """Keep the PIN that somebody chose. Ends all their sessions, so the caller opens a new one for the browser at hand.

    The caller has checked the current PIN.

    Raises:
        RuleViolation: the new PIN is too easy, or is the old one.
    """
    check_pin(pin)
    staff = reach.locked(session, staff_id, actor)
    if pins.is_right(pin, staff.pin_hash):
        raise RuleViolation("Choose a PIN that is not the one you have now.", field="pin")
    _keep_pin(session, staff, pin, must_change=False, now=now)
    reach.record(session, "own PIN changed", staff, now=now, actor=actor)


def end_session(session: Session, staff_id: int, session_id: int, *, now: dt.datetime, actor: Actor) -> Staff:
    """Sign one browser of somebody out, at once."""
    staff = reach.locked(session, staff_id, actor)
    if sessions.end(session, session_id, staff_id=staff_id, reason="ended by an admin", now=now):
        reach.record(session, "staff session ended", staff, after={"session": session_id}, now=now, actor=actor)
    return staff


def _keep_pin(session: Session, staff: Staff, pin: str, *, must_change: bool, now: dt.datetime) -> None:
    staff.pin_hash = pins.hash_pin(pin)
    staff.must_change_pin = must_change
    staff.failed_sign_ins = 0
    staff.locked_until_at = None
    session.flush()
    sessions.end_all(session, staff.id, reason="PIN changed", now=now)
