"""Which staff an actor may change, and how such a change is written down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.models import Portfolio, Staff, StaffPortfolio
from app.services.staff import audit
from app.services.staff.audit import Actor

_LOCK = 727_002  # Any constant: the advisory lock under which admins come and go.


def locked(session: Session, staff_id: int, actor: Actor) -> Staff:
    """The row, locked, as the database has it now; refused when the person sees more than the actor does."""
    staff = session.scalar(select(Staff).where(Staff.id == staff_id).with_for_update().execution_options(populate_existing=True))
    if staff is None:
        raise RuleViolation("There is no such member of staff.")
    if staff.id != actor.staff_id:
        stay_inside(session, staff.portfolios, actor)
    return staff


def stay_inside(session: Session, portfolios: Iterable[Portfolio], actor: Actor) -> None:
    """Refuse what would lead an admin of some portfolios to the others: through a new person, or somebody else's PIN."""
    own = set(session.scalars(select(StaffPortfolio.portfolio_id).where(StaffPortfolio.staff_id == actor.staff_id)))
    reached = {portfolio.id for portfolio in portfolios}
    if own and (not reached or reached - own):
        raise RuleViolation("You work in some portfolios only, and this reaches beyond them.", field="portfolios")


def one_at_a_time(session: Session) -> None:
    """Wait for any other change that could take an admin away, so that two admins cannot remove each other."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def keep_an_admin(session: Session, leaving: Staff) -> None:
    """Refuse when nobody else could set a PIN or a role."""
    admins = session.scalars(select(Staff.id).where(Staff.role == Role.ADMIN, Staff.is_active)).all()
    if set(admins) <= {leaving.id}:
        raise RuleViolation(f"{leaving.name} is the last admin. Make somebody else an admin first.", field="role")


def record(
    session: Session,
    action: str,
    staff: Staff,
    *,
    now: dt.datetime,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Note one change of a person for the audit trail."""
    audit.record(session, action, entity="staff", entity_id=staff.id, before=before, after=after, now=now, actor=actor)
