"""Outcomes: how a contact in the collector's loop ended, everything that follows from it, and taking it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.collections.contact import (
    ANSWERED_BY_A_CALL,
    CONVERSATIONS,
    Disposition,
    FollowUpKind,
    FollowUpStatus,
)
from app.domain.collections.contact_rules import Channel
from app.domain.errors import RuleViolation
from app.models import Account, Activity, CustomerPhone, FollowUp, Note, WorkedToday
from app.queries.collections import next_account
from app.services.collections import claims, contacts, follow_ups, work
from app.services.staff import audit
from app.services.staff.audit import Actor


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one outcome wrote, so that it can be taken back."""

    account_id: int
    activity_id: int
    note_id: int | None
    closed: tuple[int, ...]
    """Follow-ups that were marked as done."""
    planned: int | None
    """The follow-up that took their place."""
    done: tuple[int, ...]
    """Accounts that left the day's worklist by it."""
    bad_phone_id: int | None

    def as_json(self) -> dict[str, Any]:
        """For a signed link."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Recorded:
        """Back from a signed link."""
        return cls(**dict(given) | {"closed": tuple(given["closed"]), "done": tuple(given["done"])})


def record(
    session: Session,
    account_id: int,
    *,
    disposition: Disposition,
    phone_id: int | None,
    note: str | None,
    account_ids: Sequence[int],
    again_at: dt.datetime,
    is_inbound: bool = False,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Recorded:
    """Write down how the contact ended; the person's accounts `account_ids` are done for today and let go.

    A follow-up that was due is done with it; when nobody was reached, another takes its place at `again_at`.

    Raises RuleViolation when somebody else has the account by now, for a number that is not this customer's, and for a call of
    ours that the contact rules forbid while no supervisor has set them aside.
    """
    assert actor.staff_id is not None
    if not claims.hold(session, account_ids, staff_id=actor.staff_id, now=now):
        other = next_account.held_by(session, account_ids, staff_id=actor.staff_id, now=now)
        raise RuleViolation(f"{other.name if other else 'Somebody else'} has this account now; nothing was saved.")
    account = session.get_one(Account, account_id)
    phone = _phone(session, account, phone_id)
    if not is_inbound:
        contacts.demand(session, account_id, Channel.CALL, phone_id=phone_id, now=now)
    was_bad = phone is not None and phone.is_bad
    call = work.log_call(
        session,
        account_id,
        disposition=disposition,
        phone_id=phone_id,
        note=None,
        is_inbound=is_inbound,
        now=now,
        actor=actor,
    )
    written = work.add_note(session, account_id, body=note, now=now, actor=actor) if note and note.strip() else None
    closed, kind_note = _close_due(session, account_id, now=now, actor=actor)
    planned = None
    if closed and disposition not in CONVERSATIONS:
        planned = work.add_follow_up(
            session, account_id, kind=FollowUpKind.CALL, due_at=again_at, note=kind_note, now=now, actor=actor
        ).id
    done = _mark_done(session, account_ids, staff_id=actor.staff_id, today=today, now=now)
    follow_ups.weigh(session, account_id, today=today, now=now)
    claims.release(session, staff_id=actor.staff_id)
    audit.record(
        session,
        "account worked",
        now=now,
        actor=actor,
        entity="activity",
        entity_id=call.id,
        account_id=account_id,
        after={"outcome": disposition},
    )
    is_bad_now = disposition is Disposition.BAD_NUMBER and phone is not None and not was_bad
    return Recorded(
        account_id=account_id,
        activity_id=call.id,
        note_id=written.id if written else None,
        closed=closed,
        planned=planned,
        done=done,
        bad_phone_id=phone_id if is_bad_now else None,
    )


def _phone(session: Session, account: Account, phone_id: int | None) -> CustomerPhone | None:
    if phone_id is None:
        return None
    phone = session.get(CustomerPhone, phone_id)
    if phone is None or phone.customer_id != account.customer_id:
        raise RuleViolation("That number is not one of this customer's.", field="phone_id")
    return phone


def _close_due(session: Session, account_id: int, *, now: dt.datetime, actor: Actor) -> tuple[tuple[int, ...], str | None]:
    """Mark what was due and a call takes care of as done: (ids, the note of the last of them)."""
    due = session.scalars(
        select(FollowUp)
        .where(
            FollowUp.account_id == account_id,
            FollowUp.status == FollowUpStatus.OPEN,
            FollowUp.kind.in_(sorted(ANSWERED_BY_A_CALL)),
            FollowUp.due_at <= now,
        )
        .order_by(FollowUp.due_at, FollowUp.id)
    ).all()
    for each in due:
        work.close_follow_up(session, each.id, status=FollowUpStatus.DONE, now=now, actor=actor)
    return tuple(each.id for each in due), due[-1].note if due else None


def _mark_done(
    session: Session, account_ids: Sequence[int], *, staff_id: int, today: dt.date, now: dt.datetime
) -> tuple[int, ...]:
    """Take the accounts off the day's worklist; returns those that were on it. What comes again today is done anew."""
    done = insert(WorkedToday).values(
        [{"business_on": today, "account_id": one, "staff_id": staff_id, "at": now} for one in sorted(account_ids)]
    )
    marked = done.on_conflict_do_update(
        index_elements=[WorkedToday.business_on, WorkedToday.account_id],
        set_={"staff_id": done.excluded.staff_id, "at": done.excluded.at},
    ).returning(WorkedToday.account_id)
    return tuple(session.scalars(marked))


def take_back(session: Session, recorded: Recorded, *, today: dt.date, now: dt.datetime, actor: Actor) -> None:
    """Undo an outcome: the call and the note are withdrawn, follow-ups are as before, the accounts are to be worked again.

    Raises RuleViolation for what somebody else wrote.
    """
    call = session.scalars(select(Activity).where(Activity.id == recorded.activity_id).with_for_update()).one()
    if call.staff_id != actor.staff_id:
        raise RuleViolation("Only who wrote an outcome takes it back.")
    if call.withdrawn_at is not None:
        return
    call.withdrawn_at = now
    if recorded.note_id is not None:
        session.get_one(Note, recorded.note_id).withdrawn_at = now
    if recorded.bad_phone_id is not None:
        session.get_one(CustomerPhone, recorded.bad_phone_id).is_bad = False
    if recorded.planned is not None:
        work.close_follow_up(session, recorded.planned, status=FollowUpStatus.CANCELLED, now=now, actor=actor)
    for follow_up_id in recorded.closed:
        work.close_follow_up(session, follow_up_id, status=FollowUpStatus.OPEN, now=now, actor=actor)
    session.execute(
        delete(WorkedToday).where(
            WorkedToday.business_on == today,
            WorkedToday.account_id.in_(recorded.done),
            WorkedToday.staff_id == actor.staff_id,
        )
    )
    follow_ups.weigh(session, recorded.account_id, today=today, now=now)
    audit.record(
        session,
        "outcome taken back",
        now=now,
        actor=actor,
        entity="activity",
        entity_id=recorded.activity_id,
        account_id=recorded.account_id,
    )
