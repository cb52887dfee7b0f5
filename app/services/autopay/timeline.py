"""How a charge changes its state: through the table of transitions, with a line in its timeline each time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.domain.autopay.charges import CHARGE_TRANSITIONS, ChargeState
from app.domain.words import Word
from app.gateways.cards import CardPayment
from app.models import Charge, ChargeEvent
from app.services.autopay import batch_counts
from app.services.staff.audit import Actor


class Source(Word):
    """Who knew what became of a charge."""

    PLANNING = "planning", "Planning"
    WORKER = "worker", "Worker"
    JANITOR = "janitor", "Janitor"
    WEBHOOK = "webhook", "Webhook"
    RECONCILIATION = "reconciliation", "Reconciliation"
    STAFF = "staff", "Staff"


class WrongTurn(Exception):
    """A charge was to get a state that it cannot get from where it is: a defect, never shown to people."""


def turn(
    session: Session,
    charge: Charge,
    to: ChargeState,
    said: str,
    *,
    source: Source,
    now: dt.datetime,
    actor: Actor,
    evidence: Mapping[str, Any] | None = None,
) -> None:
    """Give a charge another state and write down who knew and why."""
    if to not in CHARGE_TRANSITIONS[charge.state]:
        raise WrongTurn(f"Charge {charge.id} cannot go from {charge.state} to {to}.")
    before, charge.state = charge.state, to
    batch_counts.note(session, charge, before)
    note(session, charge, said, source=source, now=now, actor=actor, evidence=evidence, before=before)


def note(
    session: Session,
    charge: Charge,
    said: str,
    *,
    source: Source,
    now: dt.datetime,
    actor: Actor,
    evidence: Mapping[str, Any] | None = None,
    before: ChargeState | None = None,
) -> None:
    """Write a line into a charge's timeline; without `before` its state stays what it is."""
    session.add(
        ChargeEvent(
            charge_id=charge.id,
            at=now,
            from_state=before or charge.state,
            to_state=charge.state,
            source=source.value,
            said=said[:300],
            evidence=dict(evidence) if evidence else None,
            by_id=actor.staff_id,
        )
    )


def evidence_of(payment: CardPayment) -> dict[str, Any]:
    """What of a payment is kept beside the line: nothing that is secret."""
    return {
        "payment_id": payment.id,
        "status": payment.status,
        "amount_cents": payment.amount_cents,
        "currency": payment.currency,
        "reference_id": payment.reference_id,
        "location_id": payment.location_id,
        "created_at": payment.created_at.isoformat(),
        "updated_at": payment.updated_at.isoformat(),
        "error_code": payment.error_code,
    }
