"""Accounts that have defaulted, with what became of their devices."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, or_, select

from app.domain.servicing.returns import IN_HOUSE
from app.domain.servicing.status import AccountStatus
from app.models import Account, DeviceReturn, Recovery
from app.queries.listing import Choice, Dates, Field, Flag, Listing, Sort
from app.queries.servicing.accounts import ACCOUNTS

IS_RETURNED: ColumnElement[bool] = or_(
    Account.status == AccountStatus.RETURNED,
    exists().where(DeviceReturn.account_id == Account.id, DeviceReturn.state.in_(sorted(IN_HOUSE))),
)
"""The device is back."""

RETURN_ID: ColumnElement[int] = (
    select(DeviceReturn.id)
    .where(DeviceReturn.account_id == Account.id, DeviceReturn.state != "cancelled")
    .order_by(DeviceReturn.id.desc())
    .limit(1)
    .correlate(Account)
    .scalar_subquery()
)
RECOVERY_ID: ColumnElement[int] = (
    select(Recovery.id)
    .where(Recovery.account_id == Account.id)
    .order_by(Recovery.id.desc())
    .limit(1)
    .correlate(Account)
    .scalar_subquery()
)

STANDS = (AccountStatus.DEFAULT, AccountStatus.RECOVERY, AccountStatus.RETURNED, AccountStatus.CHARGED_OFF)
"""Statuses in which a default is not over."""

_KEPT = ("portfolio", "assigned", "frequency", "balance", "account", "device", "imei", "dealer", "test")

DEFAULTS = Listing(
    Account,
    joins=tuple(ACCOUNTS.joins.values()),
    fields=(
        *ACCOUNTS.fields.values(),
        Field("is_returned", IS_RETURNED),
        Field("return_id", RETURN_ID),
        Field("recovery_id", RECOVERY_ID),
    ),
    sorts=ACCOUNTS.sorts | {"default_on": Sort((Account.default_on,))},
    filters=(
        Choice("status", "Status", Account.status, words=AccountStatus),
        Dates("default", "Default date", Account.default_on),
        Flag("returned", "Returned", IS_RETURNED),
        *(ACCOUNTS.filters[key] for key in _KEPT),
    ),
    order="-default_on",
    search=ACCOUNTS.search,
    where=Account.default_on.is_not(None),
)
"""Every account that was ever in default, the newest default first; the date never moves later."""
