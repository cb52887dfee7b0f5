"""Payments: create, list, get, cancel, complete."""

from __future__ import annotations

from typing import Any

from app.simulators.square import identifiers
from app.simulators.square.card_charge import charge, lines_of
from app.simulators.square.checks import KEY, OBJECT, REQUIRED, TEXT, Field, check_body, whole_number
from app.simulators.square.documents import Document, Question
from app.simulators.square.errors import refuse
from app.simulators.square.idempotency import answer_once
from app.simulators.square.locations import MAIN_LOCATION_ID, location
from app.simulators.square.periods import list_period
from app.simulators.square.simulation import Answer, Call, Simulation

MONEY, BOOLEAN = Field("money"), Field("boolean")
CREATE = {
    "source_id": REQUIRED,
    "idempotency_key": KEY,
    "amount_money": Field("money", is_required=True),
    "tip_money": MONEY,
    "app_fee_money": MONEY,
    "delay_duration": TEXT,
    "delay_action": TEXT,
    "autocomplete": BOOLEAN,
    "order_id": TEXT,
    "customer_id": TEXT,
    "location_id": TEXT,
    "team_member_id": TEXT,
    "reference_id": Field(longest=40),
    "verification_token": TEXT,
    "accept_partial_authorization": BOOLEAN,
    "buyer_email_address": Field(longest=255),
    "buyer_phone_number": TEXT,
    "billing_address": OBJECT,
    "shipping_address": OBJECT,
    "note": Field(longest=500),
    "statement_description_identifier": Field(longest=20),
    "customer_details": OBJECT,
}


def create(simulation: Simulation, call: Call) -> Answer:
    """CreatePayment from a card on file or a test token. A decline is a payment too: FAILED, and answered with its error."""
    check_body(call.body, CREATE)
    return answer_once(simulation, "CreatePayment", call.body, lambda: charge(simulation, call))


def retrieve(simulation: Simulation, call: Call) -> Answer:
    """GetPayment: always as it is now, unlike the list."""
    return Answer({"payment": known(simulation, call.ids["payment_id"])})


def listing(simulation: Simulation, call: Call) -> Answer:
    """ListPayments: of the main location unless told, and by no reference."""
    query = call.query
    equal: dict[str, Any] = {"location_id": location(query.get("location_id") or MAIN_LOCATION_ID)["id"]}
    equal |= {name: query[name] for name in ("last_4", "card_brand") if query.get(name)}
    if query.get("total"):
        equal["total"] = whole_number(query["total"], "total")
    return list_period(simulation, "payment", "payments", query, equal)


def cancel(simulation: Simulation, call: Call) -> Answer:
    """CancelPayment: only an approved payment that was not completed yet."""
    return Answer({"payment": _void(simulation, known(simulation, call.ids["payment_id"]))})


def cancel_by_key(simulation: Simulation, call: Call) -> Answer:
    """CancelPaymentByIdempotencyKey: an unknown key is answered with success and not remembered.

    So a payment request that is still on its way goes through when it arrives.
    """
    check_body(call.body, {"idempotency_key": KEY})
    found = simulation.documents.all(Question("payment", equal={"idempotency_key": call.body["idempotency_key"]}))
    if found:
        _void(simulation, found[0])
    return Answer({})


def complete(simulation: Simulation, call: Call) -> Answer:
    """CompletePayment: capture what was approved."""
    check_body(call.body, {"version_token": Field(may_be_null=True)})
    payment = known(simulation, call.ids["payment_id"])
    if payment["status"] != "APPROVED":
        raise refuse("BAD_REQUEST", f"Payment {payment['id']} has status {payment['status']} and cannot be completed.")
    return Answer({"payment": settle(simulation, payment, "COMPLETED")})


def known(simulation: Simulation, payment_id: str) -> Document:
    """A payment as it is now, or the refusal for an unknown one."""
    payment = simulation.documents.find("payment", payment_id)
    if payment is None:
        raise refuse("NOT_FOUND", f"Could not find payment with id: {payment_id}", "payment_id")
    return payment


def settle(simulation: Simulation, payment: Document, status: str) -> Document:
    """Move a payment to another status, its card lines with it."""
    at = simulation.stamp()
    card_details = {**payment["card_details"], **lines_of(status, payment["card_details"]["card_payment_timeline"], at)}
    return change(simulation, payment, {"status": status, "card_details": card_details, "capabilities": []})


def change(simulation: Simulation, payment: Document, changes: Document) -> Document:
    """Write a new version of a payment and announce it."""
    changed = {**payment, **changes, "updated_at": simulation.stamp(), "version_token": identifiers.token()}
    simulation.update("payment", changed)
    simulation.announce("payment.updated", changed)
    return changed


def _void(simulation: Simulation, payment: Document) -> Document:
    if payment["status"] == "CANCELED":
        return payment
    if payment["status"] != "APPROVED":
        raise refuse("BAD_REQUEST", f"Payment {payment['id']} has status {payment['status']} and cannot be canceled.")
    return settle(simulation, payment, "CANCELED")
