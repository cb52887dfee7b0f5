"""Who works here."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from app.domain.staff.pins import MAX_FAILURES
from app.domain.staff.roles import Role
from app.domain.staff.standing import StaffStatus, staff_status
from app.models import Account, Staff
from app.queries.listing import Choice, Dates, Empty, Field, Flag, Kind, Listing, Sort
from app.queries.listing.filters import prefix_pattern
from app.queries.scope import Viewer, scope


def everybody(session: Session) -> list[Staff]:
    """All staff by name, those who left too."""
    return list(session.scalars(select(Staff).order_by(Staff.name, Staff.id)))


def by_username(session: Session, username: str) -> Staff | None:
    """The person who signs in with this name."""
    return session.scalar(select(Staff).where(func.lower(Staff.username) == username.strip().lower()))


def status_of(staff: Staff, *, now: dt.datetime) -> StaffStatus:
    """Whether somebody can sign in at this moment."""
    return staff_status(staff.is_active, staff.locked_until_at, now)


def assigned_accounts(session: Session, staff_id: int) -> int:
    """How many accounts are in somebody's book."""
    return session.scalar(select(func.count()).select_from(Account).where(Account.assigned_to_id == staff_id)) or 0


def _search(words: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    """By the beginning of any word of the name, or of the username. The table is small enough to be read through."""
    wanted = prefix_pattern(words.strip().lower())
    name = func.lower(Staff.name)
    found = select(Staff.id).where(or_(name.like(wanted), name.like(f"% {wanted}"), func.lower(Staff.username).like(wanted)))
    return scope(found.limit(limit), Staff, viewer)


_rank = case({role.value: role.rank for role in Role}, value=Staff.role)
_status = case((~Staff.is_active, 2), (Staff.failed_sign_ins >= MAX_FAILURES, 1), else_=0)
_accounts = select(func.count()).select_from(Account).where(Account.assigned_to_id == Staff.id).correlate(Staff).scalar_subquery()

STAFF = Listing(
    Staff,
    fields=[
        Field("name", Staff.name, sort=True),
        Field("username", Staff.username, sort=True),
        Field("role", Staff.role),
        Field("is_active", Staff.is_active),
        Field("has_pin", Staff.pin_hash.is_not(None), kind=Kind.FLAG),
        Field("must_change_pin", Staff.must_change_pin, sort=True),
        Field("locked_until_at", Staff.locked_until_at),
        Field("sees_all_accounts", Staff.sees_all_accounts),
        Field("accounts", _accounts, kind=Kind.NUMBER),
        Field("last_signed_in_at", Staff.last_signed_in_at, sort=True),
        Field("created_at", Staff.created_at, sort=True),
    ],
    sorts={
        "role": Sort((_rank,), empty=Empty.NEVER),
        "status": Sort((_status,), empty=Empty.NEVER),
    },
    filters=[
        Choice("role", "Role", Staff.role, words=Role),
        Flag("active", "Active", Staff.is_active),
        Flag("must_change", "PIN must be changed", Staff.must_change_pin),
        Dates("signed_in", "Last signed in", Staff.last_signed_in_at),
    ],
    order="name",
    search=_search,
)
"""The staff list. Columns of the PIN are not among its fields, so that no export can hold them."""
