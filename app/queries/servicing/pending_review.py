"""Accounts in Pending Review: those whose IMEI or cost nobody knew when they came in."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.domain.servicing.status import AccountStatus
from app.models import Account, Device
from app.queries.listing import Dates, Listing, One, Text
from app.queries.servicing.accounts import ACCOUNTS

_FILTERS = ("portfolio", "assigned", "test")

PENDING = Listing(
    Account,
    joins=tuple(ACCOUNTS.joins.values()),
    fields=tuple(ACCOUNTS.fields.values()),
    sorts=ACCOUNTS.sorts,
    filters=(
        *(ACCOUNTS.filters[key] for key in _FILTERS if isinstance(ACCOUNTS.filters.get(key), One)),
        Text("model", "Device", Device.model, "device"),
        Dates("start", "Start date", Account.start_on),
    ),
    order="start_on",
    search=ACCOUNTS.search,
    where=Account.status == AccountStatus.PENDING_REVIEW,
)
"""The oldest lease first: its customer owes since longest."""


def others_with_imei(session: Session, imei: str, *, account_id: int) -> list[str]:
    """The numbers of other accounts whose device has this IMEI, whatever portfolio they are in; at most three."""
    held = exists().where(Device.id == Account.device_id, Device.imei == imei)
    query = select(Account.account_number).where(held, Account.id != account_id).order_by(Account.id).limit(3)
    return list(session.scalars(query))
