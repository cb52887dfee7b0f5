"""The numbers of contracts: `ACCT#LOA##`, the holder's seven characters and which of their contracts it is.

Source: the account and contract numbers of the UAS report set (domain.md part 13).
"""

from collections.abc import Callable, Sequence

from app.domain.errors import RuleViolation

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Digits and capitals that nobody takes for one another: no 0 and O, no 1 and I."""

HOLDER_LENGTH = 7
MARK = "LOA"
MOST_CONTRACTS = 99
"""Two digits count a holder's contracts."""


def holder_number(choose: Callable[[Sequence[str]], str]) -> str:
    """A new number of seven characters, each chosen by `choose`.

    >>> holder_number(lambda letters: letters[-1])
    'ZZZZZZZ'
    """
    return "".join(choose(ALPHABET) for _ in range(HOLDER_LENGTH))


def contract_number(holder: str, sequence: int) -> str:
    """The number of a holder's contract, counted from 1. Raises RuleViolation after the 99th.

    >>> contract_number("K7MPQ2X", 1), contract_number("K7MPQ2X", 12)
    ('K7MPQ2XLOA01', 'K7MPQ2XLOA12')
    """
    if sequence > MOST_CONTRACTS:
        raise RuleViolation(f"This customer has {MOST_CONTRACTS} contracts; their number has no room for another.")
    return f"{holder}{MARK}{sequence:02d}"
