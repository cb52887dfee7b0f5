"""Correcting what was written down of a contract: program, seller, rescission date and the like."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.models import Account, Activity, ContractTerms
from app.services.servicing.opening import LONGEST
from app.services.staff import audit
from app.services.staff.audit import Actor


def change(
    session: Session, row: ContractTerms, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Correct the terms; returns whether anything was different. Numbers are never changed, nor is what is owed.

    Raises RuleViolation for a state that is none, or days that cannot be.
    """
    given = {name: value.strip() or None if isinstance(value, str) else value for name, value in values.items()}
    _refuse(session.get_one(Account, row.account_id, with_for_update=True), row, given)
    different = {name: value for name, value in given.items() if getattr(row, name) != value}
    if not different:
        return False
    before = {name: getattr(row, name) for name in different}
    for name, value in different.items():
        setattr(row, name, value)
    session.flush()
    audit.record(
        session,
        "contract terms changed",
        now=now,
        actor=actor,
        entity="contract_terms",
        account_id=row.account_id,
        before=before,
        after=different,
    )
    told = ", ".join(sorted(name.removesuffix("_on").replace("_", " ") for name in different))
    summary = f"Contract corrected: {told}"
    session.add(Activity(account_id=row.account_id, kind=ActivityKind.SYSTEM, at=now, summary=summary, staff_id=actor.staff_id))
    return True


def _refuse(account: Account, row: ContractTerms, given: dict[str, Any]) -> None:
    for name, longest in LONGEST.items():
        if len(given.get(name) or "") > longest:
            raise RuleViolation(f"That is too long; {longest} characters fit.", field=name)
    if given.get("state"):
        given["state"] = given["state"].upper()
        if not (len(given["state"]) == 2 and given["state"].isalpha() and given["state"].isascii()):
            raise RuleViolation("A state has two letters.", field="state")
    note_on = given.get("note_on", row.note_on)
    if note_on is None:
        raise RuleViolation("Say on which day the contract was signed.", field="note_on")
    if note_on > account.start_on + dt.timedelta(days=31):
        raise RuleViolation("The contract cannot be signed after it starts.", field="note_on")
    rescission_on = given.get("rescission_on", row.rescission_on)
    if rescission_on is not None and rescission_on < note_on:
        raise RuleViolation("The customer can cancel from the day of signing on, not only before it.", field="rescission_on")
