"""Identifiers that look like Square's. Those of seeded rows are derived from their words, so they are the same on every run."""

from __future__ import annotations

import hashlib
import secrets
import string
import uuid

_LETTERS = string.ascii_letters + string.digits
_UPPER = string.ascii_uppercase + string.digits


def _spelled(number: int, alphabet: str, length: int) -> str:
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        letters.append(alphabet[place])
    return "".join(letters)


def _number(words: str) -> int:
    return int.from_bytes(hashlib.sha256(words.encode()).digest())


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def payment_id() -> str:
    """29 characters, as Square's."""
    return _random(_LETTERS, 26) + "ZY0"


def refund_id(payment: str) -> str:
    """A refund carries the identifier of its payment in front."""
    return f"{payment}_{_random(_LETTERS, 40)}"


def order_id() -> str:
    """The order that Square makes for every payment."""
    return _random(_LETTERS, 25) + "ZY"


def link_id() -> str:
    """A payment link: 16 capitals and digits."""
    return _random(_UPPER, 16)


def token() -> str:
    """A new version token, signature key or authorisation code."""
    return _random(_LETTERS, 44)


def dispute_id() -> str:
    """A dispute's identifier."""
    return _random(_LETTERS, 21)


def event_id() -> str:
    """An event's identifier, a UUID."""
    return str(uuid.uuid4())


def subscription_id() -> str:
    """A webhook subscription's identifier."""
    return f"wbhk_{uuid.uuid4().hex}"


def customer_id(words: str | None = None) -> str:
    """26 capitals and digits; derived from `words` when given."""
    return _random(_UPPER, 26) if words is None else _spelled(_number(f"customer {words}"), _UPPER, 26)


def card_id(words: str | None = None) -> str:
    """`ccof:` and 20 characters; derived from `words` when given."""
    return f"ccof:{_random(_LETTERS, 20) if words is None else _spelled(_number(f'card {words}'), _LETTERS, 20)}"


def fingerprint(words: str) -> str:
    """The fingerprint of a card number: the same words, the same card."""
    return f"sq-1-{_spelled(_number(f'fingerprint {words}'), _LETTERS, 40)}"


def draw(words: str, choices: int) -> int:
    """A number below `choices` that is always the same for the same words."""
    return _number(f"draw {words}") % choices
