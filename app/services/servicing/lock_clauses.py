"""The clauses of agreements that allow a device to be locked, as people keep them on a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.errors import RuleViolation
from app.services.portfolio.policies import PolicyService, with_place_and_source

LEAST_DAYS, MOST_DAYS = 1, 90
LONGEST_WORDS = 2_000


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in their stored form. Raises RuleViolation for what cannot be, with its field."""
    given = with_place_and_source(values)
    for name, question in (
        ("name", "Enter what the clause is called in the agreement."),
        ("words", "Enter what the clause says."),
    ):
        given[name] = " ".join(str(given.get(name) or "").split())
        if not given[name]:
            raise RuleViolation(question, field=name)
    if len(given["words"]) > LONGEST_WORDS:
        raise RuleViolation(f"{LONGEST_WORDS:,} characters are the most.", field="words")
    given["notice_days"] = int(given.get("notice_days") or 0)
    if not LEAST_DAYS <= given["notice_days"] <= MOST_DAYS:
        raise RuleViolation(f"A notice runs {LEAST_DAYS} to {MOST_DAYS} days.", field="notice_days")
    return given


CLAUSES = PolicyService(completed)
"""Adding, changing and removing them."""
