"""Collection settings: what holds in all portfolios, and in each (LeasePak U1121 and U1122)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections import thresholds as rules
from app.domain.collections.assigning import AmountBasis
from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import StepName
from app.domain.staff.roles import Role
from app.models import CollectionSettings, CollectorProfile, Portfolio, PortfolioCollectionSettings, Staff
from app.queries.collections import collectors
from app.services.portfolio import records
from app.services.staff import audit
from app.services.staff.audit import Actor


def change(
    session: Session,
    *,
    amount_basis: AmountBasis,
    has_thirty_day_months: bool,
    reassigns: bool,
    steps_on: Sequence[StepName],
    thresholds: Sequence[int],
    version: int,
    now: dt.datetime,
    actor: Actor,
) -> bool:
    """Set what holds in all portfolios; returns whether anything was different.

    Raises RuleViolation when somebody else changed it since `version`, and for thresholds that do not rise.
    """
    rules.check(thresholds)
    values = {
        "amount_basis": amount_basis,
        "has_thirty_day_months": has_thirty_day_months,
        "reassigns": reassigns,
        "thresholds": list(thresholds),
        "steps_off": [step.value for step in StepName if step not in steps_on],
    }
    row: CollectionSettings = collectors.settings(session)
    return records.change(session, row, values, version=version, now=now, actor=actor)


def set_supervisors(session: Session, chosen: Mapping[int, int | None], *, now: dt.datetime, actor: Actor) -> int:
    """Say for portfolios who gets what fits no collector; returns how many changed.

    Raises RuleViolation for somebody who does not work here, is no supervisor, or does not see the portfolio.
    """
    return sum(
        _set_supervisor(session, portfolio_id, staff_id, now=now, actor=actor) for portfolio_id, staff_id in chosen.items()
    )


def _set_supervisor(session: Session, portfolio_id: int, staff_id: int | None, *, now: dt.datetime, actor: Actor) -> bool:
    portfolio = session.get_one(Portfolio, portfolio_id)
    field = f"supervisor-{portfolio_id}"
    supervisor = session.get(Staff, staff_id) if staff_id is not None else None
    if staff_id is not None and (supervisor is None or not supervisor.is_active or not may_supervise(session, supervisor)):
        raise RuleViolation("Choose a supervisor who works here.", field=field)
    if supervisor is not None and supervisor.portfolios and portfolio not in supervisor.portfolios:
        raise RuleViolation(f"{supervisor.name} does not see {portfolio.name}.", field=field)
    row = session.scalar(
        select(PortfolioCollectionSettings).where(PortfolioCollectionSettings.portfolio_id == portfolio_id).with_for_update()
    )
    if row is None:
        row = PortfolioCollectionSettings(portfolio_id=portfolio_id)
        session.add(row)
    before = row.supervisor
    if before is supervisor:
        return False
    row.supervisor = supervisor
    session.flush()
    audit.record(
        session,
        "default supervisor changed",
        now=now,
        actor=actor,
        entity="portfolio",
        entity_id=portfolio_id,
        before={"supervisor": before.name if before else None},
        after={"supervisor": supervisor.name if supervisor else None},
    )
    return True


def may_supervise(session: Session, staff: Staff) -> bool:
    """Whether somebody can get what fits no collector: by role, or by the switch of their profile."""
    profile = session.get(CollectorProfile, staff.id)
    return staff.role.includes(Role.SUPERVISOR) or (profile is not None and profile.is_supervisor)
