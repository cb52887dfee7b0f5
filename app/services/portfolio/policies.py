"""Policy rows: figures by state, portfolio and contract date, each with its citation, that people keep on a form.

What one kind of policy demands of its own figures stands beside its rule; what all kinds have in common is here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.models import Base
from app.services.portfolio import records
from app.services.staff.audit import Actor

Completed = Callable[[Mapping[str, Any]], dict[str, Any]]
"""The values of a form in their stored form; raises RuleViolation for what cannot be, with its field."""


@dataclass(frozen=True, slots=True)
class PolicyService:
    """Adding, changing and removing the policies of one kind. What was worked out by a policy keeps its figures."""

    completed: Completed

    def create(self, session: Session, model: type[Base], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Base:
        """Add a policy."""
        given = self.completed(values)
        return records.create(session, model, given | _verified(given, None, now=now, actor=actor), now=now, actor=actor)

    def change(
        self, session: Session, row: Base, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
    ) -> bool:
        """Change a policy; returns whether anything was different."""
        given = self.completed(values)
        if "verified_on" in given and given["verified_on"] != getattr(row, "verified_on", None):
            given |= _verified(given, row, now=now, actor=actor)
        return records.change(session, row, given, version=version, now=now, actor=actor)

    def remove(self, session: Session, row: Base, *, now: dt.datetime, actor: Actor) -> None:
        """Remove a policy that nothing refers to yet."""
        records.remove(session, row, now=now, actor=actor)


def _verified(given: Mapping[str, Any], row: Base | None, *, now: dt.datetime, actor: Actor) -> dict[str, Any]:
    """Who compared the figures with their source: whoever writes the day down. Nobody, when the day is taken away."""
    on = given.get("verified_on")
    if on is not None and on > now.date():
        raise RuleViolation("It cannot have been verified on a day to come.", field="verified_on")
    if on is None and row is None:
        return {}
    return {"verified_by_id": None if on is None else actor.staff_id}


def with_place_and_source(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with what every policy has: a state or none, a citation, and the contract date from which it counts."""
    given = dict(values)
    given["state"] = str(given.get("state") or "").strip().upper() or None
    if given["state"] is not None and not re.fullmatch("[A-Z]{2}", given["state"]):
        raise RuleViolation("Enter a state by its two letters, such as CA, or leave it empty for every state.", field="state")
    given["citation"] = " ".join(str(given.get("citation") or "").split())
    if not given["citation"]:
        raise RuleViolation("Say where the rule comes from.", field="citation")
    if given.get("contract_from_on") is None:
        raise RuleViolation("Enter from which contract date it counts.", field="contract_from_on")
    return given
