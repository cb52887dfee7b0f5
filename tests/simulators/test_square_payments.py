"""Charging a card, finding the payment again, taking it back."""

from __future__ import annotations

from typing import Any

import pytest
from square import Square
from square.core.api_error import ApiError

from app.simulators.square.locations import SECOND_LOCATION_ID
from app.simulators.square.remote import SquareSimulator
from tests.simulators.conftest import Payer, Sdk, refusal

SOFT_FUNDS = ("INSUFFICIENT_FUNDS", "TRANSACTION_LIMIT")
SOFT_GENERIC = ("GENERIC_DECLINE", "CARD_DECLINED", "CARD_DECLINED_CALL_ISSUER", "VOICE_FAILURE")
FIX_CARD = (
    "CARD_EXPIRED", "INVALID_EXPIRATION", "CVV_FAILURE", "ADDRESS_VERIFICATION_FAILURE", "INVALID_POSTAL_CODE",
    "INVALID_CARD_DATA",
)  # fmt: skip
HARD_STOP = ("INVALID_ACCOUNT", "PAN_FAILURE", "INVALID_CARD", "CARD_NOT_SUPPORTED", "ALLOWABLE_PIN_TRIES_EXCEEDED")
VERIFY = ("CARD_DECLINED_VERIFICATION_REQUIRED",)


def test_an_approved_card_is_charged_and_the_payment_says_all_of_it(square: Sdk, ann: Payer) -> None:
    payment = square.payments.create(**ann.request("k-1", 2999)).payment
    card = payment.card_details.card
    assert payment.status == "COMPLETED"
    assert (payment.amount_money.amount, payment.amount_money.currency) == (2999, "USD")
    assert (payment.total_money.amount, payment.approved_money.amount) == (2999, 2999)
    assert (payment.reference_id, payment.note) == ("charge-k-1", "Account A-1, installment 7")
    assert (payment.source_type, payment.customer_id) == ("CARD", ann.customer_id)
    assert payment.card_details.status == "CAPTURED"
    assert payment.card_details.entry_method == "ON_FILE"
    assert payment.card_details.card_payment_timeline.captured_at == payment.created_at
    assert (card.id, card.card_brand, card.last4, card.card_type) == (ann.card_id, "VISA", "1111", "DEBIT")
    assert (card.prepaid_type, card.bin, card.exp_month, card.exp_year) == ("NOT_PREPAID", "411111", 11, 2031)
    assert card.fingerprint.startswith("sq-1-")
    assert square.payments.get(payment.id).payment == payment


@pytest.mark.parametrize("code", [*SOFT_FUNDS, *SOFT_GENERIC, *FIX_CARD, *HARD_STOP, *VERIFY])
def test_every_class_of_decline_is_answered_as_a_payment_method_error_and_kept_as_a_failed_payment(
    square: Sdk, simulator: SquareSimulator, code: str
) -> None:
    payer = Payer(simulator, behaviour=code)
    with pytest.raises(ApiError) as caught:
        square.payments.create(**payer.request("k-1"))
    error = caught.value.errors[0]
    assert (error.category, error.code) == ("PAYMENT_METHOD_ERROR", code)
    assert caught.value.status_code in (400, 402)
    failed = caught.value.body["payment"]
    assert (failed["status"], failed["card_details"]["status"]) == ("FAILED", "FAILED")
    assert "approved_money" not in failed and "captured_at" not in failed["card_details"]["card_payment_timeline"]
    assert [row["payment"]["status"] for row in simulator.payments()] == ["FAILED"]


