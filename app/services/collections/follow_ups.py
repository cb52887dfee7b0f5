"""Follow-ups with what follows from them: whether they are due, and the account's place in the worklist."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.domain.collections.contact import FollowUpKind, FollowUpStatus
from app.models import FollowUp
from app.services.collections import work
from app.services.collections.day import follow_ups, worklist
from app.services.staff.audit import Actor


def plan(
    session: Session,
    account_id: int,
    *,
    kind: FollowUpKind,
    due_at: dt.datetime,
    note: str | None,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> FollowUp:
    """Plan something to do at a time; one for today is due at once. Raises RuleViolation for a time that has passed."""
    planned = work.add_follow_up(session, account_id, kind=kind, due_at=due_at, note=note, now=now, actor=actor)
    weigh(session, account_id, today=today, now=now)
    return planned


def close(
    session: Session, follow_up_id: int, *, status: FollowUpStatus, today: dt.date, now: dt.datetime, actor: Actor
) -> FollowUp:
    """Mark a follow-up as done or cancelled, or open again (undo), and the account gives up or takes back its place."""
    closed = work.close_follow_up(session, follow_up_id, status=status, now=now, actor=actor)
    weigh(session, closed.account_id, today=today, now=now)
    return closed


def weigh(session: Session, account_id: int, *, today: dt.date, now: dt.datetime) -> None:
    """Bring one account's follow-ups and its weight up to the business date, as the end of day does for all."""
    session.flush()
    follow_ups.mark_due(session, first=account_id, last=account_id, on=today, now=now)
    worklist.weigh(session, first=account_id, last=account_id, on=today, now=now)
    session.expire_all()
