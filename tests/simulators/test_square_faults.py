"""Each fault as the real SDK sees it, and what Square did or did not do meanwhile."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from square.core.api_error import ApiError

from app.simulators.square.remote import SquareSimulator
from tests.simulators.conftest import ONCE, Payer, Sdk, eventually


def sent(simulator: SquareSimulator, key: str) -> int:
    """How often a charge with this key arrived."""
    return len(simulator.requests(method="POST", path="/v2/payments", idempotency_key=key))


def charged(simulator: SquareSimulator, key: str = "k-1") -> int:
    """How many payments were completed under this key."""
    return len(simulator.payments(idempotency_key=key, state="COMPLETED"))


def test_the_sdk_posts_three_times_with_one_key_on_500_429_and_409_and_then_raises(
    impatient: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    for status in (500, 429, 409):
        simulator.fault("status", status=status, count=3, match={"idempotency_key": f"k-{status}"})

    def status_of(status: int) -> int | None:
        with pytest.raises(ApiError) as caught:
            impatient.payments.create(**ann.request(f"k-{status}"))
        return caught.value.status_code

    # Together, because the SDK pauses for seconds between its tries.
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(status_of, (500, 429, 409))) == [500, 429, 409]
    assert [sent(simulator, f"k-{status}") for status in (500, 429, 409)] == [3, 3, 3]
    assert simulator.payments() == [] and simulator.faults() == []


def test_the_sdk_waits_as_retry_after_says_and_succeeds_with_the_same_key(
    impatient: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    simulator.fault("status", status=429, retry_after=1)
    assert impatient.payments.create(**ann.request("k-1")).payment.status == "COMPLETED"
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
    impatient: Sdk, simulator: SquareSimulator, ann: Payer, status: int, category: str, code: str
) -> None:
    simulator.fault("status", status=status)
    with pytest.raises(ApiError) as caught:
        impatient.payments.create(**ann.request("k-1"), request_options=ONCE)
    assert caught.value.status_code == status
    assert (caught.value.errors[0].category, caught.value.errors[0].code) == (category, code)
    assert charged(simulator) == 0


def test_a_401_is_sent_once(impatient: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("status", status=401)
    with pytest.raises(ApiError):
        impatient.payments.create(**ann.request("k-1"))
    assert sent(simulator, "k-1") == 1


@pytest.mark.parametrize(("when", "payments"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    ("kind", "error"),
    [("time_out", httpx.ReadTimeout), ("reset", httpx.ReadError), ("status", ApiError), ("html", ApiError)],
)
def test_both_sides_of_a_fault_look_alike_and_the_same_key_sent_again_ends_in_one_payment(
    impatient: Sdk,
    simulator: SquareSimulator,
    ann: Payer,
    kind: str,
    error: type[Exception],
    when: str,
    payments: int,
) -> None:
    simulator.fault(kind, when=when)
    with pytest.raises(error) as caught:
        impatient.payments.create(**ann.request("k-1"), request_options=ONCE)
    assert type(caught.value) is error
    assert charged(simulator) == payments
    assert impatient.payments.create(**ann.request("k-1")).payment.status == "COMPLETED"
    assert charged(simulator) == 1


@pytest.mark.parametrize("kind", ["time_out", "reset", "half_body"])
def test_the_sdk_posts_once_when_the_connection_fails_and_its_error_is_no_api_error(
    impatient: Sdk, simulator: SquareSimulator, ann: Payer, kind: str
) -> None:
    simulator.fault(kind)
    with pytest.raises(httpx.TransportError):
        impatient.payments.create(**ann.request("k-1"))
    assert sent(simulator, "k-1") == 1


def test_half_a_body_comes_after_the_charge(impatient: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("half_body")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        impatient.payments.create(**ann.request("k-1"))
    assert charged(simulator) == 1


def test_a_proxys_page_is_an_api_error_with_status_200(impatient: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("html", when="after")
    with pytest.raises(ApiError) as caught:
        impatient.payments.create(**ann.request("k-1"))
    assert caught.value.status_code == 200
    assert sent(simulator, "k-1") == 1


@pytest.mark.parametrize(("when", "payments"), [("before", 0), ("after", 1)])
def test_an_empty_answer_is_no_error_and_no_payment(
    impatient: Sdk, simulator: SquareSimulator, ann: Payer, when: str, payments: int
) -> None:
    simulator.fault("empty", when=when)
    assert impatient.payments.create(**ann.request("k-1")).payment is None
    assert charged(simulator) == payments


def test_a_wrong_amount_stands_in_the_answer_only(impatient: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("wrong_amount", cents=1)
    payment = impatient.payments.create(**ann.request("k-1", 2999)).payment
    assert (payment.amount_money.amount, payment.total_money.amount) == (1, 1)
    assert impatient.payments.get(payment.id).payment.amount_money.amount == 2999
    simulator.fault("wrong_amount", endpoint="GET /v2/payments")
    assert [payment.amount_money.amount for payment in impatient.payments.list()] == [3000]


def test_an_original_that_arrives_after_the_resend_does_not_charge_again(
    impatient: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    simulator.fault("delay", when="before", delay_ms=600)
    with pytest.raises(httpx.ReadTimeout):
        impatient.payments.create(**ann.request("k-1"))
    assert charged(simulator) == 0
    resent = impatient.payments.create(**ann.request("k-1")).payment
    eventually(lambda: len(simulator.requests(idempotency_key="k-1", outcome="200")) == 2)
    assert [row["payment"]["id"] for row in simulator.payments()] == [resent.id]


def test_an_original_that_arrives_late_charges_although_its_asker_is_gone_and_its_key_was_canceled(
    impatient: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    simulator.fault("delay", when="before", delay_ms=500)
    with pytest.raises(httpx.ReadTimeout):
        impatient.payments.create(**ann.request("k-1"))
    impatient.payments.cancel_by_idempotency_key(idempotency_key="k-1")
    eventually(lambda: charged(simulator) == 1)


def test_a_delay_after_the_charge_keeps_only_the_answer_back(impatient: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("delay", when="after", delay_ms=60)
    assert impatient.payments.create(**ann.request("k-1")).payment.status == "COMPLETED"
    simulator.fault("delay", when="after", delay_ms=2000)
    with pytest.raises(httpx.ReadTimeout):
        impatient.payments.create(**ann.request("k-2"))
    assert charged(simulator, "k-2") == 1


def test_the_next_cards_decline_as_told_and_then_no_more(impatient: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("decline", code="INSUFFICIENT_FUNDS", count=2)
    for key in ("k-1", "k-2"):
        with pytest.raises(ApiError) as caught:
            impatient.payments.create(**ann.request(key))
        assert (caught.value.status_code, caught.value.errors[0].code) == (402, "INSUFFICIENT_FUNDS")
    assert impatient.payments.create(**ann.request("k-3")).payment.status == "COMPLETED"


def test_a_fault_waits_for_its_endpoint_its_fields_and_its_turn(impatient: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("empty", endpoint="GET /v2/*", count=1)
    simulator.fault("empty", match={"reference_id": "charge-k-2"})
    simulator.fault("empty", skip=2)
    keys = ("k-1", "k-2", "k-3", "k-4", "k-5")
    answers = [impatient.payments.create(**ann.request(key)).payment for key in keys]
    # k-2 is struck by its match; of the others k-1 and k-3 are skipped, so the turn comes to k-4.
    assert [answer is None for answer in answers] == [False, True, False, True, False]
    assert impatient.locations.list().locations is None
    assert len(impatient.locations.list().locations) == 2


def test_faults_can_be_seen_and_cleared(impatient: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("reset", count=5)
    simulator.fault("html")
    assert [(fault["kind"], fault["remaining"]) for fault in simulator.faults()] == [("reset", 5), ("html", 1)]
    simulator.clear_faults()
    assert impatient.payments.create(**ann.request("k-1")).payment.status == "COMPLETED"


def test_a_count_strikes_that_many_of_many_at_once(impatient: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    simulator.fault("empty", count=7)

    def is_struck(number: int) -> bool:
        return impatient.payments.create(**ann.request(f"k-{number}")).payment is None

    options: Any = range(24)
    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(is_struck, options)) == 7
