"""Fee policies: what people enter about the late fee of a state, a portfolio and a contract date."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.domain.errors import RuleViolation
from app.domain.servicing.fees import LONGEST_GRACE
from app.services.portfolio.policies import PolicyService, with_place_and_source

_AMOUNTS = ("flat_cents", "floor_cents", "cap_cents", "cap_total_cents", "returned_payment_cents")


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in their stored form. Raises RuleViolation for what cannot be, with its field."""
    given = with_place_and_source(values)
    given["name"] = " ".join(str(given.get("name") or "").split())
    if not given["name"]:
        raise RuleViolation("Give it a name; it stands on each fee.", field="name")
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


POLICIES = PolicyService(completed)
"""Adding, changing and removing them."""
