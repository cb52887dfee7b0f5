"""What the demonstration's company manages in the simulated Hexnode: the devices of most accounts, with each kind of mismatch.

Only the simulator is given them; the product finds them by its check of all devices, as it would find a real company's. A clause
that allows locks is entered, and some customers who are late were given notice.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.servicing.device_locks import NoticeBy, notice_words
from app.domain.servicing.enrollment import CHECKED_STATUSES
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus
from app.models import Account, Device, LockClause
from app.services.servicing import device_locks
from app.services.staff.audit import Actor
from app.simulators.hexnode.portal import SeededDevice
from app.simulators.hexnode.running import opened
from app.simulators.square.store import StoreBusy

FATES = {"enrolled": 880, "silent": 40, "left": 25, "missing": 30, "other model": 25}
"""How the devices of open accounts stand, and how many of a thousand do."""

STILL_ENROLLED = 0.6
"""Share of the paid-off accounts whose device nobody has let go."""

TWINS = 2
"""Pairs of accounts that were given the same IMEI by mistake."""

NOTICES = 6
NOTICE_DAYS = 5
CLAUSE = "Clause 14"
OTHER_MODEL = "Galaxy A03s"


def make(session: Session, home: Path, *, seed: int, today: dt.date, now: dt.datetime, actor: Actor) -> bool:
    """Give the simulator of this home its devices; False when it is running and so cannot be given any."""
    rng = Random(seed)  # noqa: S311 -- invented data, the same every time
    try:
        store, _, portal = opened(home)
    except StoreBusy:
        return False
    try:
        _mix_up(session, rng)
        rows = session.execute(
            select(Account.status, Device.model, Device.imei)
            .join(Device, Device.id == Account.device_id)
            .where(Account.status.in_(CHECKED_STATUSES), Device.imei.is_not(None))
            .order_by(Account.id)
        ).all()
        with store.transaction():
            portal.seed(_devices(rng, rows))
    finally:
        store.close()
    _give_notices(session, today=today, now=now, actor=actor)
    return True


def _mix_up(session: Session, rng: Random) -> None:
    """Let a few accounts have the IMEI of another one."""
    query = select(Device.id, Device.imei).join(Account, Account.device_id == Device.id)
    rows = session.execute(query.where(Account.status.in_(OPEN_STATUSES), Device.imei.is_not(None)).order_by(Device.id)).all()
    chosen = rng.sample(rows, min(2 * TWINS, len(rows) // 2 * 2))
    for (_, imei), (device_id, _) in zip(chosen[::2], chosen[1::2], strict=True):
        session.execute(update(Device).where(Device.id == device_id).values(imei=imei))


def _devices(rng: Random, rows: Sequence[Any]) -> list[SeededDevice]:
    found: dict[str, SeededDevice] = {}
    for status, model, imei in rows:
        if imei in found:
            continue
        if status is AccountStatus.PAID_OFF:
            if rng.random() < STILL_ENROLLED:
                found[imei] = SeededDevice(imei, spoken(model))
            continue
        fate = rng.choices(list(FATES), list(FATES.values()))[0]
        if fate == "silent":
            found[imei] = SeededDevice(imei, spoken(model), is_alive=False, silent_days=rng.randint(8, 45))
        elif fate == "left":
            found[imei] = SeededDevice(imei, spoken(model), status="Disenrolled", is_alive=False, silent_days=rng.randint(1, 30))
        elif fate == "other model":
            found[imei] = SeededDevice(imei, OTHER_MODEL)
        elif fate == "enrolled":
            found[imei] = SeededDevice(imei, spoken(model), is_compliant=rng.random() < 0.95)
    return list(found.values())


def spoken(model: str) -> str:
    """A merchandise description as a device calls itself.

    >>> spoken("APPLE IPHONE 13 128GB"), spoken("SAMSUNG GALAXY A14 5G")
    ('iPhone 13', 'Galaxy A14 5G')
    """
    bare = re.sub(r"\b(?:apple|samsung|google|motorola|\d+gb)\b", "", model.casefold())
    words = [word.capitalize() if len(word) > 2 else word.upper() for word in bare.split()]
    return " ".join(words).replace("Iphone", "iPhone")


def _give_notices(session: Session, *, today: dt.date, now: dt.datetime, actor: Actor) -> None:
    clause = LockClause(
        contract_from_on=dt.date(2020, 1, 1),
        name=CLAUSE,
        words="If you do not pay when due, we may lock the device after giving you notice. We unlock it when you have paid.",
        notice_days=NOTICE_DAYS,
        citation="The demonstration's own agreement",
    )
    session.add(clause)
    session.flush()
    given_on = today - dt.timedelta(days=NOTICE_DAYS)
    late = session.scalars(
        select(Account)
        .where(Account.status.in_(OPEN_STATUSES), Account.past_due_cents > 0, Account.next_due_on <= given_on)
        .where(Account.start_on <= given_on, Account.device_id.is_not(None))
        .order_by(Account.id)
        .limit(NOTICES)
    ).all()
    for account in late:
        words = notice_words(
            clause=clause.name,
            past_due_cents=account.past_due_cents,
            lock_from=today,
            model=account.device.model if account.device else "device",
        )
        device_locks.give_notice(
            session,
            account.id,
            by=NoticeBy.LETTER,
            words=words,
            given_on=given_on,
            key="",
            today=today,
            now=now,
            actor=actor,
        )
