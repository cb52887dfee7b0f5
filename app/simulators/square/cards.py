"""Cards on file: list, retrieve, create, disable."""

from __future__ import annotations

from typing import Any

from app.simulators.square import identifiers
from app.simulators.square.card_behaviour import APPROVE, ONLY_IN_PAYMENTS, TYPED, behaviour_of_token, plastic
from app.simulators.square.checks import KEY, OBJECT, REQUIRED, TEXT, Field, check_body, flag, is_descending
from app.simulators.square.documents import Document, Question
from app.simulators.square.errors import refuse
from app.simulators.square.idempotency import answer_once
from app.simulators.square.pages import answer_page
from app.simulators.square.simulation import MERCHANT_ID, Answer, Call, Simulation

PER_PAGE = 25

CREATE = {
    "idempotency_key": KEY,
    "source_id": REQUIRED,
    "verification_token": TEXT,
    "card": Field("object", is_required=True),
}
GIVEN = {
    "cardholder_name": Field(longest=96),
    "billing_address": OBJECT,
    "customer_id": REQUIRED,
    "reference_id": Field(longest=128),
    "exp_month": Field("integer"),
    "exp_year": Field("integer"),
    "version": Field("integer"),
}


def listing(simulation: Simulation, call: Call) -> Answer:
    """ListCards: enabled ones unless told, oldest first, 25 a page."""
    equal: dict[str, Any] = {column: call.query[column] for column in ("customer_id", "reference_id") if call.query.get(column)}
    if not flag(call.query.get("include_disabled"), "include_disabled"):
        equal["enabled"] = 1
    question = Question("card", equal=equal, is_descending=is_descending(call.query.get("sort_order"), default=False))
    return answer_page(simulation, "cards", question, cursor=call.query.get("cursor"), limit=PER_PAGE)


def retrieve(simulation: Simulation, call: Call) -> Answer:
    """RetrieveCard."""
    return Answer({"card": _known(simulation, call.ids["card_id"])})


def create(simulation: Simulation, call: Call) -> Answer:
    """CreateCard from a payment token, for a known customer."""
    check_body(call.body, CREATE)
    check_body(call.body["card"], GIVEN)
    return answer_once(simulation, "CreateCard", call.body, lambda: _create(simulation, call.body))


def _create(simulation: Simulation, body: Document) -> Answer:
    source_id, given = body["source_id"], body["card"]
    behaviour = behaviour_of_token(source_id)
    if simulation.documents.find("customer", given["customer_id"]) is None:
        raise refuse("NOT_FOUND", f"Customer with ID `{given['customer_id']}` not found.", "card.customer_id")
    shown = {name: value for name, value in given.items() if name not in ("version", "exp_month", "exp_year")}
    # One token is one card number, so it has one fingerprint whoever uses it.
    known = {"last_4": source_id[-4:], "brand": "VISA"} if source_id.startswith(TYPED) else {}
    drawn = plastic(source_id, {**given, **known, "fingerprint": source_id})
    card = add(simulation, identifiers.card_id(), drawn, shown, behaviour)
    return Answer({"card": card})


def add(simulation: Simulation, id: str, card: Document, shown: Document, behaviour: str = APPROVE) -> Document:
    """Keep a new card: what everyone sees of it, and apart from that what only payments show and how it behaves."""
    body = {
        "id": id,
        **{name: value for name, value in card.items() if name not in ONLY_IN_PAYMENTS},
        "merchant_id": MERCHANT_ID,
        "enabled": True,
        "version": 1,
        **shown,
    }
    # Square's cards carry no time of creation, though its list is sorted by it.
    hidden = {
        "behaviour": behaviour,
        "created_at": simulation.stamp(),
        **{name: card[name] for name in ONLY_IN_PAYMENTS},
    }
    simulation.insert("card", body, hidden=hidden)
    simulation.announce("card.created", body)
    return body


def disable(simulation: Simulation, call: Call) -> Answer:
    """DisableCard: it cannot be charged any more. Disabling it again changes nothing."""
    card = _known(simulation, call.ids["card_id"])
    if card["enabled"]:
        card = change(simulation, card, {"enabled": False}, "card.disabled")
    return Answer({"card": card})


def change(simulation: Simulation, card: Document, changes: Document, event_type: str) -> Document:
    """Write a new version of a card and announce it."""
    changed = {**card, **changes, "version": card["version"] + 1}
    simulation.update("card", changed)
    simulation.announce(event_type, changed)
    return changed


def _known(simulation: Simulation, card_id: str) -> Document:
    card = simulation.documents.find("card", card_id)
    if card is None:
        raise refuse("NOT_FOUND", f"Card with ID `{card_id}` not found.", "card_id")
    return card
