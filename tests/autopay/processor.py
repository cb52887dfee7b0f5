"""A card processor without a network: it keeps payments by their key as Square does, and does on demand what networks do."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.autopay.declines import CLASSES
from app.gateways.cards import (
    Approved,
    CardDispute,
    CardPayment,
    CardRefund,
    ChargeRequest,
    ConfigurationError,
    Declined,
    LinkAtSquare,
    Linked,
    LinkOutcome,
    Location,
    Outcome,
    Refunded,
    RefundOutcome,
    RefundRequest,
    Rejected,
    Unanswered,
    Unknown,
    outcome_of_payment,
)

LOCATION = "L-MAIN"


@dataclass
class Processor:
    """Payments by key; `cards` says how a card answers; `script` what happens to the next calls, in order.

    A step of the script is one of: "ok", "lost before" (never arrives), "lost after" (arrives, the answer does not),
    "unauthorized", "wrong amount".
    """

    now: Callable[[], dt.datetime]
    cards: dict[str, str] = field(default_factory=dict)
    script: list[str] = field(default_factory=list)
    by_key: dict[str, CardPayment] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    sent: list[ChargeRequest] = field(default_factory=list)
    refunded: list[CardRefund] = field(default_factory=list)
    refund_outcome: str = "COMPLETED"
    refund_by_key: dict[str, CardRefund] = field(default_factory=dict)
    sent_refunds: list[RefundRequest] = field(default_factory=list)
    links: dict[str, LinkAtSquare] = field(default_factory=dict)
    closed_links: list[str] = field(default_factory=list)
    disputed: list[CardDispute] = field(default_factory=list)
    take_cents: int | None = None
    """What is taken or given back, whatever is asked for."""
    is_deaf: bool = False
    location_id: str = LOCATION
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def charge(self, request: ChargeRequest) -> Outcome:
        """Charge by the key: the same key gives the same payment."""
        self.sent.append(request)
        step = self.script.pop(0) if self.script else "ok"
        if step == "lost before":
            return Unknown("No answer: time-out")
        if step == "unauthorized":
            return ConfigurationError("UNAUTHORIZED", "This request could not be authorized.")
        outcome = self.arrive(request)
        if step == "lost after":
            return Unknown("No answer: time-out")
        if step == "wrong amount" and isinstance(outcome, Approved):
            return Approved(replace(outcome.payment, amount_cents=outcome.payment.amount_cents + 1))
        return outcome

    def arrive(self, request: ChargeRequest) -> Outcome:
        """What the processor does with a request that reaches it, however late."""
        fields = request.fields
        key = fields["idempotency_key"]
        if key in self.by_key:
            if self.bodies[key] != request.body:
                return Unknown("IDEMPOTENCY_KEY_REUSED")
            return self._answer(self.by_key[key])
        behaviour = self.cards.get(fields["source_id"], "APPROVE")
        status = {"APPROVE": "COMPLETED", "PENDING": "PENDING"}.get(behaviour, "FAILED")
        at = self.now()
        payment = CardPayment(
            id=f"P{next(self._numbers)}",
            status=status,
            amount_cents=self.take_cents or fields["amount_money"]["amount"],
            currency=fields["amount_money"]["currency"],
            reference_id=fields["reference_id"],
            location_id=fields["location_id"],
            created_at=at,
            updated_at=at,
            card_id=fields["source_id"],
            card_type="DEBIT",
            error_code=behaviour if behaviour in CLASSES else None,
        )
        self.by_key[key], self.bodies[key] = payment, request.body
        return self._answer(payment)

    def _answer(self, payment: CardPayment) -> Outcome:
        if payment.status == "FAILED":
            return Declined(payment.error_code or "GENERIC_DECLINE", "declined", payment)
        return outcome_of_payment(payment)

    def decide(self, key: str, status: str) -> CardPayment:
        """A pending payment is decided."""
        self.by_key[key] = replace(self.by_key[key], status=status)
        return self.by_key[key]

    def taken(self) -> list[CardPayment]:
        """Payments for which money was really taken."""
        return [payment for payment in self.by_key.values() if payment.status == "COMPLETED"]

    def payment(self, payment_id: str) -> CardPayment | Unanswered:
        """One payment."""
        found = next((each for each in self.by_key.values() if each.id == payment_id), None)
        if self.is_deaf:
            return Unanswered("no answer")
        return found or Unanswered("not found", is_not_found=True)

    def payments(self, begin_at: dt.datetime) -> Sequence[CardPayment] | Unanswered:
        """All payments since a moment."""
        if self.is_deaf:
            return Unanswered("no answer")
        return [payment for payment in self.by_key.values() if payment.created_at >= begin_at]

    def make_link(self, body: str, *, account_id: int | None = None) -> LinkOutcome:
        """A page by its key."""
        step = self.script.pop(0) if self.script else "ok"
        if step == "lost before":
            return Unknown("No answer: time-out")
        if step == "refused":
            return Rejected("INVALID_VALUE", "no")
        key = json.loads(body)["idempotency_key"]
        number = next(self._numbers)
        link = self.links.setdefault(key, LinkAtSquare(f"LINK{number}", f"ORDER{number}", f"https://pay.test/{number}"))
        return Unknown("No answer: time-out") if step == "lost after" else Linked(link)

    def close_link(self, link_id: str) -> Unanswered | None:
        """The page is gone."""
        if self.is_deaf:
            return Unanswered("no answer")
        self.closed_links.append(link_id)
        return None

    def pay_link(self, order_id: str, cents: int) -> CardPayment:
        """A customer pays on the page."""
        at = self.now()
        payment = CardPayment(
            id=f"P{next(self._numbers)}",
            status="COMPLETED",
            amount_cents=cents,
            currency="USD",
            reference_id=None,
            location_id=self.location_id,
            created_at=at,
            updated_at=at,
            order_id=order_id,
        )
        self.by_key[payment.id] = payment
        return payment

    def give_back(self, request: RefundRequest) -> RefundOutcome:
        """Refund by the key: the same key gives the same refund, answered as pending at first."""
        self.sent_refunds.append(request)
        step = self.script.pop(0) if self.script else "ok"
        if step == "lost before":
            return Unknown("No answer: time-out")
        if step == "unauthorized":
            return ConfigurationError("UNAUTHORIZED", "This request could not be authorized.")
        if step == "refused":
            return Rejected("PAYMENT_NOT_REFUNDABLE", "The payment cannot be refunded.")
        outcome = self.arrive_refund(request)
        if step == "lost after":
            return Unknown("No answer: time-out")
        return outcome

    def arrive_refund(self, request: RefundRequest) -> RefundOutcome:
        """What the processor does with a refund that reaches it, however late."""
        fields = request.fields
        key = fields["idempotency_key"]
        if key not in self.refund_by_key:
            made = CardRefund(
                id=f"R{next(self._numbers)}",
                payment_id=fields["payment_id"],
                status=self.refund_outcome,
                amount_cents=self.take_cents or fields["amount_money"]["amount"],
                created_at=self.now(),
                currency=fields["amount_money"]["currency"],
                reason=fields["reason"],
            )
            self.refund_by_key[key] = made
            self.refunded.append(made)
            return Refunded(replace(made, status="PENDING"))
        return Refunded(self.refund_by_key[key])

    def decide_refund(self, refund_id: str, status: str) -> CardRefund:
        """A refund is decided, or decided anew."""
        key = next(key for key, refund in self.refund_by_key.items() if refund.id == refund_id)
        self.refund_by_key[key] = replace(self.refund_by_key[key], status=status)
        self.refunded = [self.refund_by_key[key] if refund.id == refund_id else refund for refund in self.refunded]
        return self.refund_by_key[key]

    def refund(self, refund_id: str) -> CardRefund | Unanswered:
        """One refund."""
        if self.is_deaf:
            return Unanswered("no answer")
        found = next((each for each in self.refunded if each.id == refund_id), None)
        return found or Unanswered("not found", is_not_found=True)

    def refunds(self, begin_at: dt.datetime) -> Sequence[CardRefund] | Unanswered:
        """What was given back."""
        return Unanswered("no answer") if self.is_deaf else self.refunded

    def disputes(self) -> Sequence[CardDispute] | Unanswered:
        """What is disputed."""
        return Unanswered("no answer") if self.is_deaf else self.disputed

    def locations(self) -> Sequence[Location] | Unanswered:
        """One location."""
        return [Location(LOCATION, "Main", True, "USD")]
