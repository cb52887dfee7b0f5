"""Recoveries: the list of them, and their attempts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.domain.servicing.recoveries import RecoveryState
from app.models import Account, Device, Portfolio, Recovery, RecoveryAttempt, Staff
from app.queries.collections.past_due import only_test_leases
from app.queries.listing import Choice, Dates, Field, Join, Listing, Money, One, Sort, Text
from app.queries.servicing.hanging import ACCOUNT_FIELDS, BY_CUSTOMER, account_joins, through_accounts

Assigned = aliased(Staff, name="assigned")

ATTEMPTS: ColumnElement[int] = (
    select(func.count())
    .select_from(RecoveryAttempt)
    .where(RecoveryAttempt.recovery_id == Recovery.id, RecoveryAttempt.withdrawn_at.is_(None))
    .correlate(Recovery)
    .scalar_subquery()
)

RECOVERIES = Listing(
    Recovery,
    joins=(
        *account_joins(Recovery.account_id),
        Join("device", Device, Account.device_id == Device.id, after="account", is_outer=True),
        Join("assigned", Assigned, Recovery.assigned_to_id == Assigned.id, is_outer=True),
    ),
    fields=(
        *ACCOUNT_FIELDS,
        Field("device_model", Device.model, "device"),
        Field("device_imei", Device.imei, "device"),
        Field("balance_cents", Account.balance_cents, "account", total=True),
        Field("attempts", ATTEMPTS),
        Field("state", Recovery.state),
        Field("assigned_to", Assigned.name, "assigned"),
        Field("agent", Recovery.agent),
        Field("reason", Recovery.reason),
        Field("opened_on", Recovery.opened_on, sort=True),
        Field("closed_on", Recovery.closed_on),
        Field("outcome", Recovery.outcome),
        Field("days_past_due", Account.days_past_due, "account"),
    ),
    sorts={"customer": BY_CUSTOMER, "newest": Sort((Recovery.id,))},
    filters=(
        Choice("state", "Status", Recovery.state, words=RecoveryState),
        One(
            "assigned",
            "Assigned to",
            Recovery.assigned_to_id,
            model=Staff,
            order_by=Staff.name,
            which=Staff.is_active.is_(True),
            none="Nobody",
            me="Me",
        ),
        Dates("opened", "Opened", Recovery.opened_on),
        Money("balance", "Balance", Account.balance_cents, "account"),
        Text("account", "Account #", Account.account_number, "account"),
        One("portfolio", "Portfolio", Account.portfolio_id, join="account", model=Portfolio, order_by=Portfolio.name),
        only_test_leases(Recovery.account_id),
    ),
    order="-opened_on",
    search=through_accounts(Recovery, Recovery.account_id),
)
"""All recoveries that somebody may see, the newest first."""


def attempts_of(session: Session, recovery_id: int) -> Sequence[RecoveryAttempt]:
    """What was tried, the latest first; what was taken back is left out."""
    query = select(RecoveryAttempt).where(RecoveryAttempt.recovery_id == recovery_id, RecoveryAttempt.withdrawn_at.is_(None))
    return session.scalars(
        query.options(joinedload(RecoveryAttempt.by)).order_by(RecoveryAttempt.at.desc(), RecoveryAttempt.id.desc())
    ).all()
