"""Who takes which accounts: the profiles as criteria, and the settings that handing out follows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.collections.assigning import Criteria
from app.domain.collections.profiles import WorkOrder
from app.domain.staff.roles import Role
from app.models import Account, CollectionSettings, CollectorProfile, PortfolioCollectionSettings, Staff, StaffPortfolio
from app.queries.listing import Field, Flag, Join, Kind, Listing


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
    return dict(rows.all())


def possible_supervisors(session: Session) -> Sequence[Staff]:
    """Who can get what fits no collector: supervisors and above, and collectors whose profile makes them one."""
    by_profile = select(CollectorProfile.staff_id).where(CollectorProfile.is_supervisor)
    roles = [role for role in Role if role.includes(Role.SUPERVISOR)]
    return session.scalars(
        select(Staff).where(Staff.is_active, or_(Staff.role.in_(roles), Staff.id.in_(by_profile))).order_by(Staff.name)
    ).all()


_accounts = (
    select(func.count())
    .select_from(Account)
    .where(Account.assigned_to_id == CollectorProfile.staff_id)
    .correlate(CollectorProfile)
    .scalar_subquery()
)
Supervisor = aliased(Staff, name="supervisor")

PROFILES = Listing(
    CollectorProfile,
    joins=(
        Join("staff", Staff, CollectorProfile.staff_id == Staff.id),
        Join("supervisor", Supervisor, CollectorProfile.supervisor_id == Supervisor.id, is_outer=True),
    ),
    fields=(
        Field("staff_id", CollectorProfile.staff_id),
        Field("name", Staff.name, "staff", sort=True),
        Field("role", Staff.role, "staff"),
        Field("is_active", Staff.is_active, "staff"),
        Field("sees_all_accounts", Staff.sees_all_accounts, "staff"),
        Field("name_letters", CollectorProfile.name_letters),
        Field("status_letters", CollectorProfile.status_letters),
        Field("minimum_cents", CollectorProfile.minimum_cents),
        Field("maximum_cents", CollectorProfile.maximum_cents),
        Field("supervisor", Supervisor.name, "supervisor"),
        Field("accounts", _accounts, kind=Kind.NUMBER),
    ),
    filters=(Flag("active", "Works here", Staff.is_active, "staff"),),
    order="name",
)


def without_profile(session: Session) -> Sequence[Staff]:
    """Who works here and is no collection user yet."""
    users = select(CollectorProfile.staff_id)
    return session.scalars(select(Staff).where(Staff.is_active, Staff.id.not_in(users)).order_by(Staff.name)).all()


def users(session: Session) -> Sequence[Staff]:
    """The collection users."""
    profiles = select(CollectorProfile.staff_id)
    return session.scalars(select(Staff).where(Staff.id.in_(profiles)).order_by(Staff.name)).all()


def work_order(session: Session, staff_id: int) -> str:
    """The order in which somebody's profile lists their work, as the worklist's address spells it; empty for its own."""
    order = profile_order(session, staff_id)
    if order is WorkOrder.WEIGHT:
        return ""
    return str(order) if order is WorkOrder.NAME else f"-{order}"


def profile_order(session: Session, staff_id: int) -> WorkOrder:
    """The order that somebody's profile says; by weight without a profile."""
    key = session.scalar(select(CollectorProfile.sort_order).where(CollectorProfile.staff_id == staff_id))
    return WorkOrder(key) if key else WorkOrder.WEIGHT
