"""Who takes which accounts: the profiles as criteria, and the settings that handing out follows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain.collections.assigning import Criteria
from app.domain.staff.roles import Role
from app.models import CollectionSettings, CollectorProfile, PortfolioCollectionSettings, Staff, StaffPortfolio


def settings(session: Session) -> CollectionSettings:
    """What holds in all portfolios."""
    return session.get_one(CollectionSettings, 1)


def criteria(session: Session) -> list[Criteria]:
    """What each profile takes, by the id of its person; who is kept to some portfolios takes nothing of the others."""
    kept: dict[int, set[int]] = {}
    for one in session.scalars(select(StaffPortfolio)):
        kept.setdefault(one.staff_id, set()).add(one.portfolio_id)
    profiles = session.execute(
        select(CollectorProfile, Staff.is_active)
        .join(Staff, Staff.id == CollectorProfile.staff_id)
        .order_by(CollectorProfile.staff_id)
    ).all()
    found = []
    for profile, is_active in profiles:
        own, wanted = kept.get(profile.staff_id), frozenset(profile.portfolio_ids)
        places = wanted if own is None else (wanted & own if wanted else frozenset(own))
        found.append(
            Criteria(
                staff_id=profile.staff_id,
                name_letters=profile.name_letters,
                status_letters=profile.status_letters,
                minimum_cents=profile.minimum_cents,
                maximum_cents=profile.maximum_cents,
                portfolio_ids=places,
                company_ids=frozenset(profile.company_ids),
                region_ids=frozenset(profile.region_ids),
                office_ids=frozenset(profile.office_ids),
                # Nothing in common: they see none of the portfolios that their profile names.
                is_active=is_active and (bool(places) or (own is None and not wanted)),
            )
        )
    return found


def supervisors(session: Session) -> dict[int, int]:
    """Portfolio → who gets what fits nobody there."""
    rows = session.execute(
        select(PortfolioCollectionSettings.portfolio_id, Staff.id)
        .join(Staff, Staff.id == PortfolioCollectionSettings.supervisor_id)
        .where(Staff.is_active)
    )
    return dict(rows.tuples().all())


def possible_supervisors(session: Session) -> Sequence[Staff]:
    """Who can get what fits no collector: supervisors and above, and collectors whose profile makes them one."""
    by_profile = select(CollectorProfile.staff_id).where(CollectorProfile.is_supervisor)
    roles = [role for role in Role if role.includes(Role.SUPERVISOR)]
    return session.scalars(
        select(Staff).where(Staff.is_active, or_(Staff.role.in_(roles), Staff.id.in_(by_profile))).order_by(Staff.name)
    ).all()
