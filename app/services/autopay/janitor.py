"""The janitor: finds out what became of charges that nobody heard of any more. It never mints a key.

It works in three steps, so that nothing is open while the processor is asked: `due` (whom to ask about), the doorway asks, `look`
(what follows for one charge). A charge that the processor does not know is sent once more with the same key and the same text;
after 24 hours a person decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.autopay.batches import SkipReason
from app.domain.autopay.charges import SENDING_EXPIRES_AFTER, ChargeState, next_look
from app.gateways.cards import CardPayment, ChargeRequest, Unanswered
from app.models import Charge
from app.services.autopay import batch_counts, claiming, settling
from app.services.autopay.timeline import Source, turn
from app.services.staff.audit import SYSTEM

AT_ONCE = 500
FAILED = frozenset({"FAILED", "CANCELED"})
"""Payments at the processor for which no money was taken."""
CLOCKS_APART = dt.timedelta(days=2)
"""How far before the first sending the processor's list is asked for: two clocks may disagree by a day."""


@dataclass(frozen=True, slots=True)
class Due:
    """Charges to look at, and since when the processor's payments are needed for that."""

    charge_ids: tuple[int, ...]
    since: dt.datetime


def expire(session: Session, *, now: dt.datetime) -> int:
    """What has been SENDING for too long has lost its worker: nobody knows what became of it."""
    lost = session.scalars(
        select(Charge)
        .where(Charge.state == ChargeState.SENDING, Charge.look_at <= now, Charge.sent_at <= now - SENDING_EXPIRES_AFTER)
        .order_by(Charge.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for charge in lost:
        charge.was_unknown = True
        charge.look_at = now
        turn(session, charge, ChargeState.UNKNOWN, "Its worker did not come back", source=Source.JANITOR, now=now, actor=SYSTEM)
    batch_counts.write(session)
    return len(lost)


def give_up_unsent(session: Session, *, now: dt.datetime) -> int:
    """A charge that somebody asked for and whose process ended before it was claimed was never sent: it is over."""
    unsent = session.scalars(
        select(Charge)
        .where(Charge.state == ChargeState.PLANNED, Charge.batch_id.is_(None), Charge.look_at <= now)
        .order_by(Charge.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for charge in unsent:
        charge.skip_reason, charge.settled_at, charge.look_at = SkipReason.NEVER_SENT.value, now, None
        said = "Its process ended before it was sent: nothing was charged"
        turn(session, charge, ChargeState.SKIPPED, said, source=Source.JANITOR, now=now, actor=SYSTEM)
    session.flush()
    return len(unsent)


def due(session: Session, *, now: dt.datetime, everything: bool = False) -> Due | None:
    """Charges whose time to be looked at has come; None when there are none. `everything`: whoever waits, at once."""
    query = select(Charge.id, Charge.first_sent_at, Charge.planned_at).where(
        Charge.look_at.is_not(None), Charge.state.not_in((ChargeState.SENDING, ChargeState.PLANNED))
    )
    if not everything:
        query = query.where(Charge.look_at <= now)
    rows = session.execute(query.order_by(Charge.look_at, Charge.id).limit(AT_ONCE)).all()
    if not rows:
        return None
    return Due(tuple(row.id for row in rows), min(row.first_sent_at or row.planned_at for row in rows) - CLOCKS_APART)


def by_reference(payments: Sequence[CardPayment]) -> dict[str, CardPayment]:
    """Reference → the payment that says most: one that took money before one that waits before one that failed."""
    order = {"COMPLETED": 3, "APPROVED": 2, "PENDING": 2}
    found: dict[str, CardPayment] = {}
    for payment in payments:
        reference = payment.reference_id
        if reference is None:
            continue
        known = found.get(reference)
        if known is None or order.get(payment.status, 1) > order.get(known.status, 1):
            found[reference] = payment
    return found


def look(
    session: Session,
    charge_id: int,
    payments: Mapping[str, CardPayment] | Unanswered,
    *,
    today: dt.date,
    now: dt.datetime,
) -> ChargeRequest | None:
    """What follows for one charge from what the processor shows; a request when it is to be sent once more."""
    charge = settling.locked(session, charge_id)
    if charge.look_at is None or charge.state is ChargeState.SENDING:
        return None  # Somebody else was faster.
    if isinstance(payments, Unanswered):
        _wait(session, charge, f"Square could not be asked: {payments.reason}", today=today, now=now)
        return None
    found = payments.get(charge.key)
    if charge.state in (ChargeState.DECLINED, ChargeState.REJECTED) and (found is None or found.status in FAILED):
        charge.look_at, charge.cleared_at = None, now
        settling.say(session, charge, "Square took no money for it: the no stands", source=Source.JANITOR, now=now)
        session.flush()
        return None
    if found is not None:
        settling.resolve(session, charge_id, found, today=today, now=now, source=Source.JANITOR)
        _go_on(session, charge, today=today, now=now)
        return None
    if charge.state is ChargeState.UNKNOWN:
        unwanted = claiming.is_still_wanted(session, charge)
        if unwanted is None:
            request = claiming.claim_again(session, charge_id, now=now)
            if request is not None:
                return request
            unwanted = "it is too soon, or too late"
        _wait(session, charge, f"Not at Square, and not sent again: {unwanted}", today=today, now=now)
        return None
    _wait(session, charge, "Square does not show it", today=today, now=now)
    return None


def _wait(session: Session, charge: Charge, said: str, *, today: dt.date, now: dt.datetime) -> None:
    """Look again at the next time, or hand it to a person after the last."""
    settling.say(session, charge, said, source=Source.JANITOR, now=now)
    _go_on(session, charge, today=today, now=now)


def _go_on(session: Session, charge: Charge, *, today: dt.date, now: dt.datetime) -> None:
    if charge.look_at is None or charge.look_at > now:
        return
    looks_at = next_look(charge.first_sent_at or charge.planned_at, now)
    if looks_at is not None:
        charge.look_at = looks_at
    elif charge.state in (ChargeState.UNKNOWN, ChargeState.PENDING):
        settling.review(
            session,
            charge.id,
            "After 24 hours nobody knows whether the card was charged.",
            today=today,
            now=now,
            source=Source.JANITOR,
        )
    else:
        charge.look_at = None if charge.cleared_at else now + dt.timedelta(hours=24)
    session.flush()


def has_work(session: Session, *, now: dt.datetime) -> bool:
    """Whether some charge waits to be looked at."""
    waiting = select(Charge.id).where(Charge.look_at <= now).limit(1)
    return session.scalar(waiting) is not None


def states_of(session: Session, charge_ids: Sequence[int]) -> dict[str, int]:
    """How many of some charges are in which state."""
    rows = session.execute(
        select(Charge.state, func.count()).where(Charge.id.in_(charge_ids)).group_by(Charge.state).order_by(Charge.state)
    )
    return {state.value: count for state, count in rows}
