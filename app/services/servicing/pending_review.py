"""Pending Review: entering the IMEI and the cost that an account came in without, and releasing it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing.status import AccountStatus
from app.models import Account, Activity, Device
from app.queries.servicing.pending_review import others_with_imei
from app.services.servicing import standing
from app.services.servicing.status import set_status
from app.services.staff import audit
from app.services.staff.audit import Actor
from app.workbooks.devices import passes_luhn

MOST_COST_CENTS = 10_000_00
"""A device that costs more than $10,000.00 is a slip of the finger."""

_SEPARATORS = re.compile(r"[\s./_-]+")
_SERIAL = re.compile(r"[A-Z0-9]{5,40}")
IMEI_DIGITS = 15


@dataclass(frozen=True)
class Identity:
    """What was typed into "IMEI / Serial": one of the two."""

    imei: str | None
    serial: str | None


def identity(typed: str) -> Identity:
    """Read an IMEI (15 digits, separators allowed) or a serial number (5 to 40 letters and digits).

    >>> identity("35 641520-749048-3").imei, identity("f2lx 90ab1").serial
    ('356415207490483', 'F2LX90AB1')
    """
    bare = _SEPARATORS.sub("", typed).upper()
    if bare.isdigit() and bare.isascii() and len(bare) == IMEI_DIGITS:
        return Identity(bare, None)
    if bare.isdigit() and len(bare) > 10:
        raise RuleViolation(f"An IMEI has {IMEI_DIGITS} digits; this one has {len(bare)}.", field="imei")
    if not _SERIAL.fullmatch(bare):
        raise RuleViolation("Enter the 15 digits of the IMEI, or a serial number of letters and digits.", field="imei")
    return Identity(None, bare)


def doubts(session: Session, account_id: int, given: Identity) -> list[str]:
    """What speaks against an IMEI without ruling it out: its check digit, and other accounts that have it."""
    said: list[str] = []
    if given.imei is None:
        return said
    if not passes_luhn(given.imei):
        said.append("The last digit of this IMEI does not fit the others; it is probably mistyped.")
    others = others_with_imei(session, given.imei, account_id=account_id)
    if others:
        noun = "account" if len(others) == 1 else "accounts"
        said.append(f"This IMEI stands on {noun} {', '.join(others)} already.")
    return said


def release(
    session: Session,
    account_id: int,
    *,
    typed: str,
    cost_cents: int,
    is_certain: bool,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> list[str]:
    """Enter IMEI (or serial) and cost of a pending account and make it active; returns what speaks against the IMEI.

    With doubts and without `is_certain` nothing is changed. Raises RuleViolation for what cannot be, with its field.
    """
    account = session.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
    if account.status is not AccountStatus.PENDING_REVIEW:
        raise RuleViolation(f"Account {account.account_number} is {account.status.label.lower()} by now; nothing was changed.")
    given = identity(typed)
    if not 0 <= cost_cents <= MOST_COST_CENTS:
        raise RuleViolation(f"A cost is between $0.00 and {as_text(MOST_COST_CENTS)}.", field="cost")
    said = doubts(session, account.id, given)
    if said and not is_certain:
        return said
    device = account.device
    if device is None:
        device = Device(portfolio_id=account.portfolio_id, model="Unknown device")
        account.device = device
    before = {"imei": device.imei, "serial": device.serial, "cost_cents": device.cost_cents}
    device.imei, device.cost_cents = given.imei, cost_cents
    device.serial = given.serial or device.serial
    session.flush()
    audit.record(
        session,
        "device completed",
        now=now,
        actor=actor,
        entity="device",
        entity_id=device.id,
        account_id=account.id,
        before=before,
        after={"imei": device.imei, "serial": device.serial, "cost_cents": cost_cents},
        reason=" ".join(said) or None,
    )
    set_status(
        session,
        account,
        to=AccountStatus.ACTIVE,
        reason="IMEI and cost entered in Pending Review",
        business_on=today,
        now=now,
        actor=actor,
    )
    summary = f"Released from Pending Review: {given.imei or given.serial}, cost {as_text(cost_cents)}"
    session.add(Activity(account_id=account.id, kind=ActivityKind.STATUS, at=now, summary=summary, staff_id=actor.staff_id))
    standing.restate(session, [account.id], today=today)
    return said
