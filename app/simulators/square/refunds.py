"""Refunds: create, get, list."""

from __future__ import annotations

from app.simulators.square import identifiers, payments
from app.simulators.square.checks import KEY, OBJECT, REQUIRED, Field, check_body
from app.simulators.square.disputes import OPEN_STATES
from app.simulators.square.documents import Document, Question
from app.simulators.square.errors import refuse
from app.simulators.square.idempotency import answer_once
from app.simulators.square.periods import list_period
from app.simulators.square.simulation import CURRENCY, Answer, Call, Simulation

MAYBE = Field(may_be_null=True)
CREATE = {
    "idempotency_key": KEY,
    "amount_money": Field("money", is_required=True),
    "payment_id": REQUIRED,
    "reason": Field(longest=192, may_be_null=True),
    "payment_version_token": MAYBE,
    "location_id": MAYBE,
    "customer_id": MAYBE,
    "team_member_id": MAYBE,
    "app_fee_money": Field("money"),
    "unlinked": Field("boolean", may_be_null=True),
    "destination_id": MAYBE,
    "cash_details": OBJECT,
    "external_details": OBJECT,
}


def create(simulation: Simulation, call: Call) -> Answer:
    """RefundPayment, whole or in part. Answered as PENDING; what becomes of it is the setting `refund_outcome`."""
    check_body(call.body, CREATE)
    return answer_once(simulation, "RefundPayment", call.body, lambda: _create(simulation, call.body))


def _create(simulation: Simulation, body: Document) -> Answer:
    payment = payments.known(simulation, body["payment_id"])
    cents = _refundable_cents(simulation, payment, body)
    at = simulation.stamp()
    refund = {
        "id": identifiers.refund_id(payment["id"]),
        "status": "PENDING",
        "location_id": payment["location_id"],
        "destination_type": payment["source_type"],
        "amount_money": {"amount": cents, "currency": CURRENCY},
        "payment_id": payment["id"],
        "order_id": identifiers.order_id(),
        "created_at": at,
        "updated_at": at,
    }
    if body.get("reason"):
        refund["reason"] = body["reason"]
    simulation.insert("refund", refund)
    simulation.announce("refund.created", refund)
    payments.change(
        simulation,
        payment,
        {
            "refund_ids": [*payment.get("refund_ids", []), refund["id"]],
            "refunded_money": {"amount": _refunded_cents(payment) + cents, "currency": CURRENCY},
        },
    )
    settle(simulation, refund, simulation.setting("refund_outcome"))
    # Square answers before the refund is settled; who asks again learns the outcome.
    return Answer({"refund": refund})


def settle(simulation: Simulation, refund: Document, outcome: str) -> Document:
    """Bring a pending refund to its outcome; what was not given back can be refunded again."""
    if outcome == "PENDING":
        return refund
    settled = {**refund, "status": outcome, "updated_at": simulation.stamp()}
    simulation.update("refund", settled)
    simulation.announce("refund.updated", settled)
    if outcome in ("REJECTED", "FAILED"):
        payment = payments.known(simulation, refund["payment_id"])
        cents = _refunded_cents(payment) - refund["amount_money"]["amount"]
        payments.change(simulation, payment, {"refunded_money": {"amount": cents, "currency": CURRENCY}})
    return settled


def retrieve(simulation: Simulation, call: Call) -> Answer:
    """GetPaymentRefund."""
    refund = simulation.documents.find("refund", call.ids["refund_id"])
    if refund is None:
        raise refuse("NOT_FOUND", f"Could not find refund with id: {call.ids['refund_id']}", "refund_id")
    return Answer({"refund": refund})


def listing(simulation: Simulation, call: Call) -> Answer:
    """ListPaymentRefunds: of all locations unless told."""
    filters = {"location_id": "location_id", "status": "state", "source_type": "source_type"}
    equal = {column: call.query[name] for name, column in filters.items() if call.query.get(name)}
    return list_period(simulation, "refund", "refunds", call.query, equal)


def _refunded_cents(payment: Document) -> int:
    cents: int = payment.get("refunded_money", {"amount": 0})["amount"]
    return cents


def _refundable_cents(simulation: Simulation, payment: Document, body: Document) -> int:
    """The asked amount in cents, once it is clear that it may be given back."""
    if payment["status"] != "COMPLETED":
        raise refuse("REFUND_ERROR_PAYMENT_NEEDS_COMPLETION", f"Payment {payment['id']} is {payment['status']}.", "payment_id")
    if body.get("payment_version_token", payment["version_token"]) != payment["version_token"]:
        raise refuse("CONFLICT", "The payment has changed since that version.", "payment_version_token")
    disputes = simulation.documents.all(Question("dispute", among={"state": OPEN_STATES}))
    if any(dispute["disputed_payment"]["payment_id"] == payment["id"] for dispute in disputes):
        raise refuse("PAYMENT_NOT_REFUNDABLE_DUE_TO_DISPUTE", f"Payment {payment['id']} is disputed.", "payment_id")
    if body["amount_money"]["currency"] != CURRENCY:
        raise refuse("CURRENCY_MISMATCH", f"The payment was made in {CURRENCY}.", "amount_money.currency")
    cents: int = body["amount_money"]["amount"]
    if not 0 < cents <= payment["total_money"]["amount"] - _refunded_cents(payment):
        raise refuse("REFUND_AMOUNT_INVALID", "The amount is more than what is left of the payment.", "amount_money.amount")
    return cents
