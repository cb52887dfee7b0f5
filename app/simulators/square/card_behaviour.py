"""How a card answers when it is charged, and what Square's test tokens stand for.

A card's behaviour is `APPROVE`, `PENDING` (the payment stays pending until it is changed by hand) or any decline code. Cards are
given theirs when they are seeded; a card made through the API gets it from its token: Square's own test tokens, or
`cnon:decline-INSUFFICIENT_FUNDS` and the like (ours). A card also declines with CARD_EXPIRED once its month is over.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.simulators.square.documents import Document
from app.simulators.square.errors import DECLINES, refuse
from app.simulators.square.identifiers import draw, fingerprint

APPROVE = "APPROVE"
PENDING = "PENDING"
BEHAVIOURS = (APPROVE, PENDING, *DECLINES)

# Source: Square, Sandbox payments, test values.
TEST_TOKENS: dict[str, str] = {
    "cnon:card-nonce-ok": APPROVE,
    "cnon:card-nonce-declined": "GENERIC_DECLINE",
    "cnon:card-nonce-rejected-cvv": "CVV_FAILURE",
    "cnon:card-nonce-rejected-postalcode": "ADDRESS_VERIFICATION_FAILURE",
    "cnon:card-nonce-rejected-expiration": "INVALID_EXPIRATION",
}
_DECLINING = "cnon:decline-"
TYPED = "cnon:typed-"
"""What was typed into the hosted fields: a mark of the number, then its last four."""

# Brand, first six digits (of Square's published test cards), card type, prepaid type.
_KINDS: tuple[tuple[str, str, str, str], ...] = (
    ("VISA", "411111", "DEBIT", "NOT_PREPAID"),
    ("MASTERCARD", "510510", "DEBIT", "NOT_PREPAID"),
    ("VISA", "411111", "CREDIT", "NOT_PREPAID"),
    ("DISCOVER", "601100", "CREDIT", "NOT_PREPAID"),
    ("VISA", "411111", "DEBIT", "PREPAID"),
    ("AMERICAN_EXPRESS", "340000", "CREDIT", "NOT_PREPAID"),
)

# What only payments show of a card; the Cards API leaves these out.
ONLY_IN_PAYMENTS = ("card_type", "prepaid_type", "bin")


def behaviour_of_token(source_id: str) -> str:
    """What a payment token stands for. Raises the refusal that Square gives for one that it does not know."""
    if source_id in TEST_TOKENS:
        return TEST_TOKENS[source_id]
    if source_id.startswith(TYPED):
        return APPROVE
    code = source_id.removeprefix(_DECLINING)
    if code != source_id and code in DECLINES:
        return code
    raise refuse("NOT_FOUND", "Card nonce not found", "source_id")


def is_expired(card: Document, now: dt.datetime) -> bool:
    """Whether the last day of the card's month is over (a card is good until the end of its month)."""
    return (card["exp_year"], card["exp_month"]) < (now.year, now.month)


def plastic(words: str, given: dict[str, Any]) -> Document:
    """The card itself, drawn from `words` where nothing is given: brand, last four, expiry, type, fingerprint.

    Two cards have the same fingerprint only when it is given.
    """
    brand, first_six, card_type, prepaid = _KINDS[draw(f"{words} kind", len(_KINDS))]
    return {
        "card_brand": given.get("brand", brand),
        "last_4": given.get("last_4", f"{draw(f'{words} digits', 10_000):04d}"),
        "exp_month": given.get("exp_month", 1 + draw(f"{words} month", 12)),
        "exp_year": given.get("exp_year", 2030 + draw(f"{words} year", 5)),
        "fingerprint": fingerprint(given.get("fingerprint", words)),
        "bin": given.get("bin", first_six),
        "card_type": given.get("card_type", card_type),
        "prepaid_type": given.get("prepaid_type", prepaid),
    }
