"""Add, change, let go and let back the people who work here. Every change is audited, and takes effect at once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.staff.pins import check_pin
from app.domain.staff.roles import Role
from app.models import Account, Portfolio, Staff, StaffPortfolio
from app.services.staff import audit, pins, sessions
from app.services.staff.audit import Actor

_LOCK = 727_002  # Any constant: the advisory lock under which admins come and go.
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
    _stay_inside(session, portfolios, actor)
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
    _record(session, "staff added", staff, after=_facts(staff), now=now, actor=actor)
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
    _one_at_a_time(session)
    staff = _one(session, staff_id, actor)
    if staff.version != version:
        raise RuleViolation(f"Somebody else changed {staff.name} in the meantime. Open the page again.")
    portfolios = _portfolios(session, portfolio_ids)
    _stay_inside(session, portfolios, actor)
    before = _facts(staff)
    if staff.role is Role.ADMIN and role is not Role.ADMIN:
        _keep_an_admin(session, staff)
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
    _record(
        session,
        "staff role changed" if "role" in changed else "staff changed",
        staff,
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed},
        now=now,
        actor=actor,
    )
    return staff


def deactivate(session: Session, staff_id: int, *, leaving_accounts: bool = False, now: dt.datetime, actor: Actor) -> Staff:
    """Let nobody sign in as this person any more. What they did stays theirs.

    `leaving_accounts` says that it is known that their accounts stay assigned to them.

    Raises:
        RuleViolation: it is the actor, the last admin, or somebody with accounts of whom that was not said.
    """
    _one_at_a_time(session)
    staff = _one(session, staff_id, actor)
    if staff.id == actor.staff_id:
        raise RuleViolation("You cannot deactivate yourself. Ask another admin.")
    if not staff.is_active:
        return staff
    if staff.role is Role.ADMIN:
        _keep_an_admin(session, staff)
    accounts = assigned_accounts(session, staff.id)
    if accounts and not leaving_accounts:
        raise RuleViolation(left_behind(staff.name, accounts), field="leaving_accounts")
    staff.is_active = False
    sessions.end_all(session, staff.id, reason="deactivated", now=now)
    _record(session, "staff deactivated", staff, after={"accounts_left": accounts}, now=now, actor=actor)
    return staff


def left_behind(name: str, accounts: int) -> str:
    """What deactivating a person with a book of accounts means, as a sentence."""
    one = accounts == 1
    return (
        f"{accounts:,} account{'' if one else 's'} {'is' if one else 'are'} assigned to {name}. "
        f"Nobody works {'it' if one else 'them'} until {'it is' if one else 'they are'} assigned to somebody else."
    )


def assigned_accounts(session: Session, staff_id: int) -> int:
    """How many accounts are in somebody's book."""
    return session.scalar(select(func.count()).select_from(Account).where(Account.assigned_to_id == staff_id)) or 0


def reactivate(session: Session, staff_id: int, *, now: dt.datetime, actor: Actor) -> Staff:
    """Let somebody back in, with the PIN they had."""
    staff = _one(session, staff_id, actor)
    if not staff.is_active:
        staff.is_active = True
        _record(session, "staff reactivated", staff, now=now, actor=actor)
    return staff


def unlock(session: Session, staff_id: int, *, now: dt.datetime, actor: Actor) -> Staff:
    """End a lock before its time, and forget the failures."""
    staff = _one(session, staff_id, actor)
    before = {"failed_sign_ins": staff.failed_sign_ins}
    session.execute(update(Staff).where(Staff.id == staff.id).values(failed_sign_ins=0, locked_until_at=None))
    session.refresh(staff)
    _record(session, "staff unlocked", staff, before=before, after={"failed_sign_ins": 0}, now=now, actor=actor)
    return staff


def set_pin(session: Session, staff_id: int, *, now: dt.datetime, actor: Actor) -> str:
    """Give somebody a new random PIN, to be changed at the next sign-in, and return it: the only time it is seen.

    Ends their sessions and a lock: whoever held the old PIN is out.
    """
    staff = _one(session, staff_id, actor)
    pin = pins.random_pin()
    _keep_pin(session, staff, pin, must_change=True, now=now)
    _record(session, "staff PIN set", staff, now=now, actor=actor)
    return pin


def change_own_pin(session: Session, staff_id: int, pin: str, *, now: dt.datetime, actor: Actor) -> None:
    """Keep the PIN that somebody chose. Ends all their sessions, so the caller opens a new one for the browser at hand.

    The caller has checked the current PIN.

    Raises:
        RuleViolation: the new PIN is too easy, or is the old one.
    """
    check_pin(pin)
    staff = _one(session, staff_id, actor)
    if pins.is_right(pin, staff.pin_hash):
        raise RuleViolation("Choose a PIN that is not the one you have now.", field="pin")
    _keep_pin(session, staff, pin, must_change=False, now=now)
    _record(session, "own PIN changed", staff, now=now, actor=actor)


def end_session(session: Session, staff_id: int, session_id: int, *, now: dt.datetime, actor: Actor) -> Staff:
    """Sign one browser of somebody out, at once."""
    staff = _one(session, staff_id, actor)
    if sessions.end(session, session_id, staff_id=staff_id, reason="ended by an admin", now=now):
        _record(session, "staff session ended", staff, after={"session": session_id}, now=now, actor=actor)
    return staff


def _keep_pin(session: Session, staff: Staff, pin: str, *, must_change: bool, now: dt.datetime) -> None:
    staff.pin_hash = pins.hash_pin(pin)
    staff.must_change_pin = must_change
    staff.failed_sign_ins = 0
    staff.locked_until_at = None
    session.flush()
    sessions.end_all(session, staff.id, reason="PIN changed", now=now)


def _one(session: Session, staff_id: int, actor: Actor) -> Staff:
    """The row, locked, as the database has it now; refused when the person sees more than the actor does."""
    staff = session.scalar(select(Staff).where(Staff.id == staff_id).with_for_update().execution_options(populate_existing=True))
    if staff is None:
        raise RuleViolation("There is no such member of staff.")
    if staff.id != actor.staff_id:
        _stay_inside(session, staff.portfolios, actor)
    return staff


def _stay_inside(session: Session, portfolios: Iterable[Portfolio], actor: Actor) -> None:
    """Refuse what would lead an admin of some portfolios to the others: through a new person, or somebody else's PIN."""
    own = set(session.scalars(select(StaffPortfolio.portfolio_id).where(StaffPortfolio.staff_id == actor.staff_id)))
    reached = {portfolio.id for portfolio in portfolios}
    if own and (not reached or reached - own):
        raise RuleViolation("You work in some portfolios only, and this reaches beyond them.", field="portfolios")


def _one_at_a_time(session: Session) -> None:
    """Wait for any other change that could take an admin away, so that two admins cannot remove each other."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _keep_an_admin(session: Session, leaving: Staff) -> None:
    """Refuse when nobody else could set a PIN or a role."""
    admins = session.scalars(select(Staff.id).where(Staff.role == Role.ADMIN, Staff.is_active)).all()
    if set(admins) <= {leaving.id}:
        raise RuleViolation(f"{leaving.name} is the last admin. Make somebody else an admin first.", field="role")


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


def _record(
    session: Session,
    action: str,
    staff: Staff,
    *,
    now: dt.datetime,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(session, action, entity="staff", entity_id=staff.id, before=before, after=after, now=now, actor=actor)
