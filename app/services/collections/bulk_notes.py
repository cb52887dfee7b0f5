"""One note on many accounts at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Select, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from app.domain.errors import RuleViolation
from app.models import Account, Note
from app.services.collections.work import LONGEST_NOTE
from app.services.outcome import Done
from app.services.staff import audit
from app.services.staff.audit import Actor


def add(session: Session, accounts: Select[Any], *, body: str, now: dt.datetime, actor: Actor) -> Done:
    """Write the same note on all of these accounts, in one statement. A second run with the same moment adds nothing."""
    body = body.strip()
    if not body:
        raise RuleViolation("Write something first.", field="body")
    if len(body) > LONGEST_NOTE:
        raise RuleViolation(f"A note holds {LONGEST_NOTE:,} characters; this one has {len(body):,}.", field="body")
    written = aliased(Note)
    is_written = exists().where(
        written.account_id == Account.id, written.created_at == now, written.created_by_id == actor.staff_id
    )
    chosen = select(Account.id, literal(body), literal(now), literal(actor.staff_id, BigInteger)).where(
        Account.id.in_(accounts), ~is_written
    )
    added = insert(Note).from_select(["account_id", "body", "created_at", "created_by_id"], chosen).returning(Note.id)
    with_notes = added.cte("added")
    count = session.scalar(select(func.count()).select_from(with_notes)) or 0
    if not count:
        return Done(0, "No account was chosen.")
    audit.record(
        session, "note added to many", now=now, actor=actor, entity="note", after={"accounts": count, "body": body[:200]}
    )
    sentence = f"Note added to {count:,} {'account' if count == 1 else 'accounts'}."
    return Done(count, sentence, {"at": now.isoformat(), "by": actor.staff_id})


def undo(session: Session, kept: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Done:
    """Take the notes of one `add` back."""
    at = dt.datetime.fromisoformat(str(kept["at"]))
    withdrawn = session.execute(
        update(Note)
        .where(Note.created_at == at, Note.created_by_id == kept["by"], Note.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .returning(Note.id)
        .execution_options(synchronize_session=False)
    ).all()
    count = len(withdrawn)
    if count:
        audit.record(session, "notes taken back", now=now, actor=actor, entity="note", after={"accounts": count})
    return Done(count, f"{count:,} {'note' if count == 1 else 'notes'} taken back.")
