"""The request of a charge, frozen when it is planned, and whether a payment is the one that was asked for."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.money import as_text

LONGEST_KEY, LONGEST_REFERENCE, LONGEST_NOTE = 45, 40, 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the processor."""

    key: str
    amount_cents: int
    currency: str
    location_id: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the processor tells of a payment."""

    payment_id: str
    reference_id: str | None
    amount_cents: int
    currency: str
    location_id: str | None


def key_of(identity: UUID) -> str:
    """The idempotency key and reference of a charge. Random, so that no backup brings an old one back.

    >>> key_of(UUID(int=17))
    'ld-00000000000000000000000000000011'
    """
    return f"ld-{identity.hex}"


def frozen_request(
    *, key: str, source_id: str, customer_id: str, amount_cents: int, currency: str, location_id: str, note: str
) -> str:
    """The request as it is sent each time, letter by letter.

    >>> text = frozen_request(key="ld-1", source_id="ccof:1", customer_id="C", amount_cents=5400, currency="USD",
    ...     location_id="L", note="A-1")
    >>> json.loads(text)["amount_money"]
    {'amount': 5400, 'currency': 'USD'}
    """
    body: dict[str, Any] = {
        "source_id": source_id,
        "customer_id": customer_id,
        "idempotency_key": key,
        "reference_id": key,
        "amount_money": {"amount": amount_cents, "currency": currency},
        "location_id": location_id,
        "autocomplete": True,
        "note": note[:LONGEST_NOTE],
        "customer_details": {"customer_initiated": False, "seller_keyed_in": False},
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def hash_of(request: str) -> str:
    """The seal of a frozen request."""
    return hashlib.sha256(request.encode()).hexdigest()


def mismatches(asked: Asked, told: Told, known_payment_id: str | None = None) -> list[str]:
    """What does not agree between what was asked and what came back; empty when it is the payment that was asked for.

    >>> asked = Asked("ld-1", 5400, "USD", "L")
    >>> mismatches(asked, Told("P", "ld-1", 5401, "USD", "L"))
    ['amount $54.01 instead of $54.00']
    """
    found = []
    if known_payment_id is not None and told.payment_id != known_payment_id:
        found.append(f"payment {told.payment_id} instead of {known_payment_id}")
    if told.amount_cents != asked.amount_cents:
        found.append(f"amount {as_text(told.amount_cents)} instead of {as_text(asked.amount_cents)}")
    if told.currency != asked.currency:
        found.append(f"currency {told.currency} instead of {asked.currency}")
    if told.reference_id != asked.key:
        found.append(f"reference {told.reference_id or 'missing'} instead of {asked.key}")
    if told.location_id != asked.location_id:
        found.append(f"location {told.location_id or 'missing'} instead of {asked.location_id}")
    return found
