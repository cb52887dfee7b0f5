"""Contact rules: what people enter about when customers may be contacted."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.domain.collections.contact_rules import RuleKind
from app.domain.errors import RuleViolation
from app.models import Base
from app.services.portfolio import records
from app.services.staff.audit import Actor

LARGEST = {"most": 1_000, "days": 366}


def create(session: Session, model: type[Base], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Base:
    """Add a rule; it counts from the next contact on."""
    return records.create(session, model, completed(values), now=now, actor=actor)


def change(
    session: Session, row: Base, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Change a rule. Attempts that were judged by its earlier version keep that version."""
    return records.change(session, row, completed(values), version=version, now=now, actor=actor)


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in their stored form. Raises RuleViolation for what cannot be, with its field."""
    given = dict(values)
    for name in ("name", "citation"):
        given[name] = " ".join(str(given.get(name) or "").split())
    if not given["name"]:
        raise RuleViolation("Give it a name by which people know it.", field="name")
    if not given["citation"]:
        raise RuleViolation("Say where the rule comes from.", field="citation")
    given["state"] = str(given.get("state") or "").strip().upper() or None
    if given["state"] is not None and not re.fullmatch("[A-Z]{2}", given["state"]):
        raise RuleViolation("Enter a state by its two letters, such as MA, or leave it empty for all.", field="state")
    if not any(given.get(name) for name in ("is_for_calls", "is_for_texts", "is_for_emails")):
        raise RuleViolation("Choose at least one of calls, texts and e-mails.", field="is_for_calls")
    for name, most in LARGEST.items():
        given[name] = int(given.get(name) or 0)
        if not 0 <= given[name] <= most:
            raise RuleViolation(f"Enter a number from 0 to {most:,}.", field=name)
    _check_kind(given)
    return given


def _check_kind(given: dict[str, Any]) -> None:
    """Each kind needs its own figures; those of other kinds are emptied."""
    kind = given["kind"]
    if kind is RuleKind.HOURS:
        begins, ends = given.get("from_time"), given.get("until_time")
        if begins is None or ends is None:
            raise RuleViolation("Say from when until when contact is allowed.", field="from_time")
        if begins >= ends:
            raise RuleViolation("The hours end after they begin.", field="until_time")
        given["most"] = given["days"] = 0
        return
    given["from_time"] = given["until_time"] = None
    if not given["days"]:
        raise RuleViolation("Say over how many days it counts.", field="days")
    if kind is RuleKind.CONVERSATION:
        given["most"] = 0
    elif not given["most"]:
        raise RuleViolation("Say how many attempts are allowed.", field="most")
