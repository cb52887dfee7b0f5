"""Accounts that stay with their collector: the switch for one lessee that forbids automatic reassignment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.models import Account, ReassignmentHold
from app.services.staff import audit
from app.services.staff.audit import Actor

NAMED_IN_AUDIT = 200


def is_held(session: Session, account_id: int) -> bool:
    """Whether the end of day leaves the account where it is."""
    return session.get(ReassignmentHold, account_id) is not None


def put(session: Session, account_ids: Sequence[int], *, held: bool, now: dt.datetime, actor: Actor) -> int:
    """Forbid or allow again that the end of day gives these accounts to other collectors; returns how many changed."""
    taken = session.scalars(select(Account.id).where(Account.id.in_(account_ids)).order_by(Account.id).with_for_update()).all()
    if held:
        rows = [{"account_id": account_id, "at": now, "by_id": actor.staff_id} for account_id in taken]
        added = insert(ReassignmentHold).values(rows).on_conflict_do_nothing().returning(ReassignmentHold.account_id)
        changed = list(session.scalars(added)) if rows else []
    else:
        gone = delete(ReassignmentHold).where(ReassignmentHold.account_id.in_(taken)).returning(ReassignmentHold.account_id)
        changed = list(session.scalars(gone))
    if changed:
        audit.record(
            session,
            "automatic reassignment forbidden" if held else "automatic reassignment allowed",
            now=now,
            actor=actor,
            entity="account",
            entity_id=changed[0] if len(changed) == 1 else None,
            account_id=changed[0] if len(changed) == 1 else None,
            after={"accounts": len(changed), "ids": changed[:NAMED_IN_AUDIT]},
        )
    return len(changed)
