"""Returns: the list of them, and what is known of a device's life."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session

from app.domain.servicing.returns import Grade, ReturnState
from app.models import Account, Customer, Device, DeviceReturn, Portfolio
from app.queries.collections.past_due import only_test_leases
from app.queries.listing import Choice, Dates, Field, Join, Listing, One, Sort, Text
from app.queries.scope import Viewer, condition
from app.queries.servicing.hanging import ACCOUNT_FIELDS, BY_CUSTOMER, account_joins
from app.queries.servicing.search import accounts_matching


def returns_matching(typed: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    """A SELECT of return ids: those of accounts that match what was typed, and the one with this tracking number."""
    by_account = select(DeviceReturn.id).where(
        DeviceReturn.account_id.in_(accounts_matching(typed, viewer, limit)), condition(DeviceReturn, viewer)
    )
    tracking = "".join(typed.split()).upper()
    by_tracking = select(DeviceReturn.id).where(DeviceReturn.tracking == tracking, condition(DeviceReturn, viewer))
    both = union(by_account, by_tracking).subquery()
    found = select(both.c.id)
    return found if limit is None else found.limit(limit)


RETURNS = Listing(
    DeviceReturn,
    joins=(
        *account_joins(DeviceReturn.account_id),
        Join("device", Device, DeviceReturn.device_id == Device.id),
    ),
    fields=(
        *ACCOUNT_FIELDS,
        Field("device_model", Device.model, "device"),
        Field("device_imei", Device.imei, "device"),
        Field("initiated_on", DeviceReturn.initiated_on, sort=True),
        Field("carrier", DeviceReturn.carrier),
        Field("tracking", DeviceReturn.tracking),
        Field("state", DeviceReturn.state),
        Field("updated_at", DeviceReturn.updated_at, sort=True),
        Field("reason", DeviceReturn.reason),
        Field("received_on", DeviceReturn.received_on),
        Field("grade", DeviceReturn.grade),
        Field("refurb_cost_cents", DeviceReturn.refurb_cost_cents, total=True),
        Field("account_status", Account.status, "account"),
        Field("balance_cents", Account.balance_cents, "account"),
    ),
    sorts={"customer": BY_CUSTOMER, "newest": Sort((DeviceReturn.id,))},
    filters=(
        Choice("state", "Status", DeviceReturn.state, words=ReturnState),
        Dates("initiated", "Initiated", DeviceReturn.initiated_on),
        Dates("updated", "Last update", DeviceReturn.updated_at),
        Text("tracking", "Tracking", DeviceReturn.tracking),
        Choice("grade", "Grade", DeviceReturn.grade, words=Grade),
        Text("account", "Account #", Account.account_number, "account"),
        Text("device", "Device", Device.model, "device"),
        One("portfolio", "Portfolio", Account.portfolio_id, join="account", model=Portfolio, order_by=Portfolio.name),
        only_test_leases(DeviceReturn.account_id),
    ),
    order="-updated_at",
    search=returns_matching,
)
"""All returns that somebody may see, the latest change first."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something in the life of a device."""

    on: dt.date
    what: str
    account_id: int
    account_number: str
    customer: str


def device_history(session: Session, device: Device, viewer: Viewer) -> list[Event]:
    """Leased, returned, inspected, restocked, leased again: the newest first, of accounts that the viewer may see.

    It follows from the accounts and the returns of the device; one that came in again under the same IMEI counts as the same.
    """
    same = Device.id == device.id
    if device.imei is not None:
        same = or_(same, (Device.imei == device.imei) & (Device.portfolio_id == device.portfolio_id))
    name = func.concat_ws(" ", Customer.first_name, Customer.last_name).label("customer")
    people = (
        select(Account.id, Account.account_number, Account.start_on, name)
        .join(Customer, Customer.id == Account.customer_id)
        .where(condition(Account, viewer))
    )
    leases = session.execute(people.join(Device, Device.id == Account.device_id).where(same).order_by(Account.start_on)).all()
    events = [
        Event(row.start_on, "Leased" if first else "Leased again", row.id, row.account_number, row.customer)
        for first, row in zip([True] + [False] * len(leases), leases, strict=False)
    ]
    back = select(DeviceReturn, Account.id, Account.account_number, name)
    back = back.join(Account, Account.id == DeviceReturn.account_id).join(Customer, Customer.id == Account.customer_id)
    back = back.join(Device, Device.id == DeviceReturn.device_id).where(same, condition(Account, viewer))
    for one, *who in session.execute(back.order_by(DeviceReturn.id)).all():
        events.extend(Event(on, what, *who) for on, what in _steps(one))
    return sorted(events, key=lambda event: event.on, reverse=True)


def _steps(one: DeviceReturn) -> Sequence[tuple[dt.date, str]]:
    steps = []
    if one.received_on:
        steps.append((one.received_on, "Returned"))
    if one.inspected_on and one.grade:
        steps.append((one.inspected_on, f"Inspected, grade {one.grade.label}"))
    if one.restocked_on:
        steps.append((one.restocked_on, "Restocked"))
    # Of two steps on one day the later one stands above.
    return steps[::-1]
