"""One key, one payment: however often, from however many threads, and across a kill."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from square.core.api_error import ApiError

from app.simulators.square.remote import SquareSimulator
from tests.simulators.conftest import ONCE, Payer, Sdk, refusal, sdk


def test_the_same_key_and_body_get_the_same_answer_and_no_second_payment(
    square: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    first = square.payments.create(**ann.request("k-1")).payment
    assert square.payments.create(**ann.request("k-1")).payment == first
    assert len(simulator.payments()) == 1


def test_the_same_key_with_another_body_is_refused(square: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    square.payments.create(**ann.request("k-1", 2999))
    expected = (400, "INVALID_REQUEST_ERROR", "IDEMPOTENCY_KEY_REUSED", "idempotency_key")
    assert refusal(square.payments.create, **ann.request("k-1", 3000)) == expected
    assert [row["payment"]["amount_money"]["amount"] for row in simulator.payments()] == [2999]


def test_a_declined_key_is_declined_again_and_a_new_key_may_succeed(square: Sdk, simulator: SquareSimulator) -> None:
    payer = Payer(simulator, behaviour="INSUFFICIENT_FUNDS")
    assert refusal(square.payments.create, **payer.request("k-1"))[2] == "INSUFFICIENT_FUNDS"
    simulator.ask("POST", f"cards/{payer.card_id}", {"behaviour": "APPROVE"})
    assert refusal(square.payments.create, **payer.request("k-1"))[2] == "INSUFFICIENT_FUNDS"
    assert square.payments.create(**payer.request("k-2")).payment.status == "COMPLETED"
    assert [row["payment"]["status"] for row in simulator.payments()] == ["FAILED", "COMPLETED"]


def test_a_refused_request_leaves_its_key_free(square: Sdk, ann: Payer) -> None:
    assert refusal(square.payments.create, **ann.request("k-1", 0))[2] == "VALUE_TOO_LOW"
    assert square.payments.create(**ann.request("k-1", 2999)).payment.status == "COMPLETED"


def test_a_refund_and_a_payment_may_have_the_same_key(square: Sdk, ann: Payer) -> None:
    payment = square.payments.create(**ann.request("k-1")).payment
    refund: Any = {"idempotency_key": "k-1", "payment_id": payment.id, "amount_money": {"amount": 1, "currency": "USD"}}
    first = square.refunds.refund_payment(**refund).refund
    assert square.refunds.refund_payment(**refund).refund == first


def test_sixteen_threads_with_one_key_make_one_payment_and_all_learn_of_it(
    square: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: square.payments.create(**ann.request("k-1")).payment, range(64)))
    assert len(simulator.payments()) == 1
    assert {payment.id for payment in answers} == {simulator.payments()[0]["payment"]["id"]}


def test_sixty_four_connections_at_once_are_all_answered(simulator: SquareSimulator, ann: Payer) -> None:
    client = sdk(simulator, is_checked=False)
    simulator.set(latency_ms=200)
    with ThreadPoolExecutor(64) as threads:
        made = list(threads.map(lambda n: client.payments.create(**ann.request(f"k-{n}")).payment.id, range(64)))
    assert len(set(made)) == 64
    assert len(simulator.payments()) == 64


def test_a_kill_amid_traffic_loses_no_answered_payment_and_a_resend_doubles_none(tmp_path: Path) -> None:
    doomed = SquareSimulator.start(tmp_path)
    payer, client = Payer(doomed), sdk(doomed, is_checked=False)
    answered: dict[str, str] = {}

    def charge_until_it_dies(worker: int) -> None:
        for number in range(10_000):
            key = f"{worker}-{number}"
            try:
                answered[key] = client.payments.create(**payer.request(key), request_options=ONCE).payment.id
            except (httpx.TransportError, ApiError):
                return
            if len(answered) == 40:
                doomed.kill()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(charge_until_it_dies, range(8)))
    with SquareSimulator.start(tmp_path, port=doomed.port) as revived:
        assert (revived.url, revived.token) == (doomed.url, doomed.token)
        kept = {row["idempotency_key"]: row["payment"]["id"] for row in revived.payments()}
        assert len(answered) >= 40 and answered.items() <= kept.items()
        for key, payment_id in kept.items():
            assert client.payments.create(**payer.request(key)).payment.id == payment_id
        assert len(revived.payments()) == len(kept)


@pytest.mark.parametrize("is_killed", [True, False])
def test_state_faults_and_settings_outlive_the_process(tmp_path: Path, is_killed: bool) -> None:
    first = SquareSimulator.start(tmp_path)
    payer = Payer(first)
    made = sdk(first).payments.create(**payer.request("k-1")).payment
    first.set(list_lag_seconds=7)
    first.fault("status", status=503, count=2)
    assert (first.kill() if is_killed else first.stop()) == (-9 if is_killed else 0)
    with SquareSimulator.start(tmp_path) as second:
        assert sdk(second).payments.get(made.id).payment == made
        assert sdk(second).cards.get(payer.card_id).card.customer_id == payer.customer_id
        assert second.set()["list_lag_seconds"] == 7
        assert [fault["remaining"] for fault in second.faults()] == [2]
