"""Reassignment (U1111): accounts shared out among collectors, kept as one deed that can be taken back, and holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.collections.balancing import Person, shared_out
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.models import Account, Portfolio, Reassignment, ReassignmentHold, Staff
from app.queries.collections import reassignment as questions
from app.queries.collections.past_due import IS_OPEN
from app.queries.scope import Viewer
from app.services.collections import assignments
from app.services.outcome import Done
from app.services.staff import audit
from app.services.staff.audit import Actor

Accounts = Select[Any] | Sequence[int]


@dataclass(frozen=True, slots=True)
class Share:
    """What one collector would get."""

    staff: Staff
    people: tuple[Person, ...]

    @property
    def account_ids(self) -> list[int]:
        """All accounts of these people, in order."""
        return sorted(account_id for person in self.people for account_id in person.account_ids)

    @property
    def past_due_cents(self) -> int:
        """What is past due on them."""
        return sum(person.past_due_cents for person in self.people)

    @property
    def said(self) -> str:
        """For the preview and the history: 12 accounts, $3,400.00 past due."""
        count = len(self.account_ids)
        return f"{count:,} {'account' if count == 1 else 'accounts'}, {as_text(self.past_due_cents)} past due"


def shares(session: Session, accounts: Accounts, staff_ids: Sequence[int]) -> list[Share]:
    """Who would get what if these accounts were shared out among these collectors. Writes nothing.

    A customer's chosen accounts go to one collector, who may see their portfolio; the least loaded comes first. Raises
    RuleViolation when nobody is named or somebody does not work here any more.
    """
    chosen = _staff(session, staff_ids)
    portfolios = session.scalars(select(Portfolio.id)).all()
    may_see = {
        book: frozenset(one.id for one in chosen if not (seen := Viewer.of(one).portfolio_ids) or book in seen)
        for book in portfolios
    }
    people = questions.people(session, accounts, may_see)
    ids = [account_id for person in people for account_id in person.account_ids]
    carried = questions.loads(session, [one.id for one in chosen], without=ids)
    given = shared_out(people, carried)
    return [Share(one, tuple(given[one.id])) for one in chosen]


def spread(
    session: Session, accounts: Accounts, staff_ids: Sequence[int], *, reason: str, now: dt.datetime, actor: Actor
) -> Done:
    """Share accounts out among collectors, as `shares` shows it, and keep it as one reassignment.

    Accounts that stay with their collector, that are finished, or that none of them may see are left alone.
    """
    planned = shares(session, accounts, staff_ids)
    moves: list[dict[str, Any]] = []
    for share in planned:
        ids = share.account_ids
        if not ids:
            continue
        done = assignments.assign(session, ids, share.staff.id, reason=reason, now=now, actor=actor)
        if done.count:
            moves.append(
                {
                    "staff_id": share.staff.id,
                    "name": share.staff.name,
                    "accounts": done.count,
                    "past_due_cents": share.past_due_cents,
                }
            )
    count = sum(move["accounts"] for move in moves)
    if not count:
        return Done(0, "Nothing to do: these accounts are with these collectors already, or finished.")
    row = Reassignment(at=now, by_id=actor.staff_id, reason=" ".join(reason.split()), accounts=count, moves=moves)
    session.add(row)
    session.flush()
    said = ", ".join(f"{move['name']} {move['accounts']:,}" for move in moves)
    noun = "account" if count == 1 else "accounts"
    return Done(count, f"{count:,} {noun} reassigned: {said}.", {"reassignment": row.id})


def undo(session: Session, reassignment_id: int, *, now: dt.datetime, actor: Actor) -> Done:
    """Give the accounts of a reassignment back to whom they were taken from; those that moved on since stay."""
    row = session.scalars(select(Reassignment).where(Reassignment.id == reassignment_id).with_for_update()).one()
    if row.undone_at is not None:
        raise RuleViolation("This reassignment was taken back already.")
    count = 0
    for move in row.moves:
        kept = {"at": row.at.isoformat(), "by": row.by_id, "to": move["staff_id"]}
        count += assignments.undo(session, kept, now=now, actor=actor).count
    row.undone_at, row.undone_by_id = now, actor.staff_id
    stayed = row.accounts - count
    rest = f" {stayed:,} moved on since and stayed." if stayed else ""
    return Done(count, f"{count:,} {'account' if count == 1 else 'accounts'} given back.{rest}")


def hold(session: Session, accounts: Accounts, *, is_held: bool, now: dt.datetime, actor: Actor) -> Done:
    """Say that accounts are never reassigned automatically (N), or that they are again (blank)."""
    ids = list(session.scalars(select(Account.id).where(questions.among(Account.id, accounts), IS_OPEN).order_by(Account.id)))
    if is_held:
        statement: Any = (
            insert(ReassignmentHold)
            .from_select(
                ["account_id", "at", "by_id"],
                select(Account.id, literal(now), literal(actor.staff_id, BigInteger)).where(
                    Account.id == func.any(assignments.array(ids))
                ),
            )
            .on_conflict_do_nothing()
            .returning(ReassignmentHold.account_id)
        )
    else:
        statement = (
            delete(ReassignmentHold)
            .where(ReassignmentHold.account_id == func.any(assignments.array(ids)))
            .returning(ReassignmentHold.account_id)
        )
    changed = list(session.scalars(statement))
    if not changed:
        return Done(0, "Nothing to do: that is how it was.")
    word = "never reassigned automatically" if is_held else "reassigned automatically again"
    audit.record(
        session,
        "automatic reassignment stopped" if is_held else "automatic reassignment allowed",
        now=now,
        actor=actor,
        entity="account",
        after={"accounts": len(changed), "ids": sorted(changed)[: assignments.NAMED_IN_AUDIT]},
    )
    noun = "account is" if len(changed) == 1 else "accounts are"
    return Done(len(changed), f"{len(changed):,} {noun} {word}.", {"ids": sorted(changed), "was_held": not is_held})


def _staff(session: Session, staff_ids: Sequence[int]) -> list[Staff]:
    wanted = list(dict.fromkeys(staff_ids))
    if not wanted:
        raise RuleViolation("Choose at least one collector.", field="staff_ids")
    found = {
        one.id: one for one in session.scalars(select(Staff).where(Staff.id.in_(wanted), Staff.is_active).order_by(Staff.name))
    }
    if len(found) < len(wanted):
        raise RuleViolation("Choose people who work here.", field="staff_ids")
    return list(found.values())
