"""What Square's answers mean: only a certain no is a no."""

from __future__ import annotations

from typing import Any

import pytest

from app.gateways.calls import redacted
from app.gateways.cards import Approved, ConfigurationError, Declined, Pending, Rejected, Unknown, outcome_of_payment
from app.gateways.square_answers import Failure, complaints_in, outcome_of_failure, payment_of

PAYMENT: dict[str, Any] = {
    "id": "P1",
    "status": "COMPLETED",
    "amount_money": {"amount": 5_400, "currency": "USD"},
    "created_at": "2026-11-20T15:00:00.000Z",
    "updated_at": "2026-11-20T15:00:01.000Z",
    "reference_id": "ld-1",
    "location_id": "L1",
    "card_details": {"card": {"id": "ccof:1", "card_type": "DEBIT", "prepaid_type": "NOT_PREPAID"}},
}


def failure(status: int | None, category: str | None = None, code: str = "X", **more: Any) -> Failure:
    body = {"errors": [{"category": category, "code": code, "detail": "said"}]} if category else "<html>"
    return Failure("reason", status, complaints_in(body), **more)


@pytest.mark.parametrize(
    ("failed", "kind"),
    [
        (failure(402, "PAYMENT_METHOD_ERROR", "INSUFFICIENT_FUNDS"), Declined),
        (failure(400, "PAYMENT_METHOD_ERROR", "INVALID_EXPIRATION"), Declined),
        (failure(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED"), ConfigurationError),
        (failure(403, "AUTHENTICATION_ERROR", "FORBIDDEN"), ConfigurationError),
        (failure(404, "INVALID_REQUEST_ERROR", "NOT_FOUND"), Rejected),
        (failure(400, "INVALID_REQUEST_ERROR", "INVALID_VALUE"), Rejected),
        # Everything that is not certain.
        (failure(None), Unknown),
        (failure(200), Unknown),
        (failure(302), Unknown),
        (failure(402), Unknown),
        (failure(400), Unknown),
        (failure(400, "API_ERROR"), Unknown),
        (failure(400, "INVALID_REQUEST_ERROR", "IDEMPOTENCY_KEY_REUSED"), Unknown),
        (failure(409, "INVALID_REQUEST_ERROR", "CONFLICT"), Unknown),
        (failure(408, "API_ERROR", "REQUEST_TIMEOUT"), Unknown),
        (failure(429, "RATE_LIMIT_ERROR", "RATE_LIMITED"), Unknown),
        (failure(500, "API_ERROR", "INTERNAL_SERVER_ERROR"), Unknown),
        (failure(500, "PAYMENT_METHOD_ERROR", "GENERIC_DECLINE"), Unknown),
        (failure(503, "AUTHENTICATION_ERROR", "UNAUTHORIZED"), Unknown),
        (failure(401, "INVALID_REQUEST_ERROR", "INVALID_VALUE"), Unknown),
    ],
)
def test_only_a_certain_no_is_a_no(failed: Failure, kind: type) -> None:
    assert isinstance(outcome_of_failure(failed), kind)


def test_the_wait_that_was_asked_for_goes_along() -> None:
    outcome = outcome_of_failure(failure(429, "RATE_LIMIT_ERROR", "RATE_LIMITED", retry_after_seconds=90))
    assert outcome == Unknown("reason", 90)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("COMPLETED", Approved),
        ("APPROVED", Pending),
        ("PENDING", Pending),
        ("FAILED", Declined),
        ("CANCELED", Declined),
        ("SOMETHING_NEW", Unknown),
    ],
)
def test_a_payment_means_what_its_status_says(status: str, kind: type) -> None:
    assert isinstance(outcome_of_payment(payment_of(PAYMENT | {"status": status})), kind)


@pytest.mark.parametrize("missing", ["id", "status", "amount_money", "created_at"])
def test_a_payment_that_lacks_something_tells_nothing(missing: str) -> None:
    document = {name: value for name, value in PAYMENT.items() if name != missing}
    assert isinstance(outcome_of_payment(payment_of(document)), Unknown)


def test_a_payment_is_read_with_its_card() -> None:
    payment = payment_of(PAYMENT | {"refunded_money": {"amount": 100, "currency": "USD"}})
    assert payment is not None
    assert (payment.amount_cents, payment.currency, payment.reference_id, payment.location_id) == (5_400, "USD", "ld-1", "L1")
    assert (payment.card_type, payment.prepaid_type, payment.refunded_cents) == ("DEBIT", "NOT_PREPAID", 100)


def test_the_log_keeps_no_secret_and_no_card() -> None:
    written = redacted(
        {
            "source_id": "ccof:customer-card-id-abcd",
            "note": "Account A-1, card 4111-1111-1111-1111",
            "billing_address": {"postal_code": "10001"},
            "amount_money": {"amount": 5_400, "currency": "USD"},
            "query": {"filter": {"email_address": {"exact": "a@example.com"}}},
        }
    )
    assert written == {
        "source_id": "…abcd",
        "note": "Account A-1, card (number)",
        "billing_address": "(not kept)",
        "amount_money": {"amount": 5_400, "currency": "USD"},
        "query": {"filter": {"email_address": "(not kept)"}},
    }
