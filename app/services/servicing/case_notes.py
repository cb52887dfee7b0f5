"""What every step of a return, a recovery or a dispute leaves behind: a line on the timeline and an audit event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind, Disposition
from app.models import Account, Activity
from app.services.staff import audit
from app.services.staff.audit import Actor

LONGEST_SUMMARY = 300


def locked_account(session: Session, account_id: int) -> Account:
    """The account as it stands now, its row locked until the transaction ends. Every step begins with this."""
    statement = select(Account).where(Account.id == account_id).with_for_update(of=Account)
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def write_down(
    session: Session,
    row: Any,
    *,
    action: str,
    summary: str,
    kind: ActivityKind,
    now: dt.datetime,
    actor: Actor,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    disposition: Disposition | None = None,
) -> Activity:
    """Note one step of `row` (a return, a recovery, a dispute) on its account's timeline and in the audit trail."""
    session.flush()
    activity = Activity(
        account_id=row.account_id,
        kind=kind,
        at=now,
        summary=summary[:LONGEST_SUMMARY],
        disposition=disposition,
        staff_id=actor.staff_id,
    )
    session.add(activity)
    session.flush()
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity=row.__tablename__,
        entity_id=row.id,
        account_id=row.account_id,
        before=before,
        after=after,
        reason=reason,
    )
    return activity
