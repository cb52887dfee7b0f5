"""Claiming: one worker takes a charge, and SENDING is committed before anything is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.autopay.batches import BatchKind, RunState, SkipReason
from app.domain.autopay.charges import SENDING_EXPIRES_AFTER, ChargeKind, ChargeState, may_send_again
from app.domain.money import as_text
from app.gateways.cards import ChargeRequest
from app.models import Account, AutopayBatch, Card, Charge
from app.queries.autopay.eligibility import candidates
from app.queries.autopay.settings import autopay_settings
from app.services.autopay import batch_counts
from app.services.autopay.planning import CHARGEABLE
from app.services.autopay.timeline import Source, turn
from app.services.payments import entries
from app.services.staff.audit import SYSTEM, Actor


def claim(session: Session, charge_id: int, *, today: dt.date, now: dt.datetime, actor: Actor = SYSTEM) -> ChargeRequest | None:
    """Take one planned charge for sending; None when another worker was faster or it is not to be charged any more."""
    charge = _taken(session, charge_id, ChargeState.PLANNED, now=now)
    if charge is None:  # Another worker got there first.
        return None
    reason = _reasons(session, [charge], today=today).get(charge.id)
    if reason is not None:
        _skip(session, charge, reason, now=now, actor=actor)
        batch_counts.write(session)
        return None
    return _sent(session, charge, now=now, actor=actor, source=Source.WORKER)


def claim_some(session: Session, batch_id: int, *, most: int, today: dt.date, now: dt.datetime) -> list[ChargeRequest] | None:
    """Take up to `most` planned charges of a batch, judged once more; None when the batch has none left or does not run.

    Those that are not to be charged any more are skipped with the reason, so the list may be empty while there is more to do.
    """
    batch = session.scalars(
        select(AutopayBatch).where(AutopayBatch.id == batch_id).execution_options(populate_existing=True)
    ).one()
    if batch.state is not RunState.RUNNING:
        return None
    planned = (
        select(Charge)
        .where(Charge.batch_id == batch_id, Charge.state == ChargeState.PLANNED)
        .order_by(Charge.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    charges = session.scalars(planned).all()
    if not charges:
        return None
    reasons = _reasons(session, charges, today=today)
    requests = []
    for charge in charges:
        reason = reasons.get(charge.id)
        if reason is not None:
            _skip(session, charge, reason, now=now, actor=SYSTEM)
        else:
            requests.append(_sent(session, charge, now=now, actor=SYSTEM, source=Source.WORKER))
    batch_counts.write(session)
    return requests


def claim_again(session: Session, charge_id: int, *, now: dt.datetime) -> ChargeRequest | None:
    """Take a charge that the processor does not know for sending once more: the same key, the same text, never a new one."""
    charge = session.get_one(Charge, charge_id)
    if charge.first_sent_at is None or not may_send_again(charge.first_sent_at, now):
        return None
    taken = _taken(session, charge_id, ChargeState.UNKNOWN, now=now)
    if taken is None:
        return None
    request = _sent(session, taken, now=now, actor=SYSTEM, source=Source.JANITOR)
    batch_counts.write(session)
    return request


def _taken(session: Session, charge_id: int, state: ChargeState, *, now: dt.datetime) -> Charge | None:
    """The charge, locked, if it still has the state: a conditional UPDATE decides between two who want it."""
    won = session.execute(
        update(Charge).where(Charge.id == charge_id, Charge.state == state).values(sent_at=now).returning(Charge.id)
    ).one_or_none()
    return None if won is None else session.get_one(Charge, charge_id, populate_existing=True)


def _sent(session: Session, charge: Charge, *, now: dt.datetime, actor: Actor, source: Source) -> ChargeRequest:
    charge.sends += 1
    charge.first_sent_at = charge.first_sent_at or now
    charge.sent_at = now
    charge.look_at = now + SENDING_EXPIRES_AFTER
    said = "Sent to Square" if charge.sends == 1 else f"Sent to Square once more ({charge.sends}), same key"
    turn(session, charge, ChargeState.SENDING, said, source=source, now=now, actor=actor)
    session.flush()
    return ChargeRequest(charge.request, account_id=charge.account_id, charge_id=charge.id, send=charge.sends)


def _skip(session: Session, charge: Charge, reason: SkipReason, *, now: dt.datetime, actor: Actor) -> None:
    charge.skip_reason = reason.value
    charge.settled_at, charge.look_at = now, None
    turn(session, charge, ChargeState.SKIPPED, f"Not charged: {reason.label}", source=Source.WORKER, now=now, actor=actor)
    session.flush()


def _reasons(session: Session, charges: Sequence[Charge], *, today: dt.date) -> dict[int, SkipReason]:
    """Charge → why it is not to be charged any more, judged at this moment."""
    found: dict[int, SkipReason] = {}
    of_batches = [charge for charge in charges if charge.batch_id is not None]
    for kind in {charge.kind for charge in of_batches}:
        found |= _reasons_of_batch(session, [charge for charge in of_batches if charge.kind is kind], today=today)
    for charge in charges:
        if charge.batch_id is None:
            reason = _reason_now(session, charge)
            if reason is not None:
                found[charge.id] = reason
    return found


KIND_OF_BATCH = {ChargeKind.DUE: BatchKind.DAILY, ChargeKind.RETRY: BatchKind.RETRY, ChargeKind.PROMISE: BatchKind.PROMISES}


def _reasons_of_batch(session: Session, charges: Sequence[Charge], *, today: dt.date) -> dict[int, SkipReason]:
    settings = autopay_settings(session)
    if settings.locked_because is not None:
        return {charge.id: SkipReason.SWITCHED_OFF for charge in charges}
    statement, values = candidates(
        KIND_OF_BATCH[charges[0].kind],
        settings,
        on=today,
        account_ids=[charge.account_id for charge in charges],
        own=[charge.id for charge in charges],
    )
    rows: dict[int, Any] = {row.account_id: row for row in session.execute(statement, values)}
    found = {}
    for charge in charges:
        row = rows.get(charge.account_id)
        if row is None:
            found[charge.id] = SkipReason.NOT_ACTIVE
        elif row.reason == SkipReason.NOTHING_DUE.value or (row.reason is None and row.amount_cents < charge.amount_cents):
            found[charge.id] = SkipReason.PAID_MEANWHILE
        elif row.reason is not None:
            found[charge.id] = SkipReason(row.reason)
        elif row.card_id != charge.card_id:
            found[charge.id] = SkipReason.NO_CARD
    return found


def _reason_now(session: Session, charge: Charge) -> SkipReason | None:
    """A charge that a person asked for: only what would make it wrong."""
    account = entries.locked(session, charge.account_id)
    if account.status not in CHARGEABLE:
        return SkipReason.NOT_ACTIVE
    if account.balance_cents < charge.amount_cents:
        return SkipReason.PAID_MEANWHILE
    card = session.get_one(Card, charge.card_id, populate_existing=True)
    return None if card.is_enabled else SkipReason.NO_CARD


def is_still_wanted(session: Session, charge: Charge) -> str | None:
    """Why an undecided charge that the processor does not know is not sent once more; None when it is."""
    account = session.get_one(Account, charge.account_id, populate_existing=True)
    if account.status not in CHARGEABLE:
        return f"the account is {account.status.label.lower()}"
    if account.balance_cents < charge.amount_cents:
        return f"the account owes only {as_text(account.balance_cents)} by now"
    if charge.batch_id is not None and autopay_settings(session).locked_because is not None:
        return "AutoPay is locked"
    return None
