"""MDM Checker's questions: how the devices of accounts stand, which account an IMEI belongs to, what is known of one device."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.domain.servicing.device_locks import ENDED_LOCKS, LockState
from app.domain.servicing.enrollment import MISMATCHES, Verdict
from app.domain.servicing.status import AccountStatus
from app.models import Account, Device, DeviceCheck, DeviceLock, ManagedDevice, Portfolio, Staff
from app.queries.collections.past_due import only_test_leases
from app.queries.listing import Choice, Dates, Empty, Field, Flag, Join, Kind, Listing, One, Sort, Text
from app.queries.scope import Viewer, condition, scope
from app.queries.servicing.hanging import ACCOUNT_FIELDS, BY_CUSTOMER, account_joins
from app.queries.servicing.search import accounts_matching

IS_MISMATCH: ColumnElement[bool] = DeviceCheck.verdict.in_(MISMATCHES)
_LOCK: Any = (
    select(DeviceLock.state)
    .where(DeviceLock.account_id == DeviceCheck.account_id, DeviceLock.state.not_in(ENDED_LOCKS))
    .correlate(DeviceCheck)
    .scalar_subquery()
)
LONGEST_IDENTITY = 40


def _search(words: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    """By customer, account number, IMEI or serial number."""
    typed = words.strip()
    by_device = select(Account.id).join(Device, Device.id == Account.device_id)
    by_device = by_device.where(or_(Device.imei == _digits(typed), Device.serial == typed), condition(Account, viewer))
    accounts = accounts_matching(words, viewer, limit)
    wanted = or_(DeviceCheck.account_id.in_(accounts), DeviceCheck.account_id.in_(by_device))
    found = select(DeviceCheck.id).where(wanted, condition(DeviceCheck, viewer))
    return found if limit is None else found.limit(limit)


DEVICE_CHECKS = Listing(
    DeviceCheck,
    joins=(
        *account_joins(DeviceCheck.account_id),
        Join("device", Device, Account.device_id == Device.id, after="account", is_outer=True),
        Join("managed", ManagedDevice, DeviceCheck.managed_device_id == ManagedDevice.id, is_outer=True),
        Join("portfolio", Portfolio, Account.portfolio_id == Portfolio.id, after="account"),
        Join("assigned", Staff, Account.assigned_to_id == Staff.id, after="account", is_outer=True),
    ),
    fields=(
        *ACCOUNT_FIELDS,
        Field("account_status", Account.status, "account"),
        Field("past_due_cents", Account.past_due_cents, "account"),
        Field("device_model", Device.model, "device"),
        Field("imei", Device.imei, "device"),
        Field("serial", Device.serial, "device"),
        Field("verdict", DeviceCheck.verdict, sort=True),
        Field("hexnode_id", ManagedDevice.hexnode_id, "managed"),
        Field("hexnode_model", ManagedDevice.model, "managed"),
        Field("enrollment", ManagedDevice.status, "managed"),
        Field("last_reported_at", ManagedDevice.last_reported_at, "managed"),
        Field("is_compliant", ManagedDevice.is_compliant, "managed"),
        Field("lock", _LOCK, kind=Kind.WORD),
        Field("checked_at", DeviceCheck.checked_at, sort=True),
        Field("portfolio", Portfolio.name, "portfolio"),
        Field("assigned_to", Staff.name, "assigned"),
    ),
    sorts={
        "customer": BY_CUSTOMER,
        "last_reported_at": Sort((ManagedDevice.last_reported_at,), "managed", empty=Empty.NULL),
    },
    filters=(
        Choice("verdict", "Verdict", DeviceCheck.verdict, words=Verdict),
        Flag("mismatch", "Mismatch", IS_MISMATCH),
        Flag("locked", "Locked", _LOCK.is_not(None)),
        Choice("lock", "Lock", _LOCK, words=LockState),
        Choice("status", "Account status", Account.status, "account", words=AccountStatus),
        Text("imei", "IMEI", Device.imei, "device"),
        Text("account", "Account #", Account.account_number, "account"),
        Dates("checked_at", "Checked", DeviceCheck.checked_at),
        One("portfolio", "Portfolio", Account.portfolio_id, "account", model=Portfolio, order_by=Portfolio.name),
        only_test_leases(DeviceCheck.account_id),
    ),
    order="customer",
    search=_search,
)
"""Accounts by name, with how their device stands at Hexnode by the last check."""


def account_with(session: Session, typed: str, viewer: Viewer) -> Sequence[Account]:
    """Accounts that the viewer may see whose device has this IMEI or serial number; those that are owed first."""
    query = (
        select(Account)
        .join(Device, Device.id == Account.device_id)
        .where(or_(Device.imei == _digits(typed), func.upper(Device.serial) == typed.upper()))
    )
    rows = session.scalars(scope(query, Account, viewer).order_by(Account.id.desc()).limit(10)).all()
    return sorted(rows, key=lambda account: account.closed_on is not None or account.status is AccountStatus.PAID_OFF)


def managed_with(session: Session, typed: str, viewer: Viewer) -> ManagedDevice | None:
    """The device at Hexnode with this IMEI or serial number that the viewer may see, as it was seen last."""
    query = scope(select(ManagedDevice).where(~ManagedDevice.is_gone), ManagedDevice, viewer)
    query = query.where(or_(ManagedDevice.imei == _digits(typed), ManagedDevice.serial == typed.upper()))
    return session.scalars(query.order_by(ManagedDevice.is_enrolled.desc(), ManagedDevice.id.desc()).limit(1)).first()


def check_of(session: Session, account_id: int) -> DeviceCheck | None:
    """How the device of an account stands, with what Hexnode says of it."""
    query = select(DeviceCheck).options(joinedload(DeviceCheck.managed_device)).where(DeviceCheck.account_id == account_id)
    return session.scalar(query)


def verdicts_of(session: Session, account_ids: Sequence[int]) -> list[tuple[int, Verdict, LockState | None]]:
    """Account, how its device stands, and the state of its lock where there is one."""
    state = select(DeviceLock.state).where(DeviceLock.account_id == DeviceCheck.account_id, DeviceLock.state.not_in(ENDED_LOCKS))
    lock = state.correlate(DeviceCheck).scalar_subquery()
    query = select(DeviceCheck.account_id, DeviceCheck.verdict, lock).where(DeviceCheck.account_id.in_(account_ids))
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def mirrored_for(session: Session, account_id: int) -> list[int]:
    """Numbers at Hexnode of all devices that may be the account's, by IMEI or serial number."""
    same = or_(ManagedDevice.imei == Device.imei, ManagedDevice.serial == func.upper(Device.serial))
    query = (
        select(ManagedDevice.hexnode_id)
        .join(Device, same)
        .join(Account, Account.device_id == Device.id)
        .where(Account.id == account_id, ~ManagedDevice.is_gone)
    )
    return list(session.scalars(query.order_by(ManagedDevice.is_enrolled.desc(), ManagedDevice.id.desc()).limit(5)))


def others_with_imei(session: Session, account: Account, viewer: Viewer) -> Sequence[Account]:
    """Other accounts that the viewer may see whose device has the same IMEI."""
    if account.device is None or not account.device.imei:
        return []
    query = select(Account).join(Device, Device.id == Account.device_id)
    query = query.where(Device.imei == account.device.imei, Account.id != account.id)
    return session.scalars(scope(query, Account, viewer).order_by(Account.id).limit(5)).all()


def last_mirrored_at(session: Session) -> dt.datetime | None:
    """When a device was seen at Hexnode last; None before the first check."""
    return session.scalar(select(func.max(ManagedDevice.seen_at)))


def _digits(typed: str) -> str:
    """An IMEI as people type it, without its separators; the words themselves when they are none."""
    digits = "".join(sign for sign in typed if sign.isascii() and sign.isdigit())
    return digits if len(digits) == 15 else typed
