"""What waits for somebody, as the frame of every page shows it: one statement, no count beyond a few hundred."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import FollowUpStatus
from app.domain.servicing.arrangements import ArrangementState
from app.domain.servicing.status import AccountStatus
from app.models import Account, Arrangement, FollowUp
from app.queries.collections.alerts import crossed_on
from app.queries.scope import Viewer, condition
from app.queries.servicing import disputes

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Attention:
    """Open work of one person; each number ends at MOST."""

    follow_ups: int
    """Open ones whose day has come."""
    pending_review: int
    alerts: int
    """Accounts that crossed a threshold today."""
    disputes: int
    """Undecided ones whose deadline is near or has passed."""
    arrangements: int
    """Requests that nobody has decided on."""


def attention(session: Session, viewer: Viewer, *, today: dt.date) -> Attention:
    """What waits for the viewer today."""
    tomorrow = clock.moment(today + dt.timedelta(days=1), dt.time.min)
    follow_ups = select(FollowUp.id).where(
        FollowUp.status == FollowUpStatus.OPEN, FollowUp.due_at < tomorrow, condition(FollowUp, viewer)
    )
    pending = select(Account.id).where(Account.status == AccountStatus.PENDING_REVIEW, condition(Account, viewer))
    alerts = crossed_on(viewer, today)
    requests = select(Arrangement.id).where(Arrangement.state == ArrangementState.REQUESTED, condition(Arrangement, viewer))
    near = disputes.near(viewer, today=today)
    row = session.execute(select(*map(_few, (follow_ups, pending, alerts, near, requests)))).one()
    return Attention(*row)


def _few(statement: Select[Any]) -> Any:
    return select(func.count()).select_from(statement.limit(MOST).subquery()).scalar_subquery()
