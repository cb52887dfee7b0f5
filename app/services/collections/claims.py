"""Holding accounts: whoever works an account has it alone, with the other accounts of the same person.

A hold is a row in `work_claim`, taken by a conditional insert: of two collectors who reach for an account at the same moment
one gets it and the other gets the next. It ends by itself, so that a closed browser keeps nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.models import Account, WorkClaim
from app.queries.collections import next_account, sinking
from app.queries.collections.next_account import RANK, Loop
from app.queries.scope import condition

HOLD = dt.timedelta(minutes=15)
MOST_TRIES = 50
"""Candidates that may be snatched away one after the other before it is said that there is nothing."""


def hold(session: Session, account_ids: Sequence[int], *, staff_id: int, now: dt.datetime) -> bool:
    """Hold these accounts for 15 minutes from now, or renew it; all of them or none. False when somebody else has one."""
    claim = insert(WorkClaim).values(
        [{"account_id": account_id, "staff_id": staff_id, "until_at": now + HOLD} for account_id in sorted(account_ids)]
    )
    taken = claim.on_conflict_do_update(
        index_elements=[WorkClaim.account_id],
        set_={"staff_id": claim.excluded.staff_id, "until_at": claim.excluded.until_at},
        where=(WorkClaim.staff_id == staff_id) | (WorkClaim.until_at <= now),
    ).returning(WorkClaim.account_id)
    attempt = session.begin_nested()
    if len(session.scalars(taken).all()) == len(account_ids):
        attempt.commit()
        return True
    attempt.rollback()
    return False


def release(session: Session, *, staff_id: int, until_at: dt.datetime | None = None, but: Sequence[int] = ()) -> None:
    """Let go of what a person holds; with `until_at` only of holds with that end, which are the ones of a page that was left.

    A page that is opened again renews its hold, so the message that the old one was left cannot take it away.
    """
    query = delete(WorkClaim).where(WorkClaim.staff_id == staff_id, WorkClaim.account_id.not_in(but))
    session.execute(query if until_at is None else query.where(WorkClaim.until_at == until_at))


def held(session: Session, loop: Loop, *, preferred_id: int | None = None) -> Account | None:
    """The account that the person has before them still, unless it is done.

    A payment may have taken it off the worklist; it stays before them until they say how the contact ended. Of several
    accounts of one person it is the preferred one, or the first by rank.
    """
    return session.scalar(
        select(Account)
        .join(WorkClaim, WorkClaim.account_id == Account.id)
        .where(
            WorkClaim.staff_id == loop.viewer.staff_id,
            WorkClaim.until_at > loop.now,
            condition(Account, loop.viewer),
            ~next_account.is_done(loop),
        )
        .order_by(Account.id != preferred_id, RANK[0].nulls_last(), *RANK[1:])
        .limit(1)
    )


def take(session: Session, account: Account, loop: Loop) -> bool:
    """Hold an account that the person chose, and that person's other accounts; lets go of everything else."""
    ids = [each.id for each in next_account.together(session, account, viewer=loop.viewer)]
    if not hold(session, ids, staff_id=loop.viewer.staff_id, now=loop.now):
        return False
    release(session, staff_id=loop.viewer.staff_id, but=ids)
    return True


def still_waits(session: Session, account: Account, loop: Loop) -> bool:
    """Whether an account that the person holds is still to be worked."""
    return session.scalar(select(Account.id).where(Account.id == account.id, next_account.waiting(loop))) is not None


def take_next(session: Session, loop: Loop, *, after: Account | None = None) -> Account | None:
    """Hold the first account that waits, or the first behind `after`; past the end it begins again at the top.

    Who may not be called now comes behind those who may. None when nothing waits for this person.
    """
    sunk = sinking.not_callable(session, loop)
    # What was passed over comes again, but only behind everything else.
    starts: list[tuple[Account | None, list[int]]] = [(None, list(sunk)), (None, [])] if sunk else [(None, [])]
    if after is not None:
        behind_it = [(after, list(sunk)), (None, [*sunk, after.id]), (after, []), (None, [after.id])]
        starts = [*(behind_it if sunk else behind_it[2:]), (None, [])]
    for behind, without in starts:
        for _ in range(MOST_TRIES):
            found = session.scalar(next_account.candidate(loop, after=behind, without=without))
            if found is None:
                break
            account = session.get_one(Account, found)
            # Whoever held it a moment ago may have finished with it since it was found: only now nobody else can.
            if take(session, account, loop) and still_waits(session, account, loop):
                return account
            without.append(found)
    release(session, staff_id=loop.viewer.staff_id)
    return None
