"""Payoff policies: what people enter about the early purchase price of a state."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.domain.errors import RuleViolation
from app.domain.servicing.early_purchase import NEEDS_PERCENT, Formula
from app.services.portfolio.policies import PolicyService, with_place_and_source

LARGEST = {"cash_months": 60, "cash_days": 1_800, "needs_payments": 1_000, "good_days": 90}


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in their stored form. Raises RuleViolation for what cannot be, with its field."""
    given = with_place_and_source(values)
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


POLICIES = PolicyService(completed)
"""Adding, changing and removing them."""
