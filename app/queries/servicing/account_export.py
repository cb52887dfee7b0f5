"""Accounts as a file for other programs: fixed names, stored values, lateness as of the business date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.domain.staff.roles import Role
from app.queries.listing import Kind
from app.queries.scope import Viewer
from app.queries.servicing.accounts import ACCOUNTS


class ExportField(NamedTuple):
    """The name in the file, and the field of the accounts' list behind it."""

    name: str
    field: str


EXPORT: tuple[ExportField, ...] = tuple(
    ExportField(name, field)
    for name, field in (
        ("approval_id", "approval_id"),
        ("account_number", "account_number"),
        ("first_name", "first_name"),
        ("last_name", "last_name"),
        ("phone", "phone_e164"),
        ("device_model", "device_model"),
        ("device_imei", "device_imei"),
        ("device_cost", "device_cost_cents"),
        ("frequency", "frequency"),
        ("start_date", "start_on"),
        ("payment_amount", "payment_cents"),
        ("payments_made", "payments_made"),
        ("total_paid", "paid_cents"),
        ("balance_remaining", "balance_cents"),
        ("late_fees", "fees_cents"),
        ("next_due_date", "next_due_on"),
        ("next_due_amount", "next_due_cents"),
        ("days_past_due", "days_past_due"),
        ("past_due_amount", "past_due_cents"),
        ("bucket", "bucket"),
        ("status", "status"),
        ("assigned_to", "assigned_to_username"),
        ("contract_value", "total_cents"),
        ("last_paid_date", "last_paid_on"),
        ("default_date", "default_on"),
        ("portfolio", "portfolio_code"),
        ("dealer", "dealer_code"),
    )
)

EVERYTHING = Viewer(staff_id=0, role=Role.ADMIN)
"""The program itself on the command line: no row is hidden from whoever can read the database anyway."""


def stored(kind: Kind, value: Any) -> Any:
    """A word as the database keeps it; anything else as it is."""
    return None if value is None else str(value) if kind in (Kind.WORD, Kind.PHONE) else value


def rows(
    session: Session, *, today: dt.date, only: ColumnElement[bool] | None = None, viewer: Viewer = EVERYTHING
) -> Iterator[Sequence[Any]]:
    """The values of EXPORT for each account that meets the condition, by account number; streamed."""
    keys = [each.field for each in EXPORT]
    kinds = [ACCOUNTS.fields[key].holds for key in keys]
    found = ACCOUNTS.rows(session, viewer, today=today, only=only, fields=keys, order="account_number")
    for row in found:
        yield [stored(kind, getattr(row, key)) for key, kind in zip(keys, kinds, strict=True)]
