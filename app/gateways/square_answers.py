"""What Square's answers mean. Pure: documents in, values out; the SDK is spoken in `square.py` alone.

Square's documents leave out whatever they like, so every field is looked for. Money is asked back in cents with its currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.gateways.calls import error_text
from app.gateways.cards import (
    CardDispute,
    CardPayment,
    CardRefund,
    ConfigurationError,
    Declined,
    LinkAtSquare,
    Location,
    Outcome,
    Rejected,
    Unknown,
)

Document = Mapping[str, Any]

AUTHENTICATION, INVALID_REQUEST, PAYMENT_METHOD = "AUTHENTICATION_ERROR", "INVALID_REQUEST_ERROR", "PAYMENT_METHOD_ERROR"
REFUND = "REFUND_ERROR"

SAYS_NOTHING = frozenset({"IDEMPOTENCY_KEY_REUSED", "CONFLICT", "VERSION_MISMATCH", "REQUEST_TIMEOUT", "GATEWAY_TIMEOUT"})
"""Invalid requests by their category after which the charge may still have been made: under this key, a moment ago."""

REFUND_SAYS_NOTHING = SAYS_NOTHING | {"REFUND_ALREADY_PENDING"}
"""The same for a refund: another of this payment is under way, and it may be ours."""

REFUSING_STATUSES = frozenset({400, 404, 405, 413, 415, 422})
"""With these an invalid request was refused before anything was done."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One entry of Square's `errors`."""

    category: str
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that did not give what was asked for."""

    reason: str
    """For people and the log, on one line."""
    status: int | None = None
    complaints: tuple[Complaint, ...] = ()
    body: Document | None = None
    retry_after_seconds: int | None = None

    @property
    def is_configuration(self) -> bool:
        """Square does not know us, or may not do this for us."""
        return self.status in (401, 403) and any(each.category == AUTHENTICATION for each in self.complaints)


def complaints_in(body: Any) -> tuple[Complaint, ...]:
    """The errors of a body; none when it is not one of Square's.

    >>> complaints_in({"errors": [{"category": "API_ERROR", "code": "BAD_GATEWAY"}]})
    (Complaint(category='API_ERROR', code='BAD_GATEWAY', detail=''),)
    >>> complaints_in("<html>")
    ()
    """
    errors = body.get("errors") if isinstance(body, Mapping) else None
    if not isinstance(errors, Sequence) or isinstance(errors, str):
        return ()
    return tuple(
        Complaint(str(each.get("category") or ""), str(each.get("code") or ""), error_text(str(each.get("detail") or "")))
        for each in errors
        if isinstance(each, Mapping)
    )


def outcome_of_failure(failure: Failure) -> Outcome:
    """What a failed charge means. Only the card's own no, with an HTTP answer, is a decline; what is not certain is unknown."""
    unknown = Unknown(failure.reason, failure.retry_after_seconds)
    if failure.status is None or not 400 <= failure.status < 500 or not failure.complaints:
        return unknown
    first = failure.complaints[0]
    of_the_card = next((each for each in failure.complaints if each.category == PAYMENT_METHOD), None)
    if of_the_card is not None:
        found = (failure.body or {}).get("payment")
        return Declined(of_the_card.code, of_the_card.detail, payment_of(found) if isinstance(found, Mapping) else None)
    if failure.is_configuration:
        return ConfigurationError(first.code, first.detail)
    is_refusal = all(each.category == INVALID_REQUEST and each.code not in SAYS_NOTHING for each in failure.complaints)
    if is_refusal and failure.status in REFUSING_STATUSES:
        return Rejected(first.code, first.detail)
    return unknown


def outcome_of_refusal(failure: Failure) -> Rejected | ConfigurationError | Unknown:
    """What a failed refund or link means. Square's own refusal, with an HTTP answer, is a no; what is not certain is unknown."""
    unknown = Unknown(failure.reason, failure.retry_after_seconds)
    if failure.status is None or not 400 <= failure.status < 500 or not failure.complaints:
        return unknown
    first = failure.complaints[0]
    if failure.is_configuration:
        return ConfigurationError(first.code, first.detail)
    refusals = {INVALID_REQUEST, REFUND, PAYMENT_METHOD}
    is_refusal = all(each.category in refusals and each.code not in REFUND_SAYS_NOTHING for each in failure.complaints)
    return Rejected(first.code, first.detail) if is_refusal and failure.status in {*REFUSING_STATUSES, 402} else unknown


def payment_of(document: Document) -> CardPayment | None:
    """A payment out of Square's document; None when it lacks what a payment must have."""
    money = document.get("amount_money") or {}
    created_at, updated_at = moment(document.get("created_at")), moment(document.get("updated_at"))
    amount, currency = money.get("amount"), money.get("currency")
    if not document.get("id") or not document.get("status") or amount is None or currency is None or created_at is None:
        return None
    details = document.get("card_details") or {}
    card = details.get("card") or {}
    errors = complaints_in(details)
    return CardPayment(
        id=str(document["id"]),
        status=str(document["status"]),
        amount_cents=int(amount),
        currency=str(currency),
        reference_id=document.get("reference_id"),
        location_id=document.get("location_id"),
        created_at=created_at,
        updated_at=updated_at or created_at,
        customer_id=document.get("customer_id"),
        card_id=card.get("id"),
        brand=card.get("card_brand"),
        last_four=card.get("last_4"),
        card_type=card.get("card_type"),
        prepaid_type=card.get("prepaid_type"),
        error_code=errors[0].code if errors else None,
        refunded_cents=int((document.get("refunded_money") or {}).get("amount") or 0),
        note=document.get("note"),
        order_id=document.get("order_id"),
    )


def refund_of(document: Document) -> CardRefund | None:
    """A refund out of Square's document."""
    created_at, amount = moment(document.get("created_at")), (document.get("amount_money") or {}).get("amount")
    if not document.get("id") or not document.get("payment_id") or created_at is None or amount is None:
        return None
    return CardRefund(
        str(document["id"]),
        str(document["payment_id"]),
        str(document.get("status") or "PENDING"),
        int(amount),
        created_at,
        currency=(document.get("amount_money") or {}).get("currency"),
        reason=document.get("reason"),
    )


def link_of(document: Document) -> LinkAtSquare | None:
    """A payment link out of Square's document; None when it lacks what a customer and the ledger need of it."""
    found = [document.get(name) for name in ("id", "order_id", "url")]
    return LinkAtSquare(*map(str, found)) if all(found) else None


def dispute_of(document: Document) -> CardDispute | None:
    """A dispute out of Square's document."""
    disputed = document.get("disputed_payment") or {}
    payment_id, amount = disputed.get("payment_id"), (document.get("amount_money") or {}).get("amount")
    identifier = document.get("id") or document.get("dispute_id")
    if not identifier or not payment_id or amount is None:
        return None
    return CardDispute(
        str(identifier),
        str(payment_id),
        str(document.get("state") or ""),
        int(amount),
        str(document.get("reason") or ""),
        moment(document.get("due_at")),
    )


def location_of(document: Document) -> Location | None:
    """A location out of Square's document."""
    if not document.get("id"):
        return None
    return Location(
        str(document["id"]),
        str(document.get("name") or document["id"]),
        document.get("status") != "INACTIVE",
        str(document.get("currency") or ""),
    )


def moment(text: Any) -> dt.datetime | None:
    """A moment that Square wrote, aware; None when there is none.

    >>> moment("2026-11-20T15:00:00.123Z")
    datetime.datetime(2026, 11, 20, 15, 0, 0, 123000, tzinfo=datetime.timezone.utc)
    """
    if not text:
        return None
    try:
        read = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)
