"""Changing how cards are charged: settings, the scheduler that two people switch on, the lock after a restored backup."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.autopay.batches import RunState
from app.domain.autopay.settings import LOCKED_BECAUSE_RESTORED, AutopaySettings, check, kept_of
from app.domain.errors import RuleViolation
from app.models import AutopayBatch, Charge, Setting, Staff
from app.queries.autopay.settings import NAME, autopay_settings
from app.services.autopay import batches
from app.services.staff import audit
from app.services.staff.audit import Actor

OURS = "ld-"
"""How our own references begin."""


def change(session: Session, settings: AutopaySettings, *, now: dt.datetime, actor: Actor) -> bool:
    """Save how cards are charged; False when nothing was different. The scheduler and the lock stay as they are."""
    before = autopay_settings(session)
    after = replace(settings, is_on=before.is_on, asked_by_id=before.asked_by_id, locked_because=before.locked_because)
    check(after)
    if after == before:
        return False
    _keep(session, after, "autopay settings changed", now=now, actor=actor)
    return True


def switch_on(session: Session, *, now: dt.datetime, actor: Actor) -> bool:
    """Ask for the scheduler to be switched on, or agree to it; True when it is on now.

    It takes two people: the first asks, another one agrees.
    """
    settings = autopay_settings(session)
    if settings.is_on:
        raise RuleViolation("The scheduler is on already.")
    if settings.locked_because is not None:
        raise RuleViolation(settings.locked_because)
    if actor.staff_id is None:
        raise RuleViolation("Somebody who is signed in has to ask for it.")
    if settings.asked_by_id is None:
        _keep(session, replace(settings, asked_by_id=actor.staff_id), "autopay scheduler asked for", now=now, actor=actor)
        return False
    if settings.asked_by_id == actor.staff_id:
        raise RuleViolation("You have asked for it yourself; somebody else has to agree.")
    asked_by = session.get(Staff, settings.asked_by_id)
    if asked_by is None or not asked_by.is_active:
        _keep(session, replace(settings, asked_by_id=actor.staff_id), "autopay scheduler asked for", now=now, actor=actor)
        return False
    agreed = replace(actor, approver_id=settings.asked_by_id)
    _keep(session, replace(settings, is_on=True, asked_by_id=None), "autopay scheduler switched on", now=now, actor=agreed)
    return True


def switch_off(session: Session, *, reason: str, now: dt.datetime, actor: Actor) -> None:
    """Switch the scheduler off, or take back that it was asked for; batches that run are paused. One person is enough."""
    settings = autopay_settings(session)
    if not settings.is_on and settings.asked_by_id is None:
        raise RuleViolation("The scheduler is off already.")
    if not reason.strip():
        raise RuleViolation("Say why the scheduler is switched off.", field="reason")
    _keep(session, replace(settings, is_on=False, asked_by_id=None), "autopay scheduler switched off", now=now, actor=actor)
    if settings.is_on:
        _pause_all(session, reason, now=now, actor=actor)


def lock(session: Session, *, now: dt.datetime, actor: Actor) -> None:
    """Start no batch any more: this database does not know what was charged. The scheduler is switched off too."""
    settings = autopay_settings(session)
    if settings.locked_because is None:
        locked = replace(settings, is_on=False, asked_by_id=None, locked_because=LOCKED_BECAUSE_RESTORED)
        _keep(session, locked, "autopay locked", now=now, actor=actor)
        _pause_all(session, "AutoPay is locked", now=now, actor=actor)


def unlock(session: Session, *, reason: str, now: dt.datetime, actor: Actor) -> None:
    """Somebody has reconciled: batches may start again. The scheduler stays off until two people switch it on."""
    settings = autopay_settings(session)
    if settings.locked_because is None:
        raise RuleViolation("AutoPay is not locked.")
    if not reason.strip():
        raise RuleViolation("Say how it was reconciled.", field="reason")
    _keep(session, replace(settings, locked_because=None), "autopay unlocked", now=now, actor=actor, reason=reason.strip())


def strangers(session: Session, references: list[str]) -> list[str]:
    """References of ours at the processor that this database has never heard of."""
    ours = [reference for reference in references if reference.startswith(OURS)]
    known = set(session.scalars(select(Charge.key).where(Charge.key.in_(ours))))
    return [reference for reference in ours if reference not in known]


def _pause_all(session: Session, reason: str, *, now: dt.datetime, actor: Actor) -> None:
    running = select(AutopayBatch.id).where(AutopayBatch.state == RunState.RUNNING).order_by(AutopayBatch.id)
    for batch_id in session.scalars(running).all():
        batches.pause(session, batch_id, reason=reason, now=now, actor=actor)


def _keep(
    session: Session, settings: AutopaySettings, action: str, *, now: dt.datetime, actor: Actor, reason: str | None = None
) -> None:
    before = kept_of(autopay_settings(session))
    value = kept_of(settings)
    row = {"value": value, "changed_at": now, "changed_by_id": actor.staff_id}
    session.execute(insert(Setting).values(name=NAME, **row).on_conflict_do_update(index_elements=[Setting.name], set_=row))
    changed = [name for name in value if value[name] != before[name]]
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity="setting",
        before={name: before[name] for name in changed},
        after={name: value[name] for name in changed},
        reason=reason,
    )
    session.flush()
