"""How a payment was made, in the words of banks and payment apps; who sent it, where only a bank's description says so."""

from __future__ import annotations

import re

from app.domain.payments.kinds import PaymentMethod
from app.workbooks.cells import text
from app.workbooks.sheets import Cell

_WORDS: tuple[tuple[str, PaymentMethod], ...] = (
    (r"zelle", PaymentMethod.ZELLE),
    (r"cash\s*app|square\s*cash|cash\s*card|sq\s*\*?cash", PaymentMethod.CASH_APP),
    (r"venmo", PaymentMethod.VENMO),
    (r"money\s*order", PaymentMethod.MONEY_ORDER),
    (r"\bche(?:ck|que)\b|\bchk\b", PaymentMethod.CHECK),
    (r"\bach\b|transfer|\bwire\b|\bbank\b|direct\s*dep|\bdeposit\b|\bp2p\b|\bcredit\b", PaymentMethod.BANK_TRANSFER),
    (r"\bcash\b", PaymentMethod.CASH),
)
_FROM = re.compile(r"\b(?:from|frm)\s+(.+?)(?:\s+(?:on|ref|conf|id|memo|for|#)\b.*|\s*[#;*|].*|\s+\d.*)?$", re.IGNORECASE)


def method_in(said: str) -> PaymentMethod | None:
    """The method that words speak of, the most particular one first.

    >>> [word and word.value for word in map(method_in, ("ZELLE FROM ANA", "CashApp", "ACH credit", "Check 1001", "card"))]
    ['zelle', 'cash_app', 'bank_transfer', 'check', None]
    """
    return next((method for pattern, method in _WORDS if re.search(pattern, said, re.IGNORECASE)), None)


def method(cell: Cell) -> tuple[PaymentMethod | None, str | None]:
    """A payment method as people and files write it.

    >>> method("Cash App")[0].label, method("barter")
    ('Cash App', (None, '“barter” is not a payment method we know'))
    """
    said = text(cell)[0]
    if said is None:
        return None, None
    found = method_in(said)
    return (found, None) if found else (None, f"“{said}” is not a payment method we know")


def sender_in(description: str) -> str:
    """The payer in a bank's description; empty when it names none.

    >>> sender_in("ZELLE FROM ANA SOTO ON 11/18 REF # PNC0ABC"), sender_in("MOBILE DEPOSIT")
    ('ANA SOTO', '')
    """
    found = _FROM.search(description)
    return found.group(1).strip() if found else ""
