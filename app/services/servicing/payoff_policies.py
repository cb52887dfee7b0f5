"""Payoff policies: what people enter about the early purchase price of a state."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.servicing.early_purchase import NEEDS_PERCENT, Formula
from app.models import Base
from app.services.portfolio import records
from app.services.staff.audit import Actor

LARGEST = {"cash_months": 60, "cash_days": 1_800, "needs_payments": 1_000, "good_days": 90}


def create(session: Session, model: type[Base], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Base:
    """Add a policy."""
    return records.create(session, model, completed(values), now=now, actor=actor)


def change(
    session: Session, row: Base, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Change a policy. Quotes that were given keep their figures."""
    return records.change(session, row, completed(values), version=version, now=now, actor=actor)


def remove(session: Session, row: Base, *, now: dt.datetime, actor: Actor) -> None:
    """Remove a policy by which nobody was quoted yet."""
    records.remove(session, row, now=now, actor=actor)


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in their stored form. Raises RuleViolation for what cannot be, with its field."""
    given = dict(values)
    given["state"] = str(given.get("state") or "").strip().upper() or None
    if given["state"] is not None and not re.fullmatch("[A-Z]{2}", given["state"]):
        raise RuleViolation("Enter a state by its two letters, such as CA, or leave it empty for every state.", field="state")
    given["citation"] = " ".join(str(given.get("citation") or "").split())
    if not given["citation"]:
        raise RuleViolation("Say where the rule comes from.", field="citation")
    if given.get("contract_from_on") is None:
        raise RuleViolation("Enter from which contract date it counts.", field="contract_from_on")
    _check_percent(given)
    for name, most in LARGEST.items():
        given[name] = int(given.get(name) or 0)
        if not 0 <= given[name] <= most:
            raise RuleViolation(f"Enter a number from 0 to {most:,}.", field=name)
    given["balloon_cents"] = int(given.get("balloon_cents") or 0)
    if given["balloon_cents"] < 0:
        raise RuleViolation("A balloon cannot be less than $0.00.", field="balloon_cents")
    return given


def _check_percent(given: dict[str, Any]) -> None:
    """A percentage where the formula has one, and none elsewhere."""
    percent = given.get("percent")
    if given["formula"] not in NEEDS_PERCENT:
        given["percent"] = None
        return
    if percent is None or not Decimal(0) <= percent <= Decimal(100):
        label = Formula(given["formula"]).label
        raise RuleViolation(f"“{label}” needs a percentage from 0 to 100.", field="percent")
