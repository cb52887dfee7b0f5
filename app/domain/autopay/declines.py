"""What a decline means and what follows from it (domain.md part 15)."""

from collections.abc import Mapping
from types import MappingProxyType

from app.domain.words import Word


class DeclineClass(Word):
    """Why a charge failed, as far as it decides what is done next. The label completes "next try Fri, …"."""

    FUNDS = "funds", "funds"
    GENERIC = "generic", "declined"
    FIX_CARD = "fix_card", "card to be updated"
    HARD_STOP = "hard_stop", "card stopped"
    VERIFY = "verify", "customer must confirm"
    CONFIGURATION = "configuration", "our set-up"


_C = DeclineClass

_CODES: Mapping[DeclineClass, tuple[str, ...]] = MappingProxyType(
    {
        _C.FUNDS: ("INSUFFICIENT_FUNDS", "TRANSACTION_LIMIT", "PAYMENT_LIMIT_EXCEEDED"),
        _C.GENERIC: ("GENERIC_DECLINE", "CARD_DECLINED", "CARD_DECLINED_CALL_ISSUER", "VOICE_FAILURE"),
        _C.FIX_CARD: (
            "CARD_EXPIRED",
            "INVALID_EXPIRATION",
            "BAD_EXPIRATION",
            "EXPIRATION_FAILURE",
            "CVV_FAILURE",
            "ADDRESS_VERIFICATION_FAILURE",
            "INVALID_POSTAL_CODE",
            "INVALID_CARD_DATA",
        ),
        _C.HARD_STOP: (
            "INVALID_ACCOUNT",
            "PAN_FAILURE",
            "INVALID_CARD",
            "CARD_NOT_SUPPORTED",
            "ALLOWABLE_PIN_TRIES_EXCEEDED",
            "ACCOUNT_UNUSABLE",
            "BUYER_REFUSED_PAYMENT",
            "CARDHOLDER_INSUFFICIENT_PERMISSIONS",
            "ISSUER_ALERT",
        ),
        _C.VERIFY: ("CARD_DECLINED_VERIFICATION_REQUIRED",),
        _C.CONFIGURATION: (
            "UNAUTHORIZED",
            "ACCESS_TOKEN_EXPIRED",
            "ACCESS_TOKEN_REVOKED",
            "CLIENT_DISABLED",
            "FORBIDDEN",
            "INSUFFICIENT_SCOPES",
            "NOT_FOUND",
            "INVALID_VALUE",
            "IDEMPOTENCY_KEY_REUSED",
            "BAD_REQUEST",
            "MISSING_REQUIRED_PARAMETER",
            "CURRENCY_MISMATCH",
            "VALUE_TOO_LOW",
            "VALUE_TOO_HIGH",
            "UNSUPPORTED_SOURCE_TYPE",
            "EXPECTED_JSON_BODY",
            "NOT_SET_UP",
        ),
    }
)

CLASSES: Mapping[str, DeclineClass] = MappingProxyType({code: group for group, codes in _CODES.items() for code in codes})
"""Square's code → what it means for us."""

NEVER_AGAIN: frozenset[DeclineClass] = frozenset({_C.HARD_STOP})
"""This card is not charged again, whatever it is charged for."""

NOT_BEFORE_A_NEW_VERSION: frozenset[DeclineClass] = frozenset({_C.FIX_CARD})
"""The card is not charged until Square has a newer version of it."""

CUSTOMERS_OWN: frozenset[DeclineClass] = frozenset({_C.FUNDS, _C.GENERIC, _C.FIX_CARD, _C.HARD_STOP, _C.VERIFY})
"""The customer's own decline: counted by the caps, told to the customer."""

OURS: frozenset[DeclineClass] = frozenset({_C.CONFIGURATION})
"""Nothing that the customer did: never counted as their decline."""


def decline_class(code: str) -> DeclineClass:
    """What a decline code means; one that nobody knows yet is treated with care, as a plain decline.

    >>> decline_class("INSUFFICIENT_FUNDS").label, decline_class("SOMETHING_NEW").label
    ('funds', 'declined')
    """
    return CLASSES.get(code, DeclineClass.GENERIC)


def words_of(code: str) -> str:
    """A code as people read it.

    >>> words_of("CARD_DECLINED_CALL_ISSUER")
    'card declined call issuer'
    """
    return code.replace("_", " ").lower()
