"""Disputes: list, retrieve, accept. They are opened and moved through the controls, as a bank would."""

from __future__ import annotations

import datetime as dt

from app.simulators.square import identifiers
from app.simulators.square.checks import written
from app.simulators.square.documents import Document, Question
from app.simulators.square.errors import refuse
from app.simulators.square.pages import answer_page
from app.simulators.square.simulation import Answer, Call, Simulation

PER_PAGE = 50

OPEN_STATES = ("INQUIRY_EVIDENCE_REQUIRED", "INQUIRY_PROCESSING", "EVIDENCE_REQUIRED", "PROCESSING")
STATES = (*OPEN_STATES, "INQUIRY_CLOSED", "WON", "LOST", "ACCEPTED")
REASONS = ("AMOUNT_DIFFERS", "CANCELLED", "DUPLICATE", "NO_KNOWLEDGE", "NOT_AS_DESCRIBED", "NOT_RECEIVED",
           "PAID_BY_OTHER_MEANS", "CUSTOMER_REQUESTS_CREDIT", "EMV_LIABILITY_SHIFT")  # fmt: skip
# The seller has this long to answer.
TIME_TO_ANSWER = dt.timedelta(days=14)


def listing(simulation: Simulation, call: Call) -> Answer:
    """ListDisputes: by states (comma separated) and location, oldest first."""
    states = [state for state in call.query.get("states", "").split(",") if state]
    for state in states:
        if state not in STATES:
            raise refuse("INVALID_ENUM_VALUE", f"`{state}` is no state of a dispute.", "states")
    location_id = call.query.get("location_id")
    question = Question(
        "dispute",
        equal={"location_id": location_id} if location_id else {},
        among={"state": states} if states else {},
    )
    return answer_page(simulation, "disputes", question, cursor=call.query.get("cursor"), limit=PER_PAGE)


def retrieve(simulation: Simulation, call: Call) -> Answer:
    """RetrieveDispute."""
    return Answer({"dispute": known(simulation, call.ids["dispute_id"])})


def accept(simulation: Simulation, call: Call) -> Answer:
    """AcceptDispute: the seller gives in."""
    dispute = known(simulation, call.ids["dispute_id"])
    if dispute["state"] not in OPEN_STATES:
        raise refuse("BAD_REQUEST", f"Dispute {dispute['id']} is {dispute['state']} and cannot be accepted.", "dispute_id")
    return Answer({"dispute": move(simulation, dispute, "ACCEPTED")})


def open_dispute(simulation: Simulation, payment: Document, *, reason: str, state: str, cents: int | None) -> Document:
    """A cardholder disputes a payment, in whole or for some cents of it."""
    now = simulation.now()
    at, id = written(now), identifiers.dispute_id()
    dispute = {
        "id": id,
        "dispute_id": id,
        "amount_money": payment["total_money"] if cents is None else {**payment["total_money"], "amount": cents},
        "reason": reason,
        "state": state,
        "due_at": written(now + TIME_TO_ANSWER),
        "disputed_payment": {"payment_id": payment["id"]},
        "card_brand": payment["card_details"]["card"]["card_brand"],
        "created_at": at,
        "updated_at": at,
        "reported_at": at,
        "brand_dispute_id": identifiers.token()[:22],
        "version": 1,
        "location_id": payment["location_id"],
    }
    simulation.insert("dispute", dispute)
    simulation.announce("dispute.created", dispute)
    return dispute


def move(simulation: Simulation, dispute: Document, state: str) -> Document:
    """Bring a dispute to another state."""
    moved = {**dispute, "state": state, "updated_at": simulation.stamp(), "version": dispute["version"] + 1}
    simulation.update("dispute", moved)
    simulation.announce("dispute.state.updated", moved)
    return moved


def known(simulation: Simulation, dispute_id: str) -> Document:
    """A dispute, or the refusal for an unknown one."""
    dispute = simulation.documents.find("dispute", dispute_id)
    if dispute is None:
        raise refuse("NOT_FOUND", f"Dispute with ID `{dispute_id}` not found.", "dispute_id")
    return dispute
