"""Working an account: a note, a call and how it ended, a follow-up."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind, Disposition, FollowUpKind, FollowUpStatus
from app.domain.collections.contact_rules import Channel
from app.domain.errors import RuleViolation
from app.models import Activity, CustomerPhone, FollowUp, Note
from app.services.collections import contacts
from app.services.staff import audit
from app.services.staff.audit import Actor

LONGEST_NOTE = 4000


def add_note(session: Session, account_id: int, *, body: str, now: dt.datetime, actor: Actor) -> Note:
    """Write a note on an account. Raises RuleViolation when it is empty or too long."""
    body = body.strip()
    if not body:
        raise RuleViolation("Write something first.", field="body")
    if len(body) > LONGEST_NOTE:
        raise RuleViolation(f"A note holds {LONGEST_NOTE:,} characters; this one has {len(body):,}.", field="body")
    note = Note(account_id=account_id, body=body, created_at=now, created_by_id=actor.staff_id)
    session.add(note)
    session.flush()
    return note


def withdraw_note(session: Session, note_id: int, *, now: dt.datetime, actor: Actor) -> None:
    """Take a note back; only its author may."""
    note = session.get_one(Note, note_id)
    if note.created_by_id != actor.staff_id:
        raise RuleViolation("Only who wrote a note takes it back.")
    note.withdrawn_at = note.withdrawn_at or now


def log_call(
    session: Session,
    account_id: int,
    *,
    disposition: Disposition,
    phone_id: int | None,
    note: str | None,
    is_inbound: bool = False,
    now: dt.datetime,
    actor: Actor,
) -> Activity:
    """Write down a call and how it ended, and by which rules it was judged; a bad number is marked as such."""
    call = Activity(
        account_id=account_id,
        kind=ActivityKind.CALL,
        at=now,
        disposition=disposition,
        phone_id=phone_id,
        summary=f"{'They called' if is_inbound else 'Call'}: {disposition.label.lower()}",
        staff_id=actor.staff_id,
    )
    session.add(call)
    if phone_id is not None and disposition is Disposition.BAD_NUMBER:
        session.get_one(CustomerPhone, phone_id).is_bad = True
    if note and note.strip():
        add_note(session, account_id, body=note, now=now, actor=actor)
    session.flush()
    contacts.record(session, call, Channel.CALL, is_inbound=is_inbound)
    return call


def add_follow_up(
    session: Session,
    account_id: int,
    *,
    kind: FollowUpKind,
    due_at: dt.datetime,
    note: str | None,
    now: dt.datetime,
    actor: Actor,
) -> FollowUp:
    """Plan something to do on an account at a time to come. Raises RuleViolation for a time that has passed."""
    if due_at < now - dt.timedelta(minutes=1):
        raise RuleViolation("That time has passed; choose one to come.", field="due_at")
    follow_up = FollowUp(
        account_id=account_id,
        kind=kind,
        due_at=due_at,
        note=(note or "").strip() or None,
        status=FollowUpStatus.OPEN,
        created_at=now,
        created_by_id=actor.staff_id,
    )
    session.add(follow_up)
    session.flush()
    audit.record(
        session,
        "follow-up planned",
        now=now,
        actor=actor,
        entity="follow_up",
        entity_id=follow_up.id,
        account_id=account_id,
        after={"kind": kind, "due_at": due_at},
    )
    return follow_up


def close_follow_up(session: Session, follow_up_id: int, *, status: FollowUpStatus, now: dt.datetime, actor: Actor) -> FollowUp:
    """Mark a follow-up as done or cancelled, or open again (undo)."""
    follow_up = session.scalars(select(FollowUp).where(FollowUp.id == follow_up_id).with_for_update()).one()
    before = follow_up.status
    if before is status:
        return follow_up
    follow_up.status = status
    is_open = status is FollowUpStatus.OPEN
    follow_up.closed_at = None if is_open else now
    follow_up.closed_by_id = None if is_open else actor.staff_id
    audit.record(
        session,
        f"follow-up {status.label.lower()}",
        now=now,
        actor=actor,
        entity="follow_up",
        entity_id=follow_up.id,
        account_id=follow_up.account_id,
        before={"status": before},
        after={"status": status},
    )
    return follow_up
