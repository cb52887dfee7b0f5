"""Changing what is known of a customer: name, address, phones; and of a device."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.models import Customer, CustomerPhone, Device
from app.services.portfolio import records
from app.services.staff.audit import Actor

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ZIP = re.compile(r"\d{5}(-\d{4})?")


def _trimmed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.strip() if isinstance(value, str) else value for key, value in values.items()}


def change_customer(
    session: Session, row: Customer, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Change a customer's name, address or income. Raises RuleViolation for an e-mail address or ZIP code that is none."""
    return records.change(session, row, checked_person(values), version=version, now=now, actor=actor)


def checked_person(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed about a person, trimmed. Raises RuleViolation for what cannot be, with the field."""
    given = _trimmed(values)
    if not given.get("first_name") and not given.get("last_name"):
        raise RuleViolation("A customer has a name.", field="last_name")
    if given.get("email") and not EMAIL.fullmatch(given["email"]):
        raise RuleViolation("That is no e-mail address.", field="email")
    if given.get("zip_code") and not ZIP.fullmatch(given["zip_code"]):
        raise RuleViolation("A ZIP code has five digits, or nine: 43215-1234.", field="zip_code")
    if given.get("state"):
        given["state"] = given["state"].upper()
        if not re.fullmatch(r"[A-Z]{2}", given["state"]):
            raise RuleViolation("A state has two letters.", field="state")
    if (given.get("monthly_income_cents") or 0) < 0:
        raise RuleViolation("An income is not negative; leave it blank when it is not known.", field="monthly_income_cents")
    return given | {name: given.get(name) or None for name in ("email", "address", "city", "state", "zip_code") if name in given}


def change_phone(
    session: Session, row: CustomerPhone, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Say what sort of number it is, that it is bad, or that it is the primary one; the other then no longer is."""
    if values.get("is_primary") and not row.is_primary:
        session.execute(
            update(CustomerPhone)
            .where(CustomerPhone.customer_id == row.customer_id, CustomerPhone.id != row.id, CustomerPhone.is_primary)
            .values(is_primary=False)
        )
    return records.change(session, row, values, version=None, now=now, actor=actor)


def change_device(
    session: Session, row: Device, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Correct a device's model, IMEI, serial or cost. Raises RuleViolation for an IMEI whose check digit is wrong."""
    from stdnum import imei
    from stdnum.exceptions import ValidationError

    given = _trimmed(values)
    if not given.get("model"):
        raise RuleViolation("Say which device it is.", field="model")
    if given.get("imei"):
        try:
            given["imei"] = imei.validate(given["imei"])
        except ValidationError as error:
            raise RuleViolation("An IMEI has 15 digits, of which the last checks the others.", field="imei") from error
        if len(given["imei"]) != 15:
            raise RuleViolation("An IMEI has 15 digits.", field="imei")
    if (given.get("cost_cents") or 0) < 0:
        raise RuleViolation("A cost is not negative.", field="cost_cents")
    given |= {name: given.get(name) or None for name in ("imei", "serial") if name in given}
    return records.change(session, row, given, version=version, now=now, actor=actor)