def test_a_card_declines_as_expired_only_after_the_last_day_of_its_month(
    square: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    created_at = square.payments.create(**ann.request("today")).payment.created_at
    year, month = int(created_at[:4]), int(created_at[5:7])
    simulator.ask("POST", f"cards/{ann.card_id}", {"exp_year": year, "exp_month": month})
    assert square.payments.create(**ann.request("same month")).payment.status == "COMPLETED"
    last = (year, month - 1) if month > 1 else (year - 1, 12)
    simulator.ask("POST", f"cards/{ann.card_id}", {"exp_year": last[0], "exp_month": last[1]})
    assert refusal(square.payments.create, **ann.request("next month"))[2] == "CARD_EXPIRED"


def test_a_card_that_is_unknown_disabled_or_a_strangers_is_not_found(square: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    stranger = Payer(simulator, reference="C-2")
    not_found = (404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "source_id")
    assert refusal(square.payments.create, **ann.request("k-1", source_id="ccof:nobody")) == not_found
    assert refusal(square.payments.create, **ann.request("k-2", source_id=stranger.card_id)) == not_found
    square.cards.disable(ann.card_id)
    assert refusal(square.payments.create, **ann.request("k-3")) == not_found
    assert simulator.payments() == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"idempotency_key": "k" * 46}, (400, "VALUE_TOO_LONG", "idempotency_key")),
        ({"reference_id": "r" * 41}, (400, "VALUE_TOO_LONG", "reference_id")),
        ({"note": "n" * 501}, (400, "VALUE_TOO_LONG", "note")),
        ({"source_id": ""}, (400, "VALUE_EMPTY", "source_id")),
        ({"source_id": "CASH"}, (400, "UNSUPPORTED_SOURCE_TYPE", "source_id")),
        ({"customer_id": None}, (400, "EXPECTED_STRING", "customer_id")),
        ({"customer_id": "NOBODY"}, (404, "NOT_FOUND", "customer_id")),
        ({"location_id": "NOWHERE"}, (404, "NOT_FOUND", "location_id")),
        ({"autocomplete": "yes"}, (400, "EXPECTED_BOOLEAN", "autocomplete")),
        ({"amount_money": {"amount": 29.99, "currency": "USD"}}, (400, "EXPECTED_INTEGER", "amount_money.amount")),
        ({"amount_money": {"amount": 0, "currency": "USD"}}, (400, "VALUE_TOO_LOW", "amount_money.amount")),
        ({"amount_money": {"amount": 100, "currency": "EUR"}}, (400, "CURRENCY_MISMATCH", "amount_money.currency")),
    ],
)
def test_a_request_that_breaks_squares_limits_is_refused_and_charges_nothing(
    square: Sdk, simulator: SquareSimulator, ann: Payer, change: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    status, category, code, field = refusal(square.payments.create, **{**ann.request("k-1"), **change})
    assert (status, code, field) == expected
    assert category == "INVALID_REQUEST_ERROR"
    assert simulator.payments() == []


def test_the_longest_allowed_key_reference_and_note_are_accepted(square: Sdk, ann: Payer) -> None:
    request = ann.request("k" * 45) | {"reference_id": "r" * 40, "note": "n" * 500}
    assert square.payments.create(**request).payment.status == "COMPLETED"


def test_a_card_on_file_demands_its_customer(square: Sdk, ann: Payer) -> None:
    request = ann.request("k-1")
    del request["customer_id"]
    expected = (400, "INVALID_REQUEST_ERROR", "MISSING_REQUIRED_PARAMETER", "customer_id")
    assert refusal(square.payments.create, **request) == expected


def test_a_misspelled_field_is_refused(square: Sdk, ann: Payer) -> None:
    options: Any = {"additional_body_parameters": {"refrence_id": "x"}}
    assert refusal(square.payments.create, **ann.request("k-1"), request_options=options)[2] == "UNKNOWN_BODY_PARAMETER"


def test_another_token_is_unauthorized(simulator: SquareSimulator, ann: Payer) -> None:
    stranger = Square(token="production-token", base_url=simulator.url, timeout=10)
    assert refusal(stranger.payments.create, **ann.request("k-1")) == (
        401,
        "AUTHENTICATION_ERROR",
        "UNAUTHORIZED",
        None,
    )


def test_the_list_is_of_the_main_location_and_newest_first_unless_told(square: Sdk, ann: Payer) -> None:
    main = [square.payments.create(**ann.request(f"main {number}")).payment.id for number in range(3)]
    second = square.payments.create(**ann.request("second", location_id=SECOND_LOCATION_ID)).payment.id
    assert [payment.id for payment in square.payments.list()] == main[::-1]
    assert [payment.id for payment in square.payments.list(sort_order="ASC")] == main
    assert [payment.id for payment in square.payments.list(location_id=SECOND_LOCATION_ID)] == [second]


def test_the_list_comes_in_pages_whose_cursor_belongs_to_its_question(square: Sdk, ann: Payer) -> None:
    made = {square.payments.create(**ann.request(f"k-{number}")).payment.id for number in range(5)}
    first = square.payments.list(limit=2)
    assert len(first.items) == 2 and first.has_next
    assert {payment.id for payment in square.payments.list(limit=2)} == made
    cursor = first.response.cursor
    assert refusal(square.payments.list, cursor=cursor, limit=2, sort_order="ASC")[2] == "INVALID_CURSOR"
    assert refusal(square.payments.list, cursor="made up")[2] == "INVALID_CURSOR"


def test_the_list_takes_a_period_of_which_the_begin_belongs_to_it_and_the_end_does_not(
    square: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    old = square.payments.create(**ann.request("old")).payment
    simulator.set(clock_offset_seconds=3600)
    new = square.payments.create(**ann.request("new")).payment
    assert [payment.id for payment in square.payments.list(begin_time=old.created_at, end_time=new.created_at)] == [old.id]
    assert [payment.id for payment in square.payments.list(begin_time=new.created_at)] == [new.id]
    assert refusal(square.payments.list, begin_time="yesterday")[2] == "INVALID_TIME"


def test_the_list_finds_amount_and_last_four_but_knows_no_reference(square: Sdk, ann: Payer) -> None:
    square.payments.create(**ann.request("k-1", 100))
    square.payments.create(**ann.request("k-2", 200))
    assert [payment.total_money.amount for payment in square.payments.list(total=200, last4="1111")] == [200]
    options: Any = {"additional_query_parameters": {"reference_id": "charge-k-1"}}
    assert len(list(square.payments.list(request_options=options))) == 2


def test_a_lagging_list_shows_new_payments_and_changes_late_while_get_shows_them_at_once(
    square: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    simulator.set(list_lag_seconds=10)
    made = square.payments.create(**ann.request("k-1", autocomplete=False)).payment
    assert list(square.payments.list()) == []
    assert square.payments.get(made.id).payment.status == "APPROVED"
    simulator.set(clock_offset_seconds=11)
    assert [payment.status for payment in square.payments.list()] == ["APPROVED"]
    square.payments.complete(made.id)
    assert [payment.status for payment in square.payments.list()] == ["APPROVED"]
    simulator.set(clock_offset_seconds=22)
    assert [payment.status for payment in square.payments.list()] == ["COMPLETED"]


def test_an_approved_payment_can_be_canceled_or_completed_once(square: Sdk, ann: Payer) -> None:
    voided = square.payments.create(**ann.request("void", autocomplete=False)).payment
    assert voided.status == "APPROVED" and voided.card_details.status == "AUTHORIZED"
    canceled = square.payments.cancel(voided.id).payment
    assert (canceled.status, canceled.card_details.status) == ("CANCELED", "VOIDED")
    assert refusal(square.payments.complete, payment_id=voided.id)[2] == "BAD_REQUEST"
    kept = square.payments.create(**ann.request("keep", autocomplete=False)).payment
    assert square.payments.complete(kept.id).payment.status == "COMPLETED"
    assert refusal(square.payments.cancel, payment_id=kept.id)[2] == "BAD_REQUEST"


def test_cancel_by_key_says_success_for_an_unknown_key_and_leaves_no_tombstone(square: Sdk, ann: Payer) -> None:
    assert square.payments.cancel_by_idempotency_key(idempotency_key="k-1").errors is None
    assert square.payments.create(**ann.request("k-1")).payment.status == "COMPLETED"


def test_cancel_by_key_voids_what_was_approved_and_refuses_what_was_completed(square: Sdk, ann: Payer) -> None:
    approved = square.payments.create(**ann.request("k-1", autocomplete=False)).payment
    square.payments.cancel_by_idempotency_key(idempotency_key="k-1")
    assert square.payments.get(approved.id).payment.status == "CANCELED"
    completed = square.payments.create(**ann.request("k-2")).payment
    assert refusal(square.payments.cancel_by_idempotency_key, idempotency_key="k-2")[2] == "BAD_REQUEST"
    assert square.payments.get(completed.id).payment.status == "COMPLETED"


def test_a_pending_payment_stays_so_until_it_is_moved(square: Sdk, simulator: SquareSimulator) -> None:
    payer = Payer(simulator, behaviour="PENDING")
    made = square.payments.create(**payer.request("k-1")).payment
    assert made.status == "PENDING"
    simulator.ask("POST", f"payments/{made.id}", {"status": "COMPLETED"})
    assert square.payments.get(made.id).payment.status == "COMPLETED"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("cnon:card-nonce-declined", "GENERIC_DECLINE"),
        ("cnon:card-nonce-rejected-cvv", "CVV_FAILURE"),
        ("cnon:decline-PAN_FAILURE", "PAN_FAILURE"),
        ("cnon:nobody", "NOT_FOUND"),
    ],
)
def test_squares_test_tokens_decline_as_they_say(square: Sdk, simulator: SquareSimulator, token: str, code: str) -> None:
    request = {"source_id": token, "idempotency_key": "k-1", "amount_money": {"amount": 100, "currency": "USD"}}
    assert refusal(square.payments.create, **request)[2] == code
    good = {**request, "source_id": "cnon:card-nonce-ok"}
    assert square.payments.create(**{**good, "idempotency_key": "k-2"}).payment.card_details.entry_method == "KEYED"
    assert len(simulator.payments(state="COMPLETED")) == 1


def test_locations_are_two_and_main_is_a_name_for_the_first(square: Sdk, simulator: SquareSimulator) -> None:
    ids = [location.id for location in square.locations.list().locations]
    assert ids == [simulator.location_id, SECOND_LOCATION_ID]
    assert square.locations.get("main").location.id == simulator.location_id
    assert refusal(square.locations.get, location_id="NOWHERE")[2] == "NOT_FOUND"
