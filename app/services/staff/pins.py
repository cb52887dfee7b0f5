"""PINs as they are kept: argon2id over a keyed hash, so that neither the table nor the pepper alone gives a PIN away."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.staff.pins import MIN_DIGITS, pin_problem

# OWASP's parameters for argon2id. Six digits would fall to any guessing of the table alone: what protects them is the
# pepper, and online the lock after ten failures.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_pepper: dict[str, bytes] = {}


def set_pepper(pepper: str) -> None:
    """Say once, when the program starts, what is mixed into every PIN."""
    _pepper["value"] = pepper.encode()
    dummy_hash.cache_clear()


def hash_pin(pin: str) -> str:
    """The text that is stored for a PIN; different each time."""
    return _hasher.hash(_peppered(pin))


def is_right(pin: str, pin_hash: str | None) -> bool:
    """Whether a PIN belongs to a stored text. Takes the same time for every answer, also for somebody without a PIN."""
    try:
        return _hasher.verify(pin_hash or dummy_hash(), _peppered(pin)) and pin_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def dummy_hash() -> str:
    """The hash of a PIN that nobody can know, verified where there is nothing to verify, so that time tells nothing."""
    return _hasher.hash(secrets.token_bytes(32))


def random_pin() -> str:
    """A new PIN of six digits that nobody would guess first."""
    while True:
        pin = f"{secrets.randbelow(10**MIN_DIGITS):0{MIN_DIGITS}d}"
        if pin_problem(pin) is None:
            return pin


def _peppered(pin: str) -> bytes:
    if not _pepper:
        raise RuntimeError("The pepper of PINs is not set: create_app() sets it from the settings.")
    return hmac.new(_pepper["value"], pin.encode(), hashlib.sha256).digest()
