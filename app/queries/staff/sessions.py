"""Who stands behind a session's token, and which sessions somebody has."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from app.domain.collections.profiles import MenuEntry
from app.domain.staff.roles import Role
from app.domain.staff.sessions import SessionLimits, token_hash
from app.models import CollectorProfile, Staff, StaffPortfolio, StaffSession
from app.queries.scope import Viewer


@dataclass(frozen=True, slots=True)
class Person:
    """The signed-in member of staff, as plain values: no commit or rollback makes them stale or detached."""

    staff_id: int
    username: str
    name: str
    role: Role
    must_change_pin: bool
    session_id: int
    signed_in_at: dt.datetime
    last_seen_at: dt.datetime
    stepped_up_at: dt.datetime | None
    ends_at: dt.datetime
    viewer: Viewer
    menu: frozenset[str] | None = None
    """The ticks of a collector's profile; None where no profile limits them."""

    def may_use(self, entry: MenuEntry | None) -> bool:
        """Whether the menu access of their profile opens an entry. Who has no profile, or supervises, goes by the role alone."""
        return entry is None or self.menu is None or entry.value in self.menu

    # What Flask-Login asks of a user.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    @property
    def id(self) -> int:
        """The staff id."""
        return self.staff_id

    @property
    def initials(self) -> str:
        """The first letters of the first and the last word of the name."""
        words = self.name.split() or ["?"]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()

    def get_id(self) -> str:
        """The staff id as text, for Flask-Login."""
        return str(self.staff_id)


def signed_in(session: Session, token: str, *, now: dt.datetime, limits: SessionLimits) -> Person | None:
    """The person whose session carries this token, in one statement; None when it is unknown, ended, over, or they left."""
    portfolios = select(func.array_agg(StaffPortfolio.portfolio_id)).where(StaffPortfolio.staff_id == Staff.id).scalar_subquery()
    row = session.execute(
        select(
            Staff.id,
            Staff.username,
            Staff.name,
            Staff.role,
            Staff.must_change_pin,
            Staff.sees_all_accounts,
            CollectorProfile.menu,
            StaffSession.id.label("session_id"),
            StaffSession.created_at,
            StaffSession.last_seen_at,
            StaffSession.stepped_up_at,
            func.coalesce(portfolios, array([], type_=Staff.id.type)).label("portfolio_ids"),
        )
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .outerjoin(CollectorProfile, CollectorProfile.staff_id == Staff.id)
        .where(StaffSession.token_hash == token_hash(token), StaffSession.ended_at.is_(None), Staff.is_active)
    ).one_or_none()
    if row is None:
        return None
    ends_at = limits.ends_at(row.created_at, row.last_seen_at)
    if now >= ends_at:
        return None
    return Person(
        staff_id=row.id,
        username=row.username,
        name=row.name,
        role=row.role,
        must_change_pin=row.must_change_pin,
        session_id=row.session_id,
        signed_in_at=row.created_at,
        last_seen_at=row.last_seen_at,
        stepped_up_at=row.stepped_up_at,
        ends_at=ends_at,
        menu=frozenset(row.menu) if row.menu is not None and row.role is Role.COLLECTOR else None,
        viewer=Viewer(
            staff_id=row.id,
            role=row.role,
            sees_all_accounts=row.sees_all_accounts,
            portfolio_ids=frozenset(row.portfolio_ids),
        ),
    )


def open_sessions(session: Session, staff_id: int, *, now: dt.datetime, limits: SessionLimits) -> list[StaffSession]:
    """Where somebody is signed in at this moment, the latest first."""
    rows = session.scalars(
        select(StaffSession)
        .where(
            StaffSession.staff_id == staff_id,
            StaffSession.ended_at.is_(None),
            StaffSession.last_seen_at > now - limits.idle,
            StaffSession.created_at > now - limits.absolute,
        )
        .order_by(StaffSession.last_seen_at.desc(), StaffSession.id.desc())
    )
    return list(rows)
