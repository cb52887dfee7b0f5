"""Who of the first in the worklist may not be called now: they come behind those who may."""

from __future__ import annotations

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from app.domain.collections.contact import NOT_ANSWERED_BY_A_CALL, FollowUpStatus
from app.domain.collections.contact_rules import Channel
from app.models import Account, FollowUp
from app.queries.collections import contactability
from app.queries.collections.next_account import Loop, ranking, waiting

LOOKED_AT = 40
"""Accounts judged at a time: usually the first of them may be called."""
MOST_LOOKS = 4
"""When the first 160 may all not be called it is night: then the order stays as it is."""


def not_callable(session: Session, loop: Loop) -> tuple[int, ...]:
    """Ids at the top of the worklist that come later because their customer may not be called now; none when all may not.

    Where a follow-up is due that needs no call (a text, a review), the account stays where it is.
    """
    needs_no_call = (
        exists()
        .where(
            FollowUp.account_id == Account.id,
            FollowUp.status == FollowUpStatus.OPEN,
            FollowUp.kind.in_(sorted(NOT_ANSWERED_BY_A_CALL)),
            FollowUp.due_at <= loop.now,
        )
        .correlate(Account)
    )
    sunk: list[int] = []
    for _ in range(MOST_LOOKS):
        first = select(Account.id, Account.customer_id, needs_no_call).where(and_(waiting(loop), Account.id.not_in(sunk)))
        rows = session.execute(first.order_by(*ranking(loop.order)).limit(LOOKED_AT)).all()
        if not rows:
            break
        judged = contactability.verdicts(session, {row.id: row.customer_id for row in rows}, Channel.CALL, at=loop.now)
        blocked = [row.id for row in rows if not judged[row.id].is_allowed and not row[2]]
        sunk += blocked
        if len(blocked) < len(rows):
            return tuple(sunk)
    return ()
