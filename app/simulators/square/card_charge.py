"""What happens inside CreatePayment: find the card, ask it, write the payment."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from app.simulators.square import identifiers
from app.simulators.square.card_behaviour import (
    APPROVE,
    ONLY_IN_PAYMENTS,
    PENDING,
    behaviour_of_token,
    is_expired,
    plastic,
)
from app.simulators.square.checks import written
from app.simulators.square.documents import Document
from app.simulators.square.errors import Complaint, refuse
from app.simulators.square.locations import MAIN_LOCATION_ID, location
from app.simulators.square.simulation import CURRENCY, Answer, Call, Simulation

CARD_STATUS = {
    "COMPLETED": "CAPTURED",
    "APPROVED": "AUTHORIZED",
    "CANCELED": "VOIDED",
    "FAILED": "FAILED",
    "PENDING": "AUTHORIZED",
}
_MILESTONE = {"COMPLETED": "captured_at", "CANCELED": "voided_at"}
_EDITABLE = ["EDIT_AMOUNT_UP", "EDIT_AMOUNT_DOWN", "EDIT_TIP_AMOUNT_UP", "EDIT_TIP_AMOUNT_DOWN", "EDIT_DELAY_ACTION"]


class _Source(NamedTuple):
    card: Document
    behaviour: str
    entry_method: str


def charge(simulation: Simulation, call: Call) -> Answer:
    """Charge a checked request once. Answers the payment, or for a decline the errors together with the failed payment."""
    body = call.body
    place = location(body.get("location_id", MAIN_LOCATION_ID))
    total = _total_cents(body)
    if "customer_id" in body and simulation.documents.find("customer", body["customer_id"]) is None:
        raise refuse("NOT_FOUND", f"Customer with ID `{body['customer_id']}` not found.", "customer_id")
    source = _source(simulation, body)
    behaviour = call.decline or source.behaviour
    if behaviour in (APPROVE, PENDING):
        status = "PENDING" if behaviour == PENDING else "COMPLETED" if body.get("autocomplete", True) else "APPROVED"
        complaints = []
    else:
        status = "FAILED"
        complaints = [Complaint(behaviour, f"Authorization error: '{behaviour}'")]
    payment = _payment(simulation, body, place["id"], total, source, status, complaints)
    simulation.insert("payment", payment, hidden={"idempotency_key": body["idempotency_key"], "request": body})
    simulation.announce("payment.created", payment)
    simulation.announce("payment.updated", payment)
    if complaints:
        errors = [complaint.as_json() for complaint in complaints]
        return Answer({"errors": errors, "payment": payment}, complaints[0].status)
    return Answer({"payment": payment})


def lines_of(status: str, timeline: Document, at: str) -> Document:
    """The card's own status and timeline once its payment has this status."""
    milestone = _MILESTONE.get(status)
    return {
        "status": CARD_STATUS.get(status, "AUTHORIZED"),
        "card_payment_timeline": timeline if milestone is None else {**timeline, milestone: at},
    }


def _total_cents(body: Document) -> int:
    """What the card is asked for: amount and tip, in cents of the seller's currency."""
    for name in ("amount_money", "tip_money", "app_fee_money"):
        if name in body and body[name]["currency"] != CURRENCY:
            raise refuse("CURRENCY_MISMATCH", f"This seller takes {CURRENCY}.", f"{name}.currency")
    amount: int = body["amount_money"]["amount"]
    if amount < 1:
        raise refuse("VALUE_TOO_LOW", "`amount_money.amount` must be greater than 0.", "amount_money.amount")
    tip: int = body.get("tip_money", {"amount": 0})["amount"]
    return amount + tip


def _source(simulation: Simulation, body: Document) -> _Source:
    source_id = body["source_id"]
    if source_id.startswith("ccof:"):
        return _card_on_file(simulation, body)
    if source_id in ("CASH", "EXTERNAL") or not source_id.startswith("cnon:"):
        raise refuse("UNSUPPORTED_SOURCE_TYPE", "This simulator takes cards on file and test tokens only.", "source_id")
    return _Source(plastic(source_id, {"fingerprint": source_id}), behaviour_of_token(source_id), "KEYED")


def _card_on_file(simulation: Simulation, body: Document) -> _Source:
    if not body.get("customer_id"):
        raise refuse("MISSING_REQUIRED_PARAMETER", "Field `customer_id` must be set to charge a card on file.", "customer_id")
    card = simulation.documents.find("card", body["source_id"])
    # A disabled card and a stranger's card are as good as unknown.
    if card is None or not card["enabled"] or card.get("customer_id") != body["customer_id"]:
        raise refuse("NOT_FOUND", "Card on file not found", "source_id")
    hidden = simulation.documents.hidden("card", card["id"])
    behaviour = "CARD_EXPIRED" if is_expired(card, simulation.now()) else hidden["behaviour"]
    shown = {name: value for name, value in card.items() if name not in ("version", "enabled")}
    return _Source({**shown, **{name: hidden[name] for name in ONLY_IN_PAYMENTS}}, behaviour, "ON_FILE")


def _payment(
    simulation: Simulation,
    body: Document,
    location_id: str,
    total_cents: int,
    source: _Source,
    status: str,
    complaints: list[Complaint],
) -> Document:
    now = simulation.now()
    at, id = written(now), identifiers.payment_id()
    timeline = {} if status == "FAILED" else {"authorized_at": at}
    payment: Document = {
        "id": id,
        "created_at": at,
        "updated_at": at,
        "amount_money": body["amount_money"],
        "total_money": {"amount": total_cents, "currency": CURRENCY},
        "status": status,
        "delay_duration": body.get("delay_duration", "PT168H"),
        "delay_action": body.get("delay_action", "CANCEL"),
        "delayed_until": written(now + dt.timedelta(days=7)),
        "source_type": "CARD",
        "card_details": {
            **lines_of(status, timeline, at),
            "card": source.card,
            "entry_method": source.entry_method,
            "cvv_status": "CVV_REJECTED" if _has(complaints, "CVV_FAILURE") else "CVV_NOT_CHECKED",
            "avs_status": "AVS_REJECTED" if _has(complaints, "ADDRESS_VERIFICATION_FAILURE") else "AVS_ACCEPTED",
            "statement_description": "SQ *SIMULATED LEASING",
        },
        "location_id": location_id,
        "order_id": body.get("order_id", identifiers.order_id()),
        "application_details": {"square_product": "ECOMMERCE_API", "application_id": "sandbox-simulator"},
        "version_token": identifiers.token(),
    }
    if complaints:
        payment["card_details"]["errors"] = [complaint.as_json() for complaint in complaints]
    else:
        payment["approved_money"] = payment["total_money"]
        payment["card_details"]["auth_result_code"] = identifiers.token()[:6]
        payment["receipt_number"] = id[:4]
        payment["receipt_url"] = f"https://squareupsandbox.com/receipt/preview/{id}"
    if status == "APPROVED":
        payment["capabilities"] = _EDITABLE
    return payment | _carried_over(body)


def _carried_over(body: Document) -> dict[str, Any]:
    names = ("tip_money", "app_fee_money", "customer_id", "reference_id", "note", "team_member_id", "buyer_email_address",
             "billing_address", "shipping_address", "statement_description_identifier")  # fmt: skip
    return {name: body[name] for name in names if name in body}


def _has(complaints: list[Complaint], code: str) -> bool:
    return any(complaint.code == code for complaint in complaints)
