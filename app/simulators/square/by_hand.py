"""What Square, a bank or a card issuer does behind the product's back.

These are the controls that change payments, cards, disputes and refunds by hand.
"""

from __future__ import annotations

from typing import Any

from app.simulators.square import cards, disputes, payments, refunds
from app.simulators.square.card_behaviour import BEHAVIOURS
from app.simulators.square.checks import OBJECT, TEXT, Field, check_body
from app.simulators.square.documents import Document
from app.simulators.square.errors import WrongControl, refuse
from app.simulators.square.events import TYPES
from app.simulators.square.settings import REFUND_OUTCOMES
from app.simulators.square.simulation import Answer, Call, Simulation

CARD = {
    **dict.fromkeys(("behaviour", "event", "cardholder_name", "issuer_alert", "issuer_alert_at", "card_brand", "last_4"), TEXT),
    **dict.fromkeys(("exp_month", "exp_year"), Field("integer")),
    "billing_address": OBJECT,
    "enabled": Field("boolean"),
}
PAYMENT_STATUSES = ("APPROVED", "PENDING", "COMPLETED", "CANCELED", "FAILED")


def change_payment(simulation: Simulation, call: Call) -> Answer:
    """Change what is shown of a payment: `{status: ...}` moves it as Square would, anything else is laid over it."""
    payment = payments.known(simulation, call.ids["id"])
    changes = dict(call.body)
    status = changes.pop("status", None)
    if status is not None:
        if status not in PAYMENT_STATUSES:
            raise WrongControl(f"A payment's status is one of {', '.join(PAYMENT_STATUSES)}.")
        payment = payments.settle(simulation, payment, status)
    if changes:
        payment = payments.change(simulation, payment, _laid_over(payment, changes))
    return Answer({"payment": payment})


def change_card(simulation: Simulation, call: Call) -> Answer:
    """Change a card: `behaviour` stays hidden, whatever else is sent is shown and makes a new version.

    It is announced as `event` (default card.updated; an issuer's renewal is card.automatically_updated).
    """
    card = simulation.documents.find("card", call.ids["id"])
    if card is None:
        raise refuse("NOT_FOUND", f"Card with ID `{call.ids['id']}` not found.", "id")
    check_body(call.body, CARD)
    changes = dict(call.body)
    event = changes.pop("event", "card.updated")
    if event not in TYPES or not event.startswith("card."):
        raise WrongControl(f"`event` is one of {', '.join(type for type in TYPES if type.startswith('card.'))}.")
    behaviour = changes.pop("behaviour", None)
    if behaviour is not None:
        if behaviour not in BEHAVIOURS:
            raise WrongControl(f"There is no behaviour `{behaviour}`. Known: {', '.join(BEHAVIOURS)}.")
        hidden = simulation.documents.hidden("card", card["id"])
        simulation.documents.hide("card", card["id"], {**hidden, "behaviour": behaviour})
    if changes:
        card = cards.change(simulation, card, changes, event)
    return Answer({"card": card})


def open_dispute(simulation: Simulation, call: Call) -> Answer:
    """A cardholder disputes a payment: `{payment_id, reason, state, cents}`; all but the first may be missing."""
    payment = payments.known(simulation, str(call.body.get("payment_id")))
    reason, state = call.body.get("reason", "NO_KNOWLEDGE"), call.body.get("state", "EVIDENCE_REQUIRED")
    if reason not in disputes.REASONS:
        raise WrongControl(f"`reason` is one of {', '.join(disputes.REASONS)}.")
    _check_state(state)
    dispute = disputes.open_dispute(simulation, payment, reason=reason, state=state, cents=call.body.get("cents"))
    return Answer({"dispute": dispute})


def move_dispute(simulation: Simulation, call: Call) -> Answer:
    """The bank decides, or asks for evidence: `{state}`."""
    dispute = disputes.known(simulation, call.ids["id"])
    _check_state(call.body.get("state"))
    return Answer({"dispute": disputes.move(simulation, dispute, call.body["state"])})


def settle_refund(simulation: Simulation, call: Call) -> Answer:
    """Bring a refund that was left pending to its outcome: `{status}`."""
    refund = simulation.documents.find("refund", call.ids["id"])
    if refund is None:
        raise refuse("NOT_FOUND", f"Could not find refund with id: {call.ids['id']}", "id")
    status = call.body.get("status")
    if status not in REFUND_OUTCOMES or refund["status"] != "PENDING":
        raise WrongControl(
            f"A pending refund is settled with one of {', '.join(REFUND_OUTCOMES)}; this one is {refund['status']}."
        )
    return Answer({"refund": refunds.settle(simulation, refund, status)})


def _check_state(state: Any) -> None:
    if state not in disputes.STATES:
        raise WrongControl(f"`state` is one of {', '.join(disputes.STATES)}.")


def _laid_over(shown: Document, changes: Document) -> Document:
    """The changes, with objects merged into those that are there."""
    return {
        name: _merged(shown[name], value) if isinstance(value, dict) and isinstance(shown.get(name), dict) else value
        for name, value in changes.items()
    }


def _merged(shown: Document, changes: Document) -> Document:
    return {**shown, **_laid_over(shown, changes)}
