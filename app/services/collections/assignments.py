"""Whose book an account is in: assigning many accounts at once, with their history, and taking it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.servicing.status import AccountStatus
from app.models import Account, Activity, Assignment, Staff
from app.queries.collections.reassignment import among
from app.queries.scope import Viewer
from app.services.outcome import Done
from app.services.staff import audit
from app.services.staff.audit import Actor

LONGEST_REASON = 200
NAMED_IN_AUDIT = 200
"""Ids that an audit event names; of more it keeps the number."""

FINISHED = frozenset({AccountStatus.PAID_OFF, AccountStatus.CANCELLED, AccountStatus.VOID, AccountStatus.CLOSED})
"""Nothing is left to collect, so nobody gets these."""

Accounts = Select[Any] | Sequence[int]


def assign(session: Session, accounts: Accounts, staff_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> Done:
    """Put accounts into a collector's book, by hand. Accounts that are finished, theirs already, or not for them are left alone.

    Each change writes its history: the assignment before ends, a new one begins, the timeline says so. Five statements,
    however many accounts. Raises RuleViolation when nobody by this id works here any more, or no reason is given.
    """
    collector = _collector(session, staff_id)
    reason = _reason(reason)
    taken = session.execute(
        select(Account.id, Staff.name)
        .outerjoin(Staff, Staff.id == Account.assigned_to_id)
        .where(among(Account.id, accounts), ~_left_alone(collector))
        .order_by(Account.id)
        .with_for_update(of=Account)
    ).all()
    ids = [row.id for row in taken]
    if not ids:
        return Done(0, f"Nothing to do: these accounts are {collector.name}'s already, or finished.")
    _move(session, ids, collector, reason=reason, now=now, actor=actor)
    _tell(session, taken, f"Assigned to {collector.name}", now=now, actor=actor)
    audit.record(
        session,
        "accounts assigned",
        now=now,
        actor=actor,
        entity="staff",
        entity_id=collector.id,
        after={"to": collector.name, "accounts": len(ids), "ids": ids[:NAMED_IN_AUDIT]},
        reason=reason,
    )
    noun = "account" if len(ids) == 1 else "accounts"
    undo = {"at": now.isoformat(), "by": actor.staff_id, "to": collector.id}
    return Done(len(ids), f"{len(ids):,} {noun} assigned to {collector.name}.", undo)


def release(session: Session, accounts: Accounts, *, now: dt.datetime, actor: Actor) -> Done:
    """Take accounts out of whatever book they are in; nobody's accounts are left alone."""
    taken = session.execute(
        select(Account.id, Staff.name)
        .join(Staff, Staff.id == Account.assigned_to_id)
        .where(among(Account.id, accounts))
        .order_by(Account.id)
        .with_for_update(of=Account)
    ).all()
    ids = [row.id for row in taken]
    if not ids:
        return Done(0, "Nothing to do: these accounts are nobody's.")
    _move(session, ids, None, reason="", now=now, actor=actor)
    _tell(session, taken, "Released", now=now, actor=actor)
    after = {"accounts": len(ids), "ids": ids[:NAMED_IN_AUDIT]}
    audit.record(session, "accounts released", now=now, actor=actor, entity="staff", after=after)
    noun = "account" if len(ids) == 1 else "accounts"
    return Done(len(ids), f"{len(ids):,} {noun} released.", {"at": now.isoformat(), "by": actor.staff_id, "to": None})


def nobodys(session: Session, accounts: Accounts) -> list[tuple[str, int]]:
    """How many of the chosen accounts are in no book, for the preview of a release."""
    count = session.scalar(select(func.count()).where(among(Account.id, accounts), Account.assigned_to_id.is_(None))) or 0
    return [("in nobody's book already", count)] if count else []


def _collector(session: Session, staff_id: int) -> Staff:
    collector = session.get(Staff, staff_id)
    if collector is None or not collector.is_active:
        raise RuleViolation("Choose somebody who works here.", field="staff_id")
    return collector


