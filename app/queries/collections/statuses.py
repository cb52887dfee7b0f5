"""Collection statuses: the list of the codes, the one that an account is in, and how it came by it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.statuses import NEW
from app.models import AccountCollectionStatus, CollectionStatus, CollectionStatusChange
from app.queries.listing import Field, Flag, Listing, Text

STATUSES = Listing(
    CollectionStatus,
    fields=(
        Field("code", CollectionStatus.code, sort=True),
        Field("description", CollectionStatus.description, sort=True),
        Field("is_supervisor_type", CollectionStatus.is_supervisor_type),
        Field("follow_up_interval", CollectionStatus.follow_up_interval),
        Field("follow_up_unit", CollectionStatus.follow_up_unit),
        Field("weight", CollectionStatus.weight, sort=True),
        Field("is_automatic", CollectionStatus.is_automatic),
        Field("is_active", CollectionStatus.is_active),
    ),
    filters=(
        Text("code", "Code", CollectionStatus.code),
        Flag("supervisor", "Supervisor's", CollectionStatus.is_supervisor_type),
        Flag("automatic", "Automatic", CollectionStatus.is_automatic),
        Flag("active", "Active", CollectionStatus.is_active),
    ),
    order="code",
)


def choices(session: Session) -> Sequence[CollectionStatus]:
    """The codes that can be given, in their order."""
    return session.scalars(select(CollectionStatus).where(CollectionStatus.is_active).order_by(CollectionStatus.code)).all()


def of_account(session: Session, account_id: int) -> CollectionStatus:
    """The status that an account is in; 00 when nobody has given it one."""
    own = (
        select(CollectionStatus)
        .join(AccountCollectionStatus, AccountCollectionStatus.status_id == CollectionStatus.id)
        .where(AccountCollectionStatus.account_id == account_id)
    )
    found = session.scalar(own)
    return found or session.scalars(select(CollectionStatus).where(CollectionStatus.code == NEW)).one()


def history(session: Session, account_id: int) -> Sequence[CollectionStatusChange]:
    """How an account came by its status, the newest first."""
    changes = select(CollectionStatusChange).where(CollectionStatusChange.account_id == account_id)
    return session.scalars(changes.order_by(CollectionStatusChange.at.desc(), CollectionStatusChange.id.desc())).all()
