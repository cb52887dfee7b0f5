"""Cards at a processor: what may be asked of one, and what can come of it.

An answer is a value. The most important one is `Unknown`: whatever is not certain is that, never "declined", because a charge
that is thought to have failed would be made again (reliability.md part 1).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """A charge as it was frozen when it was planned: whoever sends it sends this text."""

    body: str
    """The request as JSON, exactly as it was written down."""
    account_id: int | None = None
    charge_id: int | None = None
    send: int = 1
    """How often it has been sent, this time included: what an earlier sending learns late is told apart by it."""

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the request."""
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass(frozen=True, slots=True)
class CardPayment:
    """A payment as the processor tells of it."""

    id: str
    status: str
    """APPROVED, PENDING, COMPLETED, CANCELED or FAILED."""
    amount_cents: int
    currency: str
    reference_id: str | None
    location_id: str | None
    created_at: dt.datetime
    updated_at: dt.datetime
    customer_id: str | None = None
    card_id: str | None = None
    brand: str | None = None
    last_four: str | None = None
    card_type: str | None = None
    prepaid_type: str | None = None
    error_code: str | None = None
    """Why it failed."""
    refunded_cents: int = 0
    note: str | None = None
    order_id: str | None = None
    """The order that it pays, of which a payment link is told."""


@dataclass(frozen=True, slots=True)
class LinkAtSquare:
    """A page on which a customer pays."""

    id: str
    order_id: str
    url: str


@dataclass(frozen=True, slots=True)
class CardRefund:
    """Money that the processor gave back."""

    id: str
    payment_id: str
    status: str
    """PENDING, COMPLETED, REJECTED or FAILED."""
    amount_cents: int
    created_at: dt.datetime
    currency: str | None = None
    reason: str | None = None
    """With our key at its end, when we asked for it."""


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """A refund as it was frozen when it was planned: whoever sends it sends this text."""

    body: str
    """The request as JSON, exactly as it was written down."""
    account_id: int | None = None
    refund_id: int | None = None
    send: int = 1
    """How often it has been sent, this time included."""

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the request."""
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass(frozen=True, slots=True)
class CardDispute:
    """A payment that its cardholder disputes at the bank."""

    id: str
    payment_id: str
    state: str
    amount_cents: int
    reason: str
    due_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Location:
    """A place of the seller."""

    id: str
    name: str
    is_active: bool
    currency: str


@dataclass(frozen=True, slots=True)
class Approved:
    """The money was taken."""

    payment: CardPayment


@dataclass(frozen=True, slots=True)
class Pending:
    """The processor has the charge and has not decided yet."""

    payment: CardPayment


@dataclass(frozen=True, slots=True)
class Declined:
    """The card or its issuer said no; nothing was taken."""

    code: str
    detail: str
    payment: CardPayment | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The processor refused the request itself; nothing was taken, and the customer did nothing wrong."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ConfigurationError:
    """The processor does not know us, or may not do this for us; the next charge would end the same way."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether money was taken. The default of every error path."""

    reason: str
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Refunded:
    """The processor has the refund; its status says how far it is."""

    refund: CardRefund


@dataclass(frozen=True, slots=True)
class Linked:
    """The processor has the page."""

    link: LinkAtSquare


LinkOutcome = Linked | Rejected | ConfigurationError | Unknown
RefundOutcome = Refunded | Rejected | ConfigurationError | Unknown
Outcome = Approved | Pending | Declined | Rejected | ConfigurationError | Unknown


def outcome_of_payment(payment: CardPayment | None) -> Outcome:
    """What a payment that came back means."""
    if payment is None:
        return Unknown("The processor answered without a payment.")
    match payment.status:
        case "COMPLETED":
            return Approved(payment)
        case "APPROVED" | "PENDING":
            return Pending(payment)
        case "FAILED" | "CANCELED":
            return Declined(payment.error_code or payment.status, f"The payment is {payment.status.lower()}.", payment)
        case _:
            return Unknown(f"The processor answered with a payment that is {payment.status}.")


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question to which no usable answer came; nothing follows from it."""

    reason: str
    is_configuration: bool = False
    """The processor does not know us: asking again will not help."""
    is_not_found: bool = False
    """The processor says that there is no such thing."""


class CardGateway(Protocol):
    """What the product asks of a card processor. No method raises for what went wrong outside."""

    @property
    def location_id(self) -> str:
        """The location that takes our payments."""

    def charge(self, request: ChargeRequest) -> Outcome:
        """Charge a card on file once. Sending the same request again gives the same payment."""

    def payment(self, payment_id: str) -> CardPayment | Unanswered:
        """One payment as it is now."""

    def payments(self, begin_at: dt.datetime) -> Sequence[CardPayment] | Unanswered:
        """The payments of every location that were made since a moment, oldest first. The newest may be missing for seconds."""

    def make_link(self, body: str, *, account_id: int | None = None) -> LinkOutcome:
        """Make a page on which a customer pays, from its frozen request. The same request gives the same page."""

    def close_link(self, link_id: str) -> Unanswered | None:
        """Take a page away; None when it is gone."""

    def give_back(self, request: RefundRequest) -> RefundOutcome:
        """Refund a payment once, or a part of it. Sending the same request again gives the same refund."""

    def refund(self, refund_id: str) -> CardRefund | Unanswered:
        """One refund as it is now."""

    def refunds(self, begin_at: dt.datetime) -> Sequence[CardRefund] | Unanswered:
        """What was given back since a moment, at every location."""

    def disputes(self) -> Sequence[CardDispute] | Unanswered:
        """All disputes."""

    def locations(self) -> Sequence[Location] | Unanswered:
        """The seller's locations."""
