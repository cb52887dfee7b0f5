"""Money that goes back: by a refund, or because the cardholder disputes the payment."""

from __future__ import annotations

from typing import Any

import pytest

from app.simulators.square.locations import SECOND_LOCATION_ID
from app.simulators.square.remote import ControlRefused, SquareSimulator
from tests.simulators.conftest import Payer, Sdk, refusal


def refund_of(payment: Any, key: str, cents: int) -> dict[str, Any]:
    """The keyword arguments of refunds.refund_payment."""
    money = {"amount": cents, "currency": "USD"}
    return {"idempotency_key": key, "payment_id": payment.id, "amount_money": money, "reason": "returned"}


def test_a_refund_is_answered_as_pending_and_is_completed_when_one_asks_again(square: Sdk, ann: Payer) -> None:
    payment = square.payments.create(**ann.request("k-1", 3000)).payment
    refund = square.refunds.refund_payment(**refund_of(payment, "r-1", 1000)).refund
    assert (refund.status, refund.payment_id, refund.reason) == ("PENDING", payment.id, "returned")
    assert refund.id.startswith(f"{payment.id}_")
    assert square.refunds.get(refund.id).refund.status == "COMPLETED"
    refunded = square.payments.get(payment.id).payment
    assert (refunded.refunded_money.amount, refunded.refund_ids) == (1000, [refund.id])
    assert refunded.version_token != payment.version_token


def test_no_more_can_be_refunded_than_is_left(square: Sdk, ann: Payer) -> None:
    payment = square.payments.create(**ann.request("k-1", 3000)).payment
    square.refunds.refund_payment(**refund_of(payment, "r-1", 2000))
    expected = (400, "REFUND_ERROR", "REFUND_AMOUNT_INVALID", "amount_money.amount")
    assert refusal(square.refunds.refund_payment, **refund_of(payment, "r-2", 1001)) == expected
    assert square.refunds.refund_payment(**refund_of(payment, "r-3", 1000)).refund.status == "PENDING"
    assert square.payments.get(payment.id).payment.refunded_money.amount == 3000


def test_only_a_completed_payment_at_its_present_version_can_be_refunded(square: Sdk, ann: Payer) -> None:
    approved = square.payments.create(**ann.request("k-1", autocomplete=False)).payment
    refused = refusal(square.refunds.refund_payment, **refund_of(approved, "r-1", 1))
    assert refused[2] == "REFUND_ERROR_PAYMENT_NEEDS_COMPLETION"
    payment = square.payments.create(**ann.request("k-2")).payment
    old: Any = {**refund_of(payment, "r-2", 1), "payment_version_token": "old", "request_options": {"max_retries": 0}}
    assert refusal(square.refunds.refund_payment, **old)[:2] == (409, "INVALID_REQUEST_ERROR")
    unknown = {**refund_of(payment, "r-3", 1), "payment_id": "NOTHING"}
    assert refusal(square.refunds.refund_payment, **unknown)[2] == "NOT_FOUND"


@pytest.mark.parametrize("outcome", ["REJECTED", "FAILED"])
def test_a_refund_that_does_not_work_out_leaves_the_money_refundable(
    square: Sdk, simulator: SquareSimulator, ann: Payer, outcome: str
) -> None:
    payment = square.payments.create(**ann.request("k-1", 3000)).payment
    simulator.set(refund_outcome=outcome)
    refund = square.refunds.refund_payment(**refund_of(payment, "r-1", 3000)).refund
    assert square.refunds.get(refund.id).refund.status == outcome
    assert square.payments.get(payment.id).payment.refunded_money.amount == 0


def test_a_refund_can_be_left_pending_and_settled_by_hand(square: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    payment = square.payments.create(**ann.request("k-1")).payment
    simulator.set(refund_outcome="PENDING")
    refund = square.refunds.refund_payment(**refund_of(payment, "r-1", 100)).refund
    assert square.refunds.get(refund.id).refund.status == "PENDING"
    simulator.ask("POST", f"refunds/{refund.id}", {"status": "COMPLETED"})
    assert square.refunds.get(refund.id).refund.status == "COMPLETED"
    with pytest.raises(ControlRefused, match="this one is COMPLETED"):
        simulator.ask("POST", f"refunds/{refund.id}", {"status": "FAILED"})


def test_refunds_are_listed_of_all_locations_with_filters_pages_and_the_lists_lag(
    square: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    main = square.payments.create(**ann.request("k-1")).payment
    second = square.payments.create(**ann.request("k-2", location_id=SECOND_LOCATION_ID)).payment
    ids = [square.refunds.refund_payment(**refund_of(main, f"r-{number}", 100)).refund.id for number in range(2)]
    ids.append(square.refunds.refund_payment(**refund_of(second, "r-9", 100)).refund.id)
    assert [refund.id for refund in square.refunds.list(limit=1)] == ids[::-1]
    assert [refund.id for refund in square.refunds.list(location_id=SECOND_LOCATION_ID)] == ids[2:]
    assert list(square.refunds.list(status="FAILED")) == []
    assert len(list(square.refunds.list(source_type="CARD", sort_order="ASC", sort_field="UPDATED_AT"))) == 3
    simulator.set(list_lag_seconds=10)
    assert list(square.refunds.list()) == []
    assert refusal(square.refunds.get, refund_id="NOTHING")[2] == "NOT_FOUND"


def test_a_disputed_payment_cannot_be_refunded_until_the_dispute_is_over(
    square: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    payment = square.payments.create(**ann.request("k-1", 3000)).payment
    dispute = simulator.ask("POST", "disputes", {"payment_id": payment.id, "reason": "NOT_RECEIVED"})["dispute"]
    shown = square.disputes.get(dispute["id"]).dispute
    assert (shown.state, shown.reason, shown.amount_money.amount) == ("EVIDENCE_REQUIRED", "NOT_RECEIVED", 3000)
    assert shown.disputed_payment.payment_id == payment.id
    refused = refusal(square.refunds.refund_payment, **refund_of(payment, "r-1", 1))
    assert refused[2] == "PAYMENT_NOT_REFUNDABLE_DUE_TO_DISPUTE"
    simulator.ask("POST", f"disputes/{dispute['id']}", {"state": "WON"})
    assert square.disputes.get(dispute["id"]).dispute.version == 2
    assert square.refunds.refund_payment(**refund_of(payment, "r-2", 1)).refund.status == "PENDING"


def test_disputes_are_listed_by_state_and_location_and_accepted_once(square: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    payments = [square.payments.create(**ann.request(f"k-{number}")).payment for number in range(2)]
    ids = [simulator.ask("POST", "disputes", {"payment_id": payment.id, "cents": 500})["dispute"]["id"] for payment in payments]
    assert square.disputes.accept(ids[0]).dispute.state == "ACCEPTED"
    assert refusal(square.disputes.accept, dispute_id=ids[0])[2] == "BAD_REQUEST"
    assert [dispute.id for dispute in square.disputes.list()] == ids
    assert [dispute.id for dispute in square.disputes.list(states="EVIDENCE_REQUIRED")] == ids[1:]
    assert list(square.disputes.list(location_id=SECOND_LOCATION_ID)) == []
    options: Any = {"additional_query_parameters": {"states": "LOST,ACCEPTED"}}
    assert [dispute.id for dispute in square.disputes.list(request_options=options)] == ids[:1]
    assert refusal(square.disputes.get, dispute_id="NOTHING")[2] == "NOT_FOUND"
    with pytest.raises(ControlRefused, match="`state` is one of"):
        simulator.ask("POST", f"disputes/{ids[1]}", {"state": "LATER"})