def _reason(given: str) -> str:
    reason = " ".join(given.split())
    if not reason:
        raise RuleViolation("Say why.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise RuleViolation(f"A reason has at most {LONGEST_REASON} characters.", field="reason")
    return reason


def _is_foreign(collector: Staff) -> ColumnElement[bool]:
    """Whether an account belongs to a portfolio that the collector may not see."""
    books = Viewer.of(collector).portfolio_ids
    return Account.portfolio_id.not_in(books) if books else literal(False)


def _is_theirs(collector: Staff) -> ColumnElement[bool]:
    return func.coalesce(Account.assigned_to_id == collector.id, literal(False))


def _left_alone(collector: Staff) -> ColumnElement[bool]:
    return or_(Account.status.in_(sorted(FINISHED)), _is_theirs(collector), _is_foreign(collector))


def left_out(session: Session, accounts: Accounts, staff_id: int) -> list[tuple[str, int]]:
    """Why and how many of the chosen accounts would be left alone, for the preview."""
    collector = _collector(session, staff_id)
    finished = Account.status.in_(sorted(FINISHED))
    counts = session.execute(
        select(
            func.count().filter(finished),
            func.count().filter(and_(~finished, _is_theirs(collector))),
            func.count().filter(and_(~finished, ~_is_theirs(collector), _is_foreign(collector))),
        ).where(among(Account.id, accounts))
    ).one()
    reasons = (
        "paid off, cancelled, void or closed",
        f"assigned to {collector.name} already",
        f"in a portfolio that {collector.name} does not see",
    )
    return [(why, number) for why, number in zip(reasons, counts, strict=True) if number]


def _tell(session: Session, taken: Sequence[Any], what: str, *, now: dt.datetime, actor: Actor) -> None:
    """Write on each account's timeline what happened and whose it was before; `taken` has id and name."""
    names = bindparam("names", [row.name for row in taken], ARRAY(Text))
    moved = func.unnest(array([row.id for row in taken]), names).table_valued("account_id", "was").render_derived("moved")
    before = case((moved.c.was.is_(None), ""), else_=func.concat(" (before: ", moved.c.was, ")"))
    session.execute(
        insert(Activity).from_select(
            ["account_id", "kind", "at", "summary", "staff_id"],
            select(
                moved.c.account_id,
                literal(ActivityKind.ASSIGNMENT.value),
                literal(now),
                func.left(func.concat(what, before), 300),
                literal(actor.staff_id, BigInteger),
            ),
        )
    )


def array(ids: Sequence[int]) -> Any:
    """The ids as one array: a list of a hundred thousand parameters would not fit a statement."""
    return bindparam("ids", list(ids), ARRAY(BigInteger), unique=True)


def _move(session: Session, ids: Sequence[int], to: Staff | None, *, reason: str, now: dt.datetime, actor: Actor) -> None:
    """End the assignments of these accounts and begin new ones."""
    these = array(ids)
    current = exists().where(Assignment.account_id == Account.id, Assignment.until_at.is_(None))
    # A book that was filled without history (an import, a prior system) gets its first line now, so that undo can find it.
    session.execute(
        insert(Assignment).from_select(
            ["account_id", "staff_id", "from_at", "is_manual", "reason"],
            select(
                Account.id, Account.assigned_to_id, Account.opened_at, literal(False), literal("Before its history began")
            ).where(Account.id == func.any(these), Account.assigned_to_id.is_not(None), ~current),
        )
    )
    session.execute(
        update(Assignment)
        .where(Assignment.account_id == func.any(these), Assignment.until_at.is_(None))
        .values(until_at=now)
        .execution_options(synchronize_session=False)
    )
    if to is not None:
        session.execute(
            insert(Assignment).from_select(
                ["account_id", "staff_id", "from_at", "is_manual", "reason", "by_id"],
                select(
                    func.unnest(these),
                    literal(to.id, BigInteger),
                    literal(now),
                    literal(True),
                    literal(reason),
                    literal(actor.staff_id, BigInteger),
                ),
            )
        )
    session.execute(
        update(Account)
        .where(Account.id == func.any(these))
        .values(assigned_to_id=to.id if to else None, version=Account.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def undo(session: Session, kept: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Done:
    """Give the accounts of one `assign` or `release` back to whom they were taken from. Those that moved on since stay."""
    at = dt.datetime.fromisoformat(str(kept["at"]))
    ids = _moved_by(session, at, kept)
    if not ids:
        return Done(0, "There is nothing left to undo.")
    session.execute(select(Account.id).where(among(Account.id, ids)).order_by(Account.id).with_for_update())
    before = session.execute(
        select(Assignment.staff_id, func.array_agg(Assignment.account_id))
        .where(among(Assignment.account_id, ids), Assignment.until_at == at)
        .group_by(Assignment.staff_id)
    ).all()
    returned = {account_id for _, accounts in before for account_id in accounts}
    for staff_id, accounts in before:
        _move(session, accounts, session.get_one(Staff, staff_id), reason="Undone", now=now, actor=actor)
    free = [account_id for account_id in ids if account_id not in returned]
    if free:
        _move(session, free, None, reason="Undone", now=now, actor=actor)
    session.execute(
        update(Activity)
        .where(
            among(Activity.account_id, ids),
            Activity.at == at,
            Activity.kind == ActivityKind.ASSIGNMENT,
            Activity.staff_id == kept["by"],
        )
        .values(withdrawn_at=now)
        .execution_options(synchronize_session=False)
    )
    after = {"accounts": len(ids), "ids": ids[:NAMED_IN_AUDIT]}
    audit.record(session, "assignment undone", now=now, actor=actor, entity="staff", entity_id=kept["to"], after=after)
    return Done(len(ids), f"{len(ids):,} {'account' if len(ids) == 1 else 'accounts'} given back.")


def _moved_by(session: Session, at: dt.datetime, kept: Mapping[str, Any]) -> list[int]:
    """The accounts that one command moved and nobody has moved since."""
    if kept["to"] is not None:
        began = select(Assignment.account_id).where(
            Assignment.from_at == at,
            Assignment.by_id == kept["by"],
            Assignment.staff_id == kept["to"],
            Assignment.until_at.is_(None),
        )
        return list(session.scalars(began.order_by(Assignment.account_id)))
    told = select(Activity.account_id).where(
        Activity.at == at, Activity.staff_id == kept["by"], Activity.kind == ActivityKind.ASSIGNMENT
    )
    free = select(Account.id).where(Account.id.in_(told), Account.assigned_to_id.is_(None))
    return list(session.scalars(free.order_by(Account.id)))
