"""Sharing out delinquent accounts among five collectors at once, rolled back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app.clock import now
from app.domain.staff.roles import Role
from app.models import Account, Staff
from app.queries.collections.past_due import IS_OPEN
from app.services.collections import reassignment
from app.services.staff.audit import SYSTEM
from app.settings import Settings
from app.transaction import transaction
from bench import books, machine
from bench.day import rolled_back
from bench.timing import timed

COLLECTORS = 5


def measure(settings: Settings, accounts: int, most: int, told: Callable[[str], None]) -> dict[str, Any]:
    """Share out at most so many late accounts of a portfolio; returns {machine, accounts, reassigned, ms}."""
    app = books.ensured(settings, accounts, told)
    outcome: dict[str, Any] = {}
    with rolled_back(app):
        with transaction() as session:
            where = machine.described(session)
            people = [
                Staff(username=f"bench{n}", name=f"Bench {n}", role=Role.COLLECTOR, created_at=now(), must_change_pin=False)
                for n in range(COLLECTORS)
            ]
            session.add_all(people)
            session.flush()
            ids = [one.id for one in people]

        def spread() -> None:
            chosen = select(Account.id).where(IS_OPEN, Account.days_past_due > 0).order_by(Account.id).limit(most)
            with transaction() as session:
                done = reassignment.spread(session, chosen, ids, reason="Measured", now=now(), actor=SYSTEM)
            outcome["reassigned"] = done.count

        ms = timed(spread)
    books.close(app)
    told(f"{outcome['reassigned']:,} accounts reassigned in {ms / 1000:.2f} s")
    return {"machine": where, "accounts": accounts, "ms": round(ms, 1)} | outcome
