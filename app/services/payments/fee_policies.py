"""Fee policies: what people enter about the late fee of a state, a portfolio and a contract date."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.servicing.fees import LONGEST_GRACE
from app.models import Base
from app.services.portfolio import records
from app.services.staff.audit import Actor

_AMOUNTS = ("flat_cents", "floor_cents", "cap_cents", "cap_total_cents", "returned_payment_cents")


def create(session: Session, model: type[Base], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Base:
    """Add a policy. It counts for contracts from its date on, at the next end of day."""
    return records.create(session, model, completed(values), now=now, actor=actor)


def change(
    session: Session, row: Base, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Change a policy. Fees that were assessed keep the figures that made them."""
    return records.change(session, row, completed(values), version=version, now=now, actor=actor)


def remove(session: Session, row: Base, *, now: dt.datetime, actor: Actor) -> None:
    """Remove a policy by which nobody was charged yet."""
    records.remove(session, row, now=now, actor=actor)


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in their stored form. Raises RuleViolation for what cannot be, with its field."""
    given = dict(values)
    given["name"] = " ".join(str(given.get("name") or "").split())
    if not given["name"]:
        raise RuleViolation("Give it a name; it stands on each fee.", field="name")
    given["state"] = str(given.get("state") or "").strip().upper() or None
    if given["state"] is not None and not re.fullmatch("[A-Z]{2}", given["state"]):
        raise RuleViolation("Enter a state by its two letters, such as CA, or leave it empty for any state.", field="state")
    given["citation"] = " ".join(str(given.get("citation") or "").split())
    if not given["citation"]:
        raise RuleViolation("Say where the rule comes from.", field="citation")
    if given.get("contract_from_on") is None:
        raise RuleViolation("Enter from which contract date it counts.", field="contract_from_on")
    if not 0 <= int(given.get("grace_days") or 0) <= LONGEST_GRACE:
        raise RuleViolation(f"Grace is 0 to {LONGEST_GRACE} days.", field="grace_days")
    given["grace_days"] = int(given.get("grace_days") or 0)
    _check_amounts(given)
    return given


def _check_amounts(given: dict[str, Any]) -> None:
    for name in _AMOUNTS:
        if given.get(name) is not None and given[name] < 0:
            raise RuleViolation("An amount cannot be less than $0.00.", field=name)
    for name in ("floor_cents", "returned_payment_cents"):
        given[name] = int(given.get(name) or 0)
    percent = given.get("percent")
    if percent is not None and not Decimal(0) <= percent <= Decimal(100):
        raise RuleViolation("A percentage is between 0 and 100.", field="percent")
    if percent is None and given.get("flat_cents") is None:
        raise RuleViolation("Enter a percentage, a flat amount, or both.", field="percent")
    if given.get("cap_cents") is not None and given["cap_cents"] < given["floor_cents"]:
        raise RuleViolation("The cap is lower than the least.", field="cap_cents")
