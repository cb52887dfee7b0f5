"""Add and change the people who work here. Every change is audited, and takes effect at once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.staff.pins import check_pin
from app.domain.staff.roles import Role
from app.models import Portfolio, Staff
from app.services.staff import pins, reach, sessions
from app.services.staff.audit import Actor

_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")


def add(
    session: Session,
    *,
    username: str,
    name: str,
    role: Role,
    pin: str | None = None,
    must_change_pin: bool = True,
    portfolio_ids: Iterable[int] = (),
    sees_all_accounts: bool = False,
    now: dt.datetime,
    actor: Actor,
) -> tuple[Staff, str]:
    """Add a member of staff and return them with their PIN, which is kept nowhere in the clear.

    Without a `pin` a random one is made; it has to be changed at the first sign-in unless `must_change_pin` is False.

    Raises:
        RuleViolation: the username is taken or malformed, the name is empty, the PIN too easy, or a portfolio unknown.
    """
    username = username.strip().lower()
    if not _USERNAME.fullmatch(username):
        raise RuleViolation("A username has up to 40 small letters, digits, dots, dashes or underscores.", field="username")
    if session.scalar(select(Staff.id).where(func.lower(Staff.username) == username)):
        raise RuleViolation(f"The username {username} is taken.", field="username")
    if pin is not None:
        check_pin(pin)
    portfolios = _portfolios(session, portfolio_ids)
    reach.stay_inside(session, portfolios, actor)
    chosen = pin or pins.random_pin()
    staff = Staff(
        username=username,
        name=_name(name),
        role=role,
        is_active=True,
        sees_all_accounts=sees_all_accounts,
        pin_hash=pins.hash_pin(chosen),
        must_change_pin=must_change_pin,
        failed_sign_ins=0,
        created_at=now,
        portfolios=portfolios,
    )
    session.add(staff)
    session.flush()
    reach.record(session, "staff added", staff, after=_facts(staff), now=now, actor=actor)
    return staff, chosen


def change(
    session: Session,
    staff_id: int,
    *,
    name: str,
    role: Role,
    portfolio_ids: Iterable[int],
    sees_all_accounts: bool,
    version: int,
    now: dt.datetime,
    actor: Actor,
) -> Staff:
    """Change what somebody is and may see. A new role ends their sessions at once.

    `version` is the one that the editor saw.

    Raises:
        RuleViolation: somebody else changed the person meanwhile, or nobody would be left to be admin.
    """
    reach.one_at_a_time(session)
    staff = reach.locked(session, staff_id, actor)
    if staff.version != version:
        raise RuleViolation(f"Somebody else changed {staff.name} in the meantime. Open the page again.")
    portfolios = _portfolios(session, portfolio_ids)
    reach.stay_inside(session, portfolios, actor)
    before = _facts(staff)
    if staff.role is Role.ADMIN and role is not Role.ADMIN:
        reach.keep_an_admin(session, staff)
    staff.name = _name(name)
    staff.role = role
    staff.sees_all_accounts = sees_all_accounts
    staff.portfolios = portfolios
    session.flush()
    after = _facts(staff)
    changed = {key for key in after if after[key] != before[key]}
    if not changed:
        return staff
    if "role" in changed:
        sessions.end_all(session, staff.id, reason="role changed", now=now)
    reach.record(
        session,
        "staff role changed" if "role" in changed else "staff changed",
        staff,
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed},
        now=now,
        actor=actor,
    )
    return staff


def _name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not 1 <= len(cleaned) <= 80:
        raise RuleViolation("A name has 1 to 80 letters.", field="name")
    return cleaned


def _portfolios(session: Session, ids: Iterable[int]) -> list[Portfolio]:
    wanted = set(ids)
    found = list(session.scalars(select(Portfolio).where(Portfolio.id.in_(wanted)).order_by(Portfolio.id)))
    if len(found) != len(wanted):
        raise RuleViolation("One of the portfolios does not exist any more.", field="portfolios")
    return found


def _facts(staff: Staff) -> dict[str, Any]:
    """What the audit trail keeps of a person: never anything of the PIN."""
    return {
        "username": staff.username,
        "name": staff.name,
        "role": staff.role.value,
        "sees_all_accounts": staff.sees_all_accounts,
        "portfolios": [portfolio.code for portfolio in staff.portfolios],
    }
