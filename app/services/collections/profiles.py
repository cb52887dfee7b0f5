"""Collection users: what each collector takes and how they work (LeasePak U1131). A change counts at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.models import CollectorProfile, Company, Office, Portfolio, Region, Staff
from app.queries.staff.people import assigned_accounts
from app.services.collections import set_up
from app.services.portfolio import records
from app.services.staff import audit, reach
from app.services.staff.audit import Actor

COPIED = (
    "name_letters",
    "status_letters",
    "minimum_cents",
    "maximum_cents",
    "portfolio_ids",
    "company_ids",
    "region_ids",
    "office_ids",
    "sort_order",
    "menu",
    "supervisor_id",
)
"""What a new profile takes over from the default user; who somebody is and what they decide is their own."""

PLACES: Mapping[str, Any] = {"portfolio_ids": Portfolio, "company_ids": Company, "region_ids": Region, "office_ids": Office}


def create(session: Session, staff_id: int, *, default_user_id: int | None, now: dt.datetime, actor: Actor) -> CollectorProfile:
    """Make somebody a collection user, with what a default user's profile says where one is named.

    Raises RuleViolation for somebody who does not work here or is one already.
    """
    staff = reach.locked(session, staff_id, actor)
    if not staff.is_active:
        raise RuleViolation("Choose somebody who works here.", field="staff_id")
    if session.get(CollectorProfile, staff_id) is not None:
        raise RuleViolation(f"{staff.name} is a collection user already.", field="staff_id")
    given: dict[str, Any] = {}
    if default_user_id is not None:
        pattern = session.get(CollectorProfile, default_user_id)
        if pattern is None:
            raise RuleViolation("The default user is a collection user.", field="default_user_id")
        given = {name: getattr(pattern, name) for name in COPIED} | {"default_user_id": default_user_id}
    profile = CollectorProfile(staff_id=staff_id, **given)
    session.add(profile)
    session.flush()
    audit.record(
        session,
        "collection user added",
        now=now,
        actor=actor,
        entity="staff",
        entity_id=staff_id,
        after={"name": staff.name, "default_user_id": default_user_id},
    )
    return profile


def change(session: Session, staff_id: int, values: Mapping[str, Any], *, version: int, now: dt.datetime, actor: Actor) -> bool:
    """Change a profile; `values` are its attributes, and email and sees_all_accounts of the person.

    Returns whether anything was different. Raises RuleViolation with the field for what does not fit together, and when
    somebody else changed it since `version`.
    """
    staff = reach.locked(session, staff_id, actor)
    profile = session.scalars(select(CollectorProfile).where(CollectorProfile.staff_id == staff_id).with_for_update()).one()
    _check(session, staff, values)
    own = {name: value for name, value in values.items() if name in ("email", "sees_all_accounts")}
    its = {name: value for name, value in values.items() if name not in own}
    changed = records.change(session, profile, its, version=version, now=now, actor=actor)
    before = {name: getattr(staff, name) for name, value in own.items() if getattr(staff, name) != value}
    if before:
        for name in before:
            setattr(staff, name, own[name])
        session.flush()
        after = {name: own[name] for name in before}
        reach.record(session, "collection user changed", staff, before=before, after=after, now=now, actor=actor)
    return changed or bool(before)


def _check(session: Session, staff: Staff, values: Mapping[str, Any]) -> None:
    low, high = values.get("minimum_cents") or 0, values.get("maximum_cents")
    if low < 0:
        raise RuleViolation("The smallest amount is $0.00 or more.", field="minimum_cents")
    if high is not None and high < low:
        raise RuleViolation("The largest amount is not below the smallest.", field="maximum_cents")
    for name, model in PLACES.items():
        wanted = set(values.get(name, ()))
        found = set(session.scalars(select(model.id).where(model.id.in_(wanted)))) if wanted else set()
        if wanted - found:
            raise RuleViolation("Choose one of these.", field=name)
    supervisor_id = values.get("supervisor_id")
    if supervisor_id is not None:
        supervisor = session.get(Staff, supervisor_id)
        if supervisor is None or not supervisor.is_active or not set_up.may_supervise(session, supervisor):
            raise RuleViolation("Choose a supervisor who works here.", field="supervisor_id")
        if supervisor.id == staff.id:
            raise RuleViolation("Nobody is their own supervisor.", field="supervisor_id")


def remove(session: Session, staff_id: int, *, now: dt.datetime, actor: Actor) -> None:
    """Delete a profile; the person stays on the staff list. Raises RuleViolation while accounts are assigned to them."""
    staff = reach.locked(session, staff_id, actor)
    count = assigned_accounts(session, staff_id)
    if count:
        noun = "account is" if count == 1 else "accounts are"
        raise RuleViolation(
            f"{count:,} {noun} still assigned to {staff.name}. Give them to others by Collection Reassignment first."
        )
    session.delete(session.get_one(CollectorProfile, staff_id))
    session.flush()
    reach.record(session, "collection user removed", staff, before={"name": staff.name}, now=now, actor=actor)
