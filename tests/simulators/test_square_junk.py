"""Whatever is put into any field, the answer is a refusal in words and never a failure of the simulator."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import httpx

from app.simulators.square.remote import SquareSimulator
from tests.simulators.conftest import Payer, Sdk

PERIOD = {"start_at": "2026-01-01T00:00:00Z", "end_at": "2036-01-01T00:00:00Z"}
MONEY = {"amount": 1, "currency": "USD"}
JUNK: tuple[Any, ...] = (None, 2**70, "é\u0000", [[]], {"x": 1})

Path = tuple[str | int, ...]


def places(node: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value, the whole first."""
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in children:
        yield from places(child, (*path, name))


def replaced(node: Any, path: Path, value: Any) -> Any:
    """A copy of a JSON value with something else in one place."""
    if not path:
        return value
    changed = copy.deepcopy(node)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return changed


def requests(payer: Payer, payment_id: str) -> list[tuple[str, str, Any]]:
    """A good request to every endpoint that takes a body; none of them is to wait."""
    text = {"exact": "x"}
    search = {"email_address": text, "phone_number": text, "reference_id": {"fuzzy": "x"}, "created_at": PERIOD}
    hook = {"name": "x", "notification_url": "http://127.0.0.1:9/", "event_types": ["payment.created"], "enabled": False}
    card = {"exp_year": 2035, "exp_month": 1, "behaviour": "APPROVE", "enabled": True}
    row = {"reference_id": "z", "given_name": "x", "email": "a@b.cc", "phone": "+12125550100", "cards": [card]}
    fault = {"kind": "status", "endpoint": "POST /never", "count": 1, "match": {"a": 1}, "when": "before", "seconds": 1}
    return [
        ("POST", "/v2/payments", payer.request("junk", tip_money=MONEY, billing_address={})),
        ("POST", "/v2/payments/cancel", {"idempotency_key": "unknown"}),
        ("POST", f"/v2/payments/{payment_id}/complete", {"version_token": "x"}),
        ("POST", "/v2/refunds", {"idempotency_key": "r", "payment_id": payment_id, "amount_money": MONEY, "reason": "x"}),
        ("POST", "/v2/cards", {"idempotency_key": "c", "source_id": "cnon:x", "card": {"customer_id": payer.customer_id}}),
        ("POST", "/v2/customers", {"given_name": "x", "email_address": "a@b.cc", "phone_number": "+12125550100"}),
        ("PUT", f"/v2/customers/{payer.customer_id}", {"given_name": "x", "note": None, "version": 0}),
        ("POST", "/v2/customers/search", {"limit": 1, "query": {"filter": search, "sort": {"order": "ASC"}}}),
        ("POST", "/v2/events", {"limit": 1, "query": {"filter": {"event_types": ["x"], "created_at": PERIOD}}}),
        ("POST", "/v2/webhooks/subscriptions", {"idempotency_key": "x", "subscription": hook}),
        ("POST", "/_simulator/disputes", {"payment_id": payment_id, "reason": "DUPLICATE", "state": "WON", "cents": 5}),
        ("POST", f"/_simulator/cards/{payer.card_id}", {**card, "event": "card.updated"}),
        ("POST", "/_simulator/seed", {"customers": [row]}),
        ("POST", "/_simulator/faults", {"faults": [fault]}),
        ("PUT", "/_simulator/webhook", {"url": "http://127.0.0.1:9/", "signature_key": "k"}),
        ("PATCH", "/_simulator/settings", {"webhook_retry_seconds": [60], "refund_outcome": "PENDING"}),
    ]


def test_junk_in_any_place_of_any_request_is_refused_or_taken_and_never_a_failure(
    square: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    payment_id = square.payments.create(**ann.request("k-1")).payment.id
    failed = []
    with httpx.Client(headers={"Authorization": f"Bearer {simulator.token}"}) as client:
        for method, path, body in requests(ann, payment_id):
            for place in places(body):
                for junk in JUNK:
                    status = client.request(method, simulator.url + path, json=replaced(body, place, junk)).status_code
                    if status not in (200, 400, 404, 409):
                        failed.append((status, path, place, junk))
            simulator.clear_faults()
    assert failed == []
