"""The gateway speaks to Square's simulator through the real SDK: each fault gives the value that it must."""

from __future__ import annotations

import datetime as dt
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.payments.payment_links import frozen_link
from app.gateways.calls import ApiCall
from app.gateways.cards import (
    Approved,
    ChargeRequest,
    ConfigurationError,
    Declined,
    Linked,
    Outcome,
    Pending,
    Refunded,
    RefundRequest,
    Rejected,
    Unanswered,
    Unknown,
)
from app.gateways.square import SquareAccess, SquareGateway
from app.simulators.square.remote import SquareSimulator

HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SquareSimulator]:
    with SquareSimulator.start(tmp_path_factory.mktemp("square")) as running:
        yield running


@pytest.fixture
def square(simulator: SquareSimulator) -> SquareSimulator:
    simulator.reset()
    return simulator


def access(square: SquareSimulator, token: str | None = None) -> SquareAccess:
    return SquareAccess("simulator", token or square.token, square.location_id, square.url)


def request_for(square: SquareSimulator, *, key: str = "ld-1", behaviour: str = "APPROVE", **more: object) -> ChargeRequest:
    seeded = square.seed([{"reference_id": f"C-{behaviour}", "given_name": "Jordan", "cards": [{"behaviour": behaviour}]}])[0]
    body = {
        "source_id": seeded["card_ids"][0],
        "customer_id": seeded["customer_id"],
        "idempotency_key": key,
        "reference_id": key,
        "amount_money": {"amount": 5_400, "currency": "USD"},
        "location_id": square.location_id,
        "autocomplete": True,
        "customer_details": {"customer_initiated": False, "seller_keyed_in": False},
        **more,
    }
    return ChargeRequest(json.dumps(body), account_id=7, charge_id=9)


def charged(square: SquareSimulator, request: ChargeRequest, *, seconds: int = 2) -> Outcome:
    return SquareGateway(access(square), seconds_to_answer=seconds).charge(request)


def test_a_card_is_charged_once_and_the_call_is_logged(square: SquareSimulator) -> None:
    calls: list[ApiCall] = []
    gateway = SquareGateway(access(square), calls.append)
    request = request_for(square)
    first, again = gateway.charge(request), gateway.charge(request)
    assert isinstance(first, Approved)
    assert first == again
    assert (first.payment.reference_id, first.payment.amount_cents) == ("ld-1", 5_400)
    assert first.payment.card_type is not None
    assert len(square.payments()) == 1
    call = calls[0]
    assert (call.endpoint, call.status, call.account_id, call.charge_id) == ("POST /v2/payments", 200, 7, 9)
    assert square.token not in repr(calls)
    assert request.fields["source_id"] not in repr(calls)


@pytest.mark.parametrize(
    ("behaviour", "kind"), [("INSUFFICIENT_FUNDS", Declined), ("CARD_EXPIRED", Declined), ("PENDING", Pending)]
)
def test_the_card_decides(square: SquareSimulator, behaviour: str, kind: type) -> None:
    outcome = charged(square, request_for(square, behaviour=behaviour))
    assert isinstance(outcome, kind)
    if isinstance(outcome, Declined):
        assert outcome.code == behaviour


@pytest.mark.parametrize(
    ("fault", "is_charged"),
    [
        ({"kind": "status", "status": 500}, False),
        ({"kind": "status", "status": 500, "when": "after"}, True),
        ({"kind": "status", "status": 429, "retry_after": 30}, False),
        ({"kind": "status", "status": 409}, False),
        ({"kind": "reset"}, False),
        ({"kind": "reset", "when": "after"}, True),
        ({"kind": "html"}, False),
        ({"kind": "empty", "when": "after"}, True),
        ({"kind": "half_body"}, True),
        ({"kind": "time_out", "seconds": 3.0, "when": "after"}, True),
    ],
)
def test_what_is_not_certain_is_unknown_and_sent_once(
    square: SquareSimulator, fault: dict[str, object], is_charged: bool
) -> None:
    square.fault(**fault, count=9)  # type: ignore[arg-type]
    outcome = charged(square, request_for(square), seconds=1)
    assert isinstance(outcome, Unknown), outcome
    sent = [each for each in square.requests() if each["method"] == "POST" and each["path"] == "/v2/payments"]
    assert len(sent) == 1
    assert len(square.payments()) == int(is_charged)


def test_a_wrong_token_is_our_own_mistake(square: SquareSimulator) -> None:
    outcome = SquareGateway(access(square, token="sandbox-token")).charge(request_for(square))
    assert isinstance(outcome, ConfigurationError)
    asked = SquareGateway(access(square, token="sandbox-token")).locations()
    assert isinstance(asked, Unanswered)
    assert asked.is_configuration


def test_a_request_that_cannot_be_is_rejected(square: SquareSimulator) -> None:
    outcome = charged(square, request_for(square, source_id="ccof:unknown"))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "NOT_FOUND"


def test_a_server_that_is_not_there_leaves_the_charge_unknown(tmp_path: Path) -> None:
    gateway = SquareGateway(SquareAccess("simulator", "t", "L", "http://127.0.0.1:9"), seconds_to_answer=1)
    assert isinstance(gateway.charge(ChargeRequest('{"source_id": "ccof:1", "idempotency_key": "k"}')), Unknown)


