"""A recovery and the status of its account say the same, whoever changed the status.

An account in recovery has exactly one open recovery. Money, a reinstatement or a write-off may take it out of there without
anybody thinking of the recovery, and a reversal may put it back.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.servicing.recoveries import ENDED_BY, RecoveryState
from app.domain.servicing.status import AccountStatus
from app.models import Account, Recovery
from app.services.staff import audit
from app.services.staff.audit import Actor

GOES_ON_AFTER = frozenset({AccountStatus.PAID_OFF, AccountStatus.RETURNED})
"""From these an account comes back into recovery when a slip is undone: the same recovery goes on."""
LONGEST_OUTCOME = 300
LONGEST_REASON = 200


def open_recovery(session: Session, account_id: int) -> Recovery | None:
    """The recovery of an account that is under way."""
    return session.scalar(select(Recovery).where(Recovery.account_id == account_id, Recovery.state == RecoveryState.OPEN))


def follow(
    session: Session,
    account: Account,
    *,
    before: AccountStatus,
    reason: str,
    business_on: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> None:
    """Open, go on with, or end the recovery of an account whose status has just changed from `before`."""
    current = open_recovery(session, account.id)
    if account.status is AccountStatus.RECOVERY:
        if current is None:
            _begin(session, account, before=before, reason=reason, business_on=business_on, now=now, actor=actor)
    elif current is not None:
        current.state = ENDED_BY[account.status]
        current.closed_on, current.outcome = business_on, reason[:LONGEST_OUTCOME]
        _record(session, current, "recovery ended", reason=reason, now=now, actor=actor)


def _begin(
    session: Session,
    account: Account,
    *,
    before: AccountStatus,
    reason: str,
    business_on: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> None:
    last = session.scalar(select(Recovery).where(Recovery.account_id == account.id).order_by(Recovery.id.desc()).limit(1))
    if last is not None and before in GOES_ON_AFTER:
        last.state, last.closed_on, last.outcome = RecoveryState.OPEN, None, None
        _record(session, last, "recovery open again", reason=reason, now=now, actor=actor)
        return
    begun = Recovery(
        account_id=account.id,
        state=RecoveryState.OPEN,
        reason=reason[:LONGEST_REASON],
        assigned_to_id=account.assigned_to_id,
        opened_on=business_on,
    )
    session.add(begun)
    _record(session, begun, "recovery started", reason=reason, now=now, actor=actor)


def _record(session: Session, recovery: Recovery, action: str, *, reason: str, now: dt.datetime, actor: Actor) -> None:
    session.flush()
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity="recovery",
        entity_id=recovery.id,
        account_id=recovery.account_id,
        after={"state": recovery.state},
        reason=reason,
    )
