"""Each fault as the real SDK sees it, and what Square did or did not do meanwhile."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from square.core.api_error import ApiError

from app.simulators.square.remote import SquareSimulator
from tests.simulators.conftest import BRIEFLY, ONCE, Payer, Sdk, eventually


def sent(simulator: SquareSimulator, key: str) -> int:
    """How often a charge with this key arrived."""
    return len(simulator.requests(method="POST", path="/v2/payments", idempotency_key=key))


def charged(simulator: SquareSimulator, key: str = "k-1") -> int:
    """How many payments were completed under this key."""
    return len(simulator.payments(idempotency_key=key, state="COMPLETED"))


def test_the_sdk_posts_three_times_with_one_key_on_500_429_and_409_and_then_raises(
    unchecked: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    for status in (500, 429, 409):
        simulator.fault("status", status=status, count=3, match={"idempotency_key": f"k-{status}"})

    def status_of(status: int) -> int | None:
        with pytest.raises(ApiError) as caught:
            unchecked.payments.create(**ann.request(f"k-{status}"))
        return caught.value.status_code

    # Together, because the SDK pauses for seconds between its tries.
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(status_of, (500, 429, 409))) == [500, 429, 409]
    assert [sent(simulator, f"k-{status}") for status in (500, 429, 409)] == [3, 3, 3]
    assert simulator.payments() == [] and simulator.faults() == []


def test_the_sdk_waits_as_retry_after_says_and_succeeds_with_the_same_key(
    unchecked: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    simulator.fault("status", status=429, retry_after=1)
    assert unchecked.payments.create(**ann.request("k-1")).payment.status == "COMPLETED"
    sent_twice = simulator.requests(idempotency_key="k-1")
    assert [row["outcome"] for row in sent_twice] == ["429", "200"]
    first_at, second_at = (dt.datetime.fromisoformat(row["at"]) for row in sent_twice)
    assert second_at - first_at >= dt.timedelta(seconds=0.99)


@pytest.mark.parametrize(
    ("status", "category", "code"),
    [
        (401, "AUTHENTICATION_ERROR", "UNAUTHORIZED"),
        (409, "INVALID_REQUEST_ERROR", "CONFLICT"),
        (429, "RATE_LIMIT_ERROR", "RATE_LIMITED"),
        (500, "API_ERROR", "INTERNAL_SERVER_ERROR"),
        (503, "API_ERROR", "SERVICE_UNAVAILABLE"),
    ],
)
def test_a_status_carries_squares_category_and_code(
    unchecked: Sdk, simulator: SquareSimulator, ann: Payer, status: int, category: str, code: str
) -> None:
    simulator.fault("status", status=status)
    with pytest.raises(ApiError) as caught:
        unchecked.payments.create(**ann.request("k-1"), request_options=ONCE)
    assert caught.value.status_code == status
    assert (caught.value.errors[0].category, caught.value.errors[0].code) == (category, code)
    assert charged(simulator) == 0


def test_a_401_is_sent_once(unchecked: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("status", status=401)
    with pytest.raises(ApiError):
        unchecked.payments.create(**ann.request("k-1"))
    assert sent(simulator, "k-1") == 1


@pytest.mark.parametrize(("when", "payments"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    ("kind", "error"),
    [("time_out", httpx.ReadTimeout), ("reset", httpx.ReadError), ("status", ApiError), ("html", ApiError)],
)
def test_both_sides_of_a_fault_look_alike_and_the_same_key_sent_again_ends_in_one_payment(
    unchecked: Sdk,
    simulator: SquareSimulator,
    ann: Payer,
    kind: str,
    error: type[Exception],
    when: str,
    payments: int,
) -> None:
    simulator.fault(kind, when=when)
    with pytest.raises(error) as caught:
        unchecked.payments.create(**ann.request("k-1"), request_options=BRIEFLY if kind == "time_out" else ONCE)
    assert type(caught.value) is error
    eventually(lambda: charged(simulator) == payments)
    assert unchecked.payments.create(**ann.request("k-1")).payment.status == "COMPLETED"
    assert charged(simulator) == 1


@pytest.mark.parametrize("kind", ["time_out", "reset", "half_body"])
def test_the_sdk_posts_once_when_the_connection_fails_and_its_error_is_no_api_error(
    unchecked: Sdk, simulator: SquareSimulator, ann: Payer, kind: str
) -> None:
    simulator.fault(kind)
    with pytest.raises(httpx.TransportError):
        unchecked.payments.create(**ann.request("k-1"), request_options={"timeout_in_seconds": 1})
    assert sent(simulator, "k-1") == 1


def test_half_a_body_comes_after_the_charge(unchecked: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("half_body")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        unchecked.payments.create(**ann.request("k-1"))
    assert charged(simulator) == 1


def test_a_proxys_page_is_an_api_error_with_status_200(unchecked: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("html", when="after")
    with pytest.raises(ApiError) as caught:
        unchecked.payments.create(**ann.request("k-1"))
    assert caught.value.status_code == 200
    assert sent(simulator, "k-1") == 1


@pytest.mark.parametrize(("when", "payments"), [("before", 0), ("after", 1)])
def test_an_empty_answer_is_no_error_and_no_payment(
    unchecked: Sdk, simulator: SquareSimulator, ann: Payer, when: str, payments: int
) -> None:
    simulator.fault("empty", when=when)
    assert unchecked.payments.create(**ann.request("k-1")).payment is None
    assert charged(simulator) == payments


def test_a_wrong_amount_stands_in_the_answer_only(unchecked: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("wrong_amount", cents=1)
    payment = unchecked.payments.create(**ann.request("k-1", 2999)).payment
    assert (payment.amount_money.amount, payment.total_money.amount) == (1, 1)
    assert unchecked.payments.get(payment.id).payment.amount_money.amount == 2999
    simulator.fault("wrong_amount", endpoint="GET /v2/payments")
    assert [payment.amount_money.amount for payment in unchecked.payments.list()] == [3000]


def test_a_wrong_answer_says_what_it_was_told_and_square_knows_better(
    unchecked: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    simulator.fault("wrong_answer", fields={"reference_id": "another", "location_id": "ELSEWHERE"})
    payment = unchecked.payments.create(**ann.request("k-1")).payment
    assert (payment.reference_id, payment.location_id) == ("another", "ELSEWHERE")
    true = unchecked.payments.get(payment.id).payment
    assert (true.reference_id, true.location_id) == ("charge-k-1", simulator.location_id)


def test_an_original_that_arrives_after_the_resend_does_not_charge_again(
    unchecked: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    simulator.fault("delay", when="before", delay_ms=1000)
    with pytest.raises(httpx.ReadTimeout):
        unchecked.payments.create(**ann.request("k-1"), request_options=BRIEFLY)
    assert charged(simulator) == 0
    resent = unchecked.payments.create(**ann.request("k-1")).payment
    eventually(lambda: len(simulator.requests(idempotency_key="k-1", outcome="200")) == 2)
    assert [row["payment"]["id"] for row in simulator.payments()] == [resent.id]


def test_an_original_that_arrives_late_charges_although_its_asker_is_gone_and_its_key_was_canceled(
    unchecked: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    simulator.fault("delay", when="before", delay_ms=1000)
    with pytest.raises(httpx.ReadTimeout):
        unchecked.payments.create(**ann.request("k-1"), request_options=BRIEFLY)
    unchecked.payments.cancel_by_idempotency_key(idempotency_key="k-1")
    eventually(lambda: charged(simulator) == 1)


def test_a_delay_after_the_charge_keeps_only_the_answer_back(unchecked: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("delay", when="after", delay_ms=60)
    assert unchecked.payments.create(**ann.request("k-1")).payment.status == "COMPLETED"
    simulator.fault("delay", when="after", delay_ms=2000)
    with pytest.raises(httpx.ReadTimeout):
        unchecked.payments.create(**ann.request("k-2"), request_options=BRIEFLY)
    eventually(lambda: charged(simulator, "k-2") == 1)


def test_the_next_cards_decline_as_told_and_then_no_more(unchecked: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("decline", code="INSUFFICIENT_FUNDS", count=2)
    for key in ("k-1", "k-2"):
        with pytest.raises(ApiError) as caught:
            unchecked.payments.create(**ann.request(key))
        assert (caught.value.status_code, caught.value.errors[0].code) == (402, "INSUFFICIENT_FUNDS")
    assert unchecked.payments.create(**ann.request("k-3")).payment.status == "COMPLETED"


def test_a_fault_waits_for_its_endpoint_its_fields_and_its_turn(unchecked: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("empty", endpoint="GET /v2/*", count=1)
    simulator.fault("empty", match={"reference_id": "charge-k-2"})
    simulator.fault("empty", skip=2)
    keys = ("k-1", "k-2", "k-3", "k-4", "k-5")
    answers = [unchecked.payments.create(**ann.request(key)).payment for key in keys]
    # k-2 is struck by its match; of the others k-1 and k-3 are skipped, so the turn comes to k-4.
    assert [answer is None for answer in answers] == [False, True, False, True, False]
    assert unchecked.locations.list().locations is None
    assert len(unchecked.locations.list().locations) == 2


def test_faults_can_be_seen_and_cleared(unchecked: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("reset", count=5)
    simulator.fault("html")
    assert [(fault["kind"], fault["remaining"]) for fault in simulator.faults()] == [("reset", 5), ("html", 1)]
    simulator.clear_faults()
    assert unchecked.payments.create(**ann.request("k-1")).payment.status == "COMPLETED"


def test_a_count_strikes_that_many_of_many_at_once(unchecked: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("empty", count=7)

    def is_struck(number: int) -> bool:
        return unchecked.payments.create(**ann.request(f"k-{number}")).payment is None

    options: Any = range(24)
    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(is_struck, options)) == 7
