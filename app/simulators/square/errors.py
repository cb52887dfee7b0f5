"""Square's errors: which code belongs to which category and HTTP status.

Source: Square, Payments API error codes and the ErrorCode and ErrorCategory enumerations of its OpenAPI document. Square does not
publish a status for every code; where it does not, the status here is ours, and the product must not lean on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

AUTHENTICATION = "AUTHENTICATION_ERROR"
INVALID_REQUEST = "INVALID_REQUEST_ERROR"
PAYMENT_METHOD = "PAYMENT_METHOD_ERROR"

# Decided by the card or its issuer.
DECLINES: dict[str, int] = {
    "INSUFFICIENT_FUNDS": 402,
    "TRANSACTION_LIMIT": 402,
    "GENERIC_DECLINE": 402,
    "CARD_DECLINED": 402,
    "CARD_DECLINED_CALL_ISSUER": 402,
    "VOICE_FAILURE": 402,
    "CARD_EXPIRED": 402,
    "INVALID_EXPIRATION": 400,
    "BAD_EXPIRATION": 400,
    "EXPIRATION_FAILURE": 402,
    "CVV_FAILURE": 402,
    "ADDRESS_VERIFICATION_FAILURE": 402,
    "INVALID_POSTAL_CODE": 400,
    "INVALID_CARD_DATA": 400,
    "INVALID_ACCOUNT": 402,
    "PAN_FAILURE": 402,
    "INVALID_CARD": 400,
    "CARD_NOT_SUPPORTED": 402,
    "ALLOWABLE_PIN_TRIES_EXCEEDED": 402,
    "CARD_DECLINED_VERIFICATION_REQUIRED": 402,
    "ACCOUNT_UNUSABLE": 402,
    "CARDHOLDER_INSUFFICIENT_PERMISSIONS": 402,
    "BUYER_REFUSED_PAYMENT": 402,
    "PAYMENT_LIMIT_EXCEEDED": 402,
}

# Everything that is neither a decline nor an ordinary invalid request (400).
_SPECIAL: dict[str, tuple[str, int]] = {
    "UNAUTHORIZED": (AUTHENTICATION, 401),
    "ACCESS_TOKEN_EXPIRED": (AUTHENTICATION, 401),
    "ACCESS_TOKEN_REVOKED": (AUTHENTICATION, 401),
    "CLIENT_DISABLED": (AUTHENTICATION, 403),
    "FORBIDDEN": (AUTHENTICATION, 403),
    "INSUFFICIENT_SCOPES": (AUTHENTICATION, 403),
    "NOT_FOUND": (INVALID_REQUEST, 404),
    "METHOD_NOT_ALLOWED": (INVALID_REQUEST, 405),
    "CONFLICT": (INVALID_REQUEST, 409),
    "REQUEST_ENTITY_TOO_LARGE": (INVALID_REQUEST, 413),
    "REQUEST_TIMEOUT": ("API_ERROR", 408),
    "RATE_LIMITED": ("RATE_LIMIT_ERROR", 429),
    "INTERNAL_SERVER_ERROR": ("API_ERROR", 500),
    "NOT_IMPLEMENTED": ("API_ERROR", 501),
    "BAD_GATEWAY": ("API_ERROR", 502),
    "SERVICE_UNAVAILABLE": ("API_ERROR", 503),
    "GATEWAY_TIMEOUT": ("API_ERROR", 504),
    "REFUND_AMOUNT_INVALID": ("REFUND_ERROR", 400),
    "REFUND_ALREADY_PENDING": ("REFUND_ERROR", 400),
    "REFUND_DECLINED": ("REFUND_ERROR", 402),
    "PAYMENT_NOT_REFUNDABLE": ("REFUND_ERROR", 400),
    "PAYMENT_NOT_REFUNDABLE_DUE_TO_DISPUTE": ("REFUND_ERROR", 400),
    "REFUND_ERROR_PAYMENT_NEEDS_COMPLETION": ("REFUND_ERROR", 400),
}

# What Square says when a fault names only an HTTP status.
CODE_OF_STATUS: dict[int, str] = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    409: "CONFLICT",
    429: "RATE_LIMITED",
    500: "INTERNAL_SERVER_ERROR",
    501: "NOT_IMPLEMENTED",
    502: "BAD_GATEWAY",
    503: "SERVICE_UNAVAILABLE",
    504: "GATEWAY_TIMEOUT",
}


@dataclass(frozen=True)
class Complaint:
    """One entry of Square's `errors` list."""

    code: str
    detail: str
    field: str | None = None

    @property
    def category(self) -> str:
        """The category that Square puts this code under."""
        if self.code in DECLINES:
            return PAYMENT_METHOD
        return _SPECIAL.get(self.code, (INVALID_REQUEST, 400))[0]

    @property
    def status(self) -> int:
        """The HTTP status that goes with this code."""
        if self.code in DECLINES:
            return DECLINES[self.code]
        return _SPECIAL.get(self.code, (INVALID_REQUEST, 400))[1]

    def as_json(self) -> dict[str, Any]:
        """The entry as Square writes it."""
        written = {"category": self.category, "code": self.code, "detail": self.detail}
        return written if self.field is None else {**written, "field": self.field}


class Refused(Exception):
    """A request that Square answers with errors and without doing anything."""

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__("; ".join(complaint.detail for complaint in complaints))
        self.complaints = complaints

    @property
    def status(self) -> int:
        """The HTTP status of the first complaint."""
        return self.complaints[0].status

    def as_json(self) -> dict[str, Any]:
        """The whole answer."""
        return {"errors": [complaint.as_json() for complaint in self.complaints]}


class WrongControl(ValueError):
    """The simulator's own controls were asked for something that cannot be; says what in a sentence."""


def refuse(code: str, detail: str, field: str | None = None) -> Refused:
    """A refusal with one complaint, ready to raise."""
    return Refused(Complaint(code, detail, field))
