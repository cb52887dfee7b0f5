"""Collection statuses: their records with defaults, and giving one to an account (LeasePak U1151)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind, FollowUpKind, FollowUpStatus
from app.domain.collections.statuses import CODE, NEW, follow_up_at, may_change
from app.domain.collections.weights import MOST_STATUSES, MOST_WEIGHT
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.models import (
    Account,
    AccountCollectionStatus,
    Activity,
    Base,
    CollectionStatus,
    CollectionStatusChange,
    CollectorProfile,
    FollowUp,
    Staff,
)
from app.queries.collections import statuses
from app.services.collections import follow_ups, work
from app.services.portfolio import records
from app.services.staff import audit
from app.services.staff.audit import Actor

LONGEST_INTERVAL = 999
LONGEST_REASON = 200
NO_DEFAULTS: Mapping[str, Any] = {
    "is_supervisor_type": False,
    "follow_up_interval": None,
    "follow_up_unit": None,
    "weight": 0,
}


def create(session: Session, model: type[Base], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Base:
    """Add a code. Raises RuleViolation for one that does not have two characters, or for an eleventh weight."""
    return records.create(session, model, _checked(session, values, None), now=now, actor=actor)


def change(
    session: Session, row: Base, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Change a code's description or defaults; the code itself stays, for it stands in histories."""
    assert isinstance(row, CollectionStatus)
    checked = _checked(session, values, row)
    if checked["code"] != row.code:
        raise RuleViolation("A code stays as it is; add another one instead.", field="code")
    if row.code == NEW and not checked.get("is_active", True):
        raise RuleViolation("00 is what every new account is in, so it stays active.", field="is_active")
    return records.change(session, row, checked, version=version, now=now, actor=actor)


def clear_defaults(session: Session, row: Base, *, now: dt.datetime, actor: Actor) -> None:
    """Delete a code's defaults: supervisor type, follow-up and weight. The code itself stays usable."""
    records.change(session, row, NO_DEFAULTS, version=None, now=now, actor=actor)


def _checked(session: Session, values: Mapping[str, Any], row: CollectionStatus | None) -> dict[str, Any]:
    given = dict(values)
    given["code"] = str(given.get("code") or "").strip().upper()
    if not CODE.fullmatch(given["code"]):
        raise RuleViolation("A code has two characters: digits or letters.", field="code")
    given["description"] = " ".join(str(given.get("description") or "").split())
    if not given["description"]:
        raise RuleViolation("Say what the status means.", field="description")
    interval, unit = given.get("follow_up_interval"), given.get("follow_up_unit")
    if interval is not None and not 1 <= interval <= LONGEST_INTERVAL:
        raise RuleViolation(f"An interval is 1 to {LONGEST_INTERVAL}, or empty for no follow-up.", field="follow_up_interval")
    if (interval is None) != (unit is None):
        empty = "follow_up_interval" if interval is None else "follow_up_unit"
        raise RuleViolation("A follow-up needs a number and its unit; leave both empty for none.", field=empty)
    given["weight"] = given.get("weight") or 0
    if not 0 <= given["weight"] <= MOST_WEIGHT:
        raise RuleViolation(f"A weight is between 0 and {MOST_WEIGHT:,}.", field="weight")
    if given["weight"] and _weighted(session, without=row) >= MOST_STATUSES:
        raise RuleViolation(f"{MOST_STATUSES} statuses have a weight already; take one from another first.", field="weight")
    return given


def _weighted(session: Session, *, without: CollectionStatus | None) -> int:
    others = select(func.count()).select_from(CollectionStatus).where(CollectionStatus.weight > 0)
    if without is not None:
        others = others.where(CollectionStatus.id != without.id)
    return session.scalar(others) or 0


def give(
    session: Session,
    account_id: int,
    *,
    code: str,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> AccountCollectionStatus | None:
    """Put an account into a collection status; returns None when the status it is in forbids it.

    The follow-up of the status before is cancelled and that of the new one planned. Who is no supervisor does not take an
    account out of a supervisor's status: a note says what was wanted, and nothing else happens.
    Raises RuleViolation for a code that there is not.
    """
    account = session.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
    wanted = session.scalar(select(CollectionStatus).where(CollectionStatus.code == code, CollectionStatus.is_active))
    if wanted is None:
        raise RuleViolation("Choose one of the statuses.", field="code")
    reason = " ".join(reason.split())[:LONGEST_REASON]
    before = statuses.of_account(session, account_id)
    own = session.get(AccountCollectionStatus, account_id)
    if not may_change(is_supervisor_type=before.is_supervisor_type, by_supervisor=is_supervisor(session, actor)):
        body = f"Collection status stays {before}: only a supervisor changes it. Wanted: {wanted}."
        work.add_note(session, account_id, body=f"{body} {reason}".strip(), now=now, actor=actor)
        return None
    if own is None:
        own = AccountCollectionStatus(account_id=account_id, status=wanted, since_at=now)
        session.add(own)
    _drop_follow_up(session, own, now=now, actor=actor)
    own.status, own.since_at, own.set_by_id = wanted, now, actor.staff_id
    own.follow_up_id = _plan(session, account, wanted, now=now, actor=actor)
    _tell(session, account_id, before, wanted, reason=reason, today=today, now=now, actor=actor)
    follow_ups.weigh(session, account_id, today=today, now=now)
    return own


def is_supervisor(session: Session, actor: Actor) -> bool:
    """Whether somebody decides about supervisor-type statuses: by role, or by the switch of their profile."""
    if actor.staff_id is None:
        return False
    staff = session.get_one(Staff, actor.staff_id)
    profile = session.get(CollectorProfile, actor.staff_id)
    return staff.role.includes(Role.SUPERVISOR) or (profile is not None and profile.is_supervisor)


def _drop_follow_up(session: Session, own: AccountCollectionStatus, *, now: dt.datetime, actor: Actor) -> None:
    """What the status before planned is not to be done any more."""
    if own.follow_up_id is not None and session.get_one(FollowUp, own.follow_up_id).status is FollowUpStatus.OPEN:
        work.close_follow_up(session, own.follow_up_id, status=FollowUpStatus.CANCELLED, now=now, actor=actor)


def _plan(session: Session, account: Account, status: CollectionStatus, *, now: dt.datetime, actor: Actor) -> int | None:
    due_at = follow_up_at(now, status.follow_up_interval, status.follow_up_unit)
    if due_at is None:
        return None
    planned = work.add_follow_up(
        session, account.id, kind=FollowUpKind.CALL, due_at=due_at, note=str(status), now=now, actor=actor
    )
    return planned.id


def _tell(
    session: Session,
    account_id: int,
    before: CollectionStatus,
    after: CollectionStatus,
    *,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> None:
    """History, timeline and audit trail."""
    session.add(
        CollectionStatusChange(
            account_id=account_id,
            from_code=before.code,
            to_code=after.code,
            at=now,
            business_on=today,
            reason=reason,
            by_id=actor.staff_id,
        )
    )
    summary = f"Collection status: {after} (before: {before.code})"
    session.add(Activity(account_id=account_id, kind=ActivityKind.STATUS, at=now, summary=summary[:300], staff_id=actor.staff_id))
    audit.record(
        session,
        "collection status set",
        now=now,
        actor=actor,
        entity="account",
        entity_id=account_id,
        account_id=account_id,
        before={"code": before.code},
        after={"code": after.code},
        reason=reason or None,
    )
