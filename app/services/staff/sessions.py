"""Open, keep alive and end the sessions of signed-in browsers."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import ColumnElement, Interval, and_, func, literal, or_, update
from sqlalchemy.orm import Session

from app.domain.staff.sessions import SEEN_EVERY, SessionLimits, token_hash
from app.models import StaffSession


def begin(
    session: Session, staff_id: int, *, ip: str | None, user_agent: str | None, limits: SessionLimits, now: dt.datetime
) -> str:
    """Begin a session and return its token, which only the browser keeps. Closes what is over of the same person."""
    _close_expired(session, staff_id, limits=limits, now=now)
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            staff_id=staff_id,
            token_hash=token_hash(token),
            created_at=now,
            last_seen_at=now,
            ip=ip,
            user_agent=(user_agent or "")[:200] or None,
        )
    )
    return token


def renew(session: Session, session_id: int, *, now: dt.datetime) -> str:
    """Note that the PIN was given again, and give the session a new token: the old one opens nothing any more."""
    token = secrets.token_urlsafe(32)
    session.execute(
        update(StaffSession)
        .where(StaffSession.id == session_id)
        .values(token_hash=token_hash(token), stepped_up_at=now, last_seen_at=now)
    )
    return token


def seen(session: Session, session_id: int, *, now: dt.datetime) -> None:
    """Note that somebody clicked."""
    session.execute(update(StaffSession).where(StaffSession.id == session_id).values(last_seen_at=now))


def is_due_to_be_seen(last_seen_at: dt.datetime, *, now: dt.datetime) -> bool:
    """Whether the last note is old enough for a new one."""
    return abs(now - last_seen_at) >= SEEN_EVERY


def end(session: Session, session_id: int, *, staff_id: int | None, reason: str, now: dt.datetime) -> bool:
    """End one session of somebody at once. False when it had ended before or is not theirs."""
    theirs = and_(StaffSession.id == session_id, StaffSession.staff_id == staff_id)
    return _end(session, theirs, reason=reason, now=now) == 1


def end_all(session: Session, staff_id: int, *, reason: str, now: dt.datetime) -> int:
    """End all sessions of somebody at once; returns how many there were."""
    return _end(session, StaffSession.staff_id == staff_id, reason=reason, now=now)


def _end(session: Session, which: ColumnElement[bool], *, reason: str, now: dt.datetime) -> int:
    result = session.execute(
        update(StaffSession).where(which, StaffSession.ended_at.is_(None)).values(ended_at=now, ended_reason=reason)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def _close_expired(session: Session, staff_id: int, *, limits: SessionLimits, now: dt.datetime) -> None:
    """Write down the end of sessions that ran out by themselves, so that the table tells the truth."""
    session.execute(
        update(StaffSession)
        .where(
            StaffSession.staff_id == staff_id,
            StaffSession.ended_at.is_(None),
            or_(StaffSession.last_seen_at <= now - limits.idle, StaffSession.created_at <= now - limits.absolute),
        )
        .values(
            ended_at=func.least(
                StaffSession.last_seen_at + literal(limits.idle, Interval),
                StaffSession.created_at + literal(limits.absolute, Interval),
            ),
            ended_reason="expired",
        )
    )
