"""Let somebody in by username and PIN, ask for the PIN again, and let them out.

Whatever goes wrong at the door is answered with None: the failure is counted and written down in the same transaction,
so nothing may be raised. Every refusal costs one PIN verification and one audit event, so that neither words nor time
tell a stranger whether a username exists, or is locked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.domain.staff.pins import LOCK_FOR, Failures, after_failure, is_locked, locked_until
from app.domain.staff.sessions import SessionLimits
from app.models import Staff
from app.services.staff import audit, pins, sessions
from app.services.staff.audit import Actor


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who came in, and the token for their browser."""

    staff_id: int
    name: str
    token: str


def sign_in(
    session: Session,
    username: str,
    pin: str,
    *,
    user_agent: str | None,
    limits: SessionLimits,
    now: dt.datetime,
    actor: Actor,
) -> SignedIn | None:
    """Open a session for whoever has this username and PIN. None for unknown, wrong, locked and deactivated alike.

    `actor` is nobody yet: it carries the address and the request only.
    """
    staff = _locked_row(session, func.lower(Staff.username) == username.strip().lower())
    if not _accept(session, staff, pin, now=now, actor=actor, doing="sign-in"):
        return None
    assert staff is not None
    token = sessions.begin(session, staff.id, ip=actor.ip, user_agent=user_agent, limits=limits, now=now)
    session.execute(update(Staff).where(Staff.id == staff.id).values(last_signed_in_at=now))
    _note(session, staff, "signed in", now=now, actor=actor)
    return SignedIn(staff.id, staff.name, token)


def step_up(session: Session, staff_id: int, pin: str, *, session_id: int, now: dt.datetime, actor: Actor) -> str | None:
    """Accept the PIN again and return the session's new token. None when it is wrong; a lock ends all their sessions."""
    staff = _ask_again(session, staff_id, pin, now=now, actor=actor, doing="step-up")
    if staff is None:
        return None
    _note(session, staff, "PIN given again", now=now, actor=actor)
    return sessions.renew(session, session_id, now=now)


def confirm(session: Session, staff_id: int, pin: str, *, now: dt.datetime, actor: Actor) -> bool:
    """Whether this is the PIN of somebody who is signed in. Wrong ones count, and a lock ends all their sessions."""
    return _ask_again(session, staff_id, pin, now=now, actor=actor, doing="PIN change") is not None


def sign_out(session: Session, session_id: int, *, now: dt.datetime, actor: Actor) -> None:
    """End the session of this browser."""
    if sessions.end(session, session_id, staff_id=actor.staff_id, reason="signed out", now=now):
        audit.record(session, "signed out", entity="staff", entity_id=actor.staff_id, now=now, actor=actor)


def sign_out_everywhere(session: Session, staff_id: int, *, now: dt.datetime, actor: Actor) -> int:
    """End all sessions of somebody; returns how many there were."""
    ended = sessions.end_all(session, staff_id, reason="signed out everywhere", now=now)
    audit.record(
        session,
        "signed out everywhere",
        entity="staff",
        entity_id=staff_id,
        after={"sessions": ended},
        now=now,
        actor=actor,
    )
    return ended


def _locked_row(session: Session, which: ColumnElement[bool]) -> Staff | None:
    """The staff row, locked: guesses at one PIN are taken one after another, so that the count of failures holds."""
    return session.scalar(select(Staff).where(which).with_for_update().execution_options(populate_existing=True))


def _ask_again(session: Session, staff_id: int, pin: str, *, now: dt.datetime, actor: Actor, doing: str) -> Staff | None:
    """The person, when the PIN is theirs. Whoever guesses on an open screen until it locks is out at once."""
    staff = _locked_row(session, Staff.id == staff_id)
    if _accept(session, staff, pin, now=now, actor=actor, doing=doing):
        return staff
    if staff is not None and is_locked(_failures(staff), now):
        sessions.end_all(session, staff_id, reason="locked", now=now)
    return None


def _accept(session: Session, staff: Staff | None, pin: str, *, now: dt.datetime, actor: Actor, doing: str) -> bool:
    """Verify the PIN once, whatever is known already, and count the answer."""
    is_right = pins.is_right(pin, staff.pin_hash if staff else None)
    if staff is None:
        audit.record(session, f"{doing} refused", reason="unknown username", now=now, actor=actor)
        return False
    failures = _failures(staff)
    if is_locked(failures, now) or not staff.is_active:
        reason = "locked" if staff.is_active else "deactivated"
        _note(session, staff, f"{doing} refused", reason=reason, now=now, actor=actor)
        return False
    if is_right:
        if failures.count:
            _count(session, staff, Failures())
        return True
    after = after_failure(failures, now)
    _count(session, staff, after)
    reason = f"wrong PIN, {after.count} in a row" + (", now locked" if locked_until(after) else "")
    _note(session, staff, f"{doing} refused", reason=reason, now=now, actor=actor)
    return False


def _failures(staff: Staff) -> Failures:
    """The failures so far. The table keeps the end of a lock instead of its beginning."""
    return Failures(staff.failed_sign_ins, staff.locked_until_at - LOCK_FOR if staff.locked_until_at else None)


def _count(session: Session, staff: Staff, failures: Failures) -> None:
    # Past the version counter of the row: somebody's typing errors must not make an admin's open form stale.
    session.execute(
        update(Staff).where(Staff.id == staff.id).values(failed_sign_ins=failures.count, locked_until_at=locked_until(failures))
    )
    session.refresh(staff, ["failed_sign_ins", "locked_until_at"])


def _note(session: Session, staff: Staff, action: str, *, now: dt.datetime, actor: Actor, reason: str | None = None) -> None:
    who = actor if actor.staff_id or reason else Actor(staff.id, staff.name, ip=actor.ip, request_id=actor.request_id)
    audit.record(session, action, entity="staff", entity_id=staff.id, reason=reason, now=now, actor=who)