def test_payments_of_every_location_are_listed(square: SquareSimulator) -> None:
    gateway = SquareGateway(access(square))
    other = next(place.id for place in gateway.locations() if place.id != square.location_id)  # type: ignore[union-attr]
    here, there = request_for(square, key="ld-here"), request_for(square, key="ld-there", location_id=other)
    for request in (here, there):
        assert isinstance(gateway.charge(request), Approved)
    now = dt.datetime.now(dt.UTC)
    found = gateway.payments(now - HOUR)
    assert not isinstance(found, Unanswered)
    assert {payment.reference_id for payment in found} == {"ld-here", "ld-there"}
    one = gateway.payment(found[0].id)
    assert not isinstance(one, Unanswered)
    assert one.id == found[0].id
    missing = gateway.payment("nothing")
    assert isinstance(missing, Unanswered)
    assert missing.is_not_found


def test_refunds_and_disputes_are_listed(square: SquareSimulator) -> None:
    gateway = SquareGateway(access(square))
    assert gateway.refunds(dt.datetime.now(dt.UTC) - HOUR) == []
    outcome = gateway.charge(request_for(square))
    assert isinstance(outcome, Approved)
    square.ask("POST", "disputes", {"payment_id": outcome.payment.id})
    disputes = gateway.disputes()
    assert not isinstance(disputes, Unanswered)
    assert [(each.payment_id, each.amount_cents) for each in disputes] == [(outcome.payment.id, 5_400)]


def refund_of(square: SquareSimulator, *, key: str = "lr-1", cents: int = 1_000) -> RefundRequest:
    """A part of a completed payment."""
    taken = charged(square, request_for(square))
    assert isinstance(taken, Approved)
    body = {
        "idempotency_key": key,
        "payment_id": taken.payment.id,
        "amount_money": {"amount": cents, "currency": "USD"},
        "reason": f"Paid twice [{key}]",
    }
    return RefundRequest(json.dumps(body), account_id=7)


def test_a_refund_is_made_once_by_its_key_and_found_again(square: SquareSimulator) -> None:
    calls: list[ApiCall] = []
    gateway = SquareGateway(access(square), calls.append)
    request = refund_of(square)
    first, again = gateway.give_back(request), gateway.give_back(request)
    assert isinstance(first, Refunded)
    assert first == again
    assert (first.refund.status, first.refund.amount_cents, first.refund.currency) == ("PENDING", 1_000, "USD")
    now = gateway.refund(first.refund.id)
    assert not isinstance(now, Unanswered)
    assert (now.status, now.reason) == ("COMPLETED", "Paid twice [lr-1]")
    listed = gateway.refunds(now.created_at - HOUR)
    assert listed == [now]
    assert (calls[0].endpoint, calls[0].account_id) == ("POST /v2/refunds", 7)
    assert gateway.refund("nobody-knows-it") == Unanswered(calls[-1].error or "", is_not_found=True)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "status", "status": 500}, Unknown),
        ({"kind": "status", "status": 429}, Unknown),
        ({"kind": "time_out", "seconds": 2, "when": "after"}, Unknown),
        ({"kind": "reset", "when": "after"}, Unknown),
        ({"kind": "html"}, Unknown),
        ({"kind": "empty"}, Unknown),
        ({"kind": "status", "status": 401, "code": "UNAUTHORIZED"}, ConfigurationError),
        ({"kind": "status", "status": 400, "code": "PAYMENT_NOT_REFUNDABLE"}, Rejected),
        ({"kind": "status", "status": 400, "code": "REFUND_ALREADY_PENDING"}, Unknown),
    ],
)
def test_what_goes_wrong_with_a_refund_is_unknown_unless_square_itself_says_no(
    square: SquareSimulator, fault: dict[str, object], expected: type[object]
) -> None:
    request = refund_of(square)
    square.fault(endpoint="POST /v2/refunds", **fault)  # type: ignore[arg-type]
    outcome = SquareGateway(access(square), seconds_to_answer=1).give_back(request)
    assert isinstance(outcome, expected)


def test_more_than_is_left_of_a_payment_is_refused(square: SquareSimulator) -> None:
    outcome = SquareGateway(access(square)).give_back(refund_of(square, cents=5_401))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "REFUND_AMOUNT_INVALID"


def link_body(square: SquareSimulator, key: str = "lp-1", cents: int = 5_400) -> str:
    return frozen_link(
        key=key, name="Payment for A-1", amount_cents=cents, currency="USD", location_id=square.location_id, note="Account A-1"
    )


def test_a_payment_link_is_made_once_paid_by_a_stranger_and_told_by_its_order(square: SquareSimulator) -> None:
    gateway = SquareGateway(access(square))
    first, again = gateway.make_link(link_body(square)), gateway.make_link(link_body(square))
    assert isinstance(first, Linked)
    assert first == again
    with urllib.request.urlopen(first.link.url) as page:
        assert "$54.00" in page.read().decode()
    form = urllib.parse.urlencode({"source_id": "cnon:card-nonce-ok"}).encode()
    for said in ("it is paid", "paid already"):
        with urllib.request.urlopen(first.link.url, form) as page:
            assert said in page.read().decode()
    taken = gateway.payments(dt.datetime.now(dt.UTC) - HOUR)
    assert not isinstance(taken, Unanswered)
    assert [(each.order_id, each.amount_cents, each.status) for each in taken] == [(first.link.order_id, 5_400, "COMPLETED")]


def test_a_closed_link_is_gone_and_closing_it_again_is_as_good(square: SquareSimulator) -> None:
    gateway = SquareGateway(access(square))
    made = gateway.make_link(link_body(square))
    assert isinstance(made, Linked)
    assert [gateway.close_link(made.link.id), gateway.close_link(made.link.id)] == [None, None]
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(made.link.url)
    assert isinstance(gateway.make_link(link_body(square, "lp-2", 0)), Rejected)
    square.fault("status", endpoint="POST /v2/online-checkout/payment-links", status=500)
    assert isinstance(gateway.make_link(link_body(square, "lp-3")), Unknown)
